"""Allow-lists for what becomes an argument of git."""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from edp.clients.git_values import Person
from edp.core.names import require_sha
from edp.errors import InvalidInputError

_REF: Final = re.compile(r"refs/[A-Za-z0-9_][A-Za-z0-9_.+@/-]*", re.ASCII)
_BRANCH: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+@/-]*", re.ASCII)
_REVISION: Final = re.compile(r"[A-Za-z0-9_@][A-Za-z0-9_.+@/{}^~-]*", re.ASCII)
_NOT_IN_REFS: Final = ("..", "//", "@{", "/.", ".lock/")
_IN_PERSON: Final = re.compile(r"[^<>\x00-\x1f\x7f]{1,200}")
_LONGEST: Final = 250


def require_ref(ref: str) -> str:
    """A full ref name that git accepts."""
    return _checked(ref, _REF, what="a full ref name")


def require_branch(branch: str) -> str:
    """A branch's short name."""
    return _checked(branch, _BRANCH, what="a branch")


def require_pattern(pattern: str) -> str:
    """A full ref name, or the beginning of one with `*` at its end."""
    checked = _checked(pattern.removesuffix("*").rstrip("/"), _REF, what="a pattern of refs")
    return pattern if pattern.endswith("*") else checked


def require_revision(revision: str) -> str:
    """An object id, a ref, or one of these with `~1`, `^2`, `^{tree}` and the like."""
    if not _REVISION.fullmatch(revision) or len(revision) > _LONGEST or ".." in revision:
        raise InvalidInputError(f"{revision[:60]!a} is not a revision of git")
    return revision


def require_shas(shas: Iterable[str]) -> tuple[str, ...]:
    """Full object ids, each once, in their order."""
    return tuple(dict.fromkeys(require_sha(sha, what="git object") for sha in shas))


def require_path(path: str) -> str:
    """A path inside a tree that may be written: relative, without steps, not git's own."""
    parts = path.split("/")
    is_plain = all(part not in ("", ".", "..") and part.lower() != ".git" for part in parts)
    if not is_plain or not path.isprintable():
        raise InvalidInputError(f"{path[:80]!a} is not a path of the repository")
    return path


def require_person(person: Person) -> Person:
    """A name and an address that fit into a commit."""
    for text in (person.name, person.email):
        if not _IN_PERSON.fullmatch(text) or text.strip(" .,:;\"'") != text:
            raise InvalidInputError(f"{text[:60]!a} cannot be the author of a commit")
    return person


def require_url(url: str) -> str:
    """An address over HTTP without user, query and fragment."""
    parts = urlsplit(url)
    is_clean = not (parts.username or parts.password or parts.query or parts.fragment)
    is_http = parts.scheme in ("http", "https") and bool(parts.hostname)
    if not (is_clean and is_http and url.isascii() and url.isprintable() and " " not in url):
        raise InvalidInputError("git: not the address of a repository over http or https")
    return url


def _checked(text: str, pattern: re.Pattern[str], *, what: str) -> str:
    is_wrong = (
        not pattern.fullmatch(text)
        or len(text) > _LONGEST
        or text.endswith(("/", ".", ".lock"))
        or any(sign in text for sign in _NOT_IN_REFS)
    )
    if is_wrong:
        raise InvalidInputError(f"{text[:60]!a} is not {what}")
    return text
