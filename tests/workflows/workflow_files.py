"""The workflow files of this repository, read as data."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ".forgejo"
WORKFLOWS = tuple(sorted((ROOT / FOLDER / "workflows").iterdir()))
SETUP = ROOT / FOLDER / "actions" / "setup" / "action.yaml"


@dataclass(frozen=True)
class Workflow:
    """One file: its text and what it says."""

    text: str
    document: Mapping[str, Any]

    @property
    def triggers(self) -> Mapping[str, Any]:
        """What starts it, by event."""
        found: Mapping[str, Any] = self.document["on"]
        return found

    @property
    def jobs(self) -> Mapping[str, Any]:
        """Its jobs by id."""
        found: Mapping[str, Any] = self.document["jobs"]
        return found

    def steps(self) -> Iterator[Mapping[str, Any]]:
        """All steps of all jobs."""
        for job in self.jobs.values():
            yield from job["steps"]

    def step(self, name: str) -> Mapping[str, Any]:
        """The one step of that name."""
        (found,) = (step for step in self.steps() if step["name"] == name)
        return found


def read_workflow(text: str) -> Workflow:
    """A workflow from its text."""
    return Workflow(text, yaml.safe_load(text))


def workflow(name: str) -> Workflow:
    """One of the real ones."""
    path = ROOT / FOLDER / "workflows" / f"{name}.yaml"
    return read_workflow(path.read_text(encoding="utf-8"))
