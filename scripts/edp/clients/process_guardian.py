"""A small process beside ours that outlives us when we are killed, and tidies up.

A child that writes into the pipe of a dead reader is killed by SIGPIPE in the middle of its work,
so the guardian keeps the reading ends of the pipes besides.
"""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_PROGRAM: Final = Path(__file__).with_name("process_guardian_program.py")
_FAREWELL: Final = 5.0


@dataclass(frozen=True, slots=True)
class Guardian:
    """The line to the process that outlives us. It may be used by several threads."""

    channel: socket.socket = field(repr=False)
    guard: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def watch(self, process: int, outputs: tuple[int, int], patience: float) -> None:
        """From now on, should we die: interrupt it, read its outputs, after `patience` kill it."""
        self._say(f"watch {process} {patience:.3f}", outputs)

    def has_interrupted(self, process: int) -> None:
        """It was interrupted already; a second time would make it give up its work."""
        self._say(f"interrupted {process}")

    def forget(self, process: int) -> None:
        """It has ended."""
        self._say(f"forget {process}")

    def stop_all(self) -> None:
        """Stop what is watched as if we had died; whoever waits for it sees it end."""
        with self.guard, suppress(OSError):
            self.channel.shutdown(socket.SHUT_RDWR)

    def _say(self, line: str, descriptors: tuple[int, ...] = ()) -> None:
        # A guardian that is gone is no reason to stop.
        with self.guard, suppress(OSError):
            socket.send_fds(self.channel, [f"{line}\n".encode()], descriptors)


@contextmanager
def guardian() -> Iterator[Guardian]:
    """A guardian for the processes that are started inside."""
    ours, its = socket.socketpair()
    with its:
        process = _start(its)
    try:
        yield Guardian(ours)
    finally:
        ours.close()
        _end(process)


def _start(channel: socket.socket) -> subprocess.Popen[bytes]:
    nothing = subprocess.DEVNULL
    return subprocess.Popen(
        (sys.executable, "-IS", str(_PROGRAM), str(channel.fileno())),
        stdin=nothing, stdout=nothing, stderr=nothing, cwd="/", env={},
        pass_fds=(channel.fileno(),), start_new_session=True,
    )  # fmt: skip


def _end(process: subprocess.Popen[bytes]) -> None:
    """It ends by itself as soon as nobody talks to it and nothing is left to watch."""
    try:
        process.wait(_FAREWELL)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
