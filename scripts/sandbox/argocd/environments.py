"""The Applications an environment's folder asks for, built by the real kustomize."""

import json
import re
import shutil
import subprocess
import sysconfig
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sandbox.argocd.repository import Repository
from sandbox.forge.git_process import environment

Document = dict[str, Any]
TIMEOUT = 60
KEPT_BUILDS = 256


class ComparisonFailedError(Exception):
    """Argo CD cannot say what git asks for; the message is that of its ComparisonError."""


@dataclass(frozen=True)
class Build:
    """What kustomize made of one folder: Applications by name, or why there are none."""

    applications: dict[str, Document]
    error: str = ""


# By tree and path: a tree's name says all about its content, so every Argo CD may share this.
_builds: dict[tuple[str, str], Build] = {}
_guard = threading.RLock()


class Environments:
    """Builds environments at commits; a commit that does not touch them costs nothing."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    def applications(self, commit: str, path: str) -> dict[str, Document]:
        """The Applications of the folder `path`; raises what Argo CD would complain about."""
        top = path.strip("/").split("/", 1)[0]
        tree = self._repository.tree(commit, top)
        if tree is None or self._repository.tree(commit, path) is None:
            raise ComparisonFailedError(f"{path}: app path does not exist")
        build = self._cached(tree, commit, path)
        if build.error:
            raise ComparisonFailedError(build.error)
        return build.applications

    def _cached(self, tree: str, commit: str, path: str) -> Build:
        with _guard:
            if (tree, path) not in _builds:
                _builds[tree, path] = self._build(commit, path.strip("/").split("/", 1)[0], path)
            while len(_builds) > KEPT_BUILDS:
                del _builds[next(iter(_builds))]
            return _builds[tree, path]

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


# kubectl puts kustomize's own words, quoted as in Go, at the end of a line of its log.
_LOGGED = re.compile(r'\] "command failed" err=(?P<words>".*")')


def _said(stderr: str) -> str:
    found = _LOGGED.search(stderr)
    if found is None:
        return stderr.strip()
    try:
        return str(json.loads(found["words"]))
    except ValueError:
        return found["words"].strip('"')


def _failure(stderr: str, folder: str, path: str) -> str:
    said = _said(stderr).replace(str(Path(folder).resolve()), "<path to cached source>")
    said = said.replace(folder, "<path to cached source>").removeprefix("error: ")
    return f"`kustomize build <path to cached source>/{path}` failed exit status 1: Error: {said}"


# The fast one where PyYAML was built with it; both understand the same.
_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_BASE):  # type: ignore[misc] # which one is known only at run time
    """Dates stay text, as in JSON."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in _BASE.yaml_implicit_resolvers.items()
}


def _applications(text: str) -> dict[str, Document]:
    documents = [document for document in yaml.load_all(text, _Loader) if document]
    return {
        document["metadata"]["name"]: document
        for document in documents
        if document.get("kind") == "Application"
    }
