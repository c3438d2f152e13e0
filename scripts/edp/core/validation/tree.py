"""Validation of a work tree: everything, or what a change touches and what binds it all."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from edp.core.release.versions import Version
from edp.core.repository.application_file import (
    PIN_KEYS,
    ApplicationPin,
    member,
    pin_of_application,
)
from edp.core.repository.decision_files import Freeze, Hold, Yank
from edp.core.repository.layout import (
    GRAPH_PATH,
    KUSTOMIZATION,
    YANKED,
    Classified,
    Kind,
    Layout,
    stack_file_path,
)
from edp.core.repository.problems import FileProblemsError, Problem
from edp.core.repository.promotion_graph import PromotionGraph
from edp.core.repository.reading import open_document
from edp.core.repository.stack_file import StackFile
from edp.core.validation.applications import check_application, check_objects
from edp.core.validation.decisions import check_freeze, check_hold, check_yank
from edp.core.validation.facts import Report
from edp.core.validation.listing import check_listing
from edp.core.validation.overlays import (
    Overlay,
    check_environment_folders,
    check_names,
    check_overlay,
)
from edp.core.validation.pins import Versions
from edp.core.validation.reader import Reader
from edp.core.validation.stacks import (
    Stack,
    check_chart,
    check_requires,
    check_stack,
    check_unchanged,
    folders_without_file,
    stack_names,
)
from edp.core.yaml.reader import Document

_NO_GRAPH: Final = Problem(
    GRAPH_PATH, 1, "", "is missing", "say there how versions travel from environment to environment"
)
Mistake = tuple[str, str]


def read_stacks(reader: Reader) -> dict[str, Stack]:
    """The stacks whose `stack.yaml` can be read; what is wrong in the others is in the report."""
    stacks = {}
    for name in stack_names(reader.paths):
        document = reader.document(stack_file_path(name))
        file = reader.model(StackFile, document)
        if document is not None and file is not None:
            stacks[name] = Stack(name, document, file)
    return stacks


def check_tree(
    reader: Reader, stacks: Mapping[str, Stack], changed: Mapping[Version, int]
) -> Report:
    """All problems; `changed` says how many files of a released version are not as released."""
    document = reader.document(GRAPH_PATH) if GRAPH_PATH in reader.files else None
    graph = reader.model(PromotionGraph, document)
    layout = Layout.of(graph) if graph is not None else _presumed_layout(document)
    places = {path: layout.classify(path) for path in reader.files}
    reader.tell(check_listing(reader.facts.entries, places, layout.environments))
    _check_stacks(reader, stacks, changed)
    applications = _applications(places)
    overlays = _overlays(reader, layout, applications)
    if graph is not None and document is not None:
        reader.tell(check_environment_folders(graph, document, reader.paths))
        reader.tell(check_names(graph, overlays, applications))
    elif GRAPH_PATH not in reader.files:
        reader.tell([_NO_GRAPH])
    _Files(reader, graph, _versions(reader, stacks, graph)).check(places)
    return reader.report


def _versions(
    reader: Reader, stacks: Mapping[str, Stack], graph: PromotionGraph | None
) -> Versions:
    places = (Layout({}).classify(path) for path in reader.files if path.startswith(f"{YANKED}/"))
    yanked = frozenset(
        Version(place.stack, place.version) for place in places if place.kind is Kind.YANK
    )
    releases = reader.facts.releases
    if releases is not None and graph is not None:
        releases = replace(releases, tagger_email=graph.bots.email)
    in_tree = dict.fromkeys(stack_names(reader.paths), "")
    in_tree |= {name: stack.file.version for name, stack in stacks.items()}
    return Versions(releases, in_tree, yanked)


def _check_stacks(
    reader: Reader, stacks: Mapping[str, Stack], changed: Mapping[Version, int]
) -> None:
    for stack in stacks.values():
        reader.tell(check_stack(stack, reader.paths))
        _check_chart(reader, stack)
    reader.tell(check_requires(stacks, stack_names(reader.paths)))
    reader.tell(check_unchanged(stacks, changed))
    reader.tell(folders_without_file(reader.paths))


def _check_chart(reader: Reader, stack: Stack) -> None:
    path = f"stacks/{stack.folder}/Chart.yaml"
    is_checked = any(reader.facts.is_checked(one) for one in (path, stack.document.path))
    document = reader.document(path) if path in reader.files and is_checked else None
    if document is not None:
        reader.tell(check_chart(stack, document))


def _presumed_layout(document: Document | None) -> Layout:
    """Where environments seem to be, so that a mistake in the graph hides no other."""
    found = member(document.value, "environments") if document is not None else None
    paths = {
        name: member(environment, "path")
        for name, environment in (found.items() if isinstance(found, dict) else ())
    }
    return Layout({path: name for name, path in paths.items() if isinstance(path, str)})


def _overlays(
    reader: Reader, layout: Layout, applications: Mapping[str, Sequence[str]]
) -> dict[str, Overlay]:
    overlays = {}
    for folder, name in layout.environments.items():
        path = f"{folder}/{KUSTOMIZATION}"
        overlay = reader.overlay(name, path) if path in reader.files else None
        if overlay is not None:
            overlays[name] = overlay
            reader.tell(check_overlay(overlay, reader.paths, applications.get(name, ())))
    return overlays


def _applications(places: Mapping[str, Classified]) -> dict[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for place in places.values():
        if place.kind is Kind.APPLICATION:
            found.setdefault(place.environment, []).append(place.stack)
    return {environment: tuple(names) for environment, names in found.items()}


class _Files:
    """The files that are looked into one by one."""

    def __init__(self, reader: Reader, graph: PromotionGraph | None, versions: Versions) -> None:
        self._reader = reader
        self._graph = graph
        self._versions = versions

    def check(self, places: Mapping[str, Classified]) -> None:
        for path, place in places.items():
            if place.kind in (Kind.HOLD, Kind.YANK, Kind.FREEZE):
                self._check_decision(path, place)
            elif not self._reader.facts.is_checked(path):
                continue
            elif place.kind is Kind.APPLICATION:
                self._check_application(path)
            elif place.kind is Kind.OTHER or _is_child(path, place):
                self._check_objects(path)

    def _check_objects(self, path: str) -> None:
        if path.endswith((".yaml", ".yml")):
            content = self._reader.content(path)
            if content is not None:
                self._reader.tell(check_objects(content, path))

    def _check_application(self, path: str) -> None:
        content = self._reader.content(path)
        if content is None:
            return
        pin, problems = check_application(content, path)
        self._reader.tell(problems)
        if pin is not None:
            self._check_pin(path, content, pin)

    def _check_pin(self, path: str, content: bytes, pin: ApplicationPin) -> None:
        version = Version(pin.stack, pin.version)
        mistake = self._versions.mistake(version)
        if mistake is not None:
            self._reader.tell([_at_pin(path, content, mistake)])
        withdrawn = self._versions.yanked_mistake(version)
        if withdrawn is not None:
            problem = _at_pin(path, content, withdrawn)
            is_new = self._is_new(path, pin)
            report = self._reader.report
            (report.problems if is_new else report.warnings).append(problem)

    def _is_new(self, path: str, pin: ApplicationPin) -> bool:
        """Whether the change sets this pin. One that was there when its version was withdrawn
        stays until the stack moves on, and must not stop other changes.
        """
        change = self._reader.facts.change
        if change is None:
            return False
        before = change.read_before(path)
        try:
            return before is None or pin_of_application(before, path) != pin
        except FileProblemsError:
            return True

    def _check_decision(self, path: str, place: Classified) -> None:
        document = self._reader.document(path)
        if place.kind is Kind.HOLD:
            self._check_hold(place, document)
        elif place.kind is Kind.FREEZE:
            freeze = self._reader.model(Freeze, document)
            if document is not None and freeze is not None and self._graph is not None:
                self._reader.tell(check_freeze(document, freeze, self._graph))
        elif self._reader.model(Yank, document) is not None and document is not None:
            self._reader.tell(check_yank(place, document, self._versions))

    def _check_hold(self, place: Classified, document: Document | None) -> None:
        hold = self._reader.model(Hold, document)
        if document is not None and hold is not None and self._graph is not None:
            problems = check_hold(place, document, hold, self._graph, self._versions)
            self._reader.tell(problems)


def _is_child(path: str, place: Classified) -> bool:
    """Whether a stack's file is one of its child Applications."""
    return place.kind is Kind.STACK_CONTENT and path.split("/")[2] == "applications"


def _at_pin(path: str, content: bytes, mistake: Mistake) -> Problem:
    line = open_document(content, path=path).line(PIN_KEYS)
    return Problem(path, line, "targetRevision", *mistake)
