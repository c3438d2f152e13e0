"""Soak arithmetic: what counts, what does not, and what an outage neither adds nor destroys."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from promotion_facts import DAY, HOUR, MINUTE, NOW, commit_of, green, not_green

from edp.core.health.verdict import Health, Memory
from edp.core.promotion.evidence import (
    LONGEST_GAP,
    Evidence,
    Interval,
    Observation,
    add_observation,
    is_worth_writing,
)

NOT_GREEN = [Health.FAILED, Health.WAITING, Health.UNKNOWN]


def after(*looks: Observation) -> Evidence:
    """The evidence after these looks, one by one."""
    found: Evidence | None = None
    for look in looks:
        found = add_observation(found, look)
    assert found is not None
    return found


def every(minutes: int, begin: datetime, end: datetime) -> list[Observation]:
    steps = int((end - begin) / timedelta(minutes=minutes))
    return [green(begin + timedelta(minutes=minutes * step)) for step in range(steps + 1)]


def test_a_first_look_counts_from_green_since() -> None:
    found = after(green(NOW, since=NOW - 5 * MINUTE))

    assert found.intervals == (Interval(NOW - 5 * MINUTE, NOW),)
    assert found.healthy_since == NOW - 5 * MINUTE
    assert found.soaked == 5 * MINUTE


def test_a_green_since_in_the_future_counts_for_nothing() -> None:
    assert after(green(NOW, since=NOW + MINUTE)).soaked == timedelta()


def test_what_was_never_green_has_no_interval() -> None:
    found = after(not_green(NOW, Health.WAITING))

    assert not found.was_healthy
    assert found.healthy_since is None
    assert found.soaked == timedelta()


def test_looks_of_one_healthy_period_extend_one_interval() -> None:
    found = after(*every(10, NOW, NOW + 2 * HOUR))

    assert found.intervals == (Interval(NOW, NOW + 2 * HOUR),)


def test_the_longest_gap_still_counts() -> None:
    found = after(green(NOW), green(NOW + LONGEST_GAP))

    assert found.soaked == LONGEST_GAP


def test_a_longer_gap_counts_for_nothing() -> None:
    end = NOW + LONGEST_GAP + timedelta(seconds=1)

    found = after(green(NOW), green(end))

    assert found.soaked == timedelta()
    assert found.intervals == (Interval(NOW, NOW), Interval(end, end))


def test_an_outage_neither_adds_nor_destroys() -> None:
    before = every(10, NOW, NOW + 3 * HOUR)
    later = every(10, NOW + 15 * HOUR, NOW + 17 * HOUR)

    assert after(*before).soaked == 3 * HOUR
    assert after(*before, later[0]).soaked == 3 * HOUR
    assert after(*before, *later).soaked == 5 * HOUR


@pytest.mark.parametrize("health", NOT_GREEN)
def test_what_is_not_green_adds_nothing_and_keeps_what_was_earned(health: Health) -> None:
    earned = [*every(10, NOW, NOW + HOUR), not_green(NOW + 70 * MINUTE, health)]

    found = after(*earned)

    assert found.soaked == HOUR
    assert (found.health, found.healthy_since) == (health, None)


def test_degraded_time_between_two_looks_does_not_count() -> None:
    recovered = NOW + 15 * MINUTE

    found = after(
        green(NOW, health_since=NOW - HOUR),
        green(NOW + 20 * MINUTE, since=recovered, health_since=recovered),
    )

    assert found.intervals == (
        Interval(NOW, NOW),
        Interval(recovered, NOW + 20 * MINUTE),
    )


def test_a_sync_between_two_looks_begins_a_new_interval() -> None:
    synced = NOW + 15 * MINUTE

    found = after(green(NOW), green(NOW + 20 * MINUTE, since=synced, finished=synced))

    assert found.soaked == 5 * MINUTE


def test_a_new_interval_never_reaches_into_the_one_before() -> None:
    later = green(NOW + 20 * MINUTE, since=NOW - HOUR, finished=NOW - HOUR)

    found = after(green(NOW, since=NOW - 10 * MINUTE), later)

    assert [one.begin for one in found.intervals] == [NOW - 10 * MINUTE, NOW]
    assert found.soaked == 30 * MINUTE


def test_another_commit_begins_at_nothing() -> None:
    moved = green(NOW + 2 * HOUR, commit="f" * 40)

    found = after(*every(10, NOW, NOW + HOUR), moved)

    assert found.soaked == timedelta()
    assert found.commit == "f" * 40


def test_a_look_from_the_past_adds_nothing() -> None:
    found = after(*every(10, NOW, NOW + HOUR), green(NOW))

    assert found.soaked == HOUR


def test_a_look_from_the_past_hides_no_break() -> None:
    recovered = NOW + 25 * MINUTE
    behind = green(NOW - MINUTE, since=NOW, health_since=recovered)
    later = green(NOW + 28 * MINUTE, since=recovered, health_since=recovered)

    found = after(green(NOW, health_since=NOW), behind, later)

    assert found.soaked == 3 * MINUTE


def test_a_wait_before_the_first_health_counts_from_the_last_look_at_most() -> None:
    waiting = not_green(NOW, Health.UNKNOWN)

    assert after(waiting, green(NOW + 20 * MINUTE, since=NOW - HOUR)).soaked == 20 * MINUTE
    assert after(waiting, green(NOW + 20 * MINUTE, since=NOW + 15 * MINUTE)).soaked == 5 * MINUTE


def test_an_outage_before_the_first_health_adds_nothing() -> None:
    found = after(not_green(NOW, Health.WAITING), green(NOW + 12 * HOUR, since=NOW + MINUTE))

    assert found.soaked == timedelta()


# A platform that is healthy and degraded by turns, and somebody who looks at any time.
lengths = st.lists(st.integers(1, 180), min_size=1, max_size=8)
glances = st.lists(st.integers(0, 1440), min_size=1, max_size=40, unique=True).map(sorted)


def phases(minutes: Sequence[int]) -> list[tuple[int, int]]:
    """Healthy phases as begin and end in minutes; between them it is degraded."""
    ends = [sum(minutes[: place + 1]) for place in range(len(minutes))]
    turns = list(pairwise([0, *ends, 1500]))
    return turns[::2]


def looks(healthy: Sequence[tuple[int, int]], times: Sequence[int]) -> list[Observation]:
    found = []
    for minute in times:
        at = NOW + minute * MINUTE
        begin = next((begin for begin, end in healthy if begin <= minute < end), None)
        if begin is None:
            found.append(not_green(at, Health.FAILED))
            continue
        # Nothing before the first look is known.
        since = NOW + max(begin, times[0]) * MINUTE
        found.append(green(at, since=since, health_since=NOW + begin * MINUTE))
    return found


@given(minutes=lengths, times=glances)
def test_soak_is_healthy_time_that_somebody_could_see(minutes: list[int], times: list[int]) -> None:
    healthy = phases(minutes)

    found = after(*looks(healthy, times))

    spans = [(NOW + begin * MINUTE, NOW + end * MINUTE) for begin, end in healthy]
    for one in found.intervals:
        assert any(begin <= one.begin <= one.end <= end for begin, end in spans)
    for earlier, later in pairwise(found.intervals):
        assert earlier.end <= later.begin
    watched = sum(b - a for a, b in pairwise(times) if b - a <= 30)
    assert found.soaked <= watched * MINUTE


@given(minutes=lengths, times=glances)
def test_what_was_earned_is_never_lost(minutes: list[int], times: list[int]) -> None:
    found: Evidence | None = None
    earned = timedelta()

    for look in looks(phases(minutes), times):
        found = add_observation(found, look)
        assert found.soaked >= earned
        assert found.observed_at == look.at
        earned = found.soaked


@given(minutes=lengths, times=glances)
def test_looking_twice_at_once_changes_nothing(minutes: list[int], times: list[int]) -> None:
    found: Evidence | None = None

    for look in looks(phases(minutes), times):
        found = add_observation(found, look)
        assert add_observation(found, look) == found


@given(st.lists(st.integers(1, 30), min_size=1, max_size=60))
def test_of_one_healthy_period_all_is_counted(gaps: list[int]) -> None:
    times = [sum(gaps[:place]) for place in range(len(gaps) + 1)]

    found = after(*(green(NOW + minute * MINUTE) for minute in times))

    assert found.intervals == (Interval(NOW, NOW + sum(gaps) * MINUTE),)


# What the ledger must learn.

SEEN = after(green(NOW - 2 * HOUR), *every(30, NOW - 90 * MINUTE, NOW))


def later(minutes: int, **changed: object) -> Evidence:
    """The same evidence some minutes later, still healthy."""
    found = add_observation(SEEN, green(NOW + minutes * MINUTE))
    return replace(found, **changed)  # type: ignore[arg-type]  # fields of the dataclass


@pytest.mark.parametrize("awaited", [True, False])
def test_what_was_healthy_first_is_written(awaited: bool) -> None:
    assert is_worth_writing(None, SEEN, awaited=awaited, soak=DAY)


def test_what_was_never_healthy_is_written_only_for_those_who_wait() -> None:
    found = after(not_green(NOW, Health.WAITING))

    assert is_worth_writing(None, found, awaited=True, soak=DAY)
    assert not is_worth_writing(None, found, awaited=False, soak=DAY)


def test_another_commit_is_written_as_a_first_one() -> None:
    moved = replace(SEEN, commit=commit_of("9.9.9"))

    assert is_worth_writing(SEEN, moved, awaited=False, soak=DAY)


def test_nobody_waits_so_only_the_first_health_is_written() -> None:
    waiting = after(not_green(NOW, Health.WAITING))

    assert not is_worth_writing(SEEN, later(25), awaited=False, soak=DAY)
    assert is_worth_writing(waiting, SEEN, awaited=False, soak=DAY)


@pytest.mark.parametrize(("minutes", "written"), [(0, False), (9, False), (10, True), (25, True)])
def test_the_end_of_an_interval_is_written_every_ten_minutes(minutes: int, written: bool) -> None:
    assert is_worth_writing(SEEN, later(minutes), awaited=True, soak=DAY) is written


def test_a_soak_that_becomes_complete_is_written_at_once() -> None:
    asked = 2 * HOUR + MINUTE

    assert is_worth_writing(SEEN, later(1), awaited=True, soak=asked)
    assert not is_worth_writing(later(1), later(2), awaited=True, soak=asked)


@pytest.mark.parametrize("minutes", range(1, 31))
def test_what_is_looked_at_in_time_stays_one_interval_in_the_ledger(minutes: int) -> None:
    written = SEEN

    for step in range(1, 20):
        found = add_observation(written, green(NOW + step * minutes * MINUTE))
        if is_worth_writing(written, found, awaited=True, soak=HOUR):
            written = found

    assert len(found.intervals) == 1
    assert written.healthy_since == SEEN.healthy_since


@pytest.mark.parametrize(
    "changed",
    [
        {"health": Health.FAILED},
        {"reason": "Degraded: no replicas"},
        {"memory": Memory(health_since=NOW)},
        {"intervals": (*SEEN.intervals, Interval(NOW, NOW + MINUTE))},
    ],
)
def test_a_change_is_written_at_once_for_those_who_wait(changed: dict[str, object]) -> None:
    assert is_worth_writing(SEEN, later(1, **changed), awaited=True, soak=HOUR)


def test_an_unchanged_failure_is_written_once() -> None:
    failed = replace(SEEN, health=Health.FAILED)

    assert not is_worth_writing(
        failed, replace(failed, observed_at=NOW + DAY), awaited=True, soak=DAY
    )
