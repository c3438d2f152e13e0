"""What `edp/policy` says of a pull request that is no promotion of ours."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from edp.core.promotion.facts import MANUAL_PIN_LABEL
from edp.core.promotion.pairs import Pair
from edp.core.repository.promotion_graph import PromotionGraph

State = Literal["success", "failure"]


@dataclass(frozen=True, slots=True)
class PinChange:
    """A pin before and after a change; None where there is none, "" where it is unreadable."""

    pair: Pair
    old: str | None
    new: str | None

    @property
    def sets_another(self) -> bool:
        """Whether another version would be asked for; taking a stack out asks for none."""
        return self.new is not None and self.new != self.old


@dataclass(frozen=True, slots=True)
class PolicyVerdict:
    """The commit status to post."""

    state: State
    text: str


def judge_ordinary(
    graph: PromotionGraph,
    changes: Iterable[PinChange],
    *,
    labels: Iterable[str],
    shares_head_with: Pair | None,
) -> PolicyVerdict:
    """Success, unless it would get around the gates of an environment."""
    if shares_head_with is not None:
        return PolicyVerdict(
            "failure", f"holds the very commit that waits to be promoted: {shares_head_with}"
        )
    gated = [
        str(change.pair)
        for change in changes
        if change.sets_another and graph.has_gates(change.pair.environment)
    ]
    if not gated:
        return PolicyVerdict("success", "changes no pin of an environment with gates")
    named = ", ".join(sorted(gated)[:3]) + (", …" if len(gated) > 3 else "")
    if MANUAL_PIN_LABEL in labels:
        return PolicyVerdict("success", f"changes by hand, as labelled: {named}")
    return PolicyVerdict(
        "failure", f"changes by hand: {named}; edp promote does, or label {MANUAL_PIN_LABEL}"
    )
