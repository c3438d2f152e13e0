"""Questions about history and differences, answered without reading a blob."""

from collections.abc import Iterable, Sequence
from typing import Final

from edp.clients.git_command import Git, decode
from edp.clients.git_names import require_revision
from edp.clients.git_objects import missing_blobs
from edp.clients.git_parse import parse_changes, parse_history
from edp.clients.git_values import Change, CommitChanges, MergeOutcome
from edp.errors import UnavailableError

_RAW: Final = ("--raw", "--no-renames", "--no-abbrev", "-z", "--no-ext-diff", "--no-textconv")
UNRELATED: Final = "(the two histories have nothing in common)"


def first_parent_commits(git: Git, tip: str, *, exclude: str | None = None) -> tuple[str, ...]:
    """The commits from `tip` along first parents, newest first, down to what `exclude` has."""
    return tuple(git.text("rev-list", "--first-parent", *_range(tip, exclude), "--").split())


def first_parent_changes(
    git: Git, tip: str, *, exclude: str | None = None, paths: Sequence[str] = ()
) -> tuple[CommitChanges, ...]:
    """What each of these commits changed; with `paths`, only commits and changes there."""
    arguments = ("--no-show-signature", "--first-parent", "--diff-merges=first-parent", *_RAW)
    revisions = _range(tip, exclude)
    done = git.run("log", "--format=%H", *arguments, *revisions, "--", *paths)
    return parse_history(done.stdout)


def diff(git: Git, old: str, new: str, *, paths: Sequence[str] = ()) -> tuple[Change, ...]:
    """The paths in which two trees differ."""
    trees = require_revision(old), require_revision(new)
    return parse_changes(git.run("diff-tree", "-r", *_RAW, *trees, "--", *paths).stdout)


def is_ancestor(git: Git, ancestor: str, descendant: str) -> bool:
    """Whether `descendant` contains `ancestor`; each commit contains itself."""
    pair = require_revision(ancestor), require_revision(descendant)
    return git.run("merge-base", "--is-ancestor", *pair, allowed=(0, 1)).returncode == 0


def merge_base(git: Git, one: str, other: str) -> str | None:
    """The best common ancestor."""
    pair = require_revision(one), require_revision(other)
    done = git.run("merge-base", *pair, allowed=(0, 1))
    return decode(done.stdout).strip() or None


def merge_tree(git: Git, ours: str, theirs: str) -> MergeOutcome:
    """The tree that merging `theirs` into `ours` makes; renames are not followed.

    Blobs are read only where both sides changed the same file; if these are not here, the outcome
    names them as `missing`.
    """
    pair = require_revision(ours), require_revision(theirs)
    flags = ("--write-tree", "--no-messages", "--name-only", "-z")
    done = git.run("merge-tree", *flags, *pair, allowed=range(256))
    tree, *conflicts = decode(done.stdout).split("\0") if done.stdout else [""]
    if done.returncode == 0:
        return MergeOutcome(tree)
    if done.returncode == 1 and tree:
        return MergeOutcome(None, tuple(dict.fromkeys(filter(None, conflicts))))
    base = merge_base(git, *pair)
    if base is None:
        return MergeOutcome(None, (UNRELATED,))
    missing = _blobs_to_merge(git, base, *pair)
    if not missing:
        raise UnavailableError(done.describe(git.secrets))
    return MergeOutcome(None, missing=missing)


def _blobs_to_merge(git: Git, base: str, ours: str, theirs: str) -> tuple[str, ...]:
    mine = {change.path: change for change in diff(git, base, ours)}
    both = [
        (mine[change.path], change) for change in diff(git, base, theirs) if change.path in mine
    ]
    return missing_blobs(git, (sha for pair in both for sha in _blobs(pair)))


def _blobs(changes: Iterable[Change]) -> list[str]:
    return [
        sha
        for change in changes
        for mode, sha in ((change.old_mode, change.old_blob), (change.new_mode, change.new_blob))
        if sha and mode != "160000"
    ]


def _range(tip: str, exclude: str | None) -> tuple[str, ...]:
    return (require_revision(tip), *((f"^{require_revision(exclude)}",) if exclude else ()))
