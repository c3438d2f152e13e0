"""The gates that look at the pull request: approvals, checks, branch."""

import pytest
from promotion_facts import (
    PROD,
    TEST,
    a_graph,
    candidate,
    facts,
    opened,
    pins,
    review,
)

from edp.core.promotion import gates
from edp.core.promotion.facts import BranchContent, Facts, Status
from edp.core.promotion.gate import Gate, State

# approvals


def approvals(*reviews: object, **changed: object) -> Gate:
    """The gate of prod, which asks for two."""
    return gates.approvals(facts(**opened(reviews=reviews), **changed), candidate())


def test_enough_people_have_approved() -> None:
    found = approvals(review("ada"), review("bob"))

    assert (found.state, found.reason) == (State.PASSED, "2 of 2 (ada, bob)")


def test_one_of_two_is_not_enough() -> None:
    found = approvals(review("ada"))

    assert (found.state, found.reason) == (State.WAITING, "1 of 2 (ada)")


def test_nobody_has_approved() -> None:
    found = approvals()

    assert (found.state, found.reason) == (State.WAITING, "0 of 2")


def test_reviews_that_were_not_read_are_none() -> None:
    assert gates.approvals(facts(**opened(reviews=None)), candidate()).reason == "0 of 2"


def test_without_a_pull_request_nobody_can_have_approved() -> None:
    assert gates.approvals(facts(), candidate()).reason == "0 of 2"


def test_a_person_counts_once() -> None:
    assert approvals(review("ada"), review("Ada")).reason == "1 of 2 (Ada)"


@pytest.mark.parametrize("login", ["edp-bot", "edp-gate", "EDP-Bot"])
def test_bots_do_not_count(login: str) -> None:
    assert approvals(review(login), review("ada")).reason == "1 of 2 (ada)"


@pytest.mark.parametrize("changed", [{"stale": True}, {"dismissed": True}, {"commit": "f" * 40}])
def test_an_approval_of_something_else_must_be_given_again(changed: dict[str, object]) -> None:
    found = approvals(review("ada", **changed), review("bob"))

    assert found.state is State.WAITING
    assert found.reason == "1 of 2 (bob; ada must approve again: approved another commit)"


def test_an_approval_that_is_not_official_is_none() -> None:
    assert approvals(review("guest", official=False)).reason == "0 of 2"


def test_a_request_for_changes_refuses_whatever_others_say() -> None:
    found = approvals(review("ada"), review("bob"), review("eve", "REQUEST_CHANGES"))

    assert (found.state, found.reason) == (State.REFUSED, "changes requested by eve")


@pytest.mark.parametrize("changed", [{"official": False}, {"dismissed": True}])
def test_a_request_that_does_not_count_refuses_nothing(changed: dict[str, object]) -> None:
    found = approvals(review("eve", "REQUEST_CHANGES", **changed), review("ada"), review("bob"))

    assert found.passed


def test_a_request_for_changes_outlives_another_commit() -> None:
    assert approvals(review("eve", "REQUEST_CHANGES", stale=True, commit="f" * 40)).refused


def test_the_latest_verdict_of_a_person_counts() -> None:
    reconsidered = [review("eve", "REQUEST_CHANGES"), review("eve"), review("ada")]

    assert approvals(*reconsidered).passed
    assert approvals(*reversed(reconsidered)).refused


@pytest.mark.parametrize("state", ["COMMENT", "PENDING", "REQUEST_REVIEW"])
def test_a_comment_changes_no_verdict(state: str) -> None:
    assert approvals(review("ada"), review("bob"), review("ada", state)).passed


def test_where_none_is_needed_none_is_waited_for() -> None:
    found = gates.approvals(facts(), candidate(pair=TEST))

    assert (found.state, found.reason) == (State.PASSED, "none needed")


def test_where_none_is_needed_a_request_for_changes_refuses_all_the_same() -> None:
    asked = opened(pair=TEST, reviews=(review("eve", "REQUEST_CHANGES"),))

    assert gates.approvals(facts(**asked), candidate(pair=TEST)).refused


