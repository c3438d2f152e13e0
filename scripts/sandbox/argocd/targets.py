"""What git asks for on behalf of one Application: commits, and a fingerprint of the manifests."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from sandbox.argocd.environments import ComparisonFailedError, Environments
from sandbox.argocd.repository import Refs, Repository

Document = dict[str, Any]
LOADING = "Failed to load target state: failed to generate manifest for source 1 of {count}: "
UNRESOLVED = LOADING + "rpc error: code = Unknown desc = "
ROOT_FOLDER = "environments"


@dataclass(frozen=True)
class Target:
    """The outcome of resolving a spec; equal fingerprints mean identical manifests."""

    spec: Document
    revisions: tuple[str, ...]
    fingerprint: str
    source_types: tuple[str, ...]
    applications: dict[str, Document] | None = None
    """Of a root Application: the children it asks for."""

    @property
    def revision(self) -> str:
        return self.revisions[0]


def sources_of(spec: Document) -> list[Document]:
    sources: list[Document] = spec.get("sources") or [spec.get("source") or {}]
    return sources


def is_root(spec: Document) -> bool:
    """True of an Application that applies an environment's folder."""
    path = str(sources_of(spec)[0].get("path") or "")
    return path.strip("/").split("/", 1)[0] == ROOT_FOLDER


class Targets:
    """Resolves specs against the repository as it is now."""

    def __init__(self, repository: Repository, repo_url: str | None) -> None:
        self._repository = repository
        self._repo_url = repo_url
        self._environments = Environments(repository)
        self._refs: Refs | None = None

    def refs(self) -> Refs:
        """Read once per reconciliation of everything."""
        if self._refs is None:
            self._refs = self._repository.refs()
        return self._refs

    def forget_refs(self) -> None:
        self._refs = None

    def resolve(self, spec: Document, refs: Refs, at: str | None = None) -> Target:
        """What `spec` asks for, its first source at the commit `at` if that is given."""
        sources = sources_of(spec)
        try:
            return self._resolve(spec, sources, refs, at)
        except ComparisonFailedError as error:
            prefix = UNRESOLVED.format(count=len(sources))
            raise ComparisonFailedError(f"{prefix}{error}") from error

    def _resolve(
        self, spec: Document, sources: list[Document], refs: Refs, at: str | None
    ) -> Target:
        revisions = tuple(self._revision(source, refs) for source in sources)
        if at:
            revisions = (at, *revisions[1:])
        path = str(sources[0].get("path") or "")
        if is_root(spec):
            children = self._environments.applications(revisions[0], path)
            return Target(spec, revisions, revisions[0], ("Kustomize",), children)
        _check_references(sources, revisions)
        marks = [self._mark(*pair) for pair in zip(sources, revisions, strict=True)]
        types = tuple(
            self._type(revision, str(source["path"]))
            for source, revision in zip(sources, revisions, strict=True)
            if source.get("path")
        )
        return Target(spec, revisions, _digest(marks), types)

    def _revision(self, source: Document, refs: Refs) -> str:
        wanted, url = str(source.get("targetRevision") or "HEAD"), str(source.get("repoURL") or "")
        if source.get("chart"):
            return wanted
        if self._repo_url and url != self._repo_url:
            raise ComparisonFailedError(f"failed to list refs: repository not found: {url}")
        commit = refs.resolve(wanted)
        if commit is None:
            reason = f"unable to resolve '{wanted}' to a commit SHA: revision not found"
            raise ComparisonFailedError(reason)
        return commit

    def _mark(self, source: Document, revision: str) -> object:
        settings = {key: value for key, value in source.items() if key != "targetRevision"}
        if source.get("chart") or source.get("ref"):
            return [revision, settings]
        tree = self._repository.tree(revision, str(source.get("path") or ""))
        if tree is None:
            path = source.get("path") or "."
            raise ComparisonFailedError(f"{path}: app path does not exist")
        return [tree, settings]

    def _type(self, commit: str, path: str) -> str:
        for file, kind in (("Chart.yaml", "Helm"), ("kustomization.yaml", "Kustomize")):
            if self._repository.has_file(commit, f"{path}/{file}"):
                return kind
        return "Directory"


def _check_references(sources: list[Document], revisions: tuple[str, ...]) -> None:
    """Values may come from another repository, or from this one at the same commit."""
    for source, revision in zip(sources, revisions, strict=True):
        is_here = source.get("ref") and source.get("repoURL") == sources[0].get("repoURL")
        if is_here and revision != revisions[0]:
            raise ComparisonFailedError(
                "cannot reference a different revision of the same repository"
                f' (${source["ref"]} references "{revision}" which resolves to "{revision}" while'
                f' the application references "{sources[0].get("targetRevision")}" which resolves'
                f' to "{revisions[0]}")'
            )


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
