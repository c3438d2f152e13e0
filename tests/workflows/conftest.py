"""A platform in the sandbox whose repository holds the real workflows."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "edp" / "commands"))  # for small_platform

from workflow_world import WorkflowWorld, start_workflow_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[WorkflowWorld]:
    """Two stacks, pinned at 1.0.0 everywhere; nothing is released yet."""
    with start_workflow_world(tmp_path) as started:
        yield started
