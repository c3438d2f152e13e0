"""A work tree on disk: its files that git does not ignore, and what git knows about them."""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edp.clients.git import GitRepository
from edp.core.names import pin_text
from edp.core.release.versions import Version
from edp.core.repository.layout import stack_path
from edp.core.validation.facts import Entry, EntryKind
from edp.errors import InvalidInputError, UnavailableError

FOLDERS: Final = ("environments", "stacks")


@dataclass(frozen=True, slots=True)
class WorkTree:
    """A folder with the repository's files; `git` is None where it is not a clone's top folder."""

    root: Path
    git: GitRepository | None

    @classmethod
    def open(cls, root: Path, *, environment: Mapping[str, str]) -> "WorkTree":
        """The work tree at `root`; nothing is read but what git says about itself."""
        root = root.absolute()
        if not root.is_dir():
            raise InvalidInputError(
                f"{root}: no such folder", hint="name the repository's folder with --repo"
            )
        has_git = (root / ".git").exists()
        return cls(root, GitRepository.open(root, environment=environment) if has_git else None)

    def entries(self, folders: Sequence[str] = FOLDERS) -> tuple[Entry, ...]:
        """Everything in the folders that git does not ignore, sorted by path."""
        ignored = self._ignored(folders)
        submodules = self._submodules(folders)
        found = [
            entry for folder in folders for entry in _walk(self.root, folder, ignored, submodules)
        ]
        return tuple(sorted(found, key=lambda entry: entry.path))

    def files(self) -> tuple[str, ...]:
        """Every path that git does not ignore, sorted; links and submodules are among them."""
        flags = ("--cached", "--others", "--exclude-standard")
        found = _paths(self._run("ls-files", "-z", *flags))
        return tuple(path for path in sorted(set(found)) if os.path.lexists(f"{self.root}/{path}"))

    def read(self, path: str) -> bytes:
        """A file's bytes."""
        try:
            with open(f"{self.root}/{path}", "rb") as file:  # noqa: PTH123 (three times as fast)
                return file.read()
        except OSError as exc:
            raise InvalidInputError(f"{path}: cannot be read: {exc.strerror}") from exc

    def require_git(self) -> GitRepository:
        """The clone, or an error for a plain folder."""
        if self.git is None:
            raise InvalidInputError(
                f"{self.root}: not a clone of the repository",
                hint="name the clone's top folder with --repo",
            )
        return self.git

    def merge_base(self, revision: str) -> str:
        """The commit that the work tree's branch left `revision` at."""
        git = self.require_git()
        tip, head = git.resolve(revision), git.resolve("HEAD")
        if tip is None or head is None:
            raise InvalidInputError(
                f"there is no commit {revision[:80]!a} in this clone", hint="fetch it first"
            )
        base = git.merge_base(tip, head)
        if base is None:
            raise InvalidInputError(
                f"{revision} and the work tree have no commit in common in this clone",
                hint="fetch the history: git fetch --unshallow",
            )
        return base

    def changed_paths(self, commit: str, folders: Sequence[str] = FOLDERS) -> frozenset[str]:
        """What differs from a commit, untracked files included."""
        return frozenset((*self._diff(commit, folders), *self._untracked(folders)))

    def read_at(self, commit: str, path: str) -> bytes | None:
        """A file as a commit has it; None where it has none."""
        git = self.require_git()
        found = [entry for entry in git.list_tree(commit, paths=(path,)) if entry.path == path]
        if not found:
            return None
        if git.missing_blobs([found[0].sha]):
            raise InvalidInputError(
                f"{path}: this clone does not have it as of {commit[:8]}",
                hint="fetch the contents, too: git fetch --refetch --no-filter origin",
            )
        return git.read_blobs([found[0].sha])[found[0].sha]

    def changed_since_release(self, versions: Sequence[Version]) -> dict[Version, int]:
        """How many files of each version's stack are not as its tag has them; none: left out.

        Whole folders are compared first, so a thousand stacks cost three processes.
        """
        if not versions:
            return {}
        untracked = self._untracked(("stacks",))
        touched = {_stack_of(path) for path in (*self._diff("HEAD", ("stacks",)), *untracked)}
        counts = {
            version: self._count_changes(version, untracked)
            for version in self._different(versions, touched)
        }
        return {version: count for version, count in counts.items() if count}

    def _different(self, versions: Sequence[Version], touched: Collection[str]) -> list[Version]:
        names = [
            f"{start}:{stack_path(one.stack)}"
            for one in versions
            for start in (pin_text(*one), "HEAD")
        ]
        found = self._object_ids(names)
        pairs = zip(versions, found[::2], found[1::2], strict=True)
        return [one for one, tagged, head in pairs if tagged != head or one.stack in touched]

    def _object_ids(self, names: Sequence[str]) -> list[str]:
        lines = "".join(f"{name}\n" for name in names).encode()
        output = self._run("cat-file", "--batch-check=%(objectname)", data=lines)
        return output.decode(errors="replace").splitlines()

    def _count_changes(self, version: Version, untracked: Sequence[str]) -> int:
        folder = stack_path(version.stack)
        try:
            changed = self._diff(pin_text(*version), (folder,))
        except UnavailableError:
            raise InvalidInputError(
                f"this clone has the tag {version.stack}/v{version.version} but not its commit",
                hint="fetch the history: git fetch --unshallow --tags",
            ) from None
        return len({*changed, *(path for path in untracked if path.startswith(f"{folder}/"))})

    def _diff(self, revision: str, folders: Sequence[str]) -> tuple[str, ...]:
        output = self._run(
            "diff", "--no-ext-diff", "--no-renames", "--name-only", "-z", revision, "--", *folders
        )
        return _paths(output)

    def _untracked(self, folders: Sequence[str]) -> tuple[str, ...]:
        return _paths(self._run("ls-files", "-z", "-o", "--exclude-standard", "--", *folders))

    def _ignored(self, folders: Sequence[str]) -> frozenset[str]:
        if self.git is None:
            return frozenset()
        arguments = ("ls-files", "-z", "-o", "-i", "--exclude-standard", "--directory", "--")
        return frozenset(path.rstrip("/") for path in _paths(self._run(*arguments, *folders)))

    def _submodules(self, folders: Sequence[str]) -> frozenset[str]:
        if self.git is None:
            return frozenset()
        output = self._run("ls-files", "-z", "-s", "--", *folders)
        links = (record for record in output.split(b"\0") if record.startswith(b"160000"))
        return frozenset(os.fsdecode(record.partition(b"\t")[2]) for record in links)

    def _run(self, *arguments: str, data: bytes = b"") -> bytes:
        root = str(self.root)
        extra = {"GIT_WORK_TREE": root}
        return self.require_git().git.run("-C", root, *arguments, input=data, extra=extra).stdout


