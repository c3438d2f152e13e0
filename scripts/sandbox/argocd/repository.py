"""What Argo CD reads from git: where refs point, whether trees are the same, files of a commit."""

import io
import re
import tarfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sandbox.forge.git_process import GitFailedError, run_git

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
        return self._paths(commit).get(f"{path.strip('/')}/")

    def has_file(self, commit: str, path: str) -> bool:
        return path.strip("/") in self._paths(commit)

    def _paths(self, commit: str) -> dict[str, str]:
        try:
            return _paths(self.path, commit)
        except GitFailedError:
            return {}

    def export(self, commit: str, folder: str, target: Path) -> None:
        """Writes a folder of a commit below `target`, under its own path."""
        out = run_git(self.path, "archive", "--format=tar", commit, "--", folder)
        with tarfile.open(fileobj=io.BytesIO(out.stdout)) as archive:
            archive.extractall(target, filter="data")


@lru_cache(maxsize=1024)
def _paths(repository: Path, commit: str) -> dict[str, str]:
    """The object at each path of a commit; folders end with a slash."""
    out = run_git(repository, "ls-tree", "-r", "-t", "-z", f"{commit}^{{commit}}").stdout
    paths = {}
    for line in filter(None, out.decode(errors="replace").split("\0")):
        facts, path = line.split("\t", 1)
        _, kind, sha = facts.split(" ")
        paths[f"{path}/" if kind == "tree" else path] = sha
    return paths
