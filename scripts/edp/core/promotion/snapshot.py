"""What one commit of the default branch says: the graph, the pins, and what people decided."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain

from edp.core import names
from edp.core.promotion.pairs import Pair, Pin
from edp.core.repository.application_file import pin_of_application, read_kustomization
from edp.core.repository.decision_files import Freeze, Hold, Yank
from edp.core.repository.layout import (
    FREEZES,
    GRAPH_PATH,
    HOLDS,
    KUSTOMIZATION,
    YANKED,
    Classified,
    Kind,
    Layout,
)
from edp.core.repository.promotion_graph import PromotionGraph
from edp.core.repository.reading import read_model
from edp.errors import InvalidInputError

Found = Pin | str | None
"""A pin, or why it cannot be told; None for an Application that holds no stack."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The part of one commit that promotions are decided on."""

    commit: str
    graph: PromotionGraph
    pins: Mapping[Pair, Pin]
    unreadable: Mapping[Pair, str]
    holds: Mapping[Pair, Hold]
    yanks: Mapping[tuple[str, str], Yank]
    freezes: Mapping[str, Freeze]
    prefixes: Mapping[str, str]
    """By environment: what stands before the Applications' names in the cluster."""

    def application_name(self, pair: Pair) -> str:
        """The name of a pair's Application in the cluster."""
        return self.prefixes.get(pair.environment, "") + pair.stack


@dataclass(slots=True)
class PinCache:
    """What files hold, by path, with their blobs: a second look at `main` parses what has changed.

    Where environments are decides what a file is, so another graph begins anew.
    """

    graph: str = ""
    pins: dict[str, tuple[str, Pair, Found]] = field(default_factory=dict)
    prefixes: dict[str, tuple[str, str]] = field(default_factory=dict)

    def begin(self, graph: str) -> None:
        """Forget everything unless this is the blob of the same graph."""
        if graph != self.graph:
            self.graph = graph
            self.pins.clear()
            self.prefixes.clear()


@dataclass(slots=True)
class _Draft:
    pins: dict[Pair, Pin] = field(default_factory=dict)
    unreadable: dict[Pair, str] = field(default_factory=dict)
    holds: dict[Pair, Hold] = field(default_factory=dict)
    yanks: dict[tuple[str, str], Yank] = field(default_factory=dict)
    freezes: dict[str, Freeze] = field(default_factory=dict)
    prefixes: dict[str, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)


def is_policy(path: str) -> bool:
    """True for the files that say what may be promoted."""
    return path == GRAPH_PATH or path.startswith((f"{HOLDS}/", f"{YANKED}/", f"{FREEZES}/"))


def is_of_interest(path: str, stack: str | None) -> bool:
    """Whether a file below `environments/` is read for one stack, or for all of them (None)."""
    if is_policy(path):
        return True
    name = path.rpartition("/")[2]
    if stack is not None:
        return name in (KUSTOMIZATION, f"{stack}.yaml")
    return name.endswith(".yaml")


def read_snapshot(
    commit: str,
    blobs: Mapping[str, str],
    content: Mapping[str, bytes],
    *,
    stack: str | None,
    cache: PinCache,
) -> Snapshot:
    """Put one commit together from the files of interest; `blobs` maps paths to keys of `content`.

    Raises InvalidInputError when a file that says what may be promoted is missing or broken:
    nothing can be decided then. A broken Application only makes its own pair unreadable.
    """
    graph = graph_of(blobs, content)
    layout, draft = Layout.of(graph), _Draft()
    cache.begin(blobs[GRAPH_PATH])
    for path, blob in blobs.items():
        known = cache.pins.get(path)
        if known is not None and known[0] == blob:
            _put_pin(draft, known[1], known[2])
        elif is_of_interest(path, stack):
            _take(draft, path, layout.classify(path), content[blob], cache=cache, blob=blob)
    for pair in [pair for pair in draft.pins if pair.environment in draft.broken]:
        draft.unreadable[pair] = draft.broken[pair.environment]
        del draft.pins[pair]
    _check_environments(graph, draft)
    return Snapshot(
        commit=commit,
        graph=graph,
        pins=draft.pins,
        unreadable=draft.unreadable,
        holds=draft.holds,
        yanks=draft.yanks,
        freezes=draft.freezes,
        prefixes=draft.prefixes,
    )


