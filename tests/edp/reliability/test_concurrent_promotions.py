"""Promotions that run at the same time, each in a process of its own."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import small_platform
from edp_processes import Run, SleepingClock, prepare
from reliable_world import (
    assert_every_pull_has_its_branch,
    assert_one_promotion,
    branch_of,
    open_pulls,
    policy_of,
    start_two_environments,
)
from world import Result, World

from edp.core.promotion.pairs import Pair
from edp.core.promotion.texts import version_in

REFUSED, BUSY = 3, 6


def run_at_once(world: World, folder: Path, commands: Sequence[Sequence[str]]) -> list[Result]:
    """Start every command at the same moment and wait for all."""
    runs = [
        prepare(world.environment, folder, SleepingClock(world.clock.now), *command)
        for command in commands
    ]
    for run in runs:
        run.begin()
    return [_result(run) for run in runs]


def _result(run: Run) -> Result:
    result = run.result()
    assert result is not None
    return result


def test_eight_promotions_of_one_stack_at_once_end_with_one(own: World, tmp_path: Path) -> None:
    results = run_at_once(own, tmp_path, [("promote", "web", "--to", "test")] * 8)

    assert {result.code for result in results} <= {0, BUSY}, results
    assert 0 in {result.code for result in results}
    assert_one_promotion(own, "web")
    assert_every_pull_has_its_branch(own)


def test_simultaneous_creations_that_all_succeed_leave_the_lowest_number(
    own: World, tmp_path: Path
) -> None:
    own.platform.forge.duplicate_window = 30  # the forge sees no duplicates for so long

    run_at_once(own, tmp_path, [("promote", "web", "--to", "test")] * 4)
    own.settle(31)
    done = own.edp("promote", "web", "--to", "test")

    assert done.code == 0, done.stderr
    assert [pull.number for pull in open_pulls(own, "web")] == [1]
    assert_one_promotion(own, "web")


def test_twenty_stacks_promoted_at_once_all_succeed(tmp_path: Path) -> None:
    stacks = tuple(f"stack-{number:02}" for number in range(20))
    with start_two_environments(tmp_path / "platform", stacks, in_dev="1.0.0") as world:
        commands = [("promote", stack, "--to", "dev") for stack in stacks]

        results = run_at_once(world, tmp_path, commands)

        assert [result.code for result in results] == [0] * 20, results
        assert all(len(open_pulls(world, stack, "dev")) == 1 for stack in stacks)
        assert_every_pull_has_its_branch(world)


@pytest.mark.parametrize("first", ["1.2.0", "1.3.0"])
def test_two_versions_of_one_stack_at_once_end_with_wholly_one_of_them(
    own: World, tmp_path: Path, first: str
) -> None:
    own.release("web", "1.2.0")
    own.release("web", "1.3.0")
    versions = sorted(["1.2.0", "1.3.0"], key=lambda version: version != first)

    results = run_at_once(
        own,
        tmp_path,
        [("promote", "web", "--to", "dev", "--version", version) for version in versions],
    )

    assert {result.code for result in results} <= {0, REFUSED, BUSY}, results
    (pull,) = open_pulls(own, "web", "dev")
    (version,) = (one for one in versions if proposes(own, one))
    assert pull.issue.title == f"Promote web 1.1.0 → {version} to dev"
    assert version_in(pull.issue.body, Pair("web", "dev")) == version
    assert policy_of(own, pull.head_sha) == "pending"


def proposes(world: World, version: str) -> bool:
    path = "environments/dev/web.yaml"
    return world.file(path, branch_of("web", "dev")) == small_platform.application("web", version)
