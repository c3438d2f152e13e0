"""Whoever is killed during an apply: the state is kept, nothing is orphaned, locks are told."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from terraform_fixtures import backend as backend  # noqa: PLC0414 - pytest finds it here
from terraform_fixtures import binary as binary  # noqa: PLC0414
from terraform_fixtures import planned, succeeds, wait_until
from terraform_fixtures import terraform as terraform  # noqa: PLC0414
from terraform_fixtures import terraform_home as terraform_home  # noqa: PLC0414
from terraform_fixtures import world as world  # noqa: PLC0414
from tf_backend import StateBackend
from tf_world import TestWorld, http_backend

from edp.clients.terraform import Terraform
from edp.clients.terraform_outcome import PlanFile

JOB = """\
import json, sys
from pathlib import Path
from edp.clients.process_guardian import guardian
from edp.clients.terraform import Terraform
from edp.clients.terraform_binary import Binary
from edp.clients.terraform_outcome import PlanFile

given = json.loads(sys.argv[1])
with guardian() as keeper:
    client = Terraform(
        Binary(Path(given["binary"]), "terraform", "1.11.4"), Path(given["folder"]),
        Path(given["private"]), given["environment"], guardian=keeper, deadline=60, patience=20,
    )
    outcome = client.apply(PlanFile(Path(given["plan"]), given["sha256"]))
print(outcome.code, outcome.describe())
"""
CONTENT = """\
resource "world_server" "first" {
  name = "first"
}
resource "world_slow" "second" {
  name       = "second"
  depends_on = [world_server.first]
}
"""


@dataclass(frozen=True, slots=True)
class Job:
    """A process that applies a plan and waits for a slow resource."""

    process: subprocess.Popen[bytes]
    terraform: Terraform
    plan: PlanFile

    def kill(self, *victims: str, number: signal.Signals) -> None:
        """Signal `job`, `terraform` or both at once."""
        pids = {"job": [self.process.pid], "terraform": self.running("apply")}
        for victim in victims:
            for pid in pids[victim]:
                os.kill(pid, number)
        self.process.wait(30)

    def said(self) -> str:
        """What the job printed."""
        assert self.process.stdout is not None
        return self.process.stdout.read().decode()

    def running(self, word: str) -> list[int]:
        """The processes in the Terraform root's folder whose command line has the word."""
        return [pid for pid, line in _processes_in(self.terraform.folder) if word in line]

    def leaves_nothing_running(self) -> None:
        wait_until(lambda: not self.running(""))


def _processes_in(folder: Path) -> Iterator[tuple[int, str]]:
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and (entry / "cwd").readlink() == folder:
                yield int(entry.name), (entry / "cmdline").read_text().replace("\0", " ")


@pytest.fixture
def job(terraform: Terraform, world: TestWorld, backend: StateBackend) -> Iterator[Job]:
    """An apply that has made its first resource and is making its second."""
    world.root(terraform.folder, CONTENT, backend=http_backend(backend, "x"))
    plan = planned(terraform)
    given = {
        "binary": str(terraform.binary.path),
        "folder": str(terraform.folder),
        "private": str(terraform.private),
        "environment": dict(terraform.environment),
        "plan": str(plan.path),
        "sha256": plan.sha256,
    }
    process = subprocess.Popen(
        [sys.executable, "-c", JOB, json.dumps(given)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    started = Job(process, terraform, plan)
    with process:
        wait_until(world.is_waiting, 40)
        yield started
        process.kill()


@pytest.mark.parametrize(
    ("victim", "number"),
    [
        ("job", signal.SIGKILL),
        ("job", signal.SIGINT),
        ("terraform", signal.SIGTERM),
        pytest.param("job", signal.SIGTERM, marks=pytest.mark.exhaustive),
        pytest.param("terraform", signal.SIGINT, marks=pytest.mark.exhaustive),
    ],
)
def test_what_was_made_is_in_the_state_and_the_lock_is_released(
    job: Job, backend: StateBackend, victim: str, number: signal.Signals
) -> None:
    job.kill(victim, number=number)

    wait_until(lambda: not backend.locks)
    job.leaves_nothing_running()
    assert backend.resources("x") == ["world_server.first"]
    again = job.terraform.apply(job.plan)
    assert [one.summary for one in again.errors] == ["Saved plan is stale"]


@pytest.mark.parametrize("victims", [("terraform",), ("job", "terraform")])
def test_a_killed_terraform_leaves_its_lock_and_no_orphan(
    job: Job, backend: StateBackend, victims: tuple[str, ...]
) -> None:
    job.kill(*victims, number=signal.SIGKILL)

    job.leaves_nothing_running()
    next_run = job.terraform.plan("next")
    assert next_run.is_busy
    assert next_run.lock is not None
    assert next_run.lock.id == json.loads(backend.locks["x"])["ID"]
    assert next_run.plan is None


def test_a_killed_provider_fails_the_apply(
    job: Job, world: TestWorld, backend: StateBackend
) -> None:
    for provider in job.running("terraform-provider-world"):
        os.kill(provider, signal.SIGKILL)
    job.process.wait(30)

    assert job.said().startswith("1 terraform apply: exit 1: ")
    assert backend.resources("x") == ["world_server.first"]
    assert backend.locks == {}
    job.leaves_nothing_running()


def test_an_apply_that_takes_too_long_is_interrupted_and_keeps_its_state(
    terraform: Terraform, world: TestWorld, backend: StateBackend
) -> None:
    world.root(terraform.folder, CONTENT, backend=http_backend(backend, "x"))
    plan = planned(terraform)

    outcome = replace(terraform, deadline=2).apply(plan)

    assert outcome.why_stopped == "terraform apply: did not end within 2 s"
    assert outcome.has_failed
    assert not world.has("first") or backend.resources("x") == ["world_server.first"]
    assert backend.locks == {}
    world.go()
    succeeds(terraform.apply(planned(terraform)))
