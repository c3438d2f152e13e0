"""Which version a promotion is about."""

from collections.abc import Sequence

from edp.core.health.verdict import Health
from edp.core.promotion import gates
from edp.core.promotion.facts import TAKE_NEWEST_LABEL, BranchContent, Facts
from edp.core.promotion.gate import Candidate
from edp.core.promotion.gates import latest_reviews
from edp.core.promotion.pairs import Pair
from edp.core.promotion.reviews import is_counted
from edp.core.promotion.sources import effective_sources
from edp.core.version_range import ordered


def candidates(facts: Facts, pair: Pair) -> tuple[str, ...]:
    """The released versions above the pin, newest first."""
    pin = facts.pins.get(pair)
    releases = facts.releases.get(pair.stack, ())
    if pin is None:
        return tuple(release.version for release in reversed(releases))
    if not releases or releases[-1].version == pin.version:
        return ()  # as most pairs are, most of the time
    limit = ordered(pin.version)
    newer = (release.version for release in releases if ordered(release.version) > limit)
    return tuple(sorted(newer, key=ordered, reverse=True))


def is_eligible(facts: Facts, pair: Pair, version: str) -> bool:
    """Released, above the pin, neither yanked nor closed, seen healthy in every source."""
    candidate = Candidate(pair, version)
    rules = (gates.released, gates.newer, gates.not_yanked, gates.not_closed)
    return all(rule(facts, candidate).passed for rule in rules) and _was_proven(facts, candidate)


def _was_proven(facts: Facts, candidate: Candidate) -> bool:
    pair, version = candidate.pair, candidate.version
    if facts.graph.environments[pair.environment].takes_releases:
        return True
    sources = effective_sources(facts.graph, facts.pins, pair)
    return bool(sources) and all(_was_healthy(facts, pair, version, source) for source in sources)


def _was_healthy(facts: Facts, pair: Pair, version: str, source: str) -> bool:
    evidence = facts.evidence.get((pair.stack, version, source))
    release = facts.release(pair.stack, version)
    if evidence is None or release is None or evidence.commit != release.commit:
        return False
    # What failed there and is gone cannot prove itself any more.
    is_there = facts.pins[Pair(pair.stack, source)].version == version
    return evidence.was_healthy and (is_there or evidence.health is not Health.FAILED)


def best(facts: Facts, pair: Pair, eligible: Sequence[str]) -> str | None:
    """The newest eligible version whose soak is complete, else the newest eligible one."""
    soaked = (v for v in eligible if gates.soak(facts, Candidate(pair, v)).passed)
    return next(soaked, eligible[0] if eligible else None)


def choose(facts: Facts, pair: Pair) -> str | None:
    """The version that the promotion of this pair should carry now; None if there is none.

    An open promotion keeps its version while that is eligible and somebody has approved it or
    asked for it by name, unless the label `edp/take-newest` is set, or its soak can never become
    complete because the version is not where it would have to soak any more.
    """
    eligible = [v for v in candidates(facts, pair) if is_eligible(facts, pair, v)]
    found = best(facts, pair, eligible)
    pull, proposal = facts.pull(pair), facts.proposals.get(pair)
    if pull is None or proposal is None or proposal.content is BranchContent.FOREIGN:
        return found
    is_kept = proposal.version in eligible and _can_soak(facts, pair, proposal.version)
    if not is_kept or TAKE_NEWEST_LABEL in pull.labels:
        return found
    reviews = latest_reviews(facts, pull)
    if proposal.is_chosen or any(is_counted(review, pull.head) for review in reviews):
        return proposal.version
    return found


def _can_soak(facts: Facts, pair: Pair, version: str) -> bool:
    """Whether the soak is complete, or the version is still everywhere that it must soak."""
    if gates.soak(facts, Candidate(pair, version)).passed:
        return True
    sources = effective_sources(facts.graph, facts.pins, pair)
    return all(facts.pins[Pair(pair.stack, source)].version == version for source in sources)
