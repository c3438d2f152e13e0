"""The gate's verdict on one Application: green, failed, waiting or unknown.

Where the rule is silent:

* `Suspended` waits for a person: while the committed version is Suspended the deadline does not
  count, and starts anew when somebody lets it go on.
* A version that was still green at its deadline and lapses later (a node is drained, a refresh is
  asked for) has `healthTimeout` again, from the first observation that was not green.
* An Application that does not exist waits `healthTimeout` from the first time it was missed.
* InvalidSpecError fails even when `reconciledAt` is old: a spec error does not move that time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from edp.core.health.answer import frozen_status, time_ahead
from edp.core.health.application import Application
from edp.core.health.failure import failure
from edp.core.health.memory import Memory, is_suspended, remember
from edp.core.health.root import judge_root
from edp.core.health.rules import Expected, broken_rules
from edp.core.health.wording import one_line
from edp.core.times import format_duration, format_time

__all__ = [
    "Expected",
    "Health",
    "Memory",
    "Verdict",
    "is_steady",
    "judge",
    "judge_root",
    "steady_at",
    "unknown",
]


class Health(StrEnum):
    GREEN = "green"
    FAILED = "failed"
    WAITING = "waiting"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    health: Health
    reason: str
    """One line for people, at most 300 characters, with untrusted text of Argo CD in it."""
    green_since: datetime | None
    changes_at: datetime | None
    """When waiting becomes failure; None where time alone changes nothing."""
    memory: Memory


def judge(
    application: Application | None,
    expected: Expected,
    *,
    now: datetime,
    stale_after: timedelta,
    memory: Memory | None = None,
) -> Verdict:
    """Judge one read of an Application; None is one that a reachable Argo CD does not have."""
    memory = memory or Memory()
    if application is None:
        return _judge_missing(expected, now, memory)
    if from_the_future := time_ahead(application, now):
        return unknown(from_the_future, memory)
    broken = broken_rules(application, expected)
    memory = remember(memory, application, expected, now=now, broken=broken)
    if frozen := frozen_status(application, memory, now=now, stale_after=stale_after):
        return unknown(frozen, memory)
    if failed := failure(application, expected, broken, memory):
        return _verdict(Health.FAILED, failed, memory)
    if broken:
        return _judge_waiting(application, expected, broken, now=now, memory=memory)
    return _judge_green(application, expected, memory)


def unknown(reason: str, memory: Memory | None) -> Verdict:
    """No answer to be had (network, 401, 403, 5xx, an answer that cannot be trusted)."""
    return _verdict(Health.UNKNOWN, reason, memory or Memory())


def steady_at(verdict: Verdict, *, steady: timedelta) -> datetime | None:
    """When green will have lasted long enough to count; None unless it is green."""
    if verdict.health is not Health.GREEN or verdict.green_since is None:
        return None
    return verdict.green_since + steady


def is_steady(verdict: Verdict, *, now: datetime, steady: timedelta) -> bool:
    """True if green has lasted; a first read is younger, so it takes a second one."""
    moment = steady_at(verdict, steady=steady)
    return moment is not None and moment <= now


def _judge_missing(expected: Expected, now: datetime, memory: Memory) -> Verdict:
    missing_at = memory.missing_at or now
    kept = Memory(missing_at=missing_at)
    reason = "there is no such Application in the answer of Argo CD"
    return _until(missing_at + expected.timeout, reason, expected, now=now, memory=kept)


def _judge_waiting(
    application: Application,
    expected: Expected,
    broken: Mapping[int, str],
    *,
    now: datetime,
    memory: Memory,
) -> Verdict:
    # Of the committed spec, a condition names the cause of most other broken rules.
    reason = broken[5] if 5 in broken and 2 not in broken else next(iter(broken.values()))
    if is_suspended(application, broken):
        return _verdict(Health.WAITING, f"waits for a person: {broken[4]}", memory)
    if memory.waiting_since is None:
        return _verdict(Health.WAITING, reason, memory)
    deadline = memory.waiting_since + expected.timeout
    return _until(deadline, reason, expected, now=now, memory=memory)


def _until(
    deadline: datetime, reason: str, expected: Expected, *, now: datetime, memory: Memory
) -> Verdict:
    if now < deadline:
        return replace(_verdict(Health.WAITING, reason, memory), changes_at=deadline)
    late = f"not healthy by {format_time(deadline)}, after {format_duration(expected.timeout)}"
    return _verdict(Health.FAILED, f"{late}: {reason}", memory)


def _judge_green(application: Application, expected: Expected, memory: Memory) -> Verdict:
    times = (application.health_since, application.operation_finished, memory.compared_seen_at)
    since = max((moment for moment in times if moment is not None), default=None)
    verdict = _verdict(Health.GREEN, f'healthy at commit "{expected.commit}"', memory)
    return replace(verdict, green_since=since)


def _verdict(health: Health, reason: str, memory: Memory) -> Verdict:
    return Verdict(health, one_line(reason), green_since=None, changes_at=None, memory=memory)
