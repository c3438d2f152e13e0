"""From what was found out about a Terraform root to what is told about it."""

from typing import Any

import pytest
from recorded_plans import NAMES, outcome_of, plan_of, said

from edp.core.repository.problems import Problem
from edp.core.terraform.change_digest import change_digest
from edp.core.terraform.classify import PlanOutcome, RootState
from edp.core.terraform.diagnostics import Diagnostic, diagnostics_in
from edp.core.terraform.plan_policy import Ruling
from edp.core.terraform.plan_report import RootReport, lines_of, remark_on, state_of
from edp.core.terraform.policy_file import PolicyFile
from edp.core.terraform.reports import (
    Rules,
    is_refused,
    report_of_deleted,
    report_of_plan,
    report_of_problems,
    report_unplanned,
)
from edp.core.terraform.roots import TerraformRoot

ROOT = TerraformRoot("test", "network")
KEY = b"a key that only trusted jobs have"
EVERYTHING = PolicyFile.default()
RULES = Rules(EVERYTHING, KEY)
A = "fake_server.a"
PLACE = "terraform/live/test/network/main.tf"
FIRST = Problem(PLACE, 3, "module vpc", "the source is computed", "write it as a literal text")
SECOND = Problem(PLACE, 7, "", "cannot be read")


def policy(**keys: Any) -> PolicyFile:
    return PolicyFile.model_validate({"apiVersion": "edp/v1", **keys})


def report(name: str, rules: Rules = RULES, **more: Any) -> RootReport:
    return report_of_plan(ROOT, outcome_of(name), rules, **more)


# problems of the files


def test_a_root_with_problems_is_broken_and_nothing_was_run() -> None:
    found = report_of_problems(ROOT, [FIRST])

    assert (found.root, found.verdict.state, found.was_run) == (ROOT, RootState.BROKEN, False)
    assert (found.plan, found.digest, found.findings) == (None, "", ())
    assert is_refused(found)


def test_a_problem_is_told_with_its_place_and_what_to_do() -> None:
    found = report_of_problems(ROOT, [FIRST])

    assert found.verdict.reason == f"{PLACE}:3: module vpc: the source is computed"
    assert found.diagnostics == (
        Diagnostic(
            is_error=True,
            summary="module vpc: the source is computed",
            detail="write it as a literal text",
            path=PLACE,
            line=3,
        ),
    )


def test_a_problem_is_told_as_the_validation_tells_it() -> None:
    for problem in (FIRST, SECOND):
        assert report_of_problems(ROOT, [problem]).verdict.reason == str(problem)


def test_of_several_problems_the_first_is_told_and_the_others_counted() -> None:
    assert report_of_problems(ROOT, [FIRST, SECOND]).verdict.reason.endswith(" (and 1 more)")

    found = report_of_problems(ROOT, [SECOND, FIRST, FIRST])

    assert found.verdict.reason == f"{PLACE}:7: cannot be read (and 2 more)"
    assert [one.line for one in found.diagnostics] == [7, 3, 3]


def test_all_problems_are_in_the_details() -> None:
    assert list(lines_of(report_of_problems(ROOT, [FIRST, SECOND]))) == [
        f"! error: {PLACE}:3: module vpc: the source is computed",
        "| write it as a literal text",
        f"! error: {PLACE}:7: cannot be read",
    ]


# not planned


def test_a_root_that_was_not_planned_says_why() -> None:
    found = report_unplanned(ROOT, "it is the pull request of a fork")

    assert (found.verdict.state, found.was_run) == (RootState.UNPLANNED, False)
    assert state_of(found) == "not planned"
    assert remark_on(found) == "it is the pull request of a fork"
    assert (found.plan, found.digest, found.changes, found.diagnostics) == (None, "", (), ())


def test_a_root_that_was_not_planned_is_not_refused() -> None:
    assert not is_refused(report_unplanned(ROOT, "no key"))


# deleted


