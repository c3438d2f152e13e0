"""Every command on real Terraform roots that need no provider but the one that is built in."""

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from terraform_fixtures import applied, elsewhere, planned, succeeds, write
from terraform_fixtures import backend as backend  # noqa: PLC0414 - pytest finds it here
from terraform_fixtures import binary as binary  # noqa: PLC0414
from terraform_fixtures import terraform as terraform  # noqa: PLC0414
from terraform_fixtures import terraform_home as terraform_home  # noqa: PLC0414
from terraform_fixtures import world as world  # noqa: PLC0414
from tf_backend import PASSWORD, StateBackend, StateFault
from tf_world import http_backend

from edp.clients.terraform import Terraform
from edp.clients.terraform_outcome import PlanFile, Progress
from edp.errors import RefusedError, UnavailableError

ONE = 'resource "terraform_data" "one" {\n  input = "first"\n}\n'
TWO = 'resource "terraform_data" "two" {\n  input = "second"\n}\n'
OUTPUT = 'output "hidden" {\n  value = "s3cret-output"\n  sensitive = true\n}\n'
PRECONDITION = """\
resource "terraform_data" "x" {
  lifecycle {
    precondition {
      condition     = var.size == "large"
      error_message = "never"
    }
  }
}
"""
TEST = """\
run "size" {{
  assert {{
    condition     = var.size == "{size}"
    error_message = "not {size}"
  }}
}}
"""
PROVIDER = """\
terraform {
  required_providers {
    world = {
      source = "test/world"
    }
  }
}
"""
VARIABLE = 'variable "size" {\n  type = string\n  default = "small"\n}\n'


def state_of(terraform: Terraform) -> list[str]:
    """The addresses in the state."""
    content = json.loads(terraform.show_state())
    resources = content.get("values", {}).get("root_module", {}).get("resources", [])
    return [resource["address"] for resource in resources]


def test_a_root_is_planned_applied_and_clean(terraform: Terraform) -> None:
    write(terraform, ONE + OUTPUT)

    succeeds(terraform.init())
    first = succeeds(terraform.plan())
    assert first.plan is not None
    shown = json.loads(terraform.show_plan(first.plan))
    applied_one = succeeds(terraform.apply(first.plan))
    second = succeeds(terraform.plan())

    assert (first.code, first.has_changes) == (2, True)
    assert [one["address"] for one in shown["resource_changes"]] == ["terraform_data.one"]
    assert applied_one.diagnostics == ()
    assert (second.code, second.has_changes) == (0, False)
    assert state_of(terraform) == ["terraform_data.one"]
    assert json.loads(terraform.output())["hidden"]["value"] == "s3cret-output"


def test_steps_of_an_apply_are_told(terraform: Terraform) -> None:
    steps: list[Progress] = []
    write(terraform, ONE)

    applied(replace(terraform, on_progress=steps.append))

    assert [(one.kind, one.address, one.action) for one in steps] == [
        ("apply_start", "terraform_data.one", "create"),
        ("apply_complete", "terraform_data.one", "create"),
    ]


def test_a_broken_terminal_does_not_stop_an_apply(terraform: Terraform) -> None:
    def break_down(_: Progress) -> None:
        raise BrokenPipeError

    write(terraform, ONE)

    applied(replace(terraform, on_progress=break_down))

    assert state_of(terraform) == ["terraform_data.one"]


def test_nothing_but_the_state_is_left_in_the_checkout(terraform: Terraform) -> None:
    write(terraform, ONE)

    applied(terraform)

    assert {file.name for file in terraform.folder.iterdir()} == {"main.tf", "terraform.tfstate"}
    modes = [
        stat.S_IMODE(file.stat().st_mode) for file in terraform.private.rglob("*") if file.is_file()
    ]
    assert stat.S_IMODE(terraform.private.stat().st_mode) == 0o700
    assert set(modes) == {0o600}


def test_a_destroying_plan_takes_everything_away(terraform: Terraform) -> None:
    write(terraform, ONE)
    applied(terraform)

    succeeds(terraform.apply(planned(terraform, is_destroy=True)))

    assert state_of(terraform) == []


