"""Every answer to a merge means one thing, and so does every answer to a new pull request."""

from typing import Any

import httpx
import pytest
from forgejo_recordings import client, exchange, pull_request, repository

import forgejo
from forgejo import ForgejoError, PullRequest

SHA = "a8926a52d8dcba5c4386945476ab6a2ad008afd4"


def answered(status: int, body: Any = None, *, text: str = "") -> PullRequest:
    """A pull request whose calls get this answer."""
    sent = httpx.Response(status, text=text) if body is None else httpx.Response(status, json=body)
    return pull_request(client(lambda _request: sent))


def said(message: str) -> dict[str, str]:
    return {"message": message, "url": "http://forgejo.example/api/swagger"}


REASONS = (
    "Not all required status checks successful",
    "Does not have enough approvals",
    "There are requested changes",
    "There are official review requests",
    "The head branch is behind the base branch",
    "Changed protected files",
)
DIRECT = (
    "User not allowed to merge PR",
    "Work in progress PRs cannot be merged",
    "manually-merged is not an allowed merge style for this repository",
    "won't sign: nokey",
)
LOCKED = (
    "PushRejected with remote message: remote: error: cannot lock ref 'refs/heads/main': is at "
    "9b06c7c52116b72b607a5f42c0110cd4bfbcc53f but expected 956e85b1932b7efc3c19b37be385715784883556"
)
CONFLICT = {"Style": "merge", "StdOut": "CONFLICT (content)", "StdErr": "", "Err": {}}
TWICE = {"ID": 1, "IssueID": 1, "HeadRepoID": 1, "BaseRepoID": 1, "HeadBranch": "x"}

TABLE: tuple[tuple[int, Any, type[ForgejoError]], ...] = (
    (405, said("Please try again later"), forgejo.TryAgainLaterError),
    (405, said(""), forgejo.AlreadyMergedError),
    *(
        (405, said(f"not allowed to merge [reason: {reason}]"), forgejo.NotAllowedToMergeError)
        for reason in REASONS
    ),
    *((405, said(text), forgejo.NotAllowedToMergeError) for text in DIRECT),
    (409, said("head out of date"), forgejo.HeadOutOfDateError),
    (409, said(LOCKED), forgejo.LostRaceError),
    (409, said("x" * 600 + LOCKED), forgejo.LostRaceError),
    (409, TWICE, forgejo.AlreadyMergedError),
    (409, CONFLICT, forgejo.MergeConflictError),
    (409, said("something else"), forgejo.ConflictError),
    (404, said("The target couldn't be found."), forgejo.NotFoundError),
    (403, said("the head branch is protected"), forgejo.MergedButBranchKeptError),
    (403, said("user should have a permission to write"), forgejo.ForbiddenError),
    (422, said("[Do]: In"), forgejo.ValidationError),
    (423, said("archived"), forgejo.ArchivedError),
    (500, said("is blocked by an open dependency"), forgejo.AmbiguousError),
    (500, said(""), forgejo.AmbiguousError),
    (502, None, forgejo.AmbiguousError),
    (404, None, forgejo.AmbiguousError),
    (405, None, forgejo.UnsupportedError),
    (405, {"other": 1}, forgejo.UnsupportedError),
    (405, ["x"], forgejo.UnsupportedError),
    (200, {"message": "login"}, forgejo.AmbiguousError),
    (201, None, forgejo.AmbiguousError),
)


@pytest.mark.parametrize(("status", "body", "error"), TABLE)
def test_each_refusal_of_a_merge_has_its_error(
    status: int, body: Any, error: type[ForgejoError]
) -> None:
    with pytest.raises(ForgejoError) as caught:
        answered(status, body).merge(head_commit_id=SHA)

    assert type(caught.value) is error
    assert caught.value.status == status
    assert "/pulls/1/merge" in str(caught.value)


@pytest.mark.parametrize("reason", REASONS)
def test_the_reason_of_a_closed_gate_stands_alone(reason: str) -> None:
    pull = answered(405, said(f"not allowed to merge [reason: {reason}]"))

    with pytest.raises(forgejo.NotAllowedToMergeError) as caught:
        pull.merge(head_commit_id=SHA)

    assert caught.value.reason == reason


