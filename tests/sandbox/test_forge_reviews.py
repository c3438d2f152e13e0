"""Approvals on the sandbox's forge: who counts, what makes them stale, what dismisses them."""

from typing import Any

import pytest
from forge_world import World

from sandbox.forge.records import PullRequest, Repository

PATH = "/repos/platform/edp/pulls/1"


@pytest.fixture
def served(world: World) -> Repository:
    return world.repository("edp")


@pytest.fixture
def pull(world: World, served: Repository) -> PullRequest:
    world.branch(served, "head")
    return world.pull(served, "head")


def protect(world: World, served: Repository, **settings: Any) -> None:
    chosen = {"required_approvals": 1, "dismiss_stale_approvals": True} | settings
    world.forge.protect_branch(served.full_name, "main", **chosen)


def reviews(world: World) -> list[dict[str, Any]]:
    return list(world.call("bot", "GET", f"{PATH}/reviews").json)


def marks(review: dict[str, Any]) -> set[str]:
    return {mark for mark in ("official", "stale", "dismissed") if review[mark]}


def refusal(world: World) -> str:
    answer = world.call("bot", "POST", f"{PATH}/merge", {"Do": "merge"})
    return "" if answer.status == 200 else str(answer.json["message"])


def test_a_writers_approval_counts(world: World, served: Repository, pull: PullRequest) -> None:
    protect(world, served)

    world.review(served, pull, "alice", "APPROVED")

    assert marks(reviews(world)[0]) == {"official"}
    assert refusal(world) == ""


def test_a_readers_approval_does_not_count(
    world: World, served: Repository, pull: PullRequest
) -> None:
    protect(world, served)

    world.review(served, pull, "bob", "APPROVED")

    assert marks(reviews(world)[0]) == set()
    assert "enough approvals" in refusal(world)


def test_a_push_dismisses_approvals(world: World, served: Repository, pull: PullRequest) -> None:
    protect(world, served)
    world.review(served, pull, "alice", "APPROVED")

    world.commit(served, {"more": "1\n"}, branch="head")

    assert marks(reviews(world)[0]) == {"official", "stale", "dismissed"}
    assert "enough approvals" in refusal(world)


def test_a_push_leaves_approvals_where_nobody_asked(
    world: World, served: Repository, pull: PullRequest
) -> None:
    protect(world, served, dismiss_stale_approvals=False)
    world.review(served, pull, "alice", "APPROVED")

    world.commit(served, {"more": "1\n"}, branch="head")

    assert marks(reviews(world)[0]) == {"official", "stale"}
    assert refusal(world) == ""


def test_stale_approvals_can_be_ignored(
    world: World, served: Repository, pull: PullRequest
) -> None:
    protect(world, served, dismiss_stale_approvals=False, ignore_stale_approvals=True)
    world.review(served, pull, "alice", "APPROVED")

    world.commit(served, {"more": "1\n"}, branch="head")

    assert "enough approvals" in refusal(world)


def test_a_push_that_changes_nothing_leaves_approvals(
    world: World, served: Repository, pull: PullRequest
) -> None:
    protect(world, served)
    world.review(served, pull, "alice", "APPROVED")

    world.commit(served, {"head.yaml": "x\n"}, branch="head")

    assert marks(reviews(world)[0]) == {"official"}


def test_an_approval_right_after_a_push_is_dismissed_with_it(
    world: World, served: Repository, pull: PullRequest
) -> None:
    protect(world, served)
    world.forge.lag.pull_head = 1.0
    store, old = served.store, pull.head_sha
    tree = store.write_tree(old, [("more", store.write_blob(b"1\n"))])
    who = world.forge.signature(world.forge.user("edp-bot"))
    new = store.write_commit(tree, [old], "push\n", author=who, committer=who)
    store.update_ref("refs/heads/head", new, old)
    world.forge.pushed(served, "refs/heads/head", new, old)

    world.review(served, pull, "alice", "APPROVED")
    world.clock.tick(1)

    assert marks(reviews(world)[0]) == {"official", "stale", "dismissed"}


def test_an_approval_of_the_new_commit_stays(
    world: World, served: Repository, pull: PullRequest
) -> None:
    world.commit(served, {"more": "1\n"}, branch="head")
    body = {"event": "APPROVED", "commit_id": pull.head_sha}

    made = world.call("alice", "POST", f"{PATH}/reviews", body)

    assert marks(made.json) == {"official"}


def test_an_approval_of_an_old_commit_is_stale(
    world: World, served: Repository, pull: PullRequest
) -> None:
    old = pull.head_sha
    world.commit(served, {"more": "1\n"}, branch="head")

    made = world.call("alice", "POST", f"{PATH}/reviews", {"event": "APPROVED", "commit_id": old})

    assert marks(made.json) == {"official", "stale"}


def test_the_latest_verdict_of_a_person_counts(
    world: World, served: Repository, pull: PullRequest
) -> None:
    protect(world, served, block_on_rejected_reviews=True)
    world.review(served, pull, "alice", "REQUEST_CHANGES")
    refused = refusal(world)

    world.review(served, pull, "alice", "APPROVED")

    assert refused == "not allowed to merge [reason: Does not have enough approvals]"
    assert marks(reviews(world)[0]) == {"dismissed"}
    assert refusal(world) == ""


def test_a_draft_is_its_authors_secret(world: World, served: Repository, pull: PullRequest) -> None:
    world.review(served, pull, "alice", "APPROVE")

    assert reviews(world) == []
    assert world.call("alice", "GET", f"{PATH}/reviews").json[0]["state"] == "PENDING"


def test_only_an_admin_dismisses(world: World, served: Repository, pull: PullRequest) -> None:
    world.review(served, pull, "alice", "APPROVED")
    number = pull.reviews[0].id
    where = f"{PATH}/reviews/{number}/dismissals"

    refused = world.call("bot", "POST", where, {"message": "m"})
    done = world.call("admin", "POST", where, {"message": "m"})

    assert (refused.status, done.status) == (403, 200)
    assert pull.reviews[0].dismissed


def test_a_comment_cannot_be_dismissed(world: World, served: Repository, pull: PullRequest) -> None:
    world.review(served, pull, "alice", "COMMENT")
    where = f"{PATH}/reviews/{pull.reviews[0].id}/dismissals"

    assert world.call("admin", "POST", where, {"message": "m"}).status == 403


def test_an_unknown_review_is_missing(world: World, pull: PullRequest) -> None:
    assert world.call("bot", "GET", f"{PATH}/reviews/99").status == 404


def test_a_review_answers_the_request_for_it(
    world: World, served: Repository, pull: PullRequest
) -> None:
    pull.requested.append(world.forge.user("alice"))

    world.review(served, pull, "alice", "COMMENT")

    assert pull.requested == []
