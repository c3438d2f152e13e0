"""Module sources: where they come from, and whether it is always the same that comes."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, unquote

from edp.core.repository.problems import shown

_REGISTRY: Final = re.compile(
    r"(?:(?P<host>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)+(?::[0-9]+)?)/)?"
    r"[0-9A-Za-z_-]+/[0-9A-Za-z_-]+/[0-9a-z]+(?://.*)?"
)
_NOT_REGISTRIES: Final = ("github.com", "bitbucket.org")
_GIT: Final = ("git::", "git@", "github.com/", "bitbucket.org/", "ssh://")
_EXACT: Final = re.compile(r"(?:=\s*)?[0-9]+\.[0-9]+\.[0-9]+(?:[-+][0-9A-Za-z.+-]+)?")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_NUMBERED: Final = r"[0-9]+\.[0-9]+(?:\.[0-9]+)?(?:[-+][0-9A-Za-z.+-]+)?"
_TAG: Final = re.compile(rf"refs/tags/\S+|v?{_NUMBERED}|[\w./-]+[/-]v{_NUMBERED}")
_PASSWORD: Final = re.compile(r"://[^/@]*:[^/@]*@|[?&]sshkey=")


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a source, and what to do."""

    message: str
    hint: str


def source_mistake(source: str, version: str | None) -> Mistake | None:
    """Why a remote module may not be used whatever the policy allows, or None."""
    path, _, query = source.partition("?")
    if _PASSWORD.search(source):
        return Mistake("has a secret in its source", "give credentials to git instead")
    if ".." in unquote(path).split("/"):
        return Mistake("has a step upwards in its source", "write the address without it")
    match = _REGISTRY.fullmatch(source)
    if match and match["host"] not in _NOT_REGISTRIES:
        return _version_mistake(version)
    return _address_mistake(source, parse_qs(query, keep_blank_values=True))


def is_allowed(source: str, prefixes: list[str]) -> bool:
    """Whether one of the prefixes covers the source; a prefix ends where a step of it ends."""
    return any(_is_covered(source, prefix) for prefix in prefixes)


def _is_covered(source: str, prefix: str) -> bool:
    rest = source.removeprefix(prefix)
    if rest == source:
        return False
    return not rest or prefix.endswith("/") or rest[0] in "/?"


def _version_mistake(version: str | None) -> Mistake | None:
    if version is not None and _EXACT.fullmatch(version):
        return None
    found = "a computed one" if version is None else shown(version) if version else "none"
    return Mistake(
        f"is from a registry without an exact version, found {found}",
        'write the version in full, like version = "1.4.0": the lock file has no modules',
    )


def _address_mistake(source: str, query: dict[str, list[str]]) -> Mistake | None:
    if source.startswith(_GIT):
        return _ref_mistake(query.get("ref", []))
    if source.startswith(("https://", "s3::https://", "gcs::https://")):
        if query.get("checksum", [""])[0].startswith(("sha256:", "sha512:")):
            return None
        hint = "add ?checksum=sha256:… to it, or take the module from git"
        return Mistake("is an archive without a checksum", hint)
    hint = "use a local path, git with ?ref=, a registry, or an archive with a checksum"
    return Mistake("comes from where nothing can be pinned", hint)


def _ref_mistake(refs: list[str]) -> Mistake | None:
    hint = "add ?ref= with a tag like v1.4.0 or a full commit id"
    if not refs:
        return Mistake("is from git without a ref", hint)
    if len(refs) == 1 and (_COMMIT.fullmatch(refs[0]) or _TAG.fullmatch(refs[0])):
        return None
    return Mistake(f"is from git by a branch, or what may be one: {shown(refs[-1])}", hint)
