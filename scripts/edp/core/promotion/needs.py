"""What a run must look at: which versions are awaited where, and which evidence tells of them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from edp.core.promotion.choice import candidates
from edp.core.promotion.facts import Facts
from edp.core.promotion.pairs import Pair, Pin
from edp.core.promotion.sources import effective_sources, effective_targets
from edp.core.repository.promotion_graph import PromotionGraph
from edp.core.version_range import ordered

Key = tuple[str, str, str]
# Its multiples spread evenly over the unit interval, whatever the time between runs.
_GOLDEN: Final = 0.6180339887498949


@dataclass(frozen=True, slots=True)
class Needs:
    """`awaited` pairs are observed for a promotion, `evidence` is read from the ledger for them."""

    awaited: frozenset[Pair]
    evidence: frozenset[Key]


def find_needs(facts: Facts, asked: Pair | None = None) -> Needs:
    """From pins, releases and open promotions; evidence need not be in the facts yet.

    `asked` is the only pair that a person asks about: the stack may be about to arrive there.
    """
    awaited: set[Pair] = set()
    evidence: set[Key] = set()
    pairs = {asked} if asked else {*facts.pins, *facts.pulls, *facts.proposals}
    for pair in pairs:
        if pair.environment not in facts.graph.environments:
            continue
        versions = candidates(facts, pair)
        if not versions:
            continue
        if pair in facts.pins:
            evidence.add((pair.stack, facts.pins[pair].version, pair.environment))
            if facts.graph.soak_asked_of(pair.environment):
                awaited.add(pair)
        for source in effective_sources(facts.graph, facts.pins, pair):
            awaited.add(Pair(pair.stack, source))
            evidence.update((pair.stack, version, source) for version in versions)
    return Needs(frozenset(awaited), frozenset(evidence))


def keys_now(pins: Mapping[Pair, Pin]) -> Iterator[Key]:
    """The evidence keys of what is pinned now."""
    for pair, pin in pins.items():
        yield pair.stack, pin.version, pair.environment


def some_in_turn(pairs: Iterable[Pair], *, at_most: int, now: datetime) -> frozenset[Pair]:
    """At most so many of the pairs; other ones every minute, so that none is left out for ever."""
    found = sorted(pairs)
    first = int(now.timestamp() // 60 * _GOLDEN % 1 * len(found))
    return frozenset((*found[first:], *found[:first])[:at_most])


def stacks_that_move(facts: Facts) -> frozenset[str]:
    """Stacks with a newer release than some pin, or an open promotion."""
    moving = {pair.stack for pair in (*facts.pulls, *facts.proposals)}
    lowest: dict[str, str] = {}
    for pair, pin in facts.pins.items():
        known = lowest.get(pair.stack)
        if known is None or ordered(pin.version) < ordered(known):
            lowest[pair.stack] = pin.version
    for stack, version in lowest.items():
        releases = facts.releases.get(stack, ())
        if releases and ordered(releases[-1].version) > ordered(version):
            moving.add(stack)
    return frozenset(moving)


def argocds_of(graph: PromotionGraph, pairs: Iterable[Pair]) -> tuple[str, ...]:
    """The Argo CDs that serve the pairs' environments, sorted."""
    return tuple(sorted({graph.environments[pair.environment].argocd for pair in pairs}))


def waits_for(facts: Facts, pair: Pair) -> tuple[Pair, ...]:
    """The pairs that could take this pair's version next."""
    targets = effective_targets(facts.graph, facts.pins, pair)
    return tuple(Pair(pair.stack, target) for target in targets)