def test_a_target_is_planned_alone(terraform: Terraform) -> None:
    write(terraform, ONE + TWO)

    shown = terraform.show_plan(planned(terraform, targets=["terraform_data.two"]))

    found = [one["address"] for one in json.loads(shown)["resource_changes"]]
    assert found == ["terraform_data.two"]


def test_a_state_is_pulled_and_pushed(terraform: Terraform, tmp_path: Path) -> None:
    write(terraform, ONE)
    applied(terraform)
    pulled = json.loads(terraform.state_pull())
    newer = tmp_path / "newer.tfstate"
    newer.write_text(json.dumps(pulled | {"serial": pulled["serial"] + 1}))
    older = tmp_path / "older.tfstate"
    older.write_text(json.dumps(pulled | {"serial": pulled["serial"] - 1}))

    succeeds(terraform.state_push(newer))
    refused = terraform.state_push(older)

    assert json.loads(terraform.state_pull())["serial"] == pulled["serial"] + 1
    assert refused.has_failed


def test_a_workspace_has_a_state_of_its_own(terraform: Terraform) -> None:
    write(terraform, ONE)
    applied(terraform)
    other = replace(terraform, workspace="blue", private=terraform.private.with_name("blue"))

    applied(other)

    assert (terraform.folder / "terraform.tfstate.d" / "blue" / "terraform.tfstate").exists()


def test_validation_names_file_and_line(terraform: Terraform) -> None:
    write(terraform, 'resource "terraform_data" "x" {\n  nothing = 1\n}\n')
    succeeds(terraform.init(has_backend=False))

    outcome = terraform.validate()

    assert [(one.path, one.line) for one in outcome.errors] == [("main.tf", 2)]
    assert outcome.describe().startswith("terraform validate: exit 1: main.tf:2: Unsupported")


def test_what_is_valid_passes(terraform: Terraform) -> None:
    write(terraform, ONE)
    succeeds(terraform.init(has_backend=False))

    assert succeeds(terraform.validate()).diagnostics == ()


def test_tests_of_a_module_pass_and_fail(terraform: Terraform) -> None:
    write(terraform, VARIABLE)
    write(terraform, TEST.format(size="small"), "good.tftest.hcl")
    succeeds(terraform.init(has_backend=False))

    good = terraform.test()
    write(terraform, TEST.format(size="huge"), "bad.tftest.hcl")
    bad = terraform.test()

    assert not good.has_failed
    assert [one.detail for one in bad.errors] == ["not huge"]


def test_files_out_of_format_are_named(terraform: Terraform) -> None:
    write(terraform, 'output "x" {\n value = 1\n}\n')
    write(terraform, 'output "y" {\n  value = 1\n}\n', "good.tf")

    outcome = succeeds(terraform.check_format())

    assert (outcome.has_changes, outcome.stdout) == (True, b"main.tf\n")


def test_schemas_are_shown(terraform: Terraform) -> None:
    write(terraform, ONE)
    succeeds(terraform.init())

    schemas = json.loads(terraform.providers_schema())["provider_schemas"]

    assert list(schemas) == ["terraform.io/builtin/terraform"]


def test_a_failing_precondition_leaves_no_plan(terraform: Terraform) -> None:
    write(terraform, VARIABLE + PRECONDITION)
    succeeds(terraform.init())

    outcome = terraform.plan()

    assert outcome.plan is None
    assert [one.detail.strip() for one in outcome.errors] == ["never"]
    assert list(terraform.private.glob("*.tfplan")) == []


@pytest.mark.parametrize(
    ("name", "content", "var_files"),
    [
        ("bad.tfvars", "size = = 3", ["bad.tfvars"]),
        ("other.tfvars", "", ["missing.tfvars"]),
        ("terraform.tfvars", "size = = 3", []),
        ("x.auto.tfvars", "size = {", []),
        ("x.auto.tfvars.json", "{", []),
    ],
)
def test_a_wrong_variable_file_fails_and_leaves_no_plan(
    terraform: Terraform, name: str, content: str, var_files: list[str]
) -> None:
    write(terraform, VARIABLE + ONE)
    succeeds(terraform.init())
    write(terraform, content, name)

    full = terraform.plan(var_files=var_files)
    refreshed = terraform.refresh_only(var_files=var_files)

    for outcome in (full, refreshed):
        assert outcome.has_failed
        assert outcome.errors
        assert outcome.plan is None
    assert list(terraform.private.glob("*.tfplan")) == []


