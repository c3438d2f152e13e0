"""A running forge for the tests of the sandbox."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from forge_world import World, running_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A forge with the recorded server's people, served on a loopback port."""
    with running_world(tmp_path / "forge") as running:
        yield running
