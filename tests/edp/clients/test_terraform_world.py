"""The client on a real provider: what changes outside of Terraform, and what must not be shown."""

import json
from dataclasses import replace
from typing import Any

from terraform_fixtures import applied, planned, succeeds
from terraform_fixtures import backend as backend  # noqa: PLC0414 - pytest finds it here
from terraform_fixtures import binary as binary  # noqa: PLC0414
from terraform_fixtures import terraform as terraform  # noqa: PLC0414
from terraform_fixtures import terraform_home as terraform_home  # noqa: PLC0414
from terraform_fixtures import world as world  # noqa: PLC0414
from tf_world import TestWorld

from edp.clients.terraform import Terraform
from edp.clients.terraform_environment import sensitive_values
from edp.clients.terraform_outcome import PlanFile

SERVERS = """\
variable "password" {
  type      = string
  sensitive = true
  default   = "old-passw0rd"
}
resource "world_server" "first" {
  name     = "first"
  size     = "small"
  password = var.password
  disk {
    name = "root"
    key  = "d1sk-key"
  }
}
resource "world_server" "second" {
  name = "second"
}
data "world_lookup" "first" {
  name = world_server.first.name
}
output "size" {
  value = data.world_lookup.first.size
}
"""
MOVED = """\
resource "world_server" "renamed" {
  name = "second"
}
moved {
  from = world_server.second
  to   = world_server.renamed
}
import {
  id = "old"
  to = world_server.old
}
resource "world_server" "old" {
  name = "old"
}
"""


def changes_in(terraform: Terraform, plan: PlanFile, member: str) -> dict[str, list[str]]:
    """The actions by address of a list of changes in a plan."""
    shown: dict[str, Any] = json.loads(terraform.show_plan(plan))
    return {one["address"]: one["change"]["actions"] for one in shown.get(member, [])}


def test_drift_is_seen_by_both_kinds_of_plan(terraform: Terraform, world: TestWorld) -> None:
    world.root(terraform.folder, SERVERS)
    applied(terraform)
    assert world.server("first")["size"] == "small"
    world.edit("first", size="huge")
    world.remove("second")

    plan = succeeds(terraform.plan()).plan
    refreshed = succeeds(terraform.refresh_only())

    assert plan is not None
    assert changes_in(terraform, plan, "resource_drift") == {
        "world_server.first": ["update"],
        "world_server.second": ["delete"],
    }
    assert changes_in(terraform, plan, "resource_changes") == {
        "data.world_lookup.first": ["read"],
        "world_server.first": ["update"],
        "world_server.second": ["create"],
    }
    assert refreshed.has_changes


def test_sensitive_values_are_in_the_documents_alone(
    terraform: Terraform, world: TestWorld
) -> None:
    world.root(terraform.folder, SERVERS)
    applied(terraform)
    token = world.server("first")["token"]
    world.edit("first", password="other-passw0rd")

    outcome = succeeds(terraform.plan())

    assert outcome.plan is not None
    masked = sensitive_values(terraform.show_plan(outcome.plan))
    assert {"old-passw0rd", "other-passw0rd", "d1sk-key", token} <= set(masked)
    assert {"old-passw0rd", "d1sk-key", token} <= set(sensitive_values(terraform.show_state()))
    for secret in masked:
        assert secret.encode() not in outcome.stdout + outcome.stderr


def test_imports_and_moves_are_planned(terraform: Terraform, world: TestWorld) -> None:
    world.root(terraform.folder, 'resource "world_server" "second" {\n  name = "second"\n}\n')
    applied(terraform)
    world.edit("old")
    world.root(terraform.folder, MOVED)

    shown = json.loads(terraform.show_plan(planned(terraform)))

    found = {one["address"]: one for one in shown["resource_changes"]}
    assert found["world_server.renamed"]["previous_address"] == "world_server.second"
    assert found["world_server.old"]["change"]["importing"] == {"id": "old"}
    assert {tuple(one["change"]["actions"]) for one in found.values()} == {("no-op",)}


def test_an_error_that_echoes_a_secret_is_redacted(terraform: Terraform, world: TestWorld) -> None:
    secret = "t0ken-of-the-job"
    world.root(terraform.folder, SERVERS)
    job = replace(terraform, environment=terraform.environment | {"TF_VAR_token": secret})
    applied(job)
    world.breaks(f"401: the token {secret} is unknown, password old-passw0rd")

    outcome = replace(job, more_secrets=sensitive_values(job.show_state())).plan()

    assert outcome.has_failed
    assert "the token [redacted] is unknown, password [redacted]" in outcome.errors[0].detail
    for text in (repr(outcome), outcome.describe()):
        assert secret not in text


def test_a_resource_that_is_refused_fails_and_the_rest_is_kept(
    terraform: Terraform, world: TestWorld
) -> None:
    refused = 'resource "world_server" "bad" {\n  name = "bad"\n  refusal = "no room"\n}\n'
    world.root(terraform.folder, SERVERS + refused)

    outcome = terraform.apply(planned(terraform))

    assert [str(one) for one in outcome.errors] == ["main.tf:45: The world refuses"]
    state = json.loads(terraform.show_state())["values"]["root_module"]["resources"]
    assert {one["name"] for one in state} == {"first", "second"}
    assert not world.has("bad")