def test_no_variable_of_the_job_adds_arguments(terraform: Terraform) -> None:
    write(terraform, ONE)
    bent = terraform.environment | {"TF_CLI_ARGS": "-help", "TF_CLI_ARGS_plan": "-destroy"}

    applied(replace(terraform, environment=bent))

    assert state_of(terraform) == ["terraform_data.one"]


def test_a_variable_of_the_job_reaches_terraform_and_no_message(terraform: Terraform) -> None:
    secret = "v4riable-value"
    write(terraform, VARIABLE + ONE.replace('"first"', 'file("/no/${var.size}")'))
    told = replace(terraform, environment=terraform.environment | {"TF_VAR_size": secret})
    succeeds(told.init())

    outcome = told.plan()

    assert outcome.has_failed
    assert secret.encode() in outcome.stdout
    assert secret not in repr(outcome)
    assert secret not in outcome.describe()


def test_a_provider_that_is_not_locked_fails(terraform: Terraform) -> None:
    write(terraform, PROVIDER)

    outcome = terraform.init()

    assert [one.summary for one in outcome.errors] == ["Provider dependency changes detected"]
    assert not (terraform.folder / ".terraform.lock.hcl").exists()


def test_another_backend_is_not_taken_silently(terraform: Terraform, backend: StateBackend) -> None:
    write(terraform, ONE + http_backend(backend, "one"))
    applied(terraform)
    write(terraform, ONE + http_backend(backend, "two"))

    outcome = terraform.init()

    assert [one.summary for one in outcome.errors] == ["Backend configuration changed"]
    assert "two" not in backend.states


def test_backend_settings_come_from_a_file(
    terraform: Terraform, backend: StateBackend, tmp_path: Path
) -> None:
    write(terraform, ONE + 'terraform {\n  backend "http" {}\n}\n')
    settings = tmp_path / "backend.hcl"
    settings.write_text(f'address = "{backend.address("x")}"\nusername = "terraform"\n')

    succeeds(terraform.init(backend_file=settings))
    plan = succeeds(terraform.plan()).plan
    assert plan is not None
    succeeds(terraform.apply(plan))

    assert backend.resources("x") == ["terraform_data.one"]


# Plans that are not what was made.


def test_a_plan_that_was_changed_is_refused(terraform: Terraform) -> None:
    write(terraform, ONE)
    plan = planned(terraform)
    content = plan.path.read_bytes()
    plan.path.write_bytes(content[:-20])

    with pytest.raises(RefusedError, match="not the plan that was made"):
        terraform.apply(plan)
    with pytest.raises(RefusedError):
        terraform.show_plan(plan)


def test_a_plan_that_is_a_link_is_refused(terraform: Terraform, tmp_path: Path) -> None:
    write(terraform, ONE)
    plan = planned(terraform)
    plan.path.rename(tmp_path / "elsewhere")
    plan.path.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(RefusedError):
        terraform.apply(plan)


def test_a_plan_of_another_root_is_refused(terraform: Terraform, tmp_path: Path) -> None:
    write(terraform, ONE)
    other = elsewhere(terraform, tmp_path / "other")
    write(other, TWO)
    succeeds(terraform.init())
    foreign = planned(other)

    with pytest.raises(RefusedError):
        terraform.apply(foreign)
    with pytest.raises(RefusedError):
        terraform.apply(PlanFile(terraform.private / "none.tfplan", foreign.sha256))


def test_a_stale_plan_fails(terraform: Terraform) -> None:
    write(terraform, ONE)
    plan = planned(terraform)
    write(terraform, ONE + TWO)
    succeeds(terraform.apply(planned(terraform, name="newer")))

    outcome = terraform.apply(plan)

    assert [one.summary for one in outcome.errors] == ["Saved plan is stale"]


# Locks and a backend that fails.


def test_a_held_lock_is_busy_and_nothing_else(terraform: Terraform, backend: StateBackend) -> None:
    write(terraform, ONE + http_backend(backend, "x"))
    plan = planned(terraform)
    held = backend.hold("x")

    refused = terraform.plan("second")
    not_applied = terraform.apply(plan, lock_seconds=0)

    for outcome in (refused, not_applied):
        assert outcome.is_busy
        assert outcome.lock is not None
        assert outcome.lock.id == held["ID"]
    assert "x" not in backend.states