def graph_of(blobs: Mapping[str, str], content: Mapping[str, bytes]) -> PromotionGraph:
    """The graph of a commit; InvalidInputError if there is none or it is broken."""
    if GRAPH_PATH not in blobs:
        raise InvalidInputError(
            f"{GRAPH_PATH} is missing on the default branch", hint="say there how versions travel"
        )
    return read_model(PromotionGraph, content[blobs[GRAPH_PATH]], path=GRAPH_PATH)


def _take(
    draft: _Draft, path: str, found: Classified, content: bytes, *, cache: PinCache, blob: str
) -> None:
    match found.kind:
        case Kind.APPLICATION:
            _take_application(draft, path, found, content, cache=cache, blob=blob)
        case Kind.KUSTOMIZATION:
            _take_prefix(draft, path, found.environment, content, cache=cache, blob=blob)
        case Kind.HOLD:
            draft.holds[Pair(found.stack, found.environment)] = read_model(Hold, content, path=path)
        case Kind.YANK:
            draft.yanks[found.stack, found.version] = read_model(Yank, content, path=path)
        case Kind.FREEZE:
            draft.freezes[found.name] = read_model(Freeze, content, path=path)
        case _ if is_policy(path) and found.kind is not Kind.GRAPH:
            raise InvalidInputError(
                f"{path}: no hold, yank or freeze can be called so",
                hint="holds/<environment>/<stack>.yaml, yanked/<stack>/<version>.yaml,"
                " freezes/<name>.yaml",
            )


def _take_application(
    draft: _Draft, path: str, found: Classified, content: bytes, *, cache: PinCache, blob: str
) -> None:
    if not names.is_name(found.stack):
        return
    pair = Pair(found.stack, found.environment)
    pin = read_pin(pair, path, content)
    cache.pins[path] = blob, pair, pin
    _put_pin(draft, pair, pin)


def _put_pin(draft: _Draft, pair: Pair, pin: Found) -> None:
    if isinstance(pin, Pin):
        draft.pins[pair] = pin
    elif pin is not None:
        draft.unreadable[pair] = pin


def read_pin(pair: Pair, path: str, content: bytes) -> Found:
    """The pin in an Application's file, why it cannot be told, or None if it holds no stack."""
    try:
        found = pin_of_application(content, path=path)
    except InvalidInputError as exc:
        return exc.message
    if found is None:
        return None
    if found.stack != pair.stack:
        return f'{path}: holds the stack "{found.stack}", expected "{pair.stack}"'
    return Pin(pair, found.version, path)


def _take_prefix(
    draft: _Draft, path: str, environment: str, content: bytes, *, cache: PinCache, blob: str
) -> None:
    known = cache.prefixes.get(path)
    try:
        if known is None or known[0] != blob:
            known = blob, read_kustomization(content, path=path).name_prefix
            cache.prefixes[path] = known
        draft.prefixes[environment] = known[1]
    except InvalidInputError as exc:
        draft.broken[environment] = exc.message


def _check_environments(graph: PromotionGraph, draft: _Draft) -> None:
    held = ((f"hold of {pair}", pair.environment) for pair in draft.holds)
    frozen = (
        (f"freeze {name}", environment)
        for name, freeze in draft.freezes.items()
        for environment in freeze.environments
    )
    for what, environment in chain(held, frozen):
        if environment not in graph.environments:
            raise InvalidInputError(
                f'{what}: there is no environment "{environment}"',
                hint=f"{GRAPH_PATH} knows {', '.join(sorted(graph.environments))}",
            )
