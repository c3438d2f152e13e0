"""Terraform from a pull request to its state, by the real workflows with a real Terraform."""

import json
import shutil
from collections.abc import Iterator

import pytest
from act_runs import SYSTEM, Trigger
from tf_backend import StateBackend, serve_states
from tf_world import backend_variables, http_backend
from workflow_world import WorkflowWorld

VARIABLES = {} if shutil.which("terraform", path=SYSTEM) else {"EDP_TERRAFORM": "embedded"}
MAIN_TF = "terraform/live/dev/network/main.tf"
THING = 'resource "terraform_data" "network" {\n  input = "small"\n}\n'


@pytest.fixture
def backend() -> Iterator[StateBackend]:
    with serve_states() as running:
        yield running


@pytest.fixture
def planning(world: WorkflowWorld) -> WorkflowWorld:
    """With the secrets and the variable of a repository that uses Terraform."""
    variables = "".join(f"{name}={value}\n" for name, value in backend_variables().items())
    secrets = {**world.act.secrets, "EDP_PLAN_KEY": "k" * 32, "EDP_TERRAFORM_ENV": variables}
    world.act.secrets.update(secrets)  # type: ignore[attr-defined] # a dict, made for this test
    world.edp("release")
    return world


def test_what_a_pull_request_shows_is_applied_after_its_merge(
    planning: WorkflowWorld, backend: StateBackend
) -> None:
    content = f"{http_backend(backend, 'network')}\n{THING}"
    pull = planning.propose({MAIN_TF: content.encode()})

    checked = planning.run_for_pull(pull)
    planned = planning.run(Trigger("schedule", "terraform", variables=VARIABLES))
    with planning.seen_by("alice") as repository:
        texts = [one.body for one in repository.get_pull(pull.number).get_issue_comments()]
    planning.merge(pull)
    applied = planning.run(Trigger("push", "main", variables=VARIABLES))

    assert (checked.code, planned.code) == (0, 0), checked.text + planned.text
    assert "| dev/network | pending | | | | 1 |" in "".join(texts).replace("  ", " ")
    assert planning.statuses(pull.head.sha)["terraform/dev/network"] == "success"
    assert applied.code == 0, applied.text
    assert applied.jobs == dict.fromkeys(("release", "reconcile", "apply"), "success")
    (resource,) = json.loads(backend.states["network"])["resources"]
    assert resource["instances"][0]["attributes"]["input"]["value"] == "small"


def test_a_repository_without_terraform_is_left_in_peace(world: WorkflowWorld) -> None:
    world.edp("release")

    for trigger in (Trigger("schedule", "terraform"), Trigger("schedule", "drift")):
        done = world.run(trigger)

        assert done.code == 0, done.text
