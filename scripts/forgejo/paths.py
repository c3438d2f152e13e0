"""URLs: the one place that checks names and percent-encodes them."""

import re
from collections.abc import Iterable
from urllib.parse import quote, urlencode, urlsplit

import httpx

from forgejo.exceptions import ArgumentError

_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")
_OWNER_OR_REPOSITORY = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.-]{0,99}")
_FULL_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # and what is no character
_REFUSED_IN_REFS = re.compile(r"[ ~^:?*\[\\]|@\{|//|/$|\.lock(/|$)|(^|/)\.|\.$")

_LONGEST_NAME = 255  # bytes: file systems and Forgejo's tables hold no longer ones
_LONGEST_PATH = 4095
_LONGEST_LOCATION = 2000
_LARGEST_NUMBER = 2**63 - 1

Query = tuple[tuple[str, str], ...]


def base_url(url: str) -> str:
    """Check the server's address and return it without a trailing slash."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        httpx.URL(url)
    except (ValueError, httpx.InvalidURL) as exc:
        raise ArgumentError(f"{_shown(url)}: not a URL") from exc
    if parts.username is not None or parts.password is not None:
        raise ArgumentError("the server URL holds credentials; pass the token as token= instead")
    if _CONTROL.search(url) or " " in url or parts.query or parts.fragment:
        raise ArgumentError(f"{_shown(url)}: expected only scheme, host, port and path")
    if not host or port == 0 or parts.scheme not in ("http", "https"):
        raise ArgumentError(f'{_shown(url)}: expected a URL like "https://forgejo.example.org"')
    if parts.scheme == "http" and not _LOOPBACK.fullmatch(host):
        raise ArgumentError(f"{_shown(url)}: http is for loopback addresses only; use https")
    return url.rstrip("/")


def _shown(url: str) -> str:
    return f'"{url.rpartition("@")[2]}"'


def segment(text: str) -> str:
    """Percent-encode one path segment, slashes included."""
    if not text or text in (".", "..") or _CONTROL.search(text):
        raise ArgumentError(f"{text!r} cannot be part of a path")
    return quote(text, safe="")


def repository_path(full_name: str) -> str:
    """Turn `owner/name` into the path of its endpoints."""
    owner, slash, name = full_name.partition("/")
    if not slash or not all(is_plain_name(part) for part in (owner, name)):
        raise ArgumentError(f'{full_name!r}: expected a repository like "platform/edp"')
    return f"/repos/{segment(owner)}/{segment(name)}"


def is_plain_name(text: str) -> bool:
    """Whether a user, organisation or repository can have this name."""
    return bool(_OWNER_OR_REPOSITORY.fullmatch(text)) and ".." not in text and text != "."


def ref_name(text: str) -> str:
    """Check the name of a branch, tag, ref or commit by git's own rules."""
    bad = not text or text.startswith(("-", "/")) or ".." in text or text == "@"
    if bad or _CONTROL.search(text) or _REFUSED_IN_REFS.search(text) or _is_too_long(text):
        raise ArgumentError(f"{text[:300]!r} is not the name of a branch, tag or commit")
    return text


def _is_too_long(name: str) -> bool:
    return len(name.encode(errors="replace")) > _LONGEST_NAME


def full_sha(text: str) -> str:
    """Check a whole commit id; the server takes short ones for different ones."""
    if not _FULL_SHA.fullmatch(text):
        raise ArgumentError(f"{text!r}: expected a whole commit id of 40 or 64 hex digits")
    return text


def file_path(path: str) -> str:
    """Check a path inside a repository."""
    parts = path.split("/")
    is_odd = any(part in ("", ".", "..", ".git") or _is_too_long(part) for part in parts)
    if is_odd or _CONTROL.search(path) or len(path) > _LONGEST_PATH:
        raise ArgumentError(f"{path[:300]!r} is not a path inside a repository")
    return path


def file_segments(path: str) -> str:
    """Percent-encode a checked path, keeping its slashes."""
    return "/".join(segment(part) for part in file_path(path).split("/"))


def ref_segments(name: str) -> str:
    """Percent-encode a checked ref, keeping its slashes."""
    return "/".join(segment(part) for part in ref_name(name).split("/"))


def positive(number: int, what: str) -> str:
    """Turn an id or number into its path segment."""
    if isinstance(number, bool) or not 1 <= number <= _LARGEST_NUMBER:
        raise ArgumentError(f"{number!r} is not the number of a {what}")
    return str(number)


def encode_query(query: Iterable[tuple[str, str]]) -> str:
    """Encode query parameters, with the question mark if there are any."""
    try:
        encoded = urlencode(list(query), quote_via=quote, safe="")
    except UnicodeEncodeError as exc:
        raise ArgumentError(f"{exc.object!r} cannot be part of a query") from exc
    return f"?{encoded}" if encoded else ""


def same_origin_redirect(location: str, prefix: str) -> str | None:
    """Accept a relative redirect that stays inside the API, else None."""
    path = location.partition("?")[0]
    if len(location) > _LONGEST_LOCATION:
        return None
    is_relative = location.startswith(f"{prefix}/") and not location.startswith("//")
    if not is_relative or _CONTROL.search(location) or "\\" in location or "#" in location:
        return None
    if any(part in (".", "..") for part in path.replace("%2e", ".").replace("%2E", ".").split("/")):
        return None
    return location
