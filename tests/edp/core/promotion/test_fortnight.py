"""Two weeks of a platform with a release every six hours, in virtual time."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from itertools import pairwise

import pytest
from promotion_facts import DAY, DEV, HOUR, PROD, STACK, TEST
from promotion_world import BERLIN, START, Period, World

from edp.core.promotion.decide import Step
from edp.core.version_range import ordered

END = START + 14 * DAY
ASKED = {DEV: timedelta(), TEST: HOUR, PROD: DAY}
ILL: Sequence[Period] = tuple(
    (START + day * DAY + 9 * HOUR, START + day * DAY + 12 * HOUR) for day in (2, 6, 10, 12)
)
"""Four times everything is degraded for three hours."""
AWAY: Sequence[Period] = tuple(
    (START + day * DAY + 20 * HOUR, START + day * DAY + 32 * HOUR) for day in (1, 4, 8)
)
"""Three times nobody runs edp for twelve hours."""
WORLDS = {
    "quiet": ((), ()),
    "degraded at times": (ILL, ()),
    "with outages": ((), AWAY),
}


@cache
def lived_through(name: str) -> World:
    degraded, outages = WORLDS[name]
    world = World(degraded=degraded, outages=outages)
    for _ in world.live(END):
        """The world checks itself while it lives."""
    return world


each_world = pytest.mark.parametrize("name", WORLDS)


@pytest.mark.parametrize(
    ("name", "times"),
    [("quiet", 8), ("degraded at times", 6), ("with outages", 7)],
)
def test_prod_advances_though_releases_are_more_frequent_than_its_soak(
    name: str, times: int
) -> None:
    assert len(lived_through(name).versions_in("prod")) >= times


@each_world
def test_dev_takes_every_release_and_test_one_a_day(name: str) -> None:
    world = lived_through(name)

    assert len(world.versions_in("dev")) >= 40
    assert 8 <= len(world.versions_in("test")) <= 14


@each_world
def test_versions_only_go_up(name: str) -> None:
    world = lived_through(name)

    for environment in ("dev", "test", "prod"):
        found = ["1.0.0", *world.versions_in(environment)]
        assert all(ordered(low) < ordered(high) for low, high in pairwise(found))


@each_world
def test_nothing_moves_before_its_soak(name: str) -> None:
    for merge in lived_through(name).merges:
        assert merge.soaked >= ASKED[merge.pair]
        assert merge.lived >= ASKED[merge.pair]


@each_world
def test_no_time_is_counted_in_which_it_was_not_healthy(name: str) -> None:
    world = lived_through(name)

    for (stack, version, environment), seen in world.seen.items():
        for interval in seen.intervals:
            for begin, end in world.degraded:
                assert interval.end <= begin or interval.begin >= end, (stack, version, environment)
    for merge in world.merges:
        assert merge.soaked <= merge.lived or merge.pair == DEV


@each_world
def test_no_time_is_counted_in_which_nobody_looked(name: str) -> None:
    world = lived_through(name)

    for seen in world.seen.values():
        for interval in seen.intervals:
            for begin, end in world.outages:
                assert interval.end <= begin or interval.begin >= end


@each_world
def test_prod_changes_in_its_window_only(name: str) -> None:
    for merge in lived_through(name).merges:
        local = merge.at.astimezone(BERLIN)
        if merge.pair == PROD:
            assert local.weekday() < 4
            assert 8 <= local.hour < 16


@each_world
def test_an_unchanged_decision_changes_no_text(name: str) -> None:
    # Approvals, windows that open and close, a failure, an outage: one text for each of them.
    assert lived_through(name).most_bodies <= 20


def test_an_outage_neither_adds_nor_destroys() -> None:
    world, key = World(), (STACK, "1.1.0", "test")
    end = START + 32 * HOUR
    for _ in world.live(START + 20 * HOUR):
        """Test has 1.1.0 since the morning."""
    earned = world.ledger[key].soaked

    world.now = end
    world.run()

    assert earned >= 12 * HOUR
    assert world.seen[key].soaked == earned
    for _ in world.live(end + 3 * HOUR):
        """It goes on as if nothing had happened."""
    assert earned + 2 * HOUR < world.seen[key].soaked <= earned + 3 * HOUR


def test_nobody_approves_in_vain() -> None:
    assert lived_through("quiet").wasted == []
    assert lived_through("with outages").wasted == []


def test_a_second_run_at_once_does_nothing() -> None:
    world = World()

    for _ in world.live(START + 3 * DAY):
        opened, writes, ledger = len(world.opened), world.writes, dict(world.ledger)
        while any(one.step in (Step.OPEN, Step.MERGE, Step.REWRITE) for one in world.run()):
            """Each run may take the next step: what was opened is merged, and so on."""
        writes, ledger = world.writes, dict(world.ledger)
        again = world.run()

        assert {one.step for one in again} <= {Step.NOTHING, Step.WAIT, Step.KEEP}
        assert (world.writes, world.ledger) == (writes, ledger)
        assert opened <= 3


def test_the_ledger_is_not_written_more_often_than_every_ten_minutes() -> None:
    world = lived_through("quiet")

    assert world.commits <= 14 * 24 * 6
