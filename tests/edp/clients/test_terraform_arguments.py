"""The arguments, the environment and the hostile outputs of a program that is no Terraform."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from edp.clients.terraform import Terraform
from edp.clients.terraform_binary import Binary
from edp.clients.terraform_outcome import Outcome, PlanFile, digest
from edp.errors import InvalidInputError, UnavailableError

# Writes down how it was started; then does what the test says.
PROGRAM = """\
#!{python} -IS
import json, os, sys, time
with open({calls!r}, "a") as calls:
    json.dump([sys.argv[1:], dict(os.environ), os.getcwd(), os.umask(0o77)], calls)
    calls.write("\\n")
{action}
"""
SECRET = "jobs-s3cret-value"


@pytest.fixture
def terraform(tmp_path: Path) -> Terraform:
    """A client of a program that does nothing."""
    (tmp_path / "root").mkdir()
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    environment = {"PATH": "/usr/bin:/bin", "TF_VAR_password": SECRET, "TF_CLI_ARGS": "-lock=false"}
    binary = Binary(tmp_path / "terraform", "terraform", "1.13.0")
    client = Terraform(
        binary, tmp_path / "root", private, environment, deadline=30, patience=2, max_output=10**6
    )
    does(client, "")
    return client


def does(terraform: Terraform, action: str) -> None:
    """What the program does from now on."""
    calls = str(terraform.folder.parent / "calls")
    text = PROGRAM.format(python=sys.executable, calls=calls, action=action)
    terraform.binary.path.write_text(text)
    terraform.binary.path.chmod(0o755)


def arguments(terraform: Terraform) -> list[str]:
    """Of the last call."""
    found: list[str] = _last_call(terraform)[0]
    return found


def _last_call(terraform: Terraform) -> list:  # type: ignore[type-arg]  # JSON
    lines = (terraform.folder.parent / "calls").read_text().splitlines()
    found: list = json.loads(lines[-1])  # type: ignore[type-arg]
    return found


def plan_of(terraform: Terraform) -> PlanFile:
    path = terraform.private / "plan.tfplan"
    path.write_bytes(b"plan")
    return PlanFile(path, digest(path))


def test_arguments_of_init(terraform: Terraform) -> None:
    terraform.init()

    assert arguments(terraform) == [
        "init", "-no-color", "-input=false", "-lockfile=readonly", "-backend=true"
    ]  # fmt: skip


def test_arguments_of_init_with_everything(terraform: Terraform, tmp_path: Path) -> None:
    terraform.init(backend_file=tmp_path / "b.hcl", has_backend=False)

    assert arguments(terraform) == [
        "init", "-no-color", "-input=false", "-lockfile=readonly",
        f"-backend-config={tmp_path / 'b.hcl'}", "-backend=false",
    ]  # fmt: skip


def test_arguments_of_plan(terraform: Terraform) -> None:
    terraform.plan()

    out = terraform.private / "plan.tfplan"
    assert arguments(terraform) == [
        "plan", "-no-color", "-input=false", f"-out={out}", "-json", "-lock-timeout=0s",
        "-detailed-exitcode",
    ]  # fmt: skip


def test_arguments_of_plan_with_everything(terraform: Terraform) -> None:
    terraform.plan(
        "other", var_files=["a", "b"], targets=["x.y"], is_destroy=True, locks=False, lock_seconds=9
    )

    out = terraform.private / "other.tfplan"
    assert arguments(terraform) == [
        "plan", "-target=x.y", "-var-file=a", "-var-file=b", "-no-color", "-input=false",
        f"-out={out}", "-destroy", "-json", "-lock=false", "-lock-timeout=9s", "-detailed-exitcode",
    ]  # fmt: skip


def test_arguments_of_a_refreshing_plan(terraform: Terraform) -> None:
    terraform.refresh_only()

    assert "-refresh-only" in arguments(terraform)
    assert f"-out={terraform.private / 'refresh.tfplan'}" in arguments(terraform)


def test_arguments_of_apply(terraform: Terraform) -> None:
    plan = plan_of(terraform)

    terraform.apply(plan)

    assert arguments(terraform) == [
        "apply", "-no-color", "-input=false", "-json", "-lock-timeout=60s", "-auto-approve=false",
        str(plan.path),
    ]  # fmt: skip


def test_arguments_of_the_others(terraform: Terraform) -> None:
    plan = plan_of(terraform)
    does(terraform, "print('{}')")
    seen: list[list[str]] = []

    for call in (
        terraform.show_state, terraform.output, terraform.providers_schema, terraform.state_pull,
        terraform.validate, terraform.test, terraform.check_format,
        lambda: terraform.show_plan(plan),
        lambda: terraform.state_push(Path("/s"), lock_seconds=5),
        lambda: terraform.force_unlock("an-id"),
    ):  # fmt: skip
        call()
        seen.append(arguments(terraform))

    assert seen == [
        ["show", "-json", "-no-color"],
        ["output", "-json", "-no-color"],
        ["providers", "schema", "-json", "-no-color"],
        ["state", "pull", "-no-color"],
        ["validate", "-json", "-no-color"],
        ["test", "-json", "-no-color"],
        ["fmt", "-check", "-recursive", "-no-color"],
        ["show", "-json", "-no-color", str(plan.path)],
        ["state", "push", "-lock-timeout=5s", "-no-color", "/s"],
        ["force-unlock", "-force", "-no-color", "an-id"],
    ]


def test_no_argument_can_become_an_option(terraform: Terraform) -> None:
    with pytest.raises(InvalidInputError, match="would be an option"):
        terraform.force_unlock("-force=no")


def test_no_secret_is_in_an_argument_and_the_environment_is_ours(terraform: Terraform) -> None:
    terraform.plan()

    argv, environment, folder, umask = _last_call(terraform)
    assert SECRET not in " ".join(argv)
    assert environment["TF_VAR_password"] == SECRET
    assert environment["TF_DATA_DIR"] == str(terraform.private / "data")
    assert "TF_CLI_ARGS" not in environment
    assert (folder, umask) == (str(terraform.folder), 0o077)
    assert SECRET not in repr(terraform)


def test_a_missing_program_is_an_input_error(terraform: Terraform) -> None:
    terraform.binary.path.unlink()

    with pytest.raises(InvalidInputError, match="terraform: not found"):
        terraform.init()


def test_a_missing_package_is_an_input_error(
    terraform: Terraform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "python_terraform", None)
    monkeypatch.delitem(sys.modules, "edp.clients.terraform_runner", raising=False)
    monkeypatch.delattr("edp.clients.terraform_runner", raising=False)

    with pytest.raises(InvalidInputError, match="python_terraform: this package is not installed"):
        terraform.init()


# What a program may say.


def says(terraform: Terraform, action: str) -> Outcome:
    does(terraform, action)
    return terraform.plan()


def test_a_secret_in_two_pieces_is_redacted(terraform: Terraform) -> None:
    action = (
        "sys.stderr.write('\\nError: bad token jobs-s3'); sys.stderr.flush(); time.sleep(0.2)\n"
        "sys.stderr.write('cret-value\\n'); sys.exit(1)"
    )

    outcome = says(terraform, action)

    assert outcome.describe() == "terraform plan: exit 1: bad token [redacted]"
    assert SECRET not in repr(outcome)


def test_a_plan_that_says_an_error_has_failed_whatever_its_code(terraform: Terraform) -> None:
    action = (
        "open(sys.argv[4].partition('=')[2], 'w').write('plan')\n"
        "print(json.dumps({'@level': 'error', '@message': 'Error: no'})); sys.exit(2)"
    )

    outcome = says(terraform, action)

    assert outcome.code == 2
    assert outcome.has_failed
    assert outcome.plan is None
    assert list(terraform.private.glob("*.tfplan")) == []


def test_zeros_and_broken_characters_do_no_harm(terraform: Terraform) -> None:
    said = b'\0\xff{"@level":\nError: \xe2\x98\0\n'
    action = f"sys.stdout.buffer.write({said!r}); sys.exit(1)"

    outcome = says(terraform, action)

    assert outcome.describe().startswith("terraform plan: exit 1: ")
    assert "\0" not in outcome.describe()


def test_a_failure_that_is_no_diagnostic_is_told_without_secrets(terraform: Terraform) -> None:
    does(terraform, f"print('no lock for {SECRET}', file=sys.stderr); sys.exit(1)")

    outcome = terraform.force_unlock("an-id")

    assert outcome.describe() == "terraform force-unlock: exit 1: no lock for [redacted]"


def test_a_line_without_end_is_stopped(terraform: Terraform) -> None:
    outcome = says(terraform, "while True: sys.stdout.write('x' * 10000)")

    assert outcome.why_stopped == "terraform plan: wrote more than 1000000 bytes"
    assert outcome.has_failed
    assert len(outcome.stdout) < 1_200_000


def test_a_child_that_keeps_the_pipe_does_not_keep_us(terraform: Terraform) -> None:
    action = "if os.fork() == 0: time.sleep(60)"

    outcome = says(terraform, action)

    assert outcome.why_stopped.startswith("terraform plan: did not end within")
    assert outcome.has_failed


def test_documents_of_a_failing_command_are_not_taken(terraform: Terraform) -> None:
    does(terraform, "print('{}'); print('\\nError: no state', file=sys.stderr)")

    with pytest.raises(UnavailableError, match="terraform show: exit 0: no state"):
        terraform.show_state()


def test_a_document_may_be_large(terraform: Terraform) -> None:
    does(terraform, "print('{\"x\": \"' + 'Error: ' * 3_000_000 + '\"}')")

    document = replace(terraform, max_output=30_000_000).show_state()

    assert len(json.loads(document)["x"]) == 21_000_000
