"""Issues, labels and comments."""

from collections.abc import Callable

import pytest
from contract_world import Account, Desk, World

import forgejo

Sit = Callable[..., Desk]


def test_an_issue_is_found_by_label_and_author(desk: Desk, sit: Sit, alice: Account) -> None:
    drift = desk.repo.create_label("drift", color="#ff0000")
    ours = desk.repo.create_issue("Drift", body="what drifted", labels=(drift.id,))
    theirs = sit(alice).repo.create_issue("also drift", labels=(drift.id,))
    desk.repo.create_issue("unrelated")

    def numbers(**filters: object) -> list[int]:
        return sorted(one.number for one in desk.repo.get_issues(**filters))  # type: ignore[arg-type] # names

    assert (ours.title, ours.body, ours.state) == ("Drift", "what drifted", "open")
    assert numbers(labels=("drift",)) == [ours.number, theirs.number]
    assert numbers(labels=("drift",), created_by=desk.account.login) == [ours.number]
    assert numbers(labels=("drift", "unknown")) == []
    assert numbers(labels=("unknown",)) == []
    assert len(numbers()) == 3


def test_pull_requests_are_no_issues(desk: Desk) -> None:
    pull = desk.propose("x")

    assert list(desk.repo.get_issues(state="all")) == []
    assert desk.repo.get_issue(pull.number).is_pull_request


def test_an_issue_is_edited_closed_and_opened_again(desk: Desk) -> None:
    issue = desk.repo.create_issue("t", body="b")

    assert issue.edit(body="new").body == "new"
    assert issue.close().state == "closed"
    assert issue.close().closed_at is not None
    assert list(desk.repo.get_issues()) == []
    assert [one.number for one in desk.repo.get_issues(state="closed")] == [issue.number]
    assert issue.edit(state="open").closed_at is None


def test_labels_are_put_on_and_taken_off_by_id(desk: Desk) -> None:
    pull = desk.propose("x")
    one, two = (desk.repo.create_label(name, color="#00aabb") for name in ("one", "two"))

    assert {label.name for label in pull.add_to_labels(one.id, two.id)} == {"one", "two"}
    assert {label.name for label in pull.add_to_labels(one.id)} == {"one", "two"}
    pull.remove_from_labels(one.id)
    pull.remove_from_labels(one.id)

    assert [label.name for label in desk.repo.get_pull(pull.number).labels] == ["two"]
    assert {label.id for label in desk.repo.get_labels()} == {one.id, two.id}


def test_an_unknown_label_is_an_error_whatever_the_server_says(desk: Desk) -> None:
    issue = desk.repo.create_issue("t")

    with pytest.raises(forgejo.ValidationError):
        issue.add_to_labels(10**9)
    with pytest.raises(forgejo.ValidationError):
        issue.remove_from_labels(10**9)


def test_a_comment_is_written_edited_and_deleted(desk: Desk) -> None:
    pull = desk.propose("x")

    first = pull.create_issue_comment("<!-- marker --> one")
    second = pull.create_issue_comment("ünï\n\n```\ncode\n```")

    assert [comment.id for comment in pull.get_issue_comments()] == [first.id, second.id]
    assert second.body == "ünï\n\n```\ncode\n```"
    assert first.edit("two").body == "two"
    second.delete()
    assert [comment.body for comment in pull.get_issue_comments()] == ["two"]
    with pytest.raises(forgejo.NotFoundError):
        second.delete()


def test_an_empty_comment_is_refused(desk: Desk) -> None:
    with pytest.raises(forgejo.ValidationError):
        desk.repo.create_issue("t").create_comment("")


def test_all_comments_come_at_once(desk: Desk) -> None:
    issue = desk.repo.create_issue("t")
    for number in range(52):
        issue.create_comment(str(number))

    assert [comment.body for comment in issue.get_comments()] == [str(n) for n in range(52)]


def test_a_stranger_edits_nothing(desk: Desk, sit: Sit, world: World) -> None:
    issue = desk.repo.create_issue("t")
    stranger = sit(world.person("stranger")).repo.get_issue(issue.number)

    with pytest.raises(forgejo.ForbiddenError):
        stranger.edit(title="mine")

    assert desk.repo.get_issue(issue.number).title == "t"
