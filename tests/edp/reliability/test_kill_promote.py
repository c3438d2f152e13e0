"""`edp promote`, killed before and after the effect of each of its requests, then run again."""

from pathlib import Path

import pytest
from kill_points import Point, kill, points
from reliable_world import (
    STACKS,
    assert_audit_is_complete,
    assert_every_pull_has_its_branch,
    assert_one_promotion,
    begin_promotion,
    log_lengths,
    remove_ledger,
)
from world import World

REQUESTS = 18
OF_THE_LEDGER = range(9, 15)
"""The requests that make the branch of the ledger and read it, in a run that finds none."""
CASES = [pytest.param(n, point, id=str(point)) for n, point in enumerate(points(REQUESTS))]
FIRST_CASES = [
    pytest.param(n, point, id=str(point))
    for n, point in enumerate(points(max(OF_THE_LEDGER)))
    if point.request in OF_THE_LEDGER
]


def requests_of(world: World, *arguments: str) -> int:
    before = sum(log_lengths(world).values())
    done = world.edp(*arguments)
    assert done.code == 0, done.stderr
    return sum(log_lengths(world).values()) - before


def assert_finished(world: World, stack: str) -> None:
    assert_one_promotion(world, stack)
    assert_every_pull_has_its_branch(world)
    assert_audit_is_complete(world)


def test_the_matrix_has_every_request(own: World) -> None:
    begin_promotion(own, "web")

    assert requests_of(own, "promote", "web", "--to", "test") == REQUESTS


@pytest.mark.parametrize(("number", "point"), CASES)
def test_a_killed_promotion_is_finished_by_the_next_run(
    shared: World, tmp_path: Path, number: int, point: Point
) -> None:
    stack = STACKS[number % len(STACKS)]
    begin_promotion(shared, stack)

    was_killed = kill(shared, tmp_path, point, "promote", stack, "--to", "test")
    shared.settle(5)
    again = shared.edp("promote", stack, "--to", "test")

    assert was_killed
    assert again.code == 0, again.stderr
    assert_finished(shared, stack)


@pytest.mark.parametrize(("number", "point"), FIRST_CASES)
def test_a_killed_first_run_leaves_a_ledger_or_none(
    shared: World, tmp_path: Path, number: int, point: Point
) -> None:
    stack = STACKS[number % len(STACKS)]
    begin_promotion(shared, stack)
    remove_ledger(shared)

    was_killed = kill(shared, tmp_path, point, "promote", stack, "--to", "test")
    shared.settle(5)
    again = shared.edp("promote", stack, "--to", "test")

    assert was_killed
    assert again.code == 0, again.stderr
    assert_finished(shared, stack)
