"""Each situation that real Terraform was put into has one state, and unknown is never clean."""

from dataclasses import replace

import pytest
from recorded_plans import as_bytes, outcome_of, plan_of, raw_plan, recorded, said

from edp.core.terraform.classify import PlanOutcome, RootState, Verdict, classify
from edp.core.terraform.diagnostics import Diagnostic, diagnostics_in
from edp.core.terraform.plan_document import read_plan

A, B, C = "fake_server.a", "fake_server.b", "fake_server.c"
DRIFT, IGNORED, PENDING = RootState.DRIFT, RootState.IGNORED_DRIFT, RootState.PENDING
ERROR = Diagnostic(is_error=True, summary="Invalid value", path="main.tf", line=3)
WARNING = Diagnostic(is_error=False, summary="Value for undeclared variable")


@pytest.mark.parametrize(
    ("situation", "state", "addresses"),
    [
        ("clean", RootState.CLEAN, {}),
        ("create", PENDING, {A: PENDING}),
        ("update", PENDING, {A: PENDING}),
        ("replace", PENDING, {A: PENDING}),
        ("destroy", PENDING, {A: PENDING}),
        ("forget", PENDING, {A: PENDING}),
        ("deposed", PENDING, {"fake_server.stuck": PENDING}),
        ("import", PENDING, {"fake_server.old": PENDING}),
        ("import-and-update", PENDING, {"fake_server.old": PENDING}),
        ("move", PENDING, {C: PENDING}),
        ("output-only", PENDING, {}),
        ("data-read", PENDING, {A: PENDING, "data.fake_image.i": PENDING}),
        ("drift-update", DRIFT, {A: DRIFT}),
        ("drift-sensitive", DRIFT, {A: DRIFT}),
        ("drift-deleted", DRIFT, {A: DRIFT}),
        ("drift-and-pending", DRIFT, {A: DRIFT, B: PENDING}),
        ("drift-changed-and-removed", DRIFT, {A: DRIFT}),
        ("drift-moved", DRIFT, {C: DRIFT}),
        ("drift-refresh-only", DRIFT, {A: DRIFT}),
        ("drift-deleted-and-removed", IGNORED, {A: IGNORED}),
        ("drift-merged-already", IGNORED, {A: IGNORED}),
        ("drift-unseen", RootState.CLEAN, {}),
        ("ignored-drift", IGNORED, {A: IGNORED}),
        ("ignored-drift-and-pending", IGNORED, {A: IGNORED, B: PENDING}),
        ("ignored-drift-output", DRIFT, {A: DRIFT}),
        ("ignored-drift-fed", DRIFT, {A: DRIFT, B: PENDING}),
        ("errored", RootState.BROKEN, {}),
        ("failed-check", RootState.CLEAN, {}),
        ("check-unknown", PENDING, {A: PENDING}),
    ],
)
def test_a_situation_has_one_state(
    situation: str, state: RootState, addresses: dict[str, RootState]
) -> None:
    verdict = classify(outcome_of(situation))

    assert (verdict.state, verdict.addresses) == (state, addresses)


@pytest.mark.parametrize("backend", ["lock-local", "lock-http"])
@pytest.mark.parametrize("form", ["plain", "boxed", "json"])
def test_a_held_lock_is_busy_and_says_who(backend: str, form: str) -> None:
    verdict = classify(PlanOutcome(1, diagnostics_in(said(backend, form))))

    assert verdict.state is RootState.BUSY
    assert verdict.lock
    assert verdict.lock.id == "5f1c0a52-7a3e-4c1b-9f6e-0d9a4f5b7c11"
    assert not verdict.is_known


def test_a_lock_backend_that_fails_is_broken() -> None:
    verdict = classify(PlanOutcome(1, diagnostics_in(said("lock-http-broken", "plain"))))

    assert verdict == Verdict(RootState.BROKEN, "Error acquiring the state lock")


