"""`edp` in processes of their own, forked from one that has imported it already."""

import multiprocessing
import os
import signal
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

from world import Clock, Result, World

from sandbox.platform import Platform

_FORKING = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload(
    ["edp.commands.promote", "edp.commands.reconcile", "edp.clients.kubernetes",
     "kubernetes.client", "sandbox.platform", "forgejo"]
)  # fmt: skip
_PATIENCE = 60


@dataclass(frozen=True)
class Run:
    """A process that waits for `begin`."""

    process: Any
    connection: Connection

    @property
    def pid(self) -> int:
        return int(self.process.pid)

    def begin(self) -> None:
        self.connection.send("begin")

    def result(self) -> Result | None:
        """What it came to; None if it was killed."""
        try:
            assert self.connection.poll(_PATIENCE), "the process does not end"
            found: Result = self.connection.recv()
        except (EOFError, ConnectionError):
            return None
        finally:
            kill_with_children(self.pid)
            self.process.join()
            self.connection.close()
        return found


class SleepingClock(Clock):
    """A clock that only moves while its process really sleeps."""

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
        super().sleep(seconds)


def prepare(
    environment: Mapping[str, str],
    folder: Path,
    clock: Clock,
    *arguments: str,
) -> Run:
    """A process that will run one command, with its own copy of the clock."""
    ours, theirs = _FORKING.Pipe()
    target = (theirs, dict(environment), str(folder), clock, arguments)
    process = _FORKING.Process(target=_run, args=target, daemon=True)
    process.start()
    theirs.close()
    return Run(process, ours)


def _run(
    connection: Connection,
    environment: dict[str, str],
    folder: str,
    clock: Clock,
    arguments: tuple[str, ...],
) -> None:
    tempfile.tempdir = folder
    connection.recv()
    here = {"PATH": os.environ["PATH"], "TMPDIR": folder}
    world = World(cast("Platform", None), clock, here | environment)
    connection.send(world.edp(*arguments))


def kill_with_children(pid: int) -> None:
    """Kill a process and all that it started, as the end of a container does."""
    family = _family(pid)
    for member in family:
        with suppress(ProcessLookupError):
            os.kill(member, signal.SIGKILL)


def _family(pid: int) -> list[int]:
    """The process first, then its descendants."""
    parents = dict(filter(None, map(_parent, Path("/proc").glob("[0-9]*"))))
    family = [pid]
    for member in family:
        family += [child for child, parent in parents.items() if parent == member]
    return family


def _parent(place: Path) -> tuple[int, int] | None:
    try:
        fields = (place / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(place.name), int(fields[1])
