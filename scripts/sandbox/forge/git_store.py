"""One bare repository: named git facts and the plumbing that writes to it."""

import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from sandbox.forge.git_process import GitFailedError, run_git

ZERO = "0" * 40
FULL_SHA = re.compile(r"[0-9a-f]{40}")


class RefMovedError(Exception):
    """The ref no longer points where the writer had found it."""

    def __init__(self, ref: str, actual: str, expected: str) -> None:
        found = "reference already exists"
        if expected != ZERO:
            found = f"is at {actual} but expected {expected}"
        super().__init__(f"cannot lock ref '{ref}': {found}")


@dataclass(frozen=True)
class Signature:
    name: str
    email: str
    when: datetime


@dataclass(frozen=True)
class Commit:
    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str


@dataclass(frozen=True)
class TreeEntry:
    path: str
    mode: str
    kind: str
    sha: str
    size: int


@dataclass(frozen=True)
class FileChange:
    path: str
    letter: str
    additions: int
    deletions: int


class GitStore:
    """A bare repository on disk; every method is one git fact or one atomic write."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def git(self, *args: str, stdin: bytes = b"", extra: Mapping[str, str] | None = None) -> str:
        return run_git(self.path, *args, stdin=stdin, extra=extra).stdout.decode(errors="replace")

    # --- refs

    def ref(self, name: str) -> str | None:
        """Where a full ref name points; annotated tags are not peeled."""
        loose = self.path / name
        if loose.is_file():
            return loose.read_text().strip()
        if not (self.path / "packed-refs").exists():
            return None
        done = run_git(self.path, "rev-parse", "-q", "--verify", name, allowed=(0, 1, 128))
        return done.stdout.decode().strip() or None

    def branch(self, name: str) -> str | None:
        return self.ref(f"refs/heads/{name}")

    def tag(self, name: str) -> str | None:
        return self.ref(f"refs/tags/{name}")

    def refs(self, prefix: str) -> dict[str, str]:
        """All refs below a prefix (whole path components), in name order."""
        lines = self.git("for-each-ref", "--format=%(refname) %(objectname)", prefix).splitlines()
        return dict(line.split(" ", 1) for line in lines)

    def branches(self) -> dict[str, str]:
        return {k.removeprefix("refs/heads/"): v for k, v in self.refs("refs/heads/").items()}

    def is_empty(self) -> bool:
        return not self.refs("refs/heads/")

    def commit_of(self, revision: str) -> str | None:
        """The commit behind a branch, tag, full ref, full or short sha, looked up in this order."""
        names = [f"refs/heads/{revision}", f"refs/tags/{revision}"]
        if revision.startswith("refs/") or re.fullmatch(r"[0-9a-f]{4,40}", revision):
            names.append(revision)
        for name in names:
            found = self.peeled(name)
            if found:
                return found
        return None

    def peeled(self, revision: str) -> str | None:
        done = run_git(
            self.path, "rev-parse", "-q", "--verify", f"{revision}^{{commit}}", allowed=(0, 1, 128)
        )
        return done.stdout.decode().strip() or None

    def update_ref(self, ref: str, new: str, old: str) -> None:
        """Moves a ref from `old` to `new`; ZERO stands for "does not exist"."""
        actual = self.ref(ref) or ZERO
        if actual != old:
            raise RefMovedError(ref, actual, old)
        self.git("update-ref", ref, new, old)

    # --- reading objects

    def commit(self, sha: str) -> Commit:
        return read_commit(self.path, sha)

    def object_type(self, sha: str) -> str | None:
        done = run_git(self.path, "cat-file", "-t", sha, allowed=(0, 1, 128))
        return done.stdout.decode().strip() or None

    def blob(self, sha: str) -> bytes:
        return run_git(self.path, "cat-file", "blob", sha).stdout

    def raw_object(self, kind: str, sha: str) -> str:
        return self.git("cat-file", kind, sha)

    def entries(self, tree: str, *, recursive: bool = False) -> list[TreeEntry]:
        flags = ["-r", "-t"] if recursive else []
        out = self.git("ls-tree", "-l", "-z", *flags, tree)
        return [_entry(line) for line in out.split("\0") if line]

    def entry(self, revision: str, path: str) -> TreeEntry | None:
        try:
            found = [
                _entry(x) for x in self.git("ls-tree", "-l", "-z", revision, path).split("\0") if x
            ]
        except GitFailedError:
            return None
        return found[0] if found else None

    # --- history

    def merge_base(self, one: str, other: str) -> str:
        done = run_git(self.path, "merge-base", one, other, allowed=(0, 1))
        return done.stdout.decode().strip()

    def is_ancestor(self, old: str, new: str) -> bool:
        done = run_git(self.path, "merge-base", "--is-ancestor", old, new, allowed=(0, 1, 128))
        return done.returncode == 0

    def log(self, *range_and_paths: str) -> list[str]:
        return self.git("rev-list", *range_and_paths).split()

    def changes(self, old: str, new: str) -> list[FileChange]:
        """Files that differ between two commits or trees; a rename is a removal and an addition."""
        return list(read_changes(self.path, old, new))

    def patch(self, old: str, new: str) -> str:
        return self.git("diff", "--no-renames", "--no-color", old, new)

    # --- writing objects

    def write_blob(self, content: bytes) -> str:
        return self.git("hash-object", "-w", "--stdin", stdin=content).strip()

    def write_tree(self, base: str | None, updates: Iterable[tuple[str, str | None]]) -> str:
        """The tree `base` with blobs put at paths, or paths removed where the blob is None."""
        lines = "".join(
            f"0 {ZERO}\t{path}\0" if blob is None else f"100644 {blob}\t{path}\0"
            for path, blob in updates
        )
        with tempfile.TemporaryDirectory(dir=self.path) as folder:
            extra = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            if base is not None:
                self.git("read-tree", base, extra=extra)
            self.git("update-index", "-z", "--index-info", stdin=lines.encode(), extra=extra)
            return self.git("write-tree", extra=extra).strip()

    def write_commit(
        self,
        tree: str,
        parents: Iterable[str],
        message: str,
        *,
        author: Signature,
        committer: Signature,
    ) -> str:
        """A commit with exactly this message."""
        extra = {
            "GIT_AUTHOR_NAME": author.name,
            "GIT_AUTHOR_EMAIL": author.email,
            "GIT_AUTHOR_DATE": f"{int(author.when.timestamp())} +0000",
            "GIT_COMMITTER_NAME": committer.name,
            "GIT_COMMITTER_EMAIL": committer.email,
            "GIT_COMMITTER_DATE": f"{int(committer.when.timestamp())} +0000",
        }
        flags = [flag for parent in parents for flag in ("-p", parent)]
        return self.git("commit-tree", tree, *flags, stdin=message.encode(), extra=extra).strip()

    def write_tag(self, name: str, target: str, message: str, tagger: Signature) -> str:
        head = f"object {target}\ntype commit\ntag {name}\n"
        who = f"tagger {tagger.name} <{tagger.email}> {int(tagger.when.timestamp())} +0000\n\n"
        return self.git("mktag", stdin=f"{head}{who}{message}\n".encode()).strip()

    def merge_trees(self, ours: str, theirs: str) -> tuple[str, str | None]:
        """The merged tree and, where the merge conflicts, what git says about it."""
        return read_merge(self.path, ours, theirs)

    def fetch(self, other: "GitStore", source: str, target: str) -> None:
        self.git("fetch", "--quiet", "--no-tags", str(other.path), f"+{source}:{target}")

    def fetch_objects(self, other: "GitStore", sha: str) -> None:
        """Takes a commit and all it needs, without a ref."""
        self.git("fetch", "--quiet", "--no-tags", str(other.path), sha)


@lru_cache(maxsize=4096)
def read_commit(path: Path, sha: str) -> Commit:
    raw = run_git(path, "cat-file", "commit", sha).stdout.decode(errors="replace")
    head, _, message = raw.partition("\n\n")
    fields = [line.split(" ", 1) for line in head.splitlines() if not line.startswith(" ")]
    values = {field[0]: field[1] for field in fields}
    return Commit(
        sha,
        values["tree"],
        tuple(value for name, value in fields if name == "parent"),
        _signature(values["author"]),
        _signature(values["committer"]),
        message,
    )


@lru_cache(maxsize=4096)
def read_merge(path: Path, ours: str, theirs: str) -> tuple[str, str | None]:
    """Cached: two commits always merge alike."""
    flags = ("--write-tree", "--messages")
    done = run_git(path, "merge-tree", *flags, ours, theirs, allowed=(0, 1))
    tree, _, rest = done.stdout.decode(errors="replace").partition("\n")
    return tree, (rest.partition("\n\n")[2] if done.returncode else None)


@lru_cache(maxsize=4096)
def read_changes(path: Path, old: str, new: str) -> tuple[FileChange, ...]:
    """Cached: what two commits differ by never changes."""
    flags = ("-r", "-z", "--no-renames", "--raw", "--numstat")
    out = run_git(path, "diff-tree", *flags, old, new).stdout.decode(errors="replace")
    parts = [part for part in out.split("\0") if part]
    letters: dict[str, str] = {}
    changes: list[FileChange] = []
    while parts:
        head = parts.pop(0)
        if head.startswith(":"):
            letters[parts.pop(0)] = head.rsplit(" ", 1)[1]
            continue
        added, deleted, name = head.split("\t", 2)
        changes.append(FileChange(name, letters[name], _count(added), _count(deleted)))
    return tuple(changes)


def _count(text: str) -> int:
    return 0 if text == "-" else int(text)


def _signature(text: str) -> Signature:
    found = re.fullmatch(r"(.*?) ?<(.*)> (\d+) ([+-]\d{4})", text)
    if found is None:
        raise ValueError(f"not a git signature: {text!r}")
    return Signature(found[1], found[2], datetime.fromtimestamp(int(found[3]), UTC))


def _entry(line: str) -> TreeEntry:
    facts, path = line.split("\t", 1)
    mode, kind, sha, size = facts.split()
    return TreeEntry(path, mode, kind, sha, 0 if size == "-" else int(size))
