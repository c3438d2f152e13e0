"""What was observed of one version in one environment, and how long it was healthy.

The document is `evidence/<stack>/<version>/<environment>.json` on the ledger's branch.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from edp.core.health.verdict import Health, Memory, Verdict

LONGEST_GAP: Final = timedelta(minutes=30)
WRITE_INTERVAL: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Interval:
    """A period in which every observation was green, from green-since to the last green one."""

    begin: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.end - self.begin


@dataclass(frozen=True, slots=True)
class Continuity:
    """What must be the same at two green observations for the time between them to count."""

    operation_finished_at: datetime | None
    health_since: datetime | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """The document. `observed_at` and `health` are those of the newest observation."""

    stack: str
    version: str
    environment: str
    commit: str
    health: Health
    reason: str
    observed_at: datetime
    memory: Memory
    intervals: tuple[Interval, ...] = ()
    continuity: Continuity | None = None
    """Of the newest green observation."""

    @property
    def was_healthy(self) -> bool:
        return bool(self.intervals)

    @property
    def healthy_since(self) -> datetime | None:
        """When the present healthy period began; None if it is not healthy now."""
        return self.intervals[-1].begin if self.is_green and self.intervals else None

    @property
    def is_green(self) -> bool:
        return self.health is Health.GREEN

    @property
    def soaked(self) -> timedelta:
        """The healthy time that was observed, all intervals together."""
        return sum((interval.length for interval in self.intervals), timedelta())


@dataclass(frozen=True, slots=True)
class Observation:
    """One look at one pair: what was judged, and when."""

    stack: str
    version: str
    environment: str
    commit: str
    verdict: Verdict
    at: datetime


def add_observation(earlier: Evidence | None, observation: Observation) -> Evidence:
    """The evidence after one more look; an earlier one about another commit is not continued."""
    verdict = observation.verdict
    if earlier is not None and earlier.commit != observation.commit:
        earlier = None
    intervals = earlier.intervals if earlier is not None else ()
    continuity = earlier.continuity if earlier is not None else None
    if verdict.health is Health.GREEN and not _is_past(intervals, observation):
        seen = Continuity(verdict.memory.operation_finished_at, verdict.memory.health_since)
        intervals = _extend(earlier, observation, unbroken=seen == continuity)
        continuity = seen
    return Evidence(
        stack=observation.stack,
        version=observation.version,
        environment=observation.environment,
        commit=observation.commit,
        health=verdict.health,
        reason=verdict.reason,
        observed_at=observation.at,
        memory=verdict.memory,
        intervals=intervals,
        continuity=continuity,
    )


def _is_past(intervals: tuple[Interval, ...], observation: Observation) -> bool:
    """True for a look, by a clock that is behind, at a time that was counted already."""
    return bool(intervals) and observation.at <= intervals[-1].end


def _extend(
    earlier: Evidence | None, observation: Observation, *, unbroken: bool
) -> tuple[Interval, ...]:
    now, green_since = observation.at, observation.verdict.green_since or observation.at
    if earlier is None:
        return (Interval(min(green_since, now), now),)
    known = earlier.intervals
    counted_until = known[-1].end if known else earlier.observed_at
    if now - counted_until > LONGEST_GAP:
        # Nobody looked for a long time, so nothing before this look is counted.
        return (*known, Interval(now, now))
    if known and unbroken:
        return (*known[:-1], replace(known[-1], end=now))
    return (*known, Interval(min(max(green_since, counted_until), now), now))


def is_worth_writing(
    earlier: Evidence | None, later: Evidence, *, awaited: bool, soak: timedelta
) -> bool:
    """Whether the ledger must learn of it now.

    A pair for which no promotion waits is written once, when it was first healthy. An awaited one
    is written at once when anything but the end of its open interval changes; the end itself every
    ten minutes, and when `soak`, the longest that is asked for, becomes complete.
    """
    if earlier is None or earlier.commit != later.commit:
        return awaited or later.was_healthy
    if not awaited:
        return later.was_healthy and not earlier.was_healthy
    if _without_times(earlier) != _without_times(later):
        return True
    if not later.is_green:
        return False
    # Also after the soak: an interval whose end is old would be taken for an outage.
    is_due = later.intervals[-1].end - earlier.intervals[-1].end >= WRITE_INTERVAL
    return is_due or earlier.soaked < soak <= later.soaked


def _without_times(evidence: Evidence) -> tuple[object, ...]:
    begins = tuple(interval.begin for interval in evidence.intervals)
    return (evidence.health, evidence.reason, evidence.memory, evidence.continuity, begins)