def test_a_merge_is_an_empty_200() -> None:
    answered(200).merge(head_commit_id=SHA)


def test_a_merge_sends_the_checked_commit_and_nothing_that_forces() -> None:
    sent: list[dict[str, Any]] = []

    def keep(request: httpx.Request) -> httpx.Response:
        sent.append(httpx.Response(200, content=request.read()).json())
        return httpx.Response(200)

    pull_request(client(keep)).merge(
        head_commit_id=SHA, title="Promote", message="Promoted-To: 1.0.0\n", delete_branch=True
    )

    assert sent == [
        {
            "Do": "merge",
            "head_commit_id": SHA,
            "MergeTitleField": "Promote",
            "MergeMessageField": "Promoted-To: 1.0.0\n",
            "delete_branch_after_merge": True,
        }
    ]


@pytest.mark.parametrize(("status", "is_merged"), [(204, True), (404, False)])
def test_whether_it_is_merged_is_204_or_404(status: int, is_merged: bool) -> None:
    body = None if status == 204 else said("not merged")

    assert answered(status, body).is_merged() is is_merged


@pytest.mark.parametrize("text", ["404 page not found", "<html>"])
def test_a_404_that_is_not_about_the_pull_request_does_not_mean_unmerged(text: str) -> None:
    with pytest.raises((forgejo.UnsupportedError, forgejo.NotForgejoError)):
        answered(404, text=text).is_merged()


def test_the_pull_request_that_is_open_already_is_named() -> None:
    seen = exchange("20", 1)
    repo = repository(client(lambda _request: seen.answer()))

    with pytest.raises(forgejo.AlreadyExistsError) as caught:
        repo.create_pull(head="promote/dev", base="main", title="t")

    assert caught.value.number == 1


def test_the_number_is_that_of_the_issue_not_of_the_row() -> None:
    seen = exchange("40", 12)
    repo = repository(client(lambda _request: seen.answer()))

    with pytest.raises(forgejo.AlreadyExistsError) as caught:
        repo.create_pull(head="promote/test/app", base="main", title="t")

    assert "[id: 380, issue_id: 1," in seen.message
    assert caught.value.number == 1


def test_something_else_that_exists_has_no_number() -> None:
    body = said("branch already exists [name: x]")
    repo = repository(client(lambda _request: httpx.Response(422, json=body)))

    with pytest.raises(forgejo.AlreadyExistsError) as caught:
        repo.create_branch("x", source="main")

    assert caught.value.number is None


def test_a_review_that_became_a_draft_is_an_error() -> None:
    draft = {**exchange("63", 16).body, "state": "PENDING"}

    with pytest.raises(forgejo.ValidationError, match="PENDING"):
        answered(200, draft).create_review(event="APPROVED", commit_id=SHA)


def test_labels_that_forgejo_dropped_are_an_error() -> None:
    kept = [{"id": 4, "name": "a", "color": "00aabb", "description": ""}]

    with pytest.raises(forgejo.ValidationError, match=r"\[5\]"):
        answered(200, kept).add_to_labels(4, 5)


def test_a_branch_that_is_gone_counts_as_deleted_and_one_that_stays_does_not() -> None:
    branch = exchange("40", 2).body
    gone = {"message": "", "errors": ["branch does not exist [name: main]"]}
    hidden = {"message": "The target couldn't be found.", "errors": []}

    def deleting(then: httpx.Response) -> forgejo.Repository:
        def answer(request: httpx.Request) -> httpx.Response:
            return then if request.method == "GET" else httpx.Response(500, json=said(""))

        return repository(client(answer))

    deleting(httpx.Response(404, json=gone)).delete_branch("main")
    for then in (httpx.Response(200, json=branch), httpx.Response(404, json=hidden)):
        with pytest.raises(forgejo.AmbiguousError):
            deleting(then).delete_branch("main")


def test_acting_as_somebody_else_sends_their_token() -> None:
    tokens: list[str] = []

    def keep(request: httpx.Request) -> httpx.Response:
        tokens.append(request.headers["authorization"])
        return httpx.Response(200)

    gate = forgejo.Forgejo(
        "https://forgejo.example", "gate-token", transport=httpx.MockTransport(keep)
    )
    gate.act_on(answered(500)).merge(head_commit_id=SHA)

    assert tokens == ["token gate-token"]
