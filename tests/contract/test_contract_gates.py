"""Statuses, reviews and the protection that makes them count."""

from collections.abc import Callable

import pytest
from contract_git import Clone
from contract_world import Account, Desk, World, eventually
from test_contract_merging import merge

import forgejo

Sit = Callable[..., Desk]
Pause = Callable[[], None]


def test_the_newest_status_of_each_context_counts(desk: Desk, bot: Account) -> None:
    sha = desk.write("a.txt", "a\n", branch="x")
    for state, context in (("pending", "ci"), ("success", "ci"), ("pending", "edp/policy")):
        desk.repo.create_status(sha, state=state, context=context, description=f"{state}!")  # type: ignore[arg-type] # from a list

    combined = desk.repo.get_combined_status(sha)

    assert {one.context: one.state for one in combined.statuses} == {
        "ci": "success",
        "edp/policy": "pending",
    }
    assert (combined.sha, combined.state) == (sha, "pending")
    creators = {one.creator.login for one in combined.statuses if one.creator}
    assert creators == {bot.login}


def test_all_statuses_ever_posted_are_listed_newest_first(desk: Desk) -> None:
    sha = desk.write("a.txt", "a\n", branch="feat/x")
    posted = [desk.repo.create_status(sha, state="pending", context="ci") for _ in range(3)]

    for ref in (sha, "feat/x"):
        listed = list(desk.repo.get_statuses(ref))
        assert {one.id for one in listed} == {one.id for one in posted}
        times = [one.created_at for one in listed]
        assert times == sorted(times, reverse=True)


def test_more_than_a_page_of_contexts_is_read_whole(desk: Desk) -> None:
    sha = desk.write("a.txt", "a\n", branch="x")
    repo = desk.repo
    repo.create_status(sha, state="failure", context="oldest")
    for number in range(54):
        repo.create_status(sha, state="success", context=f"c{number}")

    combined = repo.get_combined_status(sha)

    assert len(combined.statuses) == 55
    assert combined.state == "failure"


def test_a_commit_without_statuses_has_an_empty_state(desk: Desk) -> None:
    sha = desk.repo.get_branch("main").commit.id

    assert desk.repo.get_combined_status(sha) == forgejo.CombinedStatus("", "", ())
    assert desk.repo.get_combined_status("0" * 40).statuses == ()
    assert list(desk.repo.get_statuses(sha)) == []


def test_a_status_of_an_unknown_commit_or_by_a_reader_is_refused(
    desk: Desk, sit: Sit, world: World
) -> None:
    sha = desk.repo.get_branch("main").commit.id
    reader = sit(world.person("reader"))

    with pytest.raises(forgejo.NotFoundError):
        desk.repo.create_status("0" * 40, state="success", context="ci")
    with pytest.raises(forgejo.ForbiddenError):
        reader.repo.create_status(sha, state="success", context="ci")


def test_a_required_status_holds_the_merge_until_it_is_a_success(
    desk: Desk, world: World, pause: Pause
) -> None:
    world.protect(
        desk.full_name, "main", enable_status_check=True, status_check_contexts=["edp/policy"]
    )
    pull = desk.propose("x")
    sha = pull.head.sha

    for state in ("", "pending", "warning", "failure", "error"):
        if state:
            desk.repo.create_status(sha, state=state, context="edp/policy")  # type: ignore[arg-type] # from a list
        with pytest.raises(forgejo.NotAllowedToMergeError) as caught:
            merge(pull, sha, pause)
        assert caught.value.reason == "Not all required status checks successful"
        assert not pull.is_merged()

    desk.repo.create_status(sha, state="success", context="edp/policy")
    merge(pull, sha, pause)
    assert pull.is_merged()


def test_a_status_of_another_context_does_not_count(desk: Desk, world: World, pause: Pause) -> None:
    world.protect(
        desk.full_name, "main", enable_status_check=True, status_check_contexts=["edp/policy"]
    )
    pull = desk.propose("x")
    desk.repo.create_status(pull.head.sha, state="success", context="edp/other")

    with pytest.raises(forgejo.NotAllowedToMergeError, match="status checks"):
        merge(pull, pull.head.sha, pause)


