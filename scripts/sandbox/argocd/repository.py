"""What Argo CD reads from git: where refs point, whether trees are the same, files of a commit."""

import io
import re
import tarfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sandbox.forge.git_process import run_git

FULL_SHA = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Refs:
    """All branches and tags at one moment, annotated tags peeled to their commit."""

    commits: dict[str, str]

    def resolve(self, revision: str) -> str | None:
        """The commit that Argo CD takes for `targetRevision`: a branch wins over a tag."""
        if FULL_SHA.fullmatch(revision):
            return revision
        if revision in ("", "HEAD"):
            revision = "main"
        names = [revision] if revision.startswith("refs/") else []
        names += [f"refs/heads/{revision}", f"refs/tags/{revision}"]
        return next((self.commits[name] for name in names if name in self.commits), None)


class Repository:
    """One bare repository, read only."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def refs(self) -> Refs:
        columns = "%(refname) %(objectname) %(*objectname)"
        out = run_git(self.path, "for-each-ref", f"--format={columns}", "refs/heads", "refs/tags")
        rows = [line.split(" ") for line in out.stdout.decode(errors="replace").splitlines()]
        return Refs({name: peeled or direct for name, direct, peeled in rows})

    def tree(self, commit: str, path: str) -> str | None:
        """The tree of a folder; None where there is no such folder or commit."""
        return _tree(self.path, commit, path.strip("/"))

    def has_file(self, commit: str, path: str) -> bool:
        return _object(self.path, f"{commit}:{path}") is not None

    def export(self, commit: str, folder: str, target: Path) -> None:
        """Writes a folder of a commit below `target`, under its own path."""
        out = run_git(self.path, "archive", "--format=tar", commit, "--", folder)
        with tarfile.open(fileobj=io.BytesIO(out.stdout)) as archive:
            archive.extractall(target, filter="data")


def _tree(path: Path, commit: str, folder: str) -> str | None:
    return _object(path, f"{commit}:{folder}^{{tree}}" if not folder else f"{commit}:{folder}")


@lru_cache(maxsize=8192)
def _known_object(path: Path, name: str) -> str:
    done = run_git(path, "rev-parse", "-q", "--verify", name, allowed=(0, 1, 128))
    found = done.stdout.decode().strip()
    if not found:
        raise KeyError(name)  # not remembered: it may be pushed later
    return found


def _object(path: Path, name: str) -> str | None:
    try:
        return _known_object(path, name)
    except KeyError:
        return None
