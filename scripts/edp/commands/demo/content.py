"""What the demo's platform starts with: this repository, with gates that do not take days."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from edp.app import App
from edp.clients.worktree import FOLDERS, WorkTree
from edp.core.promotion.pairs import Pair, Pin
from edp.core.promotion.snapshot import PinCache, Snapshot, read_snapshot
from edp.core.repository.layout import GRAPH_PATH, stack_file_path
from edp.core.yaml.pin_edit import read_scalar, splice_scalar
from edp.errors import InvalidInputError

WORKFLOWS: Final = ".forgejo"
SOAK_SECONDS: Final = 6


@dataclass(frozen=True, slots=True)
class Cast:
    """The stack whose new version is promoted, and the environments on its way, in order."""

    stack: str
    present: str
    version: str
    way: tuple[str, ...]
    snapshot: Snapshot


def files_of(app: App) -> dict[str, bytes]:
    """The files of the work tree that a platform is made of."""
    tree = WorkTree.open(app.repo, environment=app.settings.process_environment)
    folders = [name for name in (*FOLDERS, WORKFLOWS) if (Path(app.repo) / name).is_dir()]
    found = {entry.path: tree.read(entry.path) for entry in tree.entries(folders)}
    if GRAPH_PATH not in found:
        raise InvalidInputError(
            f"{app.repo.absolute()}: there is no {GRAPH_PATH}",
            hint="name the repository's folder with --repo",
        )
    return found


def with_quick_gates(files: dict[str, bytes]) -> dict[str, bytes]:
    """The same platform; its second environment soaks for seconds, its third wants an approval."""
    graph = _graph(files)
    for argocd in graph["argocds"].values():
        argocd["steady"] = "1s"
    for place, environment in enumerate(graph["environments"].values()):
        gates = {1: {"soak": f"{SOAK_SECONDS}s"}, 2: {"approvals": 1}}.get(place, {})
        environment["gates"] = gates
    return _with_graph(files, graph)


def with_bots(files: dict[str, bytes], *, bot: str, gate: str) -> dict[str, bytes]:
    """The same platform with other technical users."""
    graph = _graph(files)
    graph["bots"] |= {"bot": bot, "gate": gate}
    return _with_graph(files, graph)


def _graph(files: dict[str, bytes]) -> dict[str, Any]:
    graph: dict[str, Any] = yaml.safe_load(files[GRAPH_PATH])
    return graph


def _with_graph(files: dict[str, bytes], graph: dict[str, Any]) -> dict[str, bytes]:
    return {**files, GRAPH_PATH: yaml.safe_dump(graph, sort_keys=False).encode()}


def cast_of(files: dict[str, bytes]) -> Cast:
    """Choose a stack that is in every environment, and give it a next version."""
    blobs = {path: path for path in files}
    snapshot = read_snapshot("", blobs, files, stack=None, cache=PinCache())
    way = snapshot.graph.in_order()
    by_stack: dict[str, list[Pin]] = {}
    for pair, pin in sorted(snapshot.pins.items()):
        by_stack.setdefault(pair.stack, []).append(pin)
    everywhere = [
        stack
        for stack, pins in by_stack.items()
        if len(pins) == len(way) and len({pin.version for pin in pins}) == 1
    ]
    if not everywhere or len(way) < 3:
        raise InvalidInputError(
            "the demo needs three environments, and a stack with one version in all of them",
            hint="run it in a clone as it came: git stash, or git worktree add ../demo",
        )
    stack = "platform-base" if "platform-base" in everywhere else everywhere[0]
    present = snapshot.pins[Pair(stack, way[0])].version
    major, minor, _ = present.split("-")[0].split(".")
    return Cast(stack, present, f"{major}.{int(minor) + 1}.0", way, snapshot)


def next_version(files: dict[str, bytes], cast: Cast) -> dict[str, bytes]:
    """The files that a pull request with the next version of the stack changes."""
    changed = {}
    for path in (stack_file_path(cast.stack), f"stacks/{cast.stack}/Chart.yaml"):
        if path in files:
            read_scalar(files[path], ("version",), path=path)
            changed[path] = splice_scalar(files[path], ("version",), cast.version, path=path)
    log = f"stacks/{cast.stack}/CHANGELOG.md"
    text = files.get(log, b"# Changes\n").decode()
    head, mark, rest = text.partition("\n## ")
    entry = f"\n## [{cast.version}]\n\n### Changed\n- What the demo brings to production.\n"
    changed[log] = f"{head}{entry}{mark}{rest}".encode()
    return changed
