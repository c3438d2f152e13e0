"""Versions in order, and ranges such as `>=1.14 <2`."""

import functools
import re
from typing import Final

import semver

_COMPARATOR: Final = re.compile(
    r"(>=|<=|>|<|=)?\s*v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+(?:-[0-9A-Za-z.-]+)?))?", re.ASCII
)

Comparator = tuple[str, semver.Version]


@functools.lru_cache(maxsize=4096)
def ordered(version: str) -> semver.Version:
    """A version that compares by semantic precedence."""
    return semver.Version.parse(version)


def parse_range(text: str) -> tuple[Comparator, ...]:
    """Comparators that all must hold, separated by blanks or commas; ValueError otherwise."""
    comparators = []
    for part in re.sub(r"(>=|<=|>|<|=)\s+", r"\1", text).replace(",", " ").split():
        match = _COMPARATOR.fullmatch(part)
        if match is None:
            raise ValueError('expected a range like ">=1.14" or ">=1.14 <2"')
        operator, major, minor, patch = match.groups()
        comparators.append((operator or "=", ordered(f"{major}.{minor or 0}.{patch or 0}")))
    if not comparators:
        raise ValueError('expected a range like ">=1.14" or ">=1.14 <2"')
    return tuple(comparators)


def in_range(version: str, text: str) -> bool:
    """True if the version satisfies every comparator of the range."""
    found = ordered(version)
    outcomes = {
        ">=": lambda limit: found >= limit,
        "<=": lambda limit: found <= limit,
        ">": lambda limit: found > limit,
        "<": lambda limit: found < limit,
        "=": lambda limit: found == limit,
    }
    return all(outcomes[operator](limit) for operator, limit in parse_range(text))
