"""The forge's client against the sandbox: promotions as core types, one write at a time."""

from datetime import timedelta

import pytest
from forge_place import BEGIN, BRANCH, PAIR, REPO, Place, head

import forgejo
from edp.clients.forge import Base, Forge
from edp.core.promotion.facts import CLOSED_BY_BOT_LABEL
from edp.core.promotion.pairs import Pair
from edp.errors import InvalidInputError, UnavailableError


def test_the_base_tells_its_head_and_what_its_protection_asks(place: Place, forge: Forge) -> None:
    main = place.sandbox.repository(REPO).store.branch("main")

    assert forge.base() == Base("main", main or "", ("edp/policy", "ci/*"), 1)


def test_without_required_checks_none_are_told(place: Place, forge: Forge) -> None:
    place.sandbox.protect_branch(REPO, "main", status_check_contexts=["edp/policy"])

    assert forge.base().required_contexts == ()


def test_only_the_bots_pull_requests_of_this_repository_are_promotions(
    place: Place, opened: Forge
) -> None:
    place.sandbox.seed_files(REPO, {"pin": b"3\n"}, branch="promote/web/test")
    place.sandbox.seed_files(REPO, {"pin": b"4\n"}, branch="feature")
    fork = place.sandbox.fork_repository(REPO, "edp-bot")
    place.sandbox.seed_files(fork.full_name, {"pin": b"5\n"}, branch=BRANCH)
    people = {
        login: forgejo.Forgejo(place.server.url, place.tokens[login])
        for login in ("alice", "edp-bot")
    }
    for login, branch in (
        ("alice", "promote/web/test"),
        ("edp-bot", "feature"),
        ("edp-bot", f"edp-bot:{BRANCH}"),
    ):
        people[login].get_repo(REPO).create_pull(head=branch, base="main", title="Another")
    for client in people.values():
        client.close()

    found = opened.read_open_pulls()

    assert len(found.found) == 4
    promotions = found.promotions("EDP-Bot")
    assert [(pair, [one.number for one in pulls]) for pair, pulls in promotions.items()] == [
        (PAIR, [1])
    ]
    assert [one.number for one in found.ordinary("edp-bot")] == [2, 3, 4]
    assert [one.is_from_fork for one in found.ordinary("edp-bot")] == [False, False, True]


def test_opening_it_twice_is_one_pull_request(place: Place, opened: Forge) -> None:
    opened.create_pull(PAIR, title="Promote", body="text")

    assert [one.number for one in opened.open_pulls_of(PAIR, "edp-bot")] == [1]


def test_a_branch_that_the_forge_does_not_see_yet_is_asked_for_again(place: Place) -> None:
    repository = place.sandbox.repository(REPO)
    sha = repository.branch_rows.pop(BRANCH)
    place.sandbox.after(1.7, lambda: repository.branch_rows.update({BRANCH: sha}))

    place.connect().create_pull(PAIR, title="Promote", body="text")

    assert len(repository.pulls) == 1
    assert place.clock["now"] > BEGIN + timedelta(seconds=1.7)


def test_a_branch_that_never_appears_is_an_error(place: Place, forge: Forge) -> None:
    with pytest.raises(InvalidInputError, match="opening the pull request of promote/web/test"):
        forge.create_pull(Pair("web", "test"), title="Promote", body="text")


def test_a_forge_that_never_takes_the_creation_is_unavailable(place: Place, forge: Forge) -> None:
    place.fail("POST", "/pulls", kind="status", status=500, times=10_000)

    with pytest.raises(UnavailableError, match="outcome unknown"):
        forge.create_pull(PAIR, title="Promote", body="text")

    assert place.clock["now"] - BEGIN < timedelta(seconds=10)


def test_a_lost_answer_to_the_creation_is_no_error(place: Place, forge: Forge) -> None:
    place.fail("POST", "/pulls", kind="reset", after_effect=True)

    assert forge.create_pull(PAIR, title="Promote", body="text") is None
    assert [one.number for one in forge.open_pulls_of(PAIR, "edp-bot")] == [1]


def test_closing_labels_first_and_says_why_once(place: Place, opened: Forge) -> None:
    opened.close_pull(1, "Closed by edp: withdrawn.")

    (record,) = place.sandbox.repository(REPO).pulls
    assert not record.is_open
    assert [label.name for label in record.issue.labels] == [CLOSED_BY_BOT_LABEL]
    assert [one.body for one in record.issue.comments] == ["Closed by edp: withdrawn."]
    assert opened.read_pulls_of(PAIR).closed_by_people("edp-bot") == ()


def test_what_fails_after_the_label_is_not_taken_for_a_person(place: Place, opened: Forge) -> None:
    place.fail("PATCH", "/pulls/1", kind="status", status=503)

    with pytest.raises(UnavailableError):
        opened.close_pull(1, "")

    (record,) = place.sandbox.repository(REPO).pulls
    assert [label.name for label in record.issue.labels] == [CLOSED_BY_BOT_LABEL]


def test_what_a_person_closes_is_told(place: Place, opened: Forge) -> None:
    with forgejo.Forgejo(place.server.url, place.tokens["alice"]) as alice:
        alice.get_repo(REPO).get_pull(1).close()

    (closed,) = opened.read_pulls_of(PAIR).closed_by_people("edp-bot")
    assert (closed.number, closed.body) == (1, "text")


def test_there_is_one_comment_with_a_marker_and_it_is_edited(place: Place, opened: Forge) -> None:
    with forgejo.Forgejo(place.server.url, place.tokens["alice"]) as alice:
        alice.get_repo(REPO).get_pull(1).create_issue_comment("<!-- mark --> forged")
    assert not opened.has_comment(1, "<!-- mark -->")

    for text in ("<!-- mark --> one", "<!-- mark --> two", "<!-- mark --> two"):
        opened.comment(1, text, marker="<!-- mark -->")

    comments = place.sandbox.repository(REPO).pulls[0].issue.comments
    assert [(one.poster.login, one.body) for one in comments] == [
        ("alice", "<!-- mark --> forged"),
        ("edp-bot", "<!-- mark --> two"),
    ]
    assert opened.has_comment(1, "<!-- mark -->")


def test_labels_are_made_when_needed_and_taken_off_again(place: Place, opened: Forge) -> None:
    opened.add_label(1, "edp/allowed-again")
    opened.open_pulls_of(PAIR, "edp-bot")
    opened.remove_label(1, "edp/allowed-again")
    opened.remove_label(1, "not there")

    assert place.sandbox.repository(REPO).pulls[0].issue.labels == []


def test_reviews_and_statuses_are_core_values(place: Place, opened: Forge) -> None:
    sha = head(place)
    opened.set_policy(sha, state="pending", description="waits", url="")
    opened.approve(1, sha)

    (status,) = opened.statuses(sha)
    (review,) = opened.reviews(1)
    assert (status.context, status.state, status.description, status.creator) == (
        "edp/policy", "pending", "waits", "edp-bot",
    )  # fmt: skip
    assert (review.login, review.state, review.commit) == ("edp-gate", "APPROVED", sha)


def test_an_open_pull_request_of_anybody_uses_the_branch(place: Place, forge: Forge) -> None:
    assert not forge.has_open_pull(PAIR)
    with forgejo.Forgejo(place.server.url, place.tokens["alice"]) as alice:
        alice.get_repo(REPO).create_pull(head=BRANCH, base="main", title="Mine")

    assert forge.has_open_pull(PAIR)
