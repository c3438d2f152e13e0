"""What validation starts from, and what it ends with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from edp.core.release.versions import Introduction, Tag, Version, tag_problem
from edp.core.repository.problems import Problem
from edp.core.version_range import ordered


class EntryKind(Enum):
    """What stands at a path of the work tree."""

    FILE = auto()
    LINK = auto()
    SUBMODULE = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Entry:
    """Something in the work tree that git does not ignore."""

    path: str
    size: int
    kind: EntryKind = EntryKind.FILE


@dataclass(frozen=True, slots=True)
class Releases:
    """The release tags of the clone, and who makes those that count ("" for anybody)."""

    tags: Mapping[Version, Tag]
    tagger_email: str = ""

    def problem(self, version: Version) -> str | None:
        """Why the version cannot be used, "" if it can, None if there is no such tag."""
        tag = self.tags.get(version)
        return None if tag is None else self._problem_of(tag)

    def newest(self, stack: str) -> str:
        """The highest version of a stack that counts, or ""."""
        tags = (tag for tag in self.tags.values() if tag.stack == stack)
        found = (tag.version for tag in tags if not self._problem_of(tag))
        return max(found, key=ordered, default="")

    def _problem_of(self, tag: Tag) -> str:
        # Which commit introduced a version takes the history to say; `edp release` does.
        introduced = Introduction(tag.stack, tag.version, tag.commit)
        email = self.tagger_email or tag.tagger_email
        return tag_problem(tag, introduced, tagger_email=email)


@dataclass(frozen=True, slots=True)
class Change:
    """The paths that a change touches, and what stood at a path before it."""

    paths: frozenset[str]
    read_before: Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class Facts:
    """The work tree's files and what git knows; `releases` is None where git knows none."""

    entries: tuple[Entry, ...]
    read: Callable[[str], bytes]
    releases: Releases | None = None
    change: Change | None = None
    """None to check everything."""

    def is_checked(self, path: str) -> bool:
        """Whether a file that may be one of very many is looked into."""
        return self.change is None or path in self.change.paths


@dataclass(slots=True)
class Report:
    """Problems and warnings as they are found."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    files: int = 0
    """How many were read."""

    def in_order(self) -> tuple[Problem, ...]:
        """Each problem once, sorted by file and line."""
        return tuple(sorted(set(self.problems)))
