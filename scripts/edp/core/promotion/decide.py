"""The one decision function: facts in, what is to be done with every promotion out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from edp.core.promotion import gates
from edp.core.promotion.choice import candidates, choose, is_eligible
from edp.core.promotion.facts import BranchContent, Facts, Proposal, PullRequest
from edp.core.promotion.gate import Candidate, Gate, State
from edp.core.promotion.gates import evaluate
from edp.core.promotion.pairs import Pair
from edp.core.version_range import ordered

# A new pull request is not opened before these say yes; the others can be waited for in it.
NEEDED_TO_OPEN: Final = frozenset(
    {"released", "newer", "not yanked", "not closed", "hold", "healthy"}
)


class Step(StrEnum):
    """What happens to the promotion of one pair."""

    NOTHING = "nothing"
    """There is nothing newer."""
    WAIT = "wait"
    """There is something newer, and no pull request for it yet."""
    OPEN = "open"
    REWRITE = "rewrite"
    """The pull request gets another commit: another version, or the same one on a newer base."""
    KEEP = "keep"
    """The pull request stays as it is and waits."""
    MERGE = "merge"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done with one pair, and why."""

    pair: Pair
    step: Step
    present: str | None
    """The version that the environment has now; None if the stack is not there."""
    version: str | None
    """The version that it is about."""
    gates: tuple[Gate, ...]
    reason: str = ""
    """Why it is closed, or why nothing can be done."""
    pull: PullRequest | None = None
    duplicates: tuple[PullRequest, ...] = ()
    """Further open pull requests of the same pair, to be closed."""
    newer: str | None = None
    """A newer eligible version that comes after this one."""
    reuses_branch: bool = False
    """True if the branch holds the wanted commit already."""

    @property
    def stands_in_the_way(self) -> tuple[Gate, ...]:
        """The gates that have not passed, refused ones first."""
        bad = (gate for gate in self.gates if not gate.passed)
        return tuple(sorted(bad, key=lambda gate: gate.state is not State.REFUSED))

    @property
    def goes_on_at(self) -> datetime | None:
        """When time alone will have brought the next step; None if it takes anything else."""
        bad = self.stands_in_the_way
        if self.step is Step.WAIT:
            bad = tuple(gate for gate in bad if gate.name in NEEDED_TO_OPEN)
        moments = [gate.changes_at for gate in bad if gate.changes_at is not None]
        if not bad or len(moments) < len(bad) or any(gate.refused for gate in bad):
            return None
        return max(moments)


def decide(
    facts: Facts, pair: Pair, *, wanted: str | None = None, is_asked_for: bool = False
) -> Decision:
    """Decide about one pair.

    `wanted` is a version that a person asks for by name; `is_asked_for` says that a person asks for
    the promotion. Without one, a stack that the environment does not have never arrives there.
    """
    pulls, proposal = facts.pulls.get(pair, ()), facts.proposals.get(pair)
    pin = facts.pins.get(pair)
    present = pin.version if pin else None
    if pair in facts.unreadable:
        step = Step.KEEP if pulls else Step.WAIT
        return Decision(pair, step, present, None, (), facts.unreadable[pair], facts.pull(pair))
    if proposal is not None and proposal.content is BranchContent.FOREIGN:
        return _leave_to_person(facts, pair, present, proposal)
    if pulls and proposal is None:
        reason = "its branch was not there when this run looked"
        return Decision(pair, Step.KEEP, present, None, (), reason, pulls[0], pulls[1:])
    if wanted is not None and not _may_open(evaluate(facts, Candidate(pair, wanted))):
        # An open promotion of another version is not touched.
        found = evaluate(facts, Candidate(pair, wanted))
        return Decision(pair, Step.WAIT, present, wanted, found)
    if pulls and proposal is not None:
        return _continue(facts, pair, pulls[0], proposal, wanted=wanted)
    begins = is_asked_for or wanted is not None or present is not None
    return _begin(facts, pair, present, proposal, version=wanted, begins=begins)