def test_an_arrival_needs_one_approval_at_least() -> None:
    arriving = facts(pins=pins(dev="1.1.0"), graph=a_graph())

    assert gates.approvals(arriving, candidate(pair=TEST)).reason == "0 of 1"
    assert gates.approvals(arriving, candidate()).reason == "0 of 2"


# checks


def checks(*statuses: Status, required: tuple[str, ...] = ("ci / final", "edp/policy")) -> Gate:
    return gates.checks(facts(required_contexts=required, **opened(statuses=statuses)), candidate())


def status(state: str, context: str = "ci / final") -> Status:
    return Status(context, state, "", "runner")


@pytest.mark.parametrize("state", ["success", "skipped"])
def test_a_required_check_that_succeeded_passes(state: str) -> None:
    assert checks(status(state)) == Gate("checks", State.PASSED, "ci / final: success")


@pytest.mark.parametrize("state", ["failure", "error"])
def test_a_required_check_that_failed_is_refused(state: str) -> None:
    assert checks(status(state)) == Gate("checks", State.REFUSED, f"ci / final: {state}")


@pytest.mark.parametrize("state", ["pending", "warning"])
def test_a_required_check_that_runs_is_waited_for(state: str) -> None:
    assert checks(status(state)) == Gate("checks", State.WAITING, f"ci / final: {state}")


def test_a_required_check_that_nobody_reported_is_waited_for() -> None:
    found = checks(status("success", "ci / lint"))

    assert (found.state, found.reason) == (State.WAITING, "ci / final: not reported yet")


def test_a_pattern_asks_for_all_that_match() -> None:
    found = checks(status("success"), status("failure", "ci / lint"), required=("ci / *",))

    assert (found.state, found.reason) == (State.REFUSED, "ci / lint: failure")


def test_our_own_status_is_not_waited_for() -> None:
    assert checks(required=("edp/policy",)).reason == "none required"


def test_without_a_pull_request_there_is_nothing_to_check() -> None:
    found = gates.checks(facts(required_contexts=("ci / final",)), candidate())

    assert (found.state, found.reason) == (State.PASSED, "none required")


# branch


def branch(found: Facts) -> tuple[State, str]:
    gate = gates.branch(found, candidate())
    return gate.state, gate.reason


def test_our_own_branch_passes() -> None:
    assert branch(facts(**opened())) == (State.PASSED, "only the pin changes")


def test_a_branch_that_is_not_there_yet_passes() -> None:
    assert branch(facts()) == (State.PASSED, "only the pin changes")


def test_a_foreign_commit_is_refused_with_what_it_is() -> None:
    theirs = {"content": BranchContent.FOREIGN, "reason": "its branch has a commit of ada"}

    assert branch(facts(**opened(proposed=theirs))) == (
        State.REFUSED,
        "its branch has a commit of ada",
    )


def test_a_draft_is_waited_for() -> None:
    assert branch(facts(**opened(is_draft=True))) == (
        State.WAITING,
        "the pull request is marked as work in progress",
    )


def test_a_forge_that_lags_behind_is_waited_for() -> None:
    assert branch(facts(**opened(head="a" * 40))) == (
        State.WAITING,
        "the forge has not seen commit eeeeeeee yet",
    )


def test_the_open_pull_of_another_pair_says_nothing() -> None:
    assert gates.branch(facts(**opened(pair=TEST, is_draft=True)), candidate(pair=PROD)).passed


def test_a_glob_that_covers_our_own_status_does_not_wait_for_it() -> None:
    ours = Status("edp/policy", "pending", "", "edp-bot")

    assert checks(ours, required=("edp/*",)).passed


def test_a_glob_that_covers_our_own_status_waits_for_the_others() -> None:
    ours, other = (
        Status("edp/policy", "pending", "", "edp-bot"),
        Status("edp/ci", "pending", "", ""),
    )

    found = checks(ours, other, required=("edp/*",))

    assert (found.state, found.reason) == (State.WAITING, "edp/ci: pending")
