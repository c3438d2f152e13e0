"""The process that outlives us: with real processes that are really killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from edp.clients.process import Handling, run
from edp.clients.process_guardian import guardian
from edp.errors import UnavailableError

PARENT = """\
import sys
from pathlib import Path
from edp.clients.process import Handling, run
from edp.clients.process_guardian import guardian

with guardian() as keeper:
    run(sys.argv[2:], cwd=Path.cwd(), environment={"PATH": "/usr/bin:/bin"}, deadline=60,
        patience=float(sys.argv[1]), handling=Handling(guardian=keeper, spares_children=True))
"""
# Says more than a pipe holds when it is interrupted, and needs a moment to tidy up.
TIDY = """\
trap 'head -c 300000 /dev/zero; sleep 0.1; echo tidied >> end; exit' INT
echo $$ > leader; while :; do sleep 0.02; done
"""
STUBBORN = "trap '' INT TERM; sleep 60 & echo $! > child; echo $$ > leader; wait; sleep 60"
ORPHAN = "sleep 60 > /dev/null 2>&1 & echo $! > child; echo $$ > leader; wait"


def wait_for(is_true: Callable[[], bool]) -> None:
    """Look often, give up after ten seconds."""
    ends_at = time.monotonic() + 10
    while not is_true():
        assert time.monotonic() < ends_at, "it does not happen"
        time.sleep(0.01)


def number_in(file: Path) -> int:
    """The process that a script has written down."""
    wait_for(lambda: file.exists() and file.read_text().endswith("\n"))
    return int(file.read_text())


def has_gone(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def start_parent(folder: Path, script: str, patience: float = 20) -> subprocess.Popen[bytes]:
    """A process of ours that runs a script under a guardian."""
    return subprocess.Popen(
        [sys.executable, "-c", PARENT, str(patience), "sh", "-c", script], cwd=folder
    )


def kill(parent: subprocess.Popen[bytes], number: signal.Signals = signal.SIGKILL) -> None:
    parent.send_signal(number)
    parent.wait(10)


def test_when_we_are_killed_a_child_is_interrupted_and_may_tidy_up(tmp_path: Path) -> None:
    parent = start_parent(tmp_path, TIDY)
    leader = number_in(tmp_path / "leader")

    kill(parent)

    wait_for((tmp_path / "end").exists)
    wait_for(lambda: has_gone(leader))


def test_terminated_is_like_killed(tmp_path: Path) -> None:
    parent = start_parent(tmp_path, TIDY)
    number_in(tmp_path / "leader")

    kill(parent, signal.SIGTERM)

    wait_for((tmp_path / "end").exists)


def test_a_child_that_does_not_end_is_killed_with_what_it_started(tmp_path: Path) -> None:
    parent = start_parent(tmp_path, STUBBORN, patience=0.3)
    leader, child = number_in(tmp_path / "leader"), number_in(tmp_path / "child")

    kill(parent)

    wait_for(lambda: has_gone(leader) and has_gone(child))


def test_when_both_are_killed_what_the_child_has_started_goes_too(tmp_path: Path) -> None:
    parent = start_parent(tmp_path, ORPHAN)
    leader, child = number_in(tmp_path / "leader"), number_in(tmp_path / "child")

    os.kill(parent.pid, signal.SIGSTOP)
    os.kill(leader, signal.SIGKILL)
    kill(parent)

    wait_for(lambda: has_gone(child))


def test_when_the_child_alone_is_killed_what_it_has_started_goes_too(tmp_path: Path) -> None:
    parent = start_parent(tmp_path, ORPHAN)
    leader, child = number_in(tmp_path / "leader"), number_in(tmp_path / "child")

    os.kill(leader, signal.SIGKILL)
    parent.wait(10)

    wait_for(lambda: has_gone(child))


def test_a_child_that_was_interrupted_once_is_not_interrupted_again(tmp_path: Path) -> None:
    script = "trap 'echo x >> end' INT; echo $$ > leader; while :; do sleep 0.02; done"
    parent = start_parent(tmp_path, script, patience=1)
    leader = number_in(tmp_path / "leader")
    parent.send_signal(signal.SIGINT)
    wait_for((tmp_path / "end").exists)

    kill(parent)

    wait_for(lambda: has_gone(leader))
    assert (tmp_path / "end").read_text() == "x\n"


def test_a_guardian_with_nothing_to_watch_ends_at_once(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"]}

    with guardian() as keeper:
        handling = Handling(guardian=keeper)
        done = run(
            ["echo", "x"], cwd=tmp_path, environment=environment, deadline=9, handling=handling
        )

    assert done.stdout == b"x\n"


def test_without_its_guardian_a_process_runs_all_the_same(tmp_path: Path) -> None:
    with guardian() as keeper:
        pass

    done = run(
        ["echo", "x"], cwd=tmp_path, environment={"PATH": os.environ["PATH"]}, deadline=9,
        handling=Handling(guardian=keeper),
    )  # fmt: skip

    assert done.stdout == b"x\n"


def test_an_error_inside_ends_the_guardian_too() -> None:
    with pytest.raises(UnavailableError), guardian() as keeper:
        raise UnavailableError("anything")

    assert keeper.channel.fileno() == -1
