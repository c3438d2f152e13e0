"""Merging on the sandbox's forge: compare-and-swap, races, refusals, and what follows."""

from typing import Any

import pytest
from forge_world import Answer, World

from sandbox.forge.records import PullRequest, Repository

ZERO = "0" * 40


@pytest.fixture
def served(world: World) -> Repository:
    return world.repository("edp")


@pytest.fixture
def pull(world: World, served: Repository) -> PullRequest:
    world.branch(served, "promote/web/test")
    return world.pull(served, "promote/web/test", title="Promote web")


def merge(world: World, pull: PullRequest, user: str = "bot", **form: Any) -> Answer:
    path = f"/repos/platform/edp/pulls/{pull.number}/merge"
    return world.call(user, "POST", path, {"Do": "merge"} | form)


def read(world: World, pull: PullRequest) -> dict[str, Any]:
    shown = world.call("bot", "GET", f"/repos/platform/edp/pulls/{pull.number}")
    return dict(shown.json)


def test_exactly_the_named_commit_is_merged(
    world: World, served: Repository, pull: PullRequest
) -> None:
    base = served.store.branch("main")

    answer = merge(world, pull, head_commit_id=pull.head_sha)

    assert (answer.status, answer.body) == (200, b"")
    commit = served.store.commit(str(served.store.branch("main")))
    assert commit.parents == (base, pull.head_sha)


def test_a_head_that_moved_is_not_merged(
    world: World, served: Repository, pull: PullRequest
) -> None:
    checked = pull.head_sha
    world.commit(served, {"more": "1\n"}, branch=pull.head_branch)

    answer = merge(world, pull, head_commit_id=checked)

    assert (answer.status, answer.json["message"]) == (409, "head out of date")
    assert not read(world, pull)["merged"]


def test_without_a_named_commit_whatever_is_there_is_merged(
    world: World, served: Repository, pull: PullRequest
) -> None:
    new = world.commit(served, {"more": "1\n"}, branch=pull.head_branch)

    answer = merge(world, pull, HeadCommitID=ZERO)

    assert answer.status == 200
    assert served.store.is_ancestor(new, "refs/heads/main")


def test_a_base_that_moved_is_taken_in(world: World, served: Repository, pull: PullRequest) -> None:
    moved = world.commit(served, {"theirs": "1\n"})

    answer = merge(world, pull, head_commit_id=pull.head_sha)

    assert answer.status == 200
    assert served.store.commit(str(served.store.branch("main"))).parents[0] == moved


def test_a_base_that_moves_during_the_merge_is_a_lost_race(
    world: World, served: Repository, pull: PullRequest
) -> None:
    def overtake(full_name: str, _: str) -> None:
        world.forge.before_ref_update = None
        world.forge.seed_files(full_name, {"theirs": b"1\n"})

    world.forge.before_ref_update = overtake
    lost = merge(world, pull)
    again = merge(world, pull)

    assert lost.status == 409
    assert lost.json["message"].startswith("PushRejected with remote message: error: cannot lock")
    assert again.status == 200


def test_the_conflict_check_takes_its_time(world: World, pull: PullRequest) -> None:
    world.forge.conflict_check = 2.0

    early = merge(world, pull)
    shown_early = read(world, pull)
    world.clock.tick(2)
    late = merge(world, pull)

    assert (early.status, early.json["message"]) == (405, "Please try again later")
    assert not shown_early["mergeable"]
    assert late.status == 200


def test_a_conflict_is_found_by_the_check(
    world: World, served: Repository, pull: PullRequest
) -> None:
    world.commit(served, {"promote/web/test.yaml": "other\n"})

    answer = merge(world, pull)

    assert (answer.status, answer.json["message"]) == (405, "Please try again later")
    assert not read(world, pull)["mergeable"]


@pytest.mark.parametrize("style", ["merge", "squash", "rebase", "rebase-merge"])
def test_a_conflict_the_check_has_not_found_yet_ends_the_merge(
    world: World, served: Repository, pull: PullRequest, style: str
) -> None:
    world.forge.base_check = 60.0
    world.commit(served, {"promote/web/test.yaml": "other\n"})
    believed = read(world, pull)["mergeable"]

    answer = merge(world, pull, Do=style)

    assert believed
    assert answer.status == 409
    assert answer.json.keys() == {"Style", "StdOut", "StdErr", "Err"}
    assert "CONFLICT" in answer.json["StdOut"]


def test_only_a_head_on_the_base_can_be_fast_forwarded(
    world: World, served: Repository, pull: PullRequest
) -> None:
    world.commit(served, {"theirs": "1\n"})

    assert merge(world, pull, Do="fast-forward-only").status == 500


def test_a_merged_one_cannot_be_merged_again(world: World, pull: PullRequest) -> None:
    path = f"/repos/platform/edp/pulls/{pull.number}/merge"
    before = world.call("bot", "GET", path)
    merge(world, pull)

    again = merge(world, pull)

    assert (again.status, again.json["message"]) == (405, "")
    assert (before.status, world.call("bot", "GET", path).status) == (404, 204)


def test_a_change_that_is_none_is_never_merged(world: World, served: Repository) -> None:
    world.forge.seed_ref(served.full_name, "refs/heads/same", "main")
    pull = world.pull(served, "same")

    answer = merge(world, pull)

    assert answer.json["message"] == "Please try again later"


def test_the_branch_is_deleted_on_request(
    world: World, served: Repository, pull: PullRequest
) -> None:
    merge(world, pull, delete_branch_after_merge=True)

    assert served.store.branch("promote/web/test") is None
    shown = read(world, pull)["head"]
    assert (shown["label"], shown["ref"]) == ("promote/web/test", "refs/pull/1/head")


