"""Killing a run at one of its requests, counted over every server it talks to."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edp_processes import kill_with_children, prepare
from reliable_world import servers
from world import World


@dataclass(frozen=True)
class Point:
    """A moment of a run: at its `request`-th request, before or after the effect."""

    request: int
    when: str

    def __str__(self) -> str:
        return f"{self.when} request {self.request}"


def points(requests: int) -> list[Point]:
    """Every moment of a run with that many requests."""
    return [Point(n, when) for n in range(1, requests + 1) for when in ("before", "after")]


class _StruckError(ConnectionAbortedError):
    """Ends the connection of a client that is dead; the server says nothing of it."""


@dataclass
class Strike:
    """Kills a process at a point of its run; later requests of what it left behind get nowhere."""

    pid: int
    point: Point
    seen: int = 0
    numbers: dict[tuple[str, int], int] = field(default_factory=dict)
    is_done: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def before(self, server: str, index: int) -> None:
        with self.lock:
            self.seen += 1
            self.numbers[server, index] = self.seen
            self._strike_at(self.seen, "before")
            if self.is_done:
                raise _StruckError

    def after(self, server: str, index: int) -> None:
        with self.lock:
            self._strike_at(self.numbers[server, index], "after")

    def _strike_at(self, number: int, when: str) -> None:
        if self.point == Point(number, when):
            self.is_done = True
            kill_with_children(self.pid)


def kill(world: World, folder: Path, point: Point, *arguments: str) -> bool:
    """Run one command in a process and kill it there; False if it ended before."""
    run = prepare(world.environment, folder, world.clock, *arguments)
    strike = Strike(run.pid, point)
    with armed(world, strike):
        run.begin()
        result = run.result()
    assert (result is None) == strike.is_done
    return strike.is_done


@contextmanager
def armed(world: World, strike: Strike) -> Iterator[None]:
    for server in servers(world):
        _arm(server, strike)
    try:
        yield
    finally:
        for server in servers(world):
            server.before_effect = server.after_effect = None


def _arm(server: Any, strike: Strike) -> None:
    server.before_effect = lambda index, _: strike.before(server.name, index)
    server.after_effect = lambda index, _: strike.after(server.name, index)
