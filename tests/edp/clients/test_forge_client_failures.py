"""The forge's client against the sandbox: merges that are refused, and servers that fail."""

from datetime import timedelta

import pytest
from forge_place import BEGIN, BRANCH, PAIR, REPO, Place, head, make_mergeable, merge

from edp.clients.forge import Forge
from edp.clients.forge_errors import (
    LostMergeRaceError,
    NeedsApprovalError,
    StillCheckingError,
)
from edp.errors import EdpError, InvalidInputError, RefusedError, UnavailableError


def test_a_merge_takes_the_gate_user_and_removes_the_branch(place: Place, opened: Forge) -> None:
    sha = head(place)
    make_mergeable(opened, sha)

    merge(opened, sha)

    merged = opened.merged(1)
    store = place.sandbox.repository(REPO).store
    assert merged is not None
    assert store.commit(merged.commit).author.name == "edp-gate"
    assert store.branch(BRANCH) is None


def test_merging_what_is_merged_is_no_error(place: Place, opened: Forge) -> None:
    sha = head(place)
    make_mergeable(opened, sha)

    merge(opened, sha)
    merge(opened, sha)

    assert opened.merged(1) is not None


def test_another_head_is_a_lost_race(place: Place, opened: Forge) -> None:
    sha = head(place)
    make_mergeable(opened, sha)
    make_mergeable(opened, place.commit("9\n"))

    with pytest.raises(LostMergeRaceError, match="head out of date"):
        merge(opened, sha)
    assert opened.merged(1) is None


def test_a_missing_status_is_a_lost_race(place: Place, opened: Forge) -> None:
    opened.approve(1, head(place))

    with pytest.raises(LostMergeRaceError, match="status checks"):
        merge(opened, head(place))


def test_a_missing_approval_is_told(place: Place, opened: Forge) -> None:
    make_mergeable(opened, head(place))
    place.sandbox.repository(REPO).pulls[0].reviews.clear()

    with pytest.raises(NeedsApprovalError, match="enough approvals"):
        merge(opened, head(place))


def test_a_forge_that_checks_for_conflicts_wants_patience(place: Place, opened: Forge) -> None:
    make_mergeable(opened, head(place))
    place.sandbox.conflict_check = 60

    with pytest.raises(StillCheckingError, match="#1: Please try again later"):
        merge(opened, head(place))


def test_a_closed_pull_request_is_a_lost_race(place: Place, opened: Forge) -> None:
    opened.close_pull(1, "")

    with pytest.raises(LostMergeRaceError, match="#1 is closed"):
        merge(opened, head(place))


def test_a_merge_whose_branch_stays_is_a_merge(place: Place, opened: Forge) -> None:
    place.sandbox.protect_branch(REPO, "promote/*", enable_push=True)
    make_mergeable(opened, head(place))

    merge(opened, head(place))

    assert opened.merged(1) is not None


def test_without_the_gates_token_nothing_is_merged(place: Place) -> None:
    forge = place.connect(gate_token="")
    forge.create_pull(PAIR, title="Promote", body="text")

    assert not forge.can_merge
    with pytest.raises(InvalidInputError, match="no token of the gate user"):
        merge(forge, head(place))


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({"token": "0" * 40}, InvalidInputError),
        ({"full_name": "platform/nothing"}, InvalidInputError),
    ],
)
def test_wrong_settings_are_told_without_the_token(
    place: Place, settings: dict[str, str], kind: type[EdpError]
) -> None:
    with pytest.raises(kind) as caught:
        place.connect(**settings).base()

    assert "0" * 40 not in caught.value.message
    assert "EDP_" in caught.value.hint


def test_an_archived_repository_refuses(place: Place, opened: Forge) -> None:
    place.sandbox.repository(REPO).archived = True

    with pytest.raises(RefusedError) as caught:
        opened.comment(1, "text", marker="text")

    assert "unarchive" in caught.value.hint


def test_a_server_that_fails_once_is_asked_again(place: Place, forge: Forge) -> None:
    place.fail("GET", "/branches/main", kind="status", status=503)

    assert forge.base().branch == "main"


def test_a_server_that_keeps_failing_is_unavailable_after_a_bounded_time(
    place: Place, forge: Forge
) -> None:
    place.fail("GET", "/branches/main", kind="status", status=503, times=10_000)

    with pytest.raises(UnavailableError, match="reading the default branch"):
        forge.base()

    assert place.clock["now"] - BEGIN <= timedelta(seconds=120)


def test_a_login_page_is_not_taken_for_an_answer(place: Place, forge: Forge) -> None:
    place.fail("GET", f"/repos/{REPO}", kind="html", times=10_000)

    with pytest.raises(UnavailableError):
        forge.base()


def test_a_write_is_not_repeated_when_its_outcome_is_unknown(place: Place, opened: Forge) -> None:
    place.fail("POST", "/comments", kind="reset", after_effect=True)

    with pytest.raises(UnavailableError, match="outcome unknown"):
        opened.comment(1, "text", marker="text")

    assert len(place.sandbox.repository(REPO).pulls[0].issue.comments) == 1


def test_a_label_that_the_token_may_not_put_names_the_scopes(place: Place, opened: Forge) -> None:
    token = place.sandbox.create_token("edp-bot", ("write:repository",))
    forge = place.connect(token=token)

    with pytest.raises(InvalidInputError) as caught:
        forge.add_label(1, "edp/allowed-again")

    assert "write:issue" in caught.value.hint