def test_a_plan_without_locking_looks_all_the_same(
    terraform: Terraform, backend: StateBackend
) -> None:
    write(terraform, ONE + http_backend(backend, "x"))
    succeeds(terraform.init())
    backend.hold("x")

    assert succeeds(terraform.plan(locks=False)).has_changes


def test_a_lock_is_taken_away_by_its_id(terraform: Terraform, backend: StateBackend) -> None:
    write(terraform, ONE + http_backend(backend, "x"))
    applied(terraform)
    held = backend.hold("x")

    succeeds(terraform.force_unlock(held["ID"]))

    assert backend.locks == {}


def test_a_server_that_asks_for_the_id_keeps_its_lock(
    terraform: Terraform, backend: StateBackend
) -> None:
    write(terraform, ONE + http_backend(backend, "x"))
    applied(terraform)
    backend.hold("x")
    backend.refuses_unlock_without_id = True

    assert terraform.force_unlock("99999999-2222-3333-4444-555555555555").has_failed
    assert backend.locks


def test_a_state_that_cannot_be_uploaded_is_rescued(
    terraform: Terraform, backend: StateBackend
) -> None:
    write(terraform, ONE + http_backend(backend, "x"))
    plan = planned(terraform)
    backend.fault = StateFault("POST", 500)

    outcome = terraform.apply(plan)

    assert outcome.has_failed
    assert outcome.rescued is not None
    assert stat.S_IMODE(outcome.rescued.stat().st_mode) == 0o600
    assert not (terraform.folder / "errored.tfstate").exists()
    backend.fault = None
    succeeds(terraform.state_push(outcome.rescued))
    assert backend.resources("x") == ["terraform_data.one"]
    assert backend.locks == {}


def test_a_state_that_is_printed_is_caught(terraform: Terraform, backend: StateBackend) -> None:
    secret = "s3cret-of-the-state"
    one = ONE.replace("first", secret)
    write(terraform, one + http_backend(backend, "x"))
    plan = planned(terraform)
    backend.fault = StateFault("POST", 500)

    def stand_in_the_way(_: Progress) -> None:
        """Keep the file from being written, by a folder of its name."""
        (terraform.folder / "errored.tfstate").mkdir(exist_ok=True)

    outcome = replace(terraform, on_progress=stand_in_the_way).apply(plan)

    assert outcome.rescued is not None
    assert secret in outcome.rescued.read_text()
    assert stat.S_IMODE(outcome.rescued.stat().st_mode) == 0o600
    assert secret.encode() not in outcome.stdout + outcome.stderr
    assert secret not in str(outcome.diagnostics)
    backend.fault = None
    succeeds(terraform.state_push(outcome.rescued))
    assert backend.resources("x") == ["terraform_data.one"]


def test_an_apply_waits_until_the_errored_state_is_brought_back(terraform: Terraform) -> None:
    write(terraform, ONE)
    plan = planned(terraform)
    (terraform.folder / "errored.tfstate").symlink_to("/nowhere")

    with pytest.raises(RefusedError, match=r"left errored\.tfstate"):
        terraform.apply(plan)


def test_a_lost_answer_to_an_upload_fails_with_the_state_rescued(
    terraform: Terraform, backend: StateBackend
) -> None:
    write(terraform, ONE + http_backend(backend, "x"))
    plan = planned(terraform)
    backend.fault = StateFault("POST", is_lost=True)

    outcome = terraform.apply(plan)

    assert outcome.has_failed
    assert outcome.rescued is not None
    assert backend.resources("x") == ["terraform_data.one"]


def test_a_backend_that_fails_is_not_busy(terraform: Terraform, backend: StateBackend) -> None:
    write(terraform, ONE + http_backend(backend, "x"))
    succeeds(terraform.init())
    backend.fault = StateFault("GET", 500)

    outcome = terraform.plan()

    assert (outcome.has_failed, outcome.is_busy, outcome.lock) == (True, False, None)
    assert PASSWORD not in repr(outcome)
    with pytest.raises(UnavailableError):
        terraform.state_pull()
