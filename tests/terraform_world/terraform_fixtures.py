"""What the tests of the Terraform client share."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tf_backend import StateBackend, serve_states
from tf_binaries import BINARIES
from tf_world import TestWorld, backend_variables, make_world

from edp.clients.process_guardian import guardian
from edp.clients.terraform import Terraform
from edp.clients.terraform_binary import Binary
from edp.clients.terraform_outcome import Outcome, PlanFile


@pytest.fixture(params=BINARIES)
def binary(request: pytest.FixtureRequest) -> Binary:
    found: Binary = request.param()
    return found


@pytest.fixture(scope="session")
def terraform_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of all jobs: the provider's mirror and its certificate are made once."""
    return tmp_path_factory.mktemp("terraform-home")


@pytest.fixture
def world(tmp_path: Path, terraform_home: Path) -> TestWorld:
    return make_world(tmp_path / "world", terraform_home)


@pytest.fixture
def backend() -> Iterator[StateBackend]:
    with serve_states() as running:
        yield running


@pytest.fixture
def terraform(tmp_path: Path, world: TestWorld, binary: Binary) -> Iterator[Terraform]:
    """The client on the Terraform root `tmp_path/root`, which the test writes."""
    (tmp_path / "root").mkdir()
    with guardian() as keeper:
        yield Terraform(
            binary,
            tmp_path / "root",
            tmp_path / "private",
            world.environment | backend_variables(),
            guardian=keeper,
            deadline=60,
            patience=20,
        )


def write(terraform: Terraform, content: str, name: str = "main.tf") -> None:
    """Write a file of the Terraform root."""
    (terraform.folder / name).write_text(content, encoding="utf-8")


def succeeds(outcome: Outcome) -> Outcome:
    """The outcome of a command that must not fail."""
    assert not outcome.has_failed, outcome.describe()
    return outcome


def planned(terraform: Terraform, **options: Any) -> PlanFile:
    """A saved plan; initialises first."""
    succeeds(terraform.init())
    plan = succeeds(terraform.plan(**options)).plan
    assert plan is not None
    return plan


def applied(terraform: Terraform) -> None:
    """Carry out what the Terraform root says."""
    succeeds(terraform.apply(planned(terraform)))


def elsewhere(terraform: Terraform, folder: Path) -> Terraform:
    """The same client in another folder, which is made."""
    folder.mkdir()
    return replace(terraform, folder=folder, private=folder.with_name(f"{folder.name}-private"))


def wait_until(is_true: Callable[[], bool], seconds: float = 20) -> None:
    """Look often, and give up at last."""
    ends_at = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < ends_at, "it does not happen"
        time.sleep(0.01)