def _begin(
    facts: Facts,
    pair: Pair,
    present: str | None,
    proposal: Proposal | None,
    *,
    version: str | None,
    begins: bool,
) -> Decision:
    if version is None and not candidates(facts, pair):
        return Decision(pair, Step.NOTHING, present, None, ())
    version = version or choose(facts, pair)
    if version is None:
        return _explain_absence(facts, pair, present, begins=begins)
    found = evaluate(facts, Candidate(pair, version))
    reuses = _holds(proposal, version)
    # Where a stack goes is a person's decision: without one only a begun arrival is finished.
    if not (_may_open(found) and (begins or reuses)):
        return Decision(pair, Step.WAIT, present, version, found)
    return Decision(pair, Step.OPEN, present, version, found, reuses_branch=reuses)


def _may_open(found: tuple[Gate, ...]) -> bool:
    return all(gate.passed for gate in found if gate.name in NEEDED_TO_OPEN)


def _holds(proposal: Proposal | None, version: str) -> bool:
    return proposal is not None and proposal.version == version and proposal.merges_cleanly


def _leave_to_person(facts: Facts, pair: Pair, present: str | None, proposal: Proposal) -> Decision:
    version = proposal.version or None
    found = evaluate(facts, Candidate(pair, version)) if version else (_foreign(proposal),)
    pulls = facts.pulls.get(pair, ())
    step = Step.KEEP if pulls else Step.WAIT
    pull = pulls[0] if pulls else None
    return Decision(pair, step, present, version, found, proposal.reason, pull, pulls[1:])


def _foreign(proposal: Proposal) -> Gate:
    return Gate("branch", State.REFUSED, proposal.reason)


def _explain_absence(facts: Facts, pair: Pair, present: str | None, *, begins: bool) -> Decision:
    """Nothing is eligible: the newest release tells what it lacks, if it may go there at all."""
    newer = candidates(facts, pair) if begins else ()
    if not newer:
        return Decision(pair, Step.NOTHING, present, None, ())
    found = evaluate(facts, Candidate(pair, newer[0]))
    return Decision(pair, Step.WAIT, present, newer[0], found)


def _continue(
    facts: Facts, pair: Pair, pull: PullRequest, proposal: Proposal, *, wanted: str | None
) -> Decision:
    pin = facts.pins.get(pair)
    present = pin.version if pin else None
    duplicates = facts.pulls[pair][1:]
    version = wanted or choose(facts, pair) or proposal.version
    if obsolete := _obsolete(facts, pair, version):
        return Decision(pair, Step.CLOSE, present, proposal.version, (), obsolete, pull, duplicates)
    found = evaluate(facts, Candidate(pair, version))
    step = Step.KEEP
    if not _holds(proposal, version):
        step = Step.REWRITE
    elif all(gate.passed for gate in found):
        step = Step.MERGE
    newer = _next_version(facts, pair, version)
    return Decision(
        pair, step, present, version, found, "", pull, duplicates, newer, step is not Step.REWRITE
    )


def _obsolete(facts: Facts, pair: Pair, version: str) -> str:
    """Why there is nothing left to promote; "" if there is."""
    candidate = Candidate(pair, version)
    for gate in (gates.newer(facts, candidate), gates.not_yanked(facts, candidate)):
        if gate.refused:
            return gate.reason
    return ""


def _next_version(facts: Facts, pair: Pair, version: str) -> str | None:
    newer = (
        other
        for other in candidates(facts, pair)
        if ordered(other) > ordered(version) and is_eligible(facts, pair, other)
    )
    return next(newer, None)


def decide_all(facts: Facts) -> tuple[Decision, ...]:
    """Decide about every pair, environments in the order of the graph."""
    order = {name: place for place, name in enumerate(facts.graph.in_order())}
    pairs = sorted(_pairs(facts), key=lambda pair: (order[pair.environment], pair.stack))
    return tuple(decide(facts, pair) for pair in pairs)


def _pairs(facts: Facts) -> Iterable[Pair]:
    known = set(facts.pins) | set(facts.pulls) | set(facts.unreadable) | set(facts.proposals)
    return (pair for pair in known if pair.environment in facts.graph.environments)