@pytest.mark.parametrize(
    ("orphaned", "remark"),
    [
        (None, "the resources that it still owns would be orphaned"),
        (0, "0 resources would be orphaned"),
        (1, "1 resource would be orphaned"),
        (12, "12 resources would be orphaned"),
    ],
)
def test_a_deleted_root_leaves_its_resources_behind(orphaned: int | None, remark: str) -> None:
    found = report_of_deleted(ROOT, orphaned=orphaned, successor=None)

    assert (found.is_deleted, found.orphaned, found.verdict.reason) == (True, orphaned, "")
    assert state_of(found) == "deleted"
    assert remark_on(found) == remark
    assert not is_refused(found)


@pytest.mark.parametrize("orphaned", [None, 12])
def test_a_renamed_root_leaves_nothing_behind(orphaned: int | None) -> None:
    successor = TerraformRoot("test", "net")

    found = report_of_deleted(ROOT, orphaned=orphaned, successor=successor)

    assert (found.is_deleted, found.orphaned) == (True, 0)
    assert found.verdict.reason == "is test/net now"


# plans


@pytest.mark.parametrize("name", ["clean", "create", "update", "destroy", "drift-update"])
def test_a_plan_with_a_key_has_its_digest(name: str) -> None:
    assert report(name).digest == change_digest(plan_of(name), KEY)


def test_a_plan_without_a_key_has_none() -> None:
    found = report("update", Rules(EVERYTHING))

    assert found.digest == ""
    assert found.plan == plan_of("update")
    assert found.verdict.state is RootState.PENDING


@pytest.mark.parametrize("name", NAMES)
def test_what_is_known_has_a_plan_and_a_digest_and_what_is_not_has_neither(name: str) -> None:
    found = report(name)

    assert found.was_run
    assert bool(found.digest) == (found.plan is not None) == found.verdict.is_known


def test_an_errored_plan_tells_nothing_but_its_errors() -> None:
    found = report("errored", Rules(policy(protected=["*"]), KEY))

    assert (found.plan, found.digest, found.findings) == (None, "", ())
    assert any(one.is_error for one in found.diagnostics)
    assert is_refused(found)


def test_a_locked_state_is_busy_and_not_refused() -> None:
    diagnostics = diagnostics_in(said("lock-local", "plain"))

    found = report_of_plan(ROOT, PlanOutcome(1, diagnostics), RULES)

    assert found.verdict.state is RootState.BUSY
    assert remark_on(found).startswith("locked by ")
    assert not is_refused(found)


def test_no_plan_is_broken() -> None:
    found = report_of_plan(ROOT, PlanOutcome(0, (), None, "there is no terraform"), RULES)

    assert (found.verdict.state, found.verdict.reason) == (
        RootState.BROKEN,
        "there is no terraform",
    )
    assert is_refused(found)


def test_a_plan_is_judged_by_the_policy() -> None:
    found = report("destroy", Rules(policy(protected=[A]), KEY))

    assert [(one.ruling, one.address) for one in found.findings] == [(Ruling.REFUSED, A)]
    assert is_refused(found)


def test_what_waits_for_a_label_is_not_refused() -> None:
    found = report("destroy")

    assert [one.ruling for one in found.findings] == [Ruling.NEEDS_LABEL]
    assert not is_refused(found)


def test_with_the_label_there_is_nothing_to_find() -> None:
    rules = Rules(EVERYTHING, KEY, allowed_destroys=True)

    assert report("destroy", rules).findings == ()


def test_the_label_opens_no_way_past_the_policy() -> None:
    rules = Rules(policy(protected=[A]), KEY, allowed_destroys=True)

    assert is_refused(report("destroy", rules))


def test_the_policy_and_the_label_do_not_change_the_digest() -> None:
    other = Rules(policy(protected=[A]), KEY, allowed_destroys=True)

    assert report("destroy", other).digest == report("destroy").digest


def test_drift_that_people_ignore_is_ignored() -> None:
    assert report("drift-refresh-only").verdict.state is RootState.DRIFT
    assert report("drift-refresh-only", ignored=["*"]).verdict.state is RootState.IGNORED_DRIFT


def test_neither_the_key_nor_sensitive_values_are_in_a_text_of_it() -> None:
    found = report("update", sensitive=frozenset({"hunter2"}))

    assert found.sensitive == {"hunter2"}
    assert "hunter2" not in repr(found)
    assert KEY.decode() not in repr(RULES)
