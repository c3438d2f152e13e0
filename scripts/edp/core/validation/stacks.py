"""Each `stack.yaml` by itself, beside its chart, and among the others."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from edp.core.names import tag_name
from edp.core.release.versions import Version
from edp.core.repository.layout import stack_file_path, stack_path
from edp.core.repository.problems import Problem, shown
from edp.core.repository.stack_file import StackFile
from edp.core.validation.facts import Releases
from edp.core.validation.overlays import Paths
from edp.core.yaml.reader import Document
from edp.text import did_you_mean


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack's file as it is read, with its document for lines."""

    folder: str
    document: Document
    file: StackFile

    @property
    def release(self) -> Version:
        """The version that the work tree holds."""
        return Version(self.folder, self.file.version)

    def problem(self, keys: tuple[str, ...], message: str, hint: str = "") -> Problem:
        """A problem at a key of `stack.yaml`."""
        line = self.document.line(keys)
        return Problem(self.document.path, line, ".".join(keys), message, hint)


def check_stack(stack: Stack, paths: Paths) -> Iterator[Problem]:
    """A stack by itself."""
    if stack.file.name != stack.folder:
        message = f"expected {shown(stack.folder)} as in the folder's name"
        yield stack.problem(("name",), f"{message}, found {shown(stack.file.name)}")
    folder = stack_path(stack.folder)
    is_chart, is_overlay = (
        f"{folder}/{name}" in paths.files for name in ("Chart.yaml", "kustomization.yaml")
    )
    if is_chart and is_overlay:
        message = "the stack has a Chart.yaml and a kustomization.yaml"
        yield stack.problem((), message, "keep one of the two")
    elif not (is_chart or is_overlay or f"{folder}/applications" in paths.folders):
        message = "the stack has no Chart.yaml, no kustomization.yaml and no applications/"
        yield stack.problem((), message, "add one of the three")


def check_chart(stack: Stack, chart: Document) -> Iterator[Problem]:
    """The chart has the stack's version."""
    found = chart.value.get("version") if isinstance(chart.value, dict) else None
    if found != stack.file.version:
        text = chart.scalar_text(("version",))
        message = f"expected {stack.file.version} as in {stack.document.path}, found "
        line = chart.line(("version",))
        yield Problem(chart.path, line, "version", message + (text or shown(found)))


def check_requires(stacks: Mapping[str, Stack], known: Collection[str]) -> Iterator[Problem]:
    """What a stack requires exists, if only broken, and nothing requires itself in the end."""
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for name, stack in stacks.items():
        for needed in stack.file.requires:
            sorter.add(name, needed)
            if needed not in known:
                message = f"there is no stack {shown(needed)}"
                yield stack.problem(("requires", needed), message, did_you_mean(needed, known))
    try:
        sorter.prepare()
    except CycleError as error:
        cycle: list[str] = error.args[1]
        message = f"a cycle, so none of them can be promoted: {' → '.join(reversed(cycle))}"
        yield stacks[min(cycle)].problem(("requires",), message)


def released(stacks: Mapping[str, Stack], releases: Releases) -> Iterator[Version]:
    """Versions of the work tree that are tagged already: their files may not change."""
    for stack in stacks.values():
        if releases.problem(stack.release) is not None:
            yield stack.release


def check_unchanged(
    stacks: Mapping[str, Stack], changed: Mapping[Version, int]
) -> Iterator[Problem]:
    """A released version has the files that it was released with."""
    for stack in stacks.values():
        count = changed.get(stack.release, 0)
        if count:
            yield _changed_since(stack, count)


def _changed_since(stack: Stack, count: int) -> Problem:
    name, version = stack.release
    files = "1 file" if count == 1 else f"{count} files"
    return Problem(
        stack.document.path,
        stack.document.line(("version",)),
        "",
        f"version {version} is released and its files changed since ({files})",
        "bump the version, or restore the files:"
        f" git restore --source {tag_name(name, version)} {stack_path(name)}",
    )


def stack_names(paths: Paths) -> tuple[str, ...]:
    """Every folder with a `stack.yaml`, whatever is in that."""
    places = (path.split("/") for path in paths.files)
    return tuple(
        sorted(parts[1] for parts in places if parts[0] == "stacks" and parts[2:] == ["stack.yaml"])
    )


def folders_without_file(paths: Paths) -> Iterator[Problem]:
    """Folders below `stacks/` that are no stacks."""
    for folder in sorted(paths.folders):
        parts = folder.split("/")
        if len(parts) == 2 and parts[0] == "stacks":
            path = stack_file_path(parts[1])
            if path not in paths.files:
                message = "is missing: every folder below stacks/ is a stack"
                yield Problem(path, 1, "", message, "add it, or move the folder")
