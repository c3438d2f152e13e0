"""The sandbox platform for tests of commands."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import small_platform
from world import StartWorld, World, start_world

from sandbox.platform import Plan


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two stacks at 1.0.0 in dev, test, prod-eu1 and prod-us1."""
    with start_world(tmp_path) as started:
        yield started


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartWorld]:
    """Starts a world with another graph, or with some files written otherwise."""
    with ExitStack() as ending:

        def begin(
            *,
            graph: str = small_platform.GRAPH,
            files: dict[str, bytes | None] | None = None,
            checks: tuple[str, ...] = (),
        ) -> World:
            whole = {**small_platform.small_platform(graph=graph), **(files or {})}
            present = {path: text for path, text in whole.items() if text is not None}
            return ending.enter_context(start_world(tmp_path, Plan(present, checks=checks)))

        yield begin