def test_an_approval_of_the_gate_lets_the_bot_merge(
    desk: Desk, sit: Sit, world: World, gate: Account, pause: Pause
) -> None:
    world.protect(desk.full_name, "main", required_approvals=1)
    pull = desk.propose("x")

    with pytest.raises(forgejo.NotAllowedToMergeError) as caught:
        merge(pull, pull.head.sha, pause)
    approval = sit(gate).api.act_on(pull).create_review(event="APPROVED", commit_id=pull.head.sha)
    merge(pull, pull.head.sha, pause)

    assert caught.value.reason == "Does not have enough approvals"
    assert (approval.state, approval.official, approval.stale) == ("APPROVED", True, False)
    assert approval.commit_id == pull.head.sha
    assert approval.user is not None
    assert approval.user.login == gate.login
    assert pull.is_merged()


def test_nobody_approves_what_is_their_own(desk: Desk) -> None:
    pull = desk.propose("x")

    with pytest.raises(forgejo.ValidationError):
        pull.create_review(event="APPROVED", commit_id=pull.head.sha)


def test_a_strangers_approval_is_not_official(
    desk: Desk, sit: Sit, world: World, pause: Pause
) -> None:
    world.protect(desk.full_name, "main", required_approvals=1)
    pull = desk.propose("x")
    stranger = sit(world.person("stranger"))

    review = stranger.api.act_on(pull).create_review(event="APPROVED", commit_id=pull.head.sha)

    assert not review.official
    with pytest.raises(forgejo.NotAllowedToMergeError, match="approvals"):
        merge(pull, pull.head.sha, pause)


def test_a_push_makes_an_approval_stale_and_it_no_longer_counts(
    desk: Desk,
    sit: Sit,
    world: World,
    gate: Account,
    clone: Callable[[Account], Clone],
    pause: Pause,
) -> None:
    world.protect(
        desk.full_name,
        "main",
        required_approvals=1,
        dismiss_stale_approvals=True,
        ignore_stale_approvals=True,
    )
    pull = desk.propose("x")
    sit(gate).api.act_on(pull).create_review(event="APPROVED", commit_id=pull.head.sha)
    at_home = clone(desk.account)
    sha = at_home.commit("more.txt", "m\n", on="origin/x")
    assert at_home.push(sha, "x").code == 0

    reviews = eventually(
        lambda: list(pull.get_reviews()),
        lambda found: found[0].stale and found[0].dismissed,
        pause,
    )

    assert [review.commit_id for review in reviews] == [pull.head.sha]
    eventually(lambda: desk.repo.get_pull(pull.number), lambda found: found.head.sha == sha, pause)
    with pytest.raises(forgejo.NotAllowedToMergeError, match="enough approvals"):
        merge(pull, sha, pause)


def test_requested_changes_block_when_the_rule_says_so(
    desk: Desk, sit: Sit, world: World, alice: Account, pause: Pause
) -> None:
    world.protect(desk.full_name, "main", block_on_rejected_reviews=True)
    pull = desk.propose("x")
    sit(alice).api.act_on(pull).create_review(event="REQUEST_CHANGES", body="no")

    with pytest.raises(forgejo.NotAllowedToMergeError, match="requested changes"):
        merge(pull, pull.head.sha, pause)

    assert [review.state for review in pull.get_reviews()] == ["REQUEST_CHANGES"]


def test_a_request_for_changes_needs_a_text(desk: Desk, sit: Sit, alice: Account) -> None:
    pull = desk.propose("x")

    with pytest.raises(forgejo.ValidationError):
        sit(alice).api.act_on(pull).create_review(event="REQUEST_CHANGES")


def test_what_is_protected_is_told_with_the_branch(desk: Desk, world: World) -> None:
    world.protect(
        desk.full_name,
        "main",
        required_approvals=2,
        enable_status_check=True,
        status_check_contexts=["a", "b/*"],
    )

    branch = desk.repo.get_branch("main")

    assert branch.protected
    assert branch.required_approvals == 2
    assert branch.enable_status_check
    assert branch.status_check_contexts == ("a", "b/*")
    assert not branch.user_can_push


def test_the_rules_themselves_are_for_administrators(desk: Desk, world: World) -> None:
    world.protect(desk.full_name, "main", required_approvals=1)

    with pytest.raises(forgejo.ForbiddenError):
        desk.repo.get_branch_protections()