@pytest.mark.parametrize("code", [0, 2])
@pytest.mark.parametrize("situation", ["clean", "update", "drift-update", "ignored-drift"])
def test_any_error_is_broken_whatever_the_exit_code_and_the_plan(code: int, situation: str) -> None:
    verdict = classify(PlanOutcome(code, (WARNING, ERROR), plan_of(situation)))

    assert verdict == Verdict(RootState.BROKEN, "main.tf:3: Invalid value")
    assert not verdict.is_known


@pytest.mark.parametrize("code", [1, 3, 127, -9, -15])
def test_any_other_exit_code_is_broken(code: int) -> None:
    verdict = classify(PlanOutcome(code, (), plan_of("clean")))

    assert verdict == Verdict(RootState.BROKEN, f"terraform ended with exit code {code}")


def test_an_errored_plan_is_broken_even_without_a_word() -> None:
    verdict = classify(PlanOutcome(0, (), plan_of("errored")))

    assert (verdict.state, verdict.reason) == (RootState.BROKEN, "the plan ended with an error")
    assert verdict.failed_checks == ("fake_server.b: not today",)


def test_a_plan_that_cannot_be_read_is_broken() -> None:
    verdict = classify(PlanOutcome(2, (), None, unreadable="the plan's format is 2.0"))

    assert verdict == Verdict(RootState.BROKEN, "the plan's format is 2.0")


def test_no_plan_is_broken() -> None:
    assert classify(PlanOutcome(0)) == Verdict(RootState.BROKEN, "there is no plan")


def test_a_change_that_nothing_names_is_broken() -> None:
    verdict = classify(replace(outcome_of("clean"), exit_code=2))

    assert verdict.state is RootState.BROKEN


def test_a_warning_changes_nothing() -> None:
    outcome = outcome_of("clean")

    assert classify(replace(outcome, diagnostics=(WARNING,))).state is RootState.CLEAN


@pytest.mark.parametrize("situation", ["clean", "update", "drift-update", "ignored-drift"])
@pytest.mark.parametrize("status", ["fail", "error"])
def test_a_failed_check_stands_beside_any_state(situation: str, status: str) -> None:
    plan = raw_plan(situation) | {"checks": raw_plan("failed-check")["checks"]}
    plan["checks"][0]["status"] = status
    outcome = PlanOutcome(recorded(situation)["exit"], (), read_plan(as_bytes(plan)))

    verdict = classify(outcome)

    assert verdict.failed_checks == ("check.health: a says one",)
    assert verdict.state is classify(outcome_of(situation)).state


def test_a_check_that_is_known_later_has_not_failed() -> None:
    assert classify(outcome_of("check-unknown")).failed_checks == ()


@pytest.mark.parametrize("glob", [A, "fake_server.*", "*"])
def test_drift_that_people_ignore_is_ignored(glob: str) -> None:
    verdict = classify(outcome_of("drift-and-pending"), [glob])

    assert verdict.state is IGNORED
    assert verdict.addresses == {A: IGNORED, B: PENDING}


def test_brackets_of_an_ignored_address_are_not_a_pattern() -> None:
    plan = as_bytes(raw_plan("drift-update")).replace(b"fake_server.a", b"fake_server.a[0]")
    outcome = PlanOutcome(2, (), read_plan(plan))

    assert classify(outcome, ["fake_server.a[0]"]).state is IGNORED
    assert classify(outcome, ["fake_server.a0"]).state is DRIFT


def test_addresses_are_counted_by_state() -> None:
    verdict = classify(outcome_of("drift-and-pending"))

    assert [verdict.count(state) for state in (DRIFT, IGNORED, PENDING)] == [1, 0, 1]
    assert verdict.is_known


def test_deferred_changes_are_pending() -> None:
    plan = raw_plan("clean") | {
        "deferred_changes": [{"reason": "unknown", "resource_change": {"address": A}}]
    }

    assert classify(PlanOutcome(0, (), read_plan(as_bytes(plan)))).state is PENDING
