"""The Applications an environment's folder asks for, built by the real kustomize."""

import shutil
import subprocess
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sandbox.argocd.repository import Repository
from sandbox.forge.git_process import environment

Document = dict[str, Any]
TIMEOUT = 60


class ComparisonFailedError(Exception):
    """Argo CD cannot say what git asks for; the message is that of its ComparisonError."""


@dataclass(frozen=True)
class Build:
    """What kustomize made of one folder: Applications by name, or why there are none."""

    applications: dict[str, Document]
    error: str = ""


class Environments:
    """Builds environments at commits; a commit that does not touch them costs nothing."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._builds: dict[tuple[str, str], Build] = {}

    def applications(self, commit: str, path: str) -> dict[str, Document]:
        """The Applications of the folder `path`; raises what Argo CD would complain about."""
        top = path.strip("/").split("/", 1)[0]
        tree = self._repository.tree(commit, top)
        if tree is None or self._repository.tree(commit, path) is None:
            raise ComparisonFailedError(f"{path}: app path does not exist")
        key = (tree, path)
        if key not in self._builds:
            self._builds[key] = self._build(commit, top, path)
        if self._builds[key].error:
            raise ComparisonFailedError(self._builds[key].error)
        return self._builds[key].applications

    def _build(self, commit: str, top: str, path: str) -> Build:
        with tempfile.TemporaryDirectory(prefix="sandbox-argocd-") as folder:
            self._repository.export(commit, top, Path(folder))
            done = _kustomize(Path(folder) / path)
            if done.returncode:
                return Build({}, _failure(done.stderr, folder, path))
            return Build(_applications(done.stdout))


def _kustomize(folder: Path) -> subprocess.CompletedProcess[str]:
    argv = [kubectl(), "kustomize", str(folder)]
    return subprocess.run(
        argv, capture_output=True, text=True, env=environment(), timeout=TIMEOUT, check=False
    )


def kubectl() -> str:
    """The binary from PATH, or else the one that the `sandbox` extra puts beside Python."""
    beside = Path(sysconfig.get_path("scripts")) / "kubectl"
    found = shutil.which("kubectl") or (str(beside) if beside.is_file() else None)
    if found is None:
        raise FileNotFoundError('kubectl is missing: pip install "edp[sandbox]" brings it')
    return found


def _failure(stderr: str, folder: str, path: str) -> str:
    said = stderr.strip().replace(str(Path(folder).resolve()), "<path to cached source>")
    said = said.replace(folder, "<path to cached source>").removeprefix("error: ")
    return f"`kustomize build <path to cached source>/{path}` failed exit status 1: Error: {said}"


class _Loader(yaml.SafeLoader):
    """Dates stay text, as in JSON."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _applications(text: str) -> dict[str, Document]:
    documents = [document for document in yaml.load_all(text, _Loader) if document]
    return {
        document["metadata"]["name"]: document
        for document in documents
        if document.get("kind") == "Application"
    }
