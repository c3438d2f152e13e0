"""Names, versions and git ids as ASCII allow-lists.

Every name from an argument, a file, a branch or an API answer passes here before it is used in a
process, a URL or a path. Nothing is normalised: what does not match is refused.
"""

import re
from typing import Final

from edp.errors import InvalidInputError

_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_SHA: Final = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?", re.ASCII)
_VERSION: Final = re.compile(
    r"(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})"
    r"(-(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
    r"(\.(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*))*)?",
    re.ASCII,
)
_LOGIN: Final = re.compile(r"(?=.{1,40}\Z)[A-Za-z0-9]([._-]?[A-Za-z0-9])*", re.ASCII)
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}", re.ASCII)
_PIN: Final = re.compile(r"refs/tags/(?P<stack>[^/]+)/v(?P<version>[^/]+)", re.ASCII)
_MAXIMUM_VERSION_LENGTH: Final = 64


def is_name(text: str) -> bool:
    """True for a DNS label: what stacks and environments are called."""
    return _NAME.fullmatch(text) is not None


def is_version(text: str) -> bool:
    """True for an exact semantic version without build metadata."""
    return len(text) <= _MAXIMUM_VERSION_LENGTH and _VERSION.fullmatch(text) is not None


def is_sha(text: str) -> bool:
    """True for a full object id in lower case."""
    return _SHA.fullmatch(text) is not None


def is_login(text: str) -> bool:
    """True for a Forgejo user name."""
    return _LOGIN.fullmatch(text) is not None


def is_repository(text: str) -> bool:
    """True for `owner/name`; neither part may be a path step."""
    return _REPOSITORY.fullmatch(text) is not None and not any(
        part.strip(".") == "" for part in text.split("/")
    )


def require_name(text: str, *, what: str) -> str:
    """Return `text` if it is a name, else raise InvalidInputError that says `what` it was for."""
    if not is_name(text):
        raise InvalidInputError(
            f"{what}: {_quote(text)} is not a name",
            hint="use 1 to 63 lower-case letters, digits and inner hyphens",
        )
    return text


def require_version(text: str, *, what: str) -> str:
    """Return `text` if it is an exact semantic version, else raise InvalidInputError."""
    if not is_version(text):
        raise InvalidInputError(
            f"{what}: {_quote(text)} is not an exact version", hint="write it like 1.4.0"
        )
    return text


def require_sha(text: str, *, what: str) -> str:
    """Return `text` if it is a full object id, else raise InvalidInputError."""
    if not is_sha(text):
        raise InvalidInputError(f"{what}: {_quote(text)} is not a full commit id")
    return text


def tag_name(stack: str, version: str) -> str:
    """The short name of a release's tag: `<stack>/v<version>`."""
    return f"{stack}/v{version}"


def pin_text(stack: str, version: str) -> str:
    """The full ref that an Application's `targetRevision` carries."""
    return f"refs/tags/{tag_name(stack, version)}"


def parse_pin(text: str) -> tuple[str, str] | None:
    """Split a full-ref pin into stack and version; None if it is anything else."""
    match = _PIN.fullmatch(text)
    if match is None or not is_name(match["stack"]) or not is_version(match["version"]):
        return None
    return match["stack"], match["version"]


def promotion_branch(stack: str, environment: str) -> str:
    """The branch of the one promotion of a stack into an environment."""
    return f"promote/{stack}/{environment}"


def parse_promotion_branch(branch: str) -> tuple[str, str] | None:
    """Split `promote/<stack>/<environment>`; None if the branch is anything else."""
    parts = branch.split("/")
    if len(parts) != 3 or parts[0] != "promote" or not (is_name(parts[1]) and is_name(parts[2])):
        return None
    return parts[1], parts[2]


def _quote(text: str) -> str:
    shown = text if len(text) <= 60 else text[:60] + "…"
    return ascii(shown)
