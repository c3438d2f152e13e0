"""The guardian's program, part by part; `test_process_guardian.py` has it whole."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from edp.clients import process_guardian_program as program
from edp.clients.process_guardian_program import Watched


def start(script: str) -> subprocess.Popen[bytes]:
    """A group of its own that has said `ready`."""
    process = subprocess.Popen(
        ["sh", "-c", script], stdout=subprocess.PIPE, start_new_session=True
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.read(6) == b"ready\n"
    return process


def output_of(process: subprocess.Popen[bytes]) -> int:
    """A descriptor of its own for what the process writes."""
    assert process.stdout is not None
    output = os.dup(process.stdout.fileno())
    os.set_blocking(output, False)
    return output


def test_lines_come_with_their_descriptors_however_they_are_cut() -> None:
    ours, its = socket.socketpair()
    reading, writing = os.pipe()
    with ours, its:
        socket.send_fds(ours, [b"watch 7 1.5\nforg"], [reading, writing])
        ours.send(b"et 7\ninterrupted 8\n")
        ours.shutdown(socket.SHUT_WR)

        said = list(program.messages(its))

    assert [words for words, _ in said] == [
        ["watch", "7", "1.5"], ["forget", "7"], ["interrupted", "8"]
    ]  # fmt: skip
    assert [len(descriptors) for _, descriptors in said] == [2, 0, 0]
    for descriptor in (reading, writing, *said[0][1]):
        os.close(descriptor)


def test_what_is_forgotten_is_closed() -> None:
    reading, writing = os.pipe()
    watched: dict[int, Watched] = {}

    program.note(watched, ["watch", "7", "1.5"], [reading, writing])
    program.note(watched, ["interrupted", "7"], [])
    noted = watched[7]
    program.note(watched, ["forget", "7"], [])
    program.note(watched, ["forget", "7"], [])
    program.note(watched, ["interrupted", "7"], [])

    assert (noted.patience, noted.is_interrupted, noted.has_outputs) == (1.5, True, True)
    assert watched == {}
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(reading)


def test_one_that_tidies_up_is_waited_for(tmp_path: Path) -> None:
    script = f"trap 'echo tidied > {tmp_path}/end; exit 3' INT; echo ready; while :; do :; done"
    with start(script) as process:
        program.stop_all([Watched(process.pid, [output_of(process)], 20, has_outputs=True)])

    assert process.returncode == 3
    assert (tmp_path / "end").exists()


def test_one_that_was_interrupted_is_only_waited_for_and_then_killed() -> None:
    with start("trap 'exit 3' INT; echo ready; while :; do :; done") as process:
        interrupted = Watched(
            process.pid, [output_of(process)], 0.1, has_outputs=True, is_interrupted=True
        )
        program.stop_all([interrupted])

    assert process.returncode == -signal.SIGKILL


def test_one_whose_outputs_did_not_come_has_its_time_too() -> None:
    with start("trap 'exit 3' INT; echo ready; while :; do :; done") as process:
        program.stop_all([Watched(process.pid, [], 0.5, has_outputs=False)])

    assert process.returncode in (3, -signal.SIGKILL)


def test_one_that_has_gone_already_is_no_error() -> None:
    with start("echo ready") as process:
        process.wait(10)
        program.stop_all([Watched(process.pid, [output_of(process)], 5, has_outputs=True)])


def test_the_program_ends_when_the_other_side_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, its = socket.socketpair()
    before = {
        number: signal.getsignal(number)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    monkeypatch.setattr(sys, "argv", ["program", str(its.detach())])
    ours.close()

    program.main()

    for number, handler in before.items():
        assert signal.getsignal(number) == signal.SIG_IGN
        signal.signal(number, handler)
