"""What a gate is, and making one."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from edp.core.promotion.pairs import Pair


class State(StrEnum):
    """Whether a gate lets through."""

    PASSED = "passed"
    WAITING = "waiting"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Gate:
    """One named condition on a promotion, as it stands now."""

    name: str
    state: State
    reason: str
    changes_at: datetime | None = None

    @property
    def passed(self) -> bool:
        return self.state is State.PASSED

    @property
    def refused(self) -> bool:
        return self.state is State.REFUSED


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version that may go into an environment."""

    pair: Pair
    version: str


def passed(name: str, reason: str) -> Gate:
    """It stands in nobody's way."""
    return Gate(name, State.PASSED, reason)


def waiting(name: str, reason: str, changes_at: datetime | None = None) -> Gate:
    """It can pass by itself or by an approval, by time alone at `changes_at`."""
    return Gate(name, State.WAITING, reason, changes_at)


def refused(name: str, reason: str, changes_at: datetime | None = None) -> Gate:
    """Somebody must change something first, unless time does at `changes_at`."""
    return Gate(name, State.REFUSED, reason, changes_at)


def worst(name: str, found: list[Gate]) -> Gate:
    """One gate out of several: refused before waiting before passed, reasons joined."""
    for state in (State.REFUSED, State.WAITING):
        bad = [gate for gate in found if gate.state is state]
        if bad:
            times = [gate.changes_at for gate in bad]
            known = [time for time in times if time is not None]
            changes_at = max(known) if len(known) == len(times) else None
            return Gate(name, state, "; ".join(gate.reason for gate in bad), changes_at)
    return passed(name, "; ".join(gate.reason for gate in found))
