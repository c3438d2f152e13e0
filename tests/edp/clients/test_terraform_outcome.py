"""Reading what a command says, with values."""

import json
from pathlib import Path

import pytest

from edp.clients.terraform_outcome import (
    Outcome,
    PlanFile,
    Progress,
    digest,
    events_of_validation,
    read_diagnostics,
    read_progress,
)
from edp.core.terraform.diagnostics import Diagnostic

ERROR = Diagnostic(is_error=True, summary="No room")
WARNING = Diagnostic(is_error=False, summary="Deprecated")


def step(**hook: object) -> bytes:
    """A line that tells a step of an apply."""
    whole = {"resource": {"addr": "a.b"}, "action": "create"} | hook
    return json.dumps(
        {"@level": "info", "hook": whole, "type": "apply_complete"}, separators=(",", ":")
    ).encode()


@pytest.mark.parametrize(
    ("outcome", "has_failed", "has_changes"),
    [
        (Outcome("plan", 0, good_codes=(0, 2)), False, False),
        (Outcome("plan", 2, good_codes=(0, 2)), False, True),
        (Outcome("plan", 2, (ERROR,), good_codes=(0, 2)), True, False),
        (Outcome("plan", 0, (WARNING,), good_codes=(0, 2)), False, False),
        (Outcome("plan", 1, good_codes=(0, 2)), True, False),
        (Outcome("plan", -9, good_codes=(0, 2)), True, False),
        (Outcome("apply", 2), True, False),
        (Outcome("apply", 0, why_stopped="too late"), True, False),
    ],
)
def test_any_error_is_a_failure_whatever_the_code(
    outcome: Outcome, has_failed: bool, has_changes: bool
) -> None:
    assert (outcome.has_failed, outcome.has_changes) == (has_failed, has_changes)


def test_an_outcome_is_described_in_a_line() -> None:
    assert Outcome("apply", 1, (WARNING, ERROR)).describe() == "terraform apply: exit 1: No room"
    assert Outcome("apply", -9).describe() == "terraform apply: exit -9"
    assert Outcome("apply", 1, why_stopped="too late").describe() == "too late"


def test_outputs_are_not_in_the_repr() -> None:
    assert "secret" not in repr(Outcome("output", 0, stdout=b"secret", stderr=b"secret"))


def test_diagnostics_have_no_secrets_in_any_part() -> None:
    place = {"filename": "s3cret.tf", "start": {"line": 3}}
    found = {"severity": "error", "summary": "is s3cret", "detail": "a\ns3cret", "range": place}
    found["address"] = 'a.b["s3cret"]'
    line = json.dumps({"@level": "error", "type": "diagnostic", "diagnostic": found}).encode()

    (one,) = read_diagnostics([line, b""], ["s3cret"])

    assert one == Diagnostic(
        is_error=True,
        summary="is [redacted]",
        detail="a\n[redacted]",
        path="[redacted].tf",
        line=3,
        address='a.b["[redacted]"]',
    )


def test_what_is_said_twice_is_told_once() -> None:
    text = b"\nError: No room\n\nreally\n"

    assert len(read_diagnostics([text, text], [])) == 1


def test_steps_are_read_and_harmless() -> None:
    line = step(resource={"addr": 'a.b["s3cret\x1b[31m"]'}, elapsed_seconds=4)

    assert read_progress(line, ["s3cret"]) == Progress(
        "apply_complete", 'a.b["[redacted]?[31m"]', "create", 4.0
    )


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b'{"type":"planned_change"}',
        b'{"type":"apply_complete"',
        b'{"type":"apply_complete","hook":[]}',
        b'["type":"apply_complete"]',
        step(elapsed_seconds="long"),
        step(resource=[]),
    ],
)
def test_what_is_no_step_is_none(line: bytes) -> None:
    assert read_progress(line, []) is None


def test_a_validation_becomes_lines() -> None:
    document = {"valid": False, "diagnostics": [{"severity": "error", "summary": "No"}]}

    (one,) = read_diagnostics([events_of_validation(json.dumps(document).encode())], [])

    assert one.is_error
    assert events_of_validation(b"\nError: x") == b"\nError: x"
    assert events_of_validation(b"[]") == b"[]"


def test_a_plan_file_is_what_it_was_or_not(tmp_path: Path) -> None:
    file = tmp_path / "plan"
    file.write_bytes(b"content")
    plan = PlanFile(file, digest(file))

    assert plan.is_unchanged()
    file.write_bytes(b"other")
    assert not plan.is_unchanged()
    file.unlink()
    assert not plan.is_unchanged()