def _walk(
    root: Path, folder: str, ignored: Collection[str], submodules: Collection[str]
) -> Iterator[Entry]:
    """Everything below a folder; links are not followed, submodules not entered."""
    folders = [folder]
    while folders:
        folder = folders.pop()
        for one in _scan(root, folder):
            path = f"{folder}/{one.name}"
            if path in ignored:
                continue
            if not one.is_dir(follow_symlinks=False):
                yield _entry(one, path)
            elif path in submodules or os.path.lexists(f"{one.path}/.git"):
                yield Entry(path, 0, EntryKind.SUBMODULE)
            else:
                folders.append(path)


def _scan(root: Path, folder: str) -> list["os.DirEntry[str]"]:
    try:
        return list(os.scandir(f"{root}/{folder}"))
    except FileNotFoundError:
        return []
    except OSError as exc:
        raise InvalidInputError(f"{folder}: cannot be read: {exc.strerror}") from exc


def _entry(one: "os.DirEntry[str]", path: str) -> Entry:
    if one.is_symlink():
        return Entry(path, 0, EntryKind.LINK)
    if not one.is_file(follow_symlinks=False):
        return Entry(path, 0, EntryKind.OTHER)
    return Entry(path, one.stat(follow_symlinks=False).st_size)


def _paths(output: bytes) -> tuple[str, ...]:
    return tuple(os.fsdecode(path) for path in output.split(b"\0") if path)


def _stack_of(path: str) -> str:
    return path.split("/")[1]
