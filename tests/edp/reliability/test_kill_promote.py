"""`edp promote`, killed before and after the effect of each of its requests, then run again."""

from pathlib import Path

import pytest
from kill_points import Point, kill, points
from reliable_world import (
    STACKS,
    assert_audit_is_complete,
    assert_every_pull_has_its_branch,
    assert_one_promotion,
    change_by_hand,
    log_lengths,
    store,
    take_back,
)
from world import World

REQUESTS = 25
CASES = [pytest.param(n, point, id=str(point)) for n, point in enumerate(points(REQUESTS))]


@pytest.fixture(scope="module")
def audited_from(shared: World) -> str:
    """The head of `main` from which everything must be audited."""
    assert shared.edp("promote", "web", "--to", "dev").code == 0
    cursor = store(shared).git("log", "--format=%H", "--reverse", "edp-ledger").split()[0]
    return shared.file("cursor", cursor).decode().strip()


def begin(world: World, stack: str) -> None:
    take_back(world, stack)
    change_by_hand(world)
    world.clock.sleep(11 * 60)  # by now evidence is due again
    world.settle(5)


def test_the_matrix_has_every_request(shared: World, audited_from: str) -> None:
    begin(shared, "web")
    before = log_lengths(shared)

    done = shared.edp("promote", "web", "--to", "test")

    after = log_lengths(shared)
    assert done.code == 0, done.stderr
    assert sum(after.values()) - sum(before.values()) == REQUESTS


@pytest.mark.parametrize(("number", "point"), CASES)
def test_a_killed_promotion_is_finished_by_the_next_run(
    shared: World, audited_from: str, tmp_path: Path, number: int, point: Point
) -> None:
    stack = STACKS[number % len(STACKS)]
    begin(shared, stack)

    was_killed = kill(shared, tmp_path, point, "promote", stack, "--to", "test")
    shared.settle(5)
    again = shared.edp("promote", stack, "--to", "test")

    assert was_killed
    assert again.code == 0, again.stderr
    assert_one_promotion(shared, stack)
    assert_every_pull_has_its_branch(shared)
    assert_audit_is_complete(shared, audited_from)
