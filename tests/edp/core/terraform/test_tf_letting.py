"""Nothing is let through but what people reviewed, or named, or what is left of that."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded_plans import outcome_of

from edp.core.promotion.facts import Review
from edp.core.repository.promotion_graph import Bots
from edp.core.terraform.change_digest import change_marks
from edp.core.terraform.letting import (
    ALLOW_DESTROY,
    SHORTEST_DIGEST,
    Reviewed,
    allows_destroys,
    approvers,
    missing_approvals,
    why_not,
)
from edp.core.terraform.plan_report import RootReport
from edp.core.terraform.policy_file import PolicyFile
from edp.core.terraform.records import Record, Result
from edp.core.terraform.reports import Rules, report_of_plan
from edp.core.terraform.roots import TerraformRoot

KEY = b"a key that only trusted jobs have"
ROOT = TerraformRoot("test", "network")
AT = datetime(2026, 11, 25, 10, 32, tzinfo=UTC)
HEAD = "e" * 40
BOTS = Bots(bot="edp-bot", gate="edp-gate", email="edp-bot@example.org")
NONE_REVIEWED = "nobody has reviewed a plan of it"
ANOTHER = "the plan is not the one that was reviewed"


def policy(**keys: Any) -> PolicyFile:
    return PolicyFile.model_validate({"apiVersion": "edp/v1", **keys})


def report(name: str = "update", rules: PolicyFile | None = None, **more: Any) -> RootReport:
    """The report on a fresh plan that Terraform recorded."""
    return report_of_plan(ROOT, outcome_of(name), Rules(rules or policy(), KEY, **more))


def marks_of(found: RootReport) -> tuple[str, ...]:
    assert found.plan
    return change_marks(found.plan, KEY)


def record(result: Result, rest: Sequence[str], *, inputs: str = "present") -> Record:
    return Record(
        root=ROOT,
        result=result,
        inputs=inputs,
        commit="c" * 40,
        digest="d" * 64,
        rest=tuple(rest),
        started_at=AT,
        ended_at=None if result is Result.RUNNING else AT,
        is_clean=False,
        pull=7,
        by="ada",
        run="12",
    )


def reason(
    found: RootReport,
    *,
    reviewed: str = "",
    accepted: str = "",
    record: Record | None = None,
    marks: Sequence[str] | None = None,
) -> str:
    return why_not(
        found,
        marks_of(found) if marks is None else marks,
        reviewed=Reviewed(pull=7, by="ada", digest=reviewed),
        accepted=accepted,
        record=record,
        inputs="present",
    )


# what was reviewed


def test_the_plan_that_was_reviewed_is_let_through() -> None:
    found = report()

    assert reason(found, reviewed=found.digest) == ""


def test_another_plan_than_the_reviewed_one_is_not() -> None:
    assert reason(report("update"), reviewed=report("create").digest) == ANOTHER


def test_the_beginning_of_the_reviewed_digest_is_not_the_digest() -> None:
    found = report()

    assert reason(found, reviewed=found.digest[:-1]) == ANOTHER


def test_without_a_reviewed_plan_nothing_is_let_through() -> None:
    assert reason(report()) == NONE_REVIEWED


def test_without_a_key_not_even_no_digest_equals_none() -> None:
    keyless = report_of_plan(ROOT, outcome_of("update"), Rules(policy()))

    assert keyless.digest == ""
    assert reason(keyless, marks=()) == NONE_REVIEWED


# what a person named


@pytest.mark.parametrize("length", [64, 40, SHORTEST_DIGEST])
def test_a_digest_that_a_person_names_is_let_through(length: int) -> None:
    found = report()

    assert reason(found, accepted=found.digest[:length]) == ""
    assert reason(found, accepted=found.digest[:length].upper()) == ""


def test_twelve_characters_are_the_least() -> None:
    found = report()

    said = reason(found, accepted=found.digest[:11])

    assert SHORTEST_DIGEST == 12
    assert said == f"the plan is now {found.digest[:16]}, not {found.digest[:11]}"


@pytest.mark.parametrize("accepted", ["0" * 64, "0" * 12, " " * 12, "z" * 12])
def test_another_digest_that_a_person_names_is_not(accepted: str) -> None:
    found = report()

    said = reason(found, accepted=accepted)

    assert said == f"the plan is now {found.digest[:16]}, not {accepted[:16]}"


def test_more_than_the_digest_is_not_the_digest() -> None:
    found = report()

    assert reason(found, accepted=f"{found.digest}0")


def test_whoever_names_a_digest_wants_that_one_and_not_the_reviewed_one() -> None:
    found = report()
    killed = record(Result.RUNNING, marks_of(found))

    assert reason(found, reviewed=found.digest, accepted="0" * 64, record=killed)


def test_a_named_digest_needs_no_review() -> None:
    found = report()

    assert reason(found, reviewed="0" * 64, accepted=found.digest) == ""


def test_no_digest_can_be_named_where_there_is_no_key() -> None:
    keyless = report_of_plan(ROOT, outcome_of("update"), Rules(policy()))

    assert reason(keyless, marks=(), accepted="0" * 64)


UPDATE = report("update")


@given(st.text(min_size=1, max_size=70) | st.text("0123456789abcdef", min_size=12, max_size=64))
def test_any_other_text_names_nothing(text: str) -> None:
    assert reason(UPDATE, accepted=text)


# what is left of an apply

REST = ("m1", "m2", "m3")


@pytest.mark.parametrize("result", [Result.RUNNING, Result.FAILED])
@pytest.mark.parametrize("marks", [["m2"], ["m3", "m1"], REST])
def test_the_rest_of_a_killed_or_failed_apply_is_let_through(
    result: Result, marks: Sequence[str]
) -> None:
    assert reason(report(), marks=marks, record=record(result, REST)) == ""


def test_the_rest_of_a_real_plan_is_let_through() -> None:
    whole = report("destroy-all", allowed_destroys=True)
    marks = marks_of(whole)
    assert len(marks) > 1

    for rest in (marks[:1], marks[1:], marks):
        assert reason(whole, marks=rest, record=record(Result.RUNNING, marks)) == ""


@pytest.mark.parametrize("marks", [[*REST, "m4"], ["m4"], ["m1", "m4"], ["M1"]])
def test_more_than_the_rest_is_not(marks: Sequence[str]) -> None:
    killed = record(Result.RUNNING, REST)

    assert reason(report(), marks=marks, record=killed) == NONE_REVIEWED
    assert reason(report(), marks=marks, record=killed, reviewed="0" * 64) == ANOTHER


@pytest.mark.parametrize("result", [Result.APPLIED, Result.ERRORED])
def test_an_apply_that_was_not_cut_has_no_rest(result: Result) -> None:
    assert reason(report(), marks=["m1"], record=record(result, REST)) == NONE_REVIEWED


def test_the_rest_of_other_files_is_not_let_through() -> None:
    killed = record(Result.RUNNING, REST, inputs="past")

    assert reason(report(), marks=["m1"], record=killed) == NONE_REVIEWED


def test_no_marks_are_no_rest() -> None:
    assert reason(report(), marks=[], record=record(Result.RUNNING, REST)) == NONE_REVIEWED
    assert reason(report(), marks=[], record=record(Result.RUNNING, ())) == NONE_REVIEWED


def test_of_no_rest_nothing_is_left() -> None:
    assert reason(report(), marks=["m1"], record=record(Result.FAILED, ())) == NONE_REVIEWED


# policy, before everything

A = "fake_server.a"
PROTECTED = policy(protected=[A])


def test_what_the_policy_refuses_is_refused_whoever_reviewed_or_named_it() -> None:
    found = report("destroy", PROTECTED, allowed_destroys=True)
    said = f"refused by policy: {A} would be destroyed, and is protected"

    assert reason(found, reviewed=found.digest) == said
    assert reason(found, accepted=found.digest) == said
    assert reason(found, record=record(Result.RUNNING, marks_of(found))) == said


def test_what_destroys_waits_for_its_label_whoever_reviewed_or_named_it() -> None:
    found = report("destroy")
    said = f"waits for the label edp/allow-destroy: {A} would be gone"

    assert reason(found, reviewed=found.digest) == said
    assert reason(found, accepted=found.digest) == said
    assert reason(found, record=record(Result.RUNNING, marks_of(found))) == said


def test_with_its_label_what_destroys_is_let_through_as_reviewed() -> None:
    found = report("destroy", allowed_destroys=True)

    assert reason(found, reviewed=found.digest) == ""
    assert reason(found) == NONE_REVIEWED


def test_what_is_refused_is_told_before_what_lacks_a_label() -> None:
    found = report("destroy-all", policy(protected=["fake_server.b"]))

    assert reason(found, reviewed=found.digest).startswith("refused by policy: fake_server.b ")


# the label


def labelled(*who: str, label: str = ALLOW_DESTROY) -> Reviewed:
    return Reviewed(pull=7, approvers=who, labels=("bug", label))


def test_the_label_lets_objects_be_destroyed() -> None:
    assert ALLOW_DESTROY == "edp/allow-destroy"
    assert allows_destroys(labelled(), None)


@pytest.mark.parametrize("label", ["", "edp/allow-destroys", "EDP/allow-destroy", "allow-destroy"])
def test_no_other_label_does(label: str) -> None:
    assert not allows_destroys(labelled("ada", label=label), None)
    assert not allows_destroys(labelled("ada", label=label), ["ada"])


def test_where_people_are_named_one_of_them_must_have_approved() -> None:
    assert allows_destroys(labelled("ada", "bob"), ["bob", "eve"])
    assert not allows_destroys(labelled("ada"), ["bob", "eve"])
    assert not allows_destroys(labelled(), ["bob"])


def test_where_nobody_is_named_in_the_list_nobody_may() -> None:
    assert not allows_destroys(labelled("ada"), [])


def test_people_are_named_whatever_the_case_of_their_letters() -> None:
    assert allows_destroys(labelled("ada"), ["Ada"])


def test_approval_without_the_label_is_not_enough() -> None:
    assert not allows_destroys(Reviewed(pull=7, approvers=("ada",)), ["ada"])
    assert not allows_destroys(Reviewed(), None)


# approvals


def review(login: str, state: str = "APPROVED", **changed: Any) -> Review:
    values = {"official": True, "stale": False, "dismissed": False, "commit": HEAD, **changed}
    return Review(login=login, state=state, **values)


def approved_by(*reviews: Review) -> tuple[str, ...]:
    return approvers(reviews, head=HEAD, bots=BOTS)


def test_people_approve_by_their_reviews() -> None:
    assert approved_by(review("bob"), review("Ada")) == ("ada", "bob")
    assert approved_by() == ()


def test_a_person_counts_once_however_often_they_approve() -> None:
    assert approved_by(review("ada"), review("Ada"), review("ADA")) == ("ada",)


@pytest.mark.parametrize(
    "changed",
    [{"stale": True}, {"dismissed": True}, {"official": False}, {"commit": "f" * 40}],
    ids=["stale", "dismissed", "unofficial", "other commit"],
)
def test_a_review_that_is_not_counted_approves_nothing(changed: dict[str, Any]) -> None:
    assert approved_by(review("ada", **changed), review("bob")) == ("bob",)


@pytest.mark.parametrize("state", ["COMMENT", "PENDING", "REQUEST_REVIEW", "approved", ""])
def test_what_is_no_verdict_approves_nothing_and_takes_nothing_back(state: str) -> None:
    assert approved_by(review("ada", state)) == ()
    assert approved_by(review("ada"), review("ada", state)) == ("ada",)


@pytest.mark.parametrize("login", ["edp-bot", "edp-gate", "EDP-Bot"])
def test_bots_approve_nothing(login: str) -> None:
    assert approved_by(review(login)) == ()


def test_whoever_asks_for_changes_afterwards_does_not_approve_any_more() -> None:
    assert approved_by(review("ada"), review("ada", "REQUEST_CHANGES")) == ()
    assert approved_by(review("ada", "REQUEST_CHANGES"), review("ada")) == ("ada",)


def test_the_latest_verdict_counts_even_if_it_is_stale() -> None:
    assert approved_by(review("ada"), review("ada", stale=True)) == ()


def test_approvals_that_are_missing_are_counted() -> None:
    one = Reviewed(pull=7, approvers=("ada",))

    assert missing_approvals(one, 2) == "approvals: 1 of 2"
    assert missing_approvals(Reviewed(), 1) == "approvals: 0 of 1"
    assert missing_approvals(one, 1) == missing_approvals(one, 0) == ""
    assert missing_approvals(Reviewed(), 0) == ""
