"""The git client: a blobless copy of the remote repository, or a local one, read and written.

Commands never check anything out, and only `clone`, `fetch`, `fetch_blobs`, `read_refs` and `push`
reach the network.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from edp.clients import git_history, git_objects, git_push, git_remote, git_trees
from edp.clients.git_command import LOCAL_DEADLINE, Git, decode, local_environment
from edp.clients.git_names import require_branch, require_url
from edp.clients.git_values import (
    Change,
    Commit,
    CommitChanges,
    MergeOutcome,
    Person,
    PushOutcome,
    PushResult,
    RefUpdate,
    Remote,
    TagObject,
    TreeEntry,
)
from edp.clients.process import run
from edp.errors import InvalidInputError

__all__ = [
    "Change",
    "Commit",
    "CommitChanges",
    "GitRepository",
    "MergeOutcome",
    "Person",
    "PushOutcome",
    "PushResult",
    "RefUpdate",
    "Remote",
    "TagObject",
    "TreeEntry",
]


@dataclass(slots=True)
class _KnownRefs:
    """What was read of the refs since they last moved."""

    refs: Mapping[str, str] | None = None
    tags: dict[str, tuple[TagObject, ...]] = field(default_factory=dict)
    """By prefix."""

    def forget(self) -> None:
        self.refs = None
        self.tags.clear()


@dataclass(frozen=True, slots=True)
class GitRepository:
    """A repository on disk, whose refs nobody else moves. Everything that leaves it is a value."""

    git: Git
    default_branch: str
    _known: _KnownRefs = field(default_factory=_KnownRefs, repr=False, compare=False)

    @classmethod
    def clone(
        cls,
        remote: Remote,
        folder: Path,
        *,
        environment: Mapping[str, str],
        deadline: float = 300.0,
        sleep: Callable[[float], None] | None = None,
    ) -> "GitRepository":
        """Make `folder` a bare copy with the whole history of the wanted refs, without blobs.

        Three requests. `deadline` is in seconds, for each command that reaches the server. With
        `sleep`, reads are repeated twice when the server fails.
        """
        require_url(remote.url)
        branch = require_branch(remote.branch)
        folder = folder.absolute()
        git = Git(folder, environment, remote, deadline, sleep)
        folder.mkdir(parents=True, exist_ok=True)
        git.run("init", "--quiet", "--bare", "--template=", f"--initial-branch={branch}")
        git_remote.fetch(git)
        return cls(git, branch)

    @classmethod
    def open(cls, path: Path, *, environment: Mapping[str, str]) -> "GitRepository":
        """A local repository or work tree, read without its server."""
        git = Git(_find(path.absolute(), environment), environment)
        return cls(git, _default_branch(git))

    def refs(self) -> Mapping[str, str]:
        """Every local ref; in a clone they have the names that they have on the server."""
        if self._known.refs is None:
            self._known.refs = git_objects.refs(self.git)
        return self._known.refs

    def fetch(self) -> None:
        """Bring the wanted refs up to date, dropping those that are gone. Two or three requests."""
        self._known.forget()
        git_remote.fetch(self.git)

    def read_refs(self, names: Sequence[str] = ()) -> Mapping[str, str]:
        """The refs that the server has now, without fetching them. Two requests."""
        return git_remote.read_refs(self.git, names)

    def tags(self, prefix: str = "") -> tuple[TagObject, ...]:
        """The tags whose short name begins with `prefix`."""
        if prefix not in self._known.tags:
            self._known.tags[prefix] = git_objects.tags(self.git, prefix)
        return self._known.tags[prefix]

    def missing_blobs(self, shas: Iterable[str]) -> tuple[str, ...]:
        """Those of the blobs that are not here."""
        return git_objects.missing_blobs(self.git, shas)

    def fetch_blobs(self, shas: Iterable[str]) -> None:
        """Fetch those of the blobs that are not here. Two requests, or none."""
        git_remote.fetch_blobs(self.git, shas)

    def read_blobs(
        self, shas: Iterable[str], *, max_bytes: int = git_objects.MAXIMUM_BLOBS
    ) -> Mapping[str, bytes]:
        """The content of blobs that are here; InvalidInputError over `max_bytes` together."""
        return git_objects.read_blobs(self.git, shas, max_bytes=max_bytes)

    def list_tree(
        self, treeish: str, *, paths: Sequence[str] = (), recursive: bool = True
    ) -> tuple[TreeEntry, ...]:
        """The entries of a tree; with `paths`, those at and below them."""
        return git_objects.list_tree(self.git, treeish, paths=paths, recursive=recursive)

    def commit(self, sha: str) -> Commit:
        """One commit."""
        return self.commits([sha])[sha]

    def commits(self, shas: Iterable[str]) -> Mapping[str, Commit]:
        """Commits by their ids."""
        return git_objects.commits(self.git, shas)

    def resolve(self, revision: str) -> str | None:
        """The commit that a revision names; None if there is none."""
        return git_objects.resolve(self.git, revision)

    def first_parent_commits(self, tip: str, *, exclude: str | None = None) -> tuple[str, ...]:
        """The commits along first parents, newest first, without what `exclude` contains."""
        return git_history.first_parent_commits(self.git, tip, exclude=exclude)

    def first_parent_changes(
        self, tip: str, *, exclude: str | None = None, paths: Sequence[str] = ()
    ) -> tuple[CommitChanges, ...]:
        """What each of these commits changed; with `paths`, only those that changed something."""
        return git_history.first_parent_changes(self.git, tip, exclude=exclude, paths=paths)

    def is_ancestor(self, ancestor: str, descendant: str) -> bool:
        """Whether `descendant` contains `ancestor`; each commit contains itself."""
        return git_history.is_ancestor(self.git, ancestor, descendant)

    def merge_base(self, one: str, other: str) -> str | None:
        """The best common ancestor."""
        return git_history.merge_base(self.git, one, other)

    def diff(self, old: str, new: str, *, paths: Sequence[str] = ()) -> tuple[Change, ...]:
        """The paths in which two commits or trees differ."""
        return git_history.diff(self.git, old, new, paths=paths)

    def write_blob(self, content: bytes) -> str:
        """Store a blob byte by byte."""
        return git_objects.write_blob(self.git, content)

    def write_blobs(self, contents: Sequence[bytes]) -> tuple[str, ...]:
        """Store blobs with one process; ids in the same order."""
        return git_objects.write_blobs(self.git, contents)

    def tree_with(self, base: str, changes: Mapping[str, str | None]) -> str:
        """The tree of `base` ("" for none) with blobs put in place or, for None, taken out."""
        return git_trees.tree_with(self.git, base, changes)

    def write_commit(
        self, tree: str, parents: Sequence[str], message: str, *, author: Person, at: datetime
    ) -> str:
        """Store a commit; the same input gives the same id."""
        return git_objects.write_commit(self.git, tree, parents, message, author=author, at=at)

    def write_tag(
        self, name: str, target: str, message: str, *, tagger: Person, at: datetime
    ) -> str:
        """Store the object of an annotated tag; pushing its id makes the ref."""
        return git_objects.write_tag(self.git, name, target, message, tagger=tagger, at=at)

    def merge_tree(self, ours: str, theirs: str) -> MergeOutcome:
        """The tree that a merge makes, its conflicts, or the blobs it needs first."""
        return git_history.merge_tree(self.git, ours, theirs)

    def push(self, updates: Sequence[RefUpdate], *, atomic: bool = False) -> tuple[PushResult, ...]:
        """Push with a lease for each ref. Two requests, and two more if the connection broke."""
        self._known.forget()
        return git_push.push(self.git, updates, atomic=atomic)


def _find(path: Path, environment: Mapping[str, str]) -> Path:
    bare = local_environment(environment, path)
    bare.pop("GIT_DIR")
    done = run(
        ("git", "rev-parse", "--absolute-git-dir"),
        cwd=path,
        environment=bare,
        deadline=LOCAL_DEADLINE,
    )
    if done.returncode != 0:
        raise InvalidInputError(
            f"{path}: not a git repository", hint="name the repository's folder with --repo"
        )
    return Path(decode(done.stdout).removesuffix("\n"))


def _default_branch(git: Git) -> str:
    for name, prefix in (
        ("refs/remotes/origin/HEAD", "refs/remotes/origin/"),
        ("HEAD", "refs/heads/"),
    ):
        done = git.run("symbolic-ref", "--quiet", name, allowed=(0, 1, 128))
        if done.returncode == 0:
            return decode(done.stdout).strip().removeprefix(prefix)
    return "main"
