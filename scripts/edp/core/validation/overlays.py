"""Each environment's `kustomization.yaml`: it lists what is there, under names that are free."""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from edp.core.names import is_name
from edp.core.repository.application_file import Kustomization, kustomization_of_document
from edp.core.repository.layout import GRAPH_PATH, KUSTOMIZATION, kustomization_path
from edp.core.repository.problems import Problem, shown
from edp.core.repository.promotion_graph import PromotionGraph
from edp.core.yaml.reader import Document, KeyPath

_ELSEWHERE: Final = re.compile(r"[a-z+]+://|git@|github\.com[/:]|git::", re.ASCII)
_KUSTOMIZATIONS: Final = (KUSTOMIZATION, "kustomization.yml", "Kustomization")


@dataclass(frozen=True, slots=True)
class Paths:
    """The files of the work tree, and all folders that hold some."""

    files: frozenset[str]
    folders: frozenset[str] = field(default=frozenset())

    @classmethod
    def of(cls, files: frozenset[str]) -> "Paths":
        """With the folders of these files."""
        folders: set[str] = set()
        for path in {posixpath.dirname(path) for path in files}:
            while path and path not in folders:
                folders.add(path)
                path = posixpath.dirname(path)  # noqa: PLW2901 (climbing)
        return cls(files, frozenset(folders))


@dataclass(frozen=True, slots=True)
class Overlay:
    """An environment's kustomization with its document, for lines."""

    environment: str
    document: Document
    content: Kustomization

    @property
    def folder(self) -> str:
        """The environment's folder."""
        return posixpath.dirname(self.document.path)

    def problem(self, keys: KeyPath, message: str, hint: str = "") -> Problem:
        """A problem at a place of the file."""
        where = str(keys[0]) if keys else ""
        return Problem(self.document.path, self.document.line(keys), where, message, hint)


def read_overlay(environment: str, document: Document) -> Overlay:
    """The overlay, or FileProblemsError."""
    return Overlay(environment, document, kustomization_of_document(document))


def check_overlay(overlay: Overlay, paths: Paths, applications: Sequence[str]) -> Iterator[Problem]:
    """Every Application is listed, everything that is listed exists."""
    yield from _check_listed(overlay, applications)
    for key in ("resources", "components"):
        listed = overlay.content.resources if key == "resources" else overlay.content.components
        yield from _check_entries(overlay, key, listed, paths)
    if overlay.content.name_prefix and not is_name(f"{overlay.content.name_prefix}a"):
        message = f"{shown(overlay.content.name_prefix)} cannot begin the name of an Application"
        yield overlay.problem(("namePrefix",), message, "write it like prod-eu1-")


def _check_listed(overlay: Overlay, applications: Sequence[str]) -> Iterator[Problem]:
    listed = {posixpath.normpath(entry) for entry in overlay.content.resources}
    for name in applications:
        if f"{name}.yaml" not in listed:
            path = f"{overlay.folder}/{name}.yaml"
            message = f"is not listed in {overlay.document.path}, so it is not deployed"
            yield Problem(path, 1, "", message, f"add  - {name}.yaml  to its resources")


def _check_entries(
    overlay: Overlay, key: str, listed: Sequence[str], paths: Paths
) -> Iterator[Problem]:
    seen: set[str] = set()
    for number, entry in enumerate(listed):
        target = posixpath.normpath(posixpath.join(overlay.folder, entry))
        if target in seen:
            message = f"{shown(entry)} is listed twice"
            yield overlay.problem((key, number), message, "remove one of the two")
        seen.add(target)
        problem = "" if _ELSEWHERE.match(entry) else _entry_problem(key, entry, target, paths)
        if problem:
            yield overlay.problem((key, number), f"{shown(entry)} {problem}")


def _entry_problem(key: str, entry: str, target: str, paths: Paths) -> str:
    if target in paths.files:
        if key == "components":
            return "is a file, expected a component's folder"
        return "lies outside of this folder, where kustomize reads no file" if ".." in entry else ""
    if target not in paths.folders:
        return "does not exist"
    if any(f"{target}/{name}" in paths.files for name in _KUSTOMIZATIONS):
        return ""
    return f"has no {KUSTOMIZATION}"


def check_names(
    graph: PromotionGraph,
    overlays: Mapping[str, Overlay],
    applications: Mapping[str, Sequence[str]],
) -> Iterator[Problem]:
    """Environments that share an Argo CD have prefixes, and no two Applications one name."""
    for sharing in _sharing(graph):
        present = [overlays[name] for name in sharing if name in overlays]
        for overlay in present:
            if len(sharing) > 1 and not overlay.content.name_prefix:
                yield _needs_prefix(overlay, sharing)
        yield from _check_clashes(graph, present, applications)


def _sharing(graph: PromotionGraph) -> list[list[str]]:
    """Environments by the Argo CD that serves them, known by its cluster and namespace."""
    groups: dict[tuple[str, str], list[str]] = {}
    for name, environment in graph.environments.items():
        argocd = graph.argocds[environment.argocd]
        groups.setdefault((argocd.context, argocd.namespace), []).append(name)
    return list(groups.values())


def _needs_prefix(overlay: Overlay, sharing: Sequence[str]) -> Problem:
    others = ", ".join(name for name in sharing if name != overlay.environment)
    message = f'the key "namePrefix" is missing: {others} is served by the same Argo CD'
    return overlay.problem((), message, f"add  namePrefix: {overlay.environment}-")


def _check_clashes(
    graph: PromotionGraph, overlays: Sequence[Overlay], applications: Mapping[str, Sequence[str]]
) -> Iterator[Problem]:
    taken = {graph.root_of(one.environment): f"the root of {one.environment}" for one in overlays}
    for overlay in overlays:
        prefix = overlay.content.name_prefix
        for name in applications.get(overlay.environment, ()):
            path = f"{overlay.folder}/{name}.yaml"
            owner = taken.setdefault(f"{prefix}{name}", path)
            if owner != path:
                message = f"its name in the cluster, {prefix}{name}, is also that of {owner}"
                hint = "give the environments different prefixes, or rename one of the two"
                yield Problem(path, 1, "", message, hint)


def check_environment_folders(
    graph: PromotionGraph, document: Document, paths: Paths
) -> Iterator[Problem]:
    """Each environment has its folder, in a place of its own."""
    for name, environment in graph.environments.items():
        problem = _folder_problem(environment.path)
        if not problem and kustomization_path(graph, name) not in paths.files:
            problem = f"{kustomization_path(graph, name)} does not exist"
        if problem:
            keys = ("environments", name, "path")
            yield Problem(GRAPH_PATH, document.line(keys), ".".join(keys), problem)


def _folder_problem(path: str) -> str:
    parts = path.split("/")
    if parts[0] != "environments" or len(parts) < 2:
        return f"{shown(path)} is not below environments/"
    if parts[1] in ("holds", "yanked", "freezes", "shared", "bootstrap"):
        return f"{shown(path)}: environments/{parts[1]} has another use"
    return ""
