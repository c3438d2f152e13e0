"""Platforms on which promotions are killed, raced and disturbed."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "commands"))

from reliable_world import start_two_environments
from world import World


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Four stacks at 1.1.0 in dev and at 1.0.0 in test, for tests that tidy up."""
    with start_two_environments(tmp_path_factory.mktemp("shared")) as world:
        yield world


@pytest.fixture
def own(tmp_path: Path) -> Iterator[World]:
    """The same for a test that leaves it in any state."""
    with start_two_environments(tmp_path) as world:
        yield world
