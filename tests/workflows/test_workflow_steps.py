"""What the few lines of shell in the workflows do, run by bash as a runner does it."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from workflow_files import workflow

SAYS_ITS_ARGUMENTS = '#!/bin/sh\nprintf "%s\\n" "$@"\n'
DISPATCHED = {
    "STACK": "web",
    "ENVIRONMENT": "prod-eu1",
    "VERSION": "",
    "AGAIN": "false",
    "DRY_RUN": "false",
}


def bash(script: str, environment: Mapping[str, str], path: str = "") -> tuple[int, list[str]]:
    """Run a step; returns its exit code and what it printed."""
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script],
        env={"PATH": f"{path}:{os.defpath}", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.splitlines()


@pytest.fixture
def tools(tmp_path: Path) -> str:
    """A search path with an `edp` that says its arguments."""
    program = tmp_path / "edp"
    program.write_text(SAYS_ITS_ARGUMENTS, encoding="utf-8")
    program.chmod(0o755)
    return str(tmp_path)


@pytest.mark.parametrize(
    ("given", "options"),
    [
        ({}, []),
        ({"VERSION": "1.2.0"}, ["--version=1.2.0"]),
        ({"AGAIN": "true"}, ["--again"]),
        ({"DRY_RUN": "true"}, ["--dry-run"]),
        ({"DRY_RUN": ""}, ["--dry-run"]),
        ({"DRY_RUN": "True"}, ["--dry-run"]),
        (
            {"VERSION": "1.2.0", "AGAIN": "true", "DRY_RUN": "true"},
            ["--version=1.2.0", "--again", "--dry-run"],
        ),
        ({"VERSION": "$(id) `id` ; id * --again"}, ["--version=$(id) `id` ; id * --again"]),
    ],
)
def test_the_inputs_of_a_dispatch_become_options(
    tools: str, given: Mapping[str, str], options: list[str]
) -> None:
    step = workflow("promote").step("Promote")

    code, said = bash(step["run"], {**DISPATCHED, **given}, tools)

    assert (code, said) == (0, ["promote", "--to=prod-eu1", *options, "--", "web"])


@pytest.mark.parametrize("value", ["--help", "--dry-run", "$(id)", "a b", "*", "' ; id"])
def test_an_input_can_be_nothing_but_one_word(tools: str, value: str) -> None:
    step = workflow("promote").step("Promote")
    given = {**DISPATCHED, "STACK": value, "ENVIRONMENT": value}

    code, said = bash(step["run"], given, tools)

    assert (code, said) == (0, ["promote", f"--to={value}", "--", value])


TERRAFORM = {"COMMAND": "", "ROOT": "", "DIGEST": "", "LOCK": "", "PULL_NUMBER": ""}


@pytest.mark.parametrize(
    ("given", "arguments"),
    [
        ({}, ["plan", "--open"]),
        ({"COMMAND": "plan", "PULL_NUMBER": "7"}, ["plan", "--open", "--pull-request=7"]),
        ({"COMMAND": "apply"}, ["apply"]),
        (
            {"COMMAND": "apply", "ROOT": "dev/dns", "DIGEST": "abc"},
            ["apply", "--root=dev/dns", "--accept=abc"],
        ),
        (
            {"COMMAND": "unlock", "ROOT": "--help", "LOCK": "$(id) x"},
            ["unlock", "--id=$(id) x", "--", "--help"],
        ),
        ({"COMMAND": "recover", "ROOT": "a b;id"}, ["recover", "--", "a b;id"]),
    ],
)
def test_a_dispatch_of_terraform_becomes_one_command(
    tools: str, given: Mapping[str, str], arguments: list[str]
) -> None:
    step = workflow("terraform").step("Plan, apply, unlock or recover")

    code, said = bash(step["run"], {**TERRAFORM, **given}, tools)

    assert (code, said) == (0, arguments)


def test_terraform_has_no_other_commands(tools: str) -> None:
    step = workflow("terraform").step("Plan, apply, unlock or recover")

    code, said = bash(step["run"], {**TERRAFORM, "COMMAND": "release"}, tools)

    assert (code, said) == (2, ["there is no such command"])


def results(validate: str, policy: str) -> str:
    """The results of the needed jobs, as the last job gets them."""
    return f"validate={validate} policy={policy}"


@pytest.mark.parametrize("policy", ["success", "skipped"])
def test_the_last_job_ends_well_when_all_ended_as_they_should(policy: str) -> None:
    step = workflow("pull-request").step("Fail unless every needed job ended as it should")
    wanted = results("success", policy)

    code, _ = bash(step["run"], {"RESULTS": wanted, "WANTED": wanted})

    assert code == 0


@pytest.mark.parametrize(
    ("found", "wanted_policy"),
    [
        (results("failure", "success"), "success"),
        (results("skipped", "success"), "success"),
        (results("cancelled", "success"), "success"),
        (results("success", "failure"), "success"),
        (results("success", "skipped"), "success"),  # not a fork: it must have been judged
        (results("success", "cancelled"), "success"),
        (results("success", "failure"), "skipped"),
        (results("", ""), "success"),
        ("", "skipped"),
    ],
)
def test_the_last_job_fails_when_one_did_not(found: str, wanted_policy: str) -> None:
    step = workflow("pull-request").step("Fail unless every needed job ended as it should")

    code, _ = bash(step["run"], {"RESULTS": found, "WANTED": results("success", wanted_policy)})

    assert code != 0
