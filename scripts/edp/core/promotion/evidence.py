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
    if verdict.health is Health.GREEN:
        seen = Continuity(verdict.memory.operation_finished_at, verdict.memory.health_since)
        intervals = _extend(intervals, observation, unbroken=seen == continuity)
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


def _extend(
    intervals: tuple[Interval, ...], observation: Observation, *, unbroken: bool
) -> tuple[Interval, ...]:
    now, green_since = observation.at, observation.verdict.green_since or observation.at
    if not intervals:
        return (Interval(min(green_since, now), now),)
    last = intervals[-1]
    gap = now - last.end
    if gap <= timedelta():
        return intervals
    if gap > LONGEST_GAP:
        # Nobody looked for a long time, so nothing before this look is counted.
        return (*intervals, Interval(now, now))
    if unbroken:
        return (*intervals[:-1], replace(last, end=now))
    return (*intervals, Interval(min(max(green_since, last.end), now), now))


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
    if not later.is_green or earlier.soaked >= soak:
        return False
    return later.soaked >= soak or later.intervals[-1].end - earlier.intervals[-1].end >= (
        WRITE_INTERVAL
    )


def _without_times(evidence: Evidence) -> tuple[object, ...]:
    begins = tuple(interval.begin for interval in evidence.intervals)
    return (evidence.health, evidence.reason, evidence.memory, evidence.continuity, begins)
