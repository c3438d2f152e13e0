"""Globs over resource addresses, in which brackets are instance keys and no pattern."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Final

_KEYS: Final = re.compile(r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]')


def without_keys(address: str) -> str:
    """The address of a resource without the keys of its instances."""
    return _KEYS.sub("", address)


def matches(text: str, globs: Iterable[str]) -> bool:
    """True if any glob is about the text; only `*` and `?` mean anything."""
    return any(fnmatchcase(text, glob.replace("[", "[[]")) for glob in globs)


def matches_address(address: str, globs: Iterable[str]) -> bool:
    """The same for an address: a glob without keys is about every instance."""
    patterns = tuple(globs)
    return matches(address, patterns) or matches(without_keys(address), patterns)