def test_a_branch_in_use_is_kept(world: World, served: Repository, pull: PullRequest) -> None:
    world.forge.seed_ref(served.full_name, "refs/heads/other", "main")
    other = world.pull(served, pull.head_branch, base="other")

    merge(world, pull, delete_branch_after_merge=True)

    assert served.store.branch(pull.head_branch) == other.head_sha
    assert other.is_open


def test_a_protected_head_is_merged_but_kept(
    world: World, served: Repository, pull: PullRequest
) -> None:
    world.forge.protect_branch(served.full_name, "promote/**")

    answer = merge(world, pull, delete_branch_after_merge=True)

    assert (answer.status, answer.json["message"]) == (403, "the head branch is protected")
    assert read(world, pull)["merged"]


def wait_for_status(world: World, served: Repository) -> None:
    world.forge.protect_branch(
        served.full_name, "main", enable_status_check=True, status_check_contexts=["edp/policy"]
    )


def test_a_scheduled_merge_goes_with_the_status_it_waited_for(
    world: World, served: Repository, pull: PullRequest
) -> None:
    wait_for_status(world, served)
    world.forge.lag.scheduled_merge = 2.0
    merge(world, pull, "alice", merge_when_checks_succeed=True, head_commit_id=ZERO)

    world.status(served, pull.head_sha, "edp/policy", "success")
    early = read(world, pull)
    world.clock.tick(2)

    assert not early["merged"]
    assert read(world, pull)["merged_by"]["login"] == "alice"


def test_a_scheduled_merge_outlives_a_push(
    world: World, served: Repository, pull: PullRequest
) -> None:
    wait_for_status(world, served)
    merge(world, pull, merge_when_checks_succeed=True)
    new = world.commit(served, {"more": "1\n"}, branch=pull.head_branch)

    world.status(served, new, "edp/policy", "success")

    assert read(world, pull)["merged"]


@pytest.mark.parametrize("state", ["warning", "skipped", "failure"])
def test_a_scheduled_merge_waits_for_success(
    world: World, served: Repository, pull: PullRequest, state: str
) -> None:
    wait_for_status(world, served)
    merge(world, pull, merge_when_checks_succeed=True)

    world.status(served, pull.head_sha, "edp/policy", state)

    assert not read(world, pull)["merged"]


def test_another_success_does_not_let_it_go(
    world: World, served: Repository, pull: PullRequest
) -> None:
    wait_for_status(world, served)
    merge(world, pull, merge_when_checks_succeed=True)

    world.status(served, pull.head_sha, "other", "success")

    assert not read(world, pull)["merged"]


def test_a_cancelled_merge_does_not_happen(
    world: World, served: Repository, pull: PullRequest
) -> None:
    wait_for_status(world, served)
    world.forge.lag.scheduled_merge = 2.0
    merge(world, pull, merge_when_checks_succeed=True)
    world.status(served, pull.head_sha, "edp/policy", "success")

    cancelled = world.call("bot", "DELETE", "/repos/platform/edp/pulls/1/merge")
    world.clock.tick(2)

    assert cancelled.status == 204
    assert not read(world, pull)["merged"]


def test_deleting_the_head_closes_the_pull_request(
    world: World, served: Repository, pull: PullRequest
) -> None:
    world.call("bot", "DELETE", "/repos/platform/edp/branches/promote/web/test")

    assert read(world, pull)["state"] == "closed"


def test_deleting_the_base_closes_the_pull_request(world: World, served: Repository) -> None:
    world.forge.seed_ref(served.full_name, "refs/heads/base", "main")
    world.branch(served, "head")
    pull = world.pull(served, "head", base="base")

    world.forge.seed_ref(served.full_name, "refs/heads/base", None)

    assert not pull.is_open


def test_a_pull_request_from_a_fork_is_merged(world: World, served: Repository) -> None:
    fork = world.forge.fork_repository(served.full_name, "bob")
    world.branch(fork, "theirs")
    body = {"head": "bob:theirs", "base": "main", "title": "t"}
    made = world.call("bob", "POST", "/repos/platform/edp/pulls", body)
    new = world.commit(fork, {"more": "1\n"}, branch="theirs")

    answer = merge(world, served.pulls[0], head_commit_id=new)

    assert made.json["head"]["repo"]["fork"]
    assert answer.status == 200
    assert served.store.is_ancestor(new, "refs/heads/main")


def test_the_head_is_brought_up_to_date(
    world: World, served: Repository, pull: PullRequest
) -> None:
    old, base = pull.head_sha, world.commit(served, {"theirs": "1\n"})

    answer = world.call("bot", "POST", "/repos/platform/edp/pulls/1/update")

    assert answer.status == 200
    assert served.store.commit(pull.head_sha).parents == (old, base)


def test_a_rebase_that_conflicts_changes_nothing(
    world: World, served: Repository, pull: PullRequest
) -> None:
    old = pull.head_sha
    world.commit(served, {"promote/web/test.yaml": "other\n"})

    answer = world.call("bot", "POST", "/repos/platform/edp/pulls/1/update?style=rebase")

    assert answer.status == 409
    assert pull.head_sha == old


def test_a_forks_head_is_brought_up_to_date(world: World, served: Repository) -> None:
    fork = world.forge.fork_repository(served.full_name, "bob")
    old = world.branch(fork, "theirs")
    body = {"head": "bob:theirs", "base": "main", "title": "t"}
    world.call("bob", "POST", "/repos/platform/edp/pulls", body)
    base = world.commit(served, {"ours": "1\n"})

    answer = world.call("bob", "POST", "/repos/platform/edp/pulls/1/update")

    assert answer.status == 200
    assert fork.store.commit(served.pulls[0].head_sha).parents == (old, base)
