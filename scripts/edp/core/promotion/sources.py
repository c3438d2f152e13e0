"""Which environments a version must have been proven in."""

from collections.abc import Mapping

from edp.core.promotion.pairs import Pair, Pin
from edp.core.repository.promotion_graph import PromotionGraph


def effective_sources(
    graph: PromotionGraph, pins: Mapping[Pair, Pin], pair: Pair
) -> tuple[str, ...]:
    """The environments that vouch for the stack, sorted.

    A source that does not have the stack is replaced by its own sources; empty if none has it.
    """
    found: set[str] = set()
    pending = list(graph.environments[pair.environment].source_names)
    while pending:
        source = pending.pop()
        if Pair(pair.stack, source) in pins:
            found.add(source)
        else:
            pending.extend(graph.environments[source].source_names)
    return tuple(sorted(found))


def effective_targets(
    graph: PromotionGraph, pins: Mapping[Pair, Pin], pair: Pair
) -> tuple[str, ...]:
    """The environments that this one vouches for, sorted."""
    return tuple(
        sorted(
            target
            for target in graph.environments
            if pair.environment in effective_sources(graph, pins, Pair(pair.stack, target))
        )
    )
