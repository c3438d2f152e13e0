"""The command line itself, `python -m edp`, killed and run again on the real clock."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import reliable_world
import small_platform
from kill_points import Point, Strike, armed
from reliable_world import assert_every_pull_has_its_branch, open_pulls, policy_of
from world import Clock, World

from sandbox.platform import Plan, start_platform

KILLED = -9


@pytest.fixture
def real(tmp_path: Path) -> Iterator[World]:
    """1.1.0 of a stack is released, and 1.0.0 lives in dev."""
    with start_platform(Plan(reliable_world.files(("web",))), tmp_path / "platform") as platform:
        world = World(platform, Clock(), platform.environment())
        world.commit(small_platform.stack_files("web", "1.1.0"))
        assert start(world, tmp_path, "release").wait(60) == 0
        yield world
        world.close()


def start(world: World, folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """`python -m edp` in an environment that holds nothing else."""
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(folder), **world.environment}
    argv = [sys.executable, "-m", "edp", *arguments]
    return subprocess.Popen(argv, env=environment, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize("point", [Point(15, "before"), Point(16, "after")], ids=str)
def test_a_killed_command_is_finished_by_the_same_command(
    real: World, tmp_path: Path, point: Point
) -> None:
    command = ("promote", "web", "--to", "dev")

    killed = start(real, tmp_path, *command)
    with armed(real, Strike(killed.pid, point)):
        assert killed.wait(60) == KILLED
    again = start(real, tmp_path, *command)

    assert again.wait(60) == 0
    (pull,) = open_pulls(real, "web", "dev")
    assert real.file("environments/dev/web.yaml", pull.head_sha) == (
        small_platform.application("web", "1.1.0")
    )
    assert policy_of(real, pull.head_sha) == "pending"
    assert_every_pull_has_its_branch(real)
