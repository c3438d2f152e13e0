"""Whose turn it is: which Terraform roots may be applied now, and what the others wait for.

A change is applied environment by environment along `promotion.yaml`. An environment without
Terraform roots lets its own sources speak, as for stacks that it does not have.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from edp.core.promotion import windows
from edp.core.repository.decision_files import Freeze
from edp.core.repository.promotion_graph import PromotionGraph
from edp.core.terraform.records import Record, Result
from edp.core.terraform.roots import TerraformRoot
from edp.core.times import format_time


class Turn(StrEnum):
    """Where a Terraform root stands."""

    DONE = "done"
    READY = "ready"
    WAITING = "waiting"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Standing:
    """A Terraform root with its turn, why, and when time alone may change that."""

    root: TerraformRoot
    turn: Turn
    reason: str = ""
    changes_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TurnFacts:
    """What turns are told from. `inputs` has every Terraform root of the default branch."""

    now: datetime
    graph: PromotionGraph
    inputs: Mapping[TerraformRoot, str]
    records: Mapping[TerraformRoot, Record]
    before: Mapping[TerraformRoot, Collection[TerraformRoot]]
    """What each one depends on."""
    freezes: Mapping[str, Freeze] = field(default_factory=dict)
    broken: Mapping[TerraformRoot, str] = field(default_factory=dict)
    """Records that cannot be trusted."""

    def is_done(self, root: TerraformRoot) -> bool:
        """Whether what the default branch says was applied, and nothing was left to do."""
        record = self.records.get(root)
        if record is None or root in self.broken or not record.is_clean:
            return False
        return record.result is Result.APPLIED and record.inputs == self.inputs[root]


def standing(facts: TurnFacts, root: TerraformRoot) -> Standing:
    """Where one Terraform root stands; what is refused comes before what waits."""
    if root in facts.broken:
        return Standing(root, Turn.REFUSED, facts.broken[root])
    if root.environment not in facts.graph.environments:
        reason = f"the environment {root.environment} is not in promotion.yaml"
        return Standing(root, Turn.REFUSED, reason)
    record = facts.records.get(root)
    if record is not None and record.result is Result.ERRORED:
        return Standing(root, Turn.REFUSED, f"its state was not stored: edp recover {root}")
    if facts.is_done(root):
        return Standing(root, Turn.DONE)
    for other in sorted(facts.before.get(root, ())):
        if other in facts.inputs and _comes_before(facts, root.environment, other.environment):
            reason = f"depends on {other}, whose environment comes later"
            return Standing(root, Turn.REFUSED, reason)
    return next(_waits(facts, root), Standing(root, Turn.READY))


def standings(facts: TurnFacts) -> tuple[Standing, ...]:
    """All of them, environments in the order of the graph."""
    places = {name: place for place, name in enumerate(facts.graph.in_order())}
    roots = sorted(facts.inputs, key=lambda one: (places.get(one.environment, len(places)), one))
    return tuple(standing(facts, root) for root in roots)


def sources_of(facts: TurnFacts, environment: str) -> tuple[str, ...]:
    """The environments whose Terraform roots are applied before those of this one."""
    has_roots = {root.environment for root in facts.inputs}
    found: dict[str, None] = {}
    for source in facts.graph.environments[environment].source_names:
        found |= dict.fromkeys((source,) if source in has_roots else sources_of(facts, source))
    return tuple(found)


def _waits(facts: TurnFacts, root: TerraformRoot) -> Iterator[Standing]:
    yield from _for_sources(facts, root)
    for other in sorted(facts.before.get(root, ())):
        if other in facts.inputs and not facts.is_done(other):
            yield Standing(root, Turn.WAITING, f"depends on {other}, which is not applied yet")
    yield from _for_time(facts, root)


def _for_sources(facts: TurnFacts, root: TerraformRoot) -> Iterator[Standing]:
    soak = facts.graph.environments[root.environment].gates.soak
    for source in sources_of(facts, root.environment):
        for other in sorted(one for one in facts.inputs if one.environment == source):
            record = facts.records.get(other)
            if record is None or not facts.is_done(other):
                yield Standing(root, Turn.WAITING, _why_not_done(facts, other))
            elif record.ended_at is not None and facts.now - record.ended_at < soak:
                until = min(record.ended_at, facts.now) + soak
                reason = f"{other} soaks until {format_time(until)}"
                yield Standing(root, Turn.WAITING, reason, until)


def _why_not_done(facts: TurnFacts, root: TerraformRoot) -> str:
    record = facts.records.get(root)
    was_applied = record is not None and record.result is Result.APPLIED
    if record is not None and was_applied and record.inputs == facts.inputs[root]:
        return f"{root} was not clean after its apply"
    return f"{root} is not applied yet"


def _for_time(facts: TurnFacts, root: TerraformRoot) -> Iterator[Standing]:
    for name, freeze in sorted(facts.freezes.items()):
        if root.environment in freeze.environments and freeze.begin <= facts.now < freeze.until:
            reason = f"{name} until {format_time(freeze.until)}: {freeze.reason}"
            yield Standing(root, Turn.WAITING, reason, freeze.until)
    allowed = facts.graph.environments[root.environment].gates.windows
    if allowed is not None and not windows.is_open(allowed, facts.now):
        opens = windows.opens_next(allowed, facts.now)
        reason = f"outside of its window, which opens {format_time(opens)}" if opens else "closed"
        yield Standing(root, Turn.WAITING, reason, opens)


def _comes_before(facts: TurnFacts, one: str, other: str) -> bool:
    """Whether an environment is a source of the other, at any distance."""
    if other not in facts.graph.environments:
        return False
    sources = facts.graph.environments[other].source_names
    return one in sources or any(_comes_before(facts, one, source) for source in sources)
