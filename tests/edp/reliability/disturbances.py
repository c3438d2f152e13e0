"""What can go wrong with one request, or with every one from there on."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from reliable_world import servers
from world import Result, World

from sandbox.web import Fault, Request

FAULTS = {
    "429": Fault("status", status=429, headers={"Retry-After": "1"}),
    "500": Fault("status", status=500),
    "502 after effect": Fault("status", status=502, after_effect=True),
    "reset": Fault("reset"),
    "reset after effect": Fault("reset", after_effect=True),
    "cut": Fault("cut"),
    "drip": Fault("drip", seconds=0),
    "timeout": Fault("hang", seconds=0.1),
    "login page": Fault("html"),
    "empty body": Fault("empty"),
    "gzip bomb": Fault("gzip-bomb"),
}
ALWAYS = 10**9
DOCUMENTED = frozenset({0, 4, 5, 6})
"""Exit codes that a disturbed run may end with: done, unavailable, conflict, busy."""


@dataclass(frozen=True)
class Disturbance:
    """A fault at a run's `request`-th request, counted over every server."""

    request: int
    fault: str
    lasts: bool = False

    def __str__(self) -> str:
        return f"{self.fault} {'from' if self.lasts else 'at'} request {self.request}"


def disturbances(requests: int, *, lasts: bool = False) -> list[Disturbance]:
    """Every fault at every request."""
    return [Disturbance(n, name, lasts) for n in range(1, requests + 1) for name in FAULTS]


def sampled(cases: Sequence[Disturbance], seed: int) -> list[Any]:
    """All cases as parameters; all but one of each fault are left to the exhaustive run."""
    chance = random.Random(seed)  # noqa: S311 - the same every time
    chosen = [chance.choice([one for one in cases if one.fault == name]) for name in FAULTS]
    rest = [pytest.mark.exhaustive]
    return [pytest.param(one, id=str(one), marks=[] if one in chosen else rest) for one in cases]


@contextmanager
def disturbed(world: World, disturbance: Disturbance) -> Iterator[None]:
    """Meet the fault until the block ends."""
    seen = iter(range(1, ALWAYS))

    def is_met(_request: Request) -> bool:
        number = next(seen)
        wanted = disturbance.request
        return number >= wanted if disturbance.lasts else number == wanted

    fault = replace(FAULTS[disturbance.fault], match=is_met, times=ALWAYS)
    for server in servers(world):
        server.faults.add(fault)
    try:
        yield
    finally:
        for server in servers(world):
            server.faults.clear()


def run_disturbed(world: World, disturbance: Disturbance, *arguments: str) -> Result:
    """Run one command; it ends as documented, and tells no secret."""
    with disturbed(world, disturbance):
        result = world.edp(*arguments)
    assert result.code in DOCUMENTED, result
    secrets = (world.environment["EDP_TOKEN"], world.environment["EDP_GATE_TOKEN"])
    assert not any(secret in result.stdout + result.stderr for secret in secrets)
    return result
