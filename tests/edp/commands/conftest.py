"""The sandbox platform for tests of commands."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from world import World, start_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two stacks at 1.0.0 in dev, test, prod-eu1 and prod-us1."""
    with start_world(tmp_path) as started:
        yield started
