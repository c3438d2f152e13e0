"""What git says, as values."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository on a server, and what of it is wanted."""

    url: str
    branch: str
    """The default branch; it must exist."""
    refs: tuple[str, ...] = ()
    """Full names beside the default branch, `*` allowed at the end; they may be missing."""
    token: str = field(default="", repr=False)
    ca_bundle: Path | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """An author, committer or tagger."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit's header and message. Times are in UTC."""

    sha: str
    parents: tuple[str, ...]
    tree: str
    author_name: str
    author_email: str
    committer_name: str
    committer_email: str
    committed_at: datetime
    message: str


@dataclass(frozen=True, slots=True)
class TagObject:
    """A ref under `refs/tags/`."""

    ref: str
    object: str
    kind: str
    """`tag` for an annotated one, else what a lightweight one points to."""
    target: str
    """The commit it points to in the end; "" if that is no commit."""
    tagger_email: str
    """Empty for a lightweight tag."""


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One entry of a tree; bytes of the path that are not UTF-8 show as `\\xNN`."""

    mode: str
    kind: str
    sha: str
    path: str


@dataclass(frozen=True, slots=True)
class Change:
    """One path that differs: `A`dded, `M`odified, `D`eleted, or of another `T`ype.

    Modes and blobs are "" on the side that does not have the path.
    """

    status: str
    path: str
    old_mode: str
    new_mode: str
    old_blob: str
    new_blob: str


@dataclass(frozen=True, slots=True)
class CommitChanges:
    """What one commit changed against its first parent."""

    commit: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class MergeOutcome:
    """What a merge would make."""

    tree: str | None
    """The merged tree; None if there are conflicts or blobs are missing."""
    conflicts: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    """Blobs to fetch before the merge can be told; asked again after that, it is."""


@dataclass(frozen=True, slots=True)
class RefUpdate:
    """One ref to push. `new` is "" to delete, `expected` is "" if the ref must not exist."""

    ref: str
    new: str
    expected: str


class PushOutcome(StrEnum):
    """What became of one update."""

    OK = "ok"
    STALE = "stale"
    """The ref was not, or is no longer, where it was expected."""
    REJECTED = "rejected"
    """The server does not want it."""


@dataclass(frozen=True, slots=True)
class PushResult:
    """One update and its outcome; `reason` is harmless text."""

    update: RefUpdate
    outcome: PushOutcome
    reason: str = ""
