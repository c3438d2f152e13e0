"""Merging exactly the checked commit, or saying why not."""

from collections.abc import Callable

import pytest
from contract_git import Clone
from contract_world import Account, Desk, World, eventually

import forgejo
from forgejo import PullRequest

Sit = Callable[..., Desk]
Pause = Callable[[], None]


def merge(pull: PullRequest, sha: str, pause: Pause, **how: str | bool) -> None:
    """Merge; a server that is still checking is asked again, as often as is reasonable."""
    for _ in range(100):
        try:
            pull.merge(head_commit_id=sha, **how)  # type: ignore[arg-type] # options by name
        except forgejo.TryAgainLaterError:
            pause()
        else:
            return
    raise AssertionError("the server never stopped checking")


def test_the_checked_commit_becomes_the_second_parent(desk: Desk, pause: Pause) -> None:
    base = desk.repo.get_branch("main").commit.id
    pull = desk.propose("promote/web/test")

    merge(pull, pull.head.sha, pause, title="Promote web", message="Promoted-To: 1.0.0\n")

    merged = desk.repo.get_pull(pull.number)
    assert (merged.merged, merged.state) == (True, "closed")
    assert merged.merged_by is not None
    assert merged.merged_by.login == desk.account.login
    assert merged.merge_commit_sha is not None
    commit = desk.repo.get_git_commit(merged.merge_commit_sha)
    assert commit.parents == (base, pull.head.sha)
    assert commit.message.splitlines() == ["Promote web", "", "Promoted-To: 1.0.0"]
    assert desk.repo.get_branch("main").commit.id == commit.sha
    assert pull.is_merged()


def test_another_commit_is_refused_and_nothing_is_merged(desk: Desk, pause: Pause) -> None:
    pull = desk.propose("x")
    base = desk.repo.get_branch("main").commit.id

    with pytest.raises(forgejo.HeadOutOfDateError):
        merge(pull, base, pause)

    assert not pull.is_merged()
    assert desk.repo.get_branch("main").commit.id == base


def test_a_head_that_moved_meanwhile_is_refused(
    desk: Desk, bot: Account, clone: Callable[[Account], Clone], pause: Pause
) -> None:
    pull = desk.propose("x")
    at_home = clone(bot)
    sha = at_home.commit("more.txt", "m\n", on="origin/x")
    at_home.push(sha, "x")
    eventually(lambda: desk.repo.get_pull(pull.number), lambda found: found.head.sha == sha, pause)

    with pytest.raises(forgejo.HeadOutOfDateError):
        merge(pull, pull.head.sha, pause)

    assert not pull.is_merged()


def test_merging_twice_says_that_it_is_merged(desk: Desk, pause: Pause) -> None:
    pull = desk.propose("x")
    merge(pull, pull.head.sha, pause)

    with pytest.raises(forgejo.AlreadyMergedError):
        pull.merge(head_commit_id=pull.head.sha)


def test_a_closed_one_is_not_found(desk: Desk) -> None:
    pull = desk.propose("x")
    pull.close()

    with pytest.raises(forgejo.NotFoundError):
        pull.merge(head_commit_id=pull.head.sha)


def test_a_conflict_never_merges(desk: Desk, pause: Pause) -> None:
    desk.write("same.txt", "one\n", branch="one")
    desk.write("same.txt", "two\n", branch="two")
    first = desk.repo.create_pull(head="one", base="main", title="t")
    second = desk.repo.create_pull(head="two", base="main", title="t")
    merge(first, first.head.sha, pause)

    with pytest.raises((forgejo.MergeConflictError, forgejo.TryAgainLaterError)):
        second.merge(head_commit_id=second.head.sha)

    assert not second.is_merged()


def test_a_work_in_progress_is_not_merged(desk: Desk, pause: Pause) -> None:
    pull = desk.propose("x", title="WIP: not yet")

    with pytest.raises(forgejo.NotAllowedToMergeError, match="Work in progress"):
        merge(pull, pull.head.sha, pause)


def test_the_branch_is_deleted_when_asked(desk: Desk, pause: Pause) -> None:
    pull = desk.propose("promote/web/test")

    merge(pull, pull.head.sha, pause, delete_branch=True)

    with pytest.raises(forgejo.NotFoundError):
        desk.repo.get_branch("promote/web/test")
    merged = desk.repo.get_pull(pull.number)
    assert merged.head.label == "promote/web/test"
    assert merged.head.sha == pull.head.sha


def test_a_protected_head_is_merged_and_kept(desk: Desk, world: World, pause: Pause) -> None:
    pull = desk.propose("kept")
    world.protect(desk.full_name, "kept", enable_push=True)

    with pytest.raises(forgejo.MergedButBranchKeptError):
        merge(pull, pull.head.sha, pause, delete_branch=True)

    assert pull.is_merged()
    assert desk.repo.get_branch("kept").commit.id == pull.head.sha


def test_a_branch_that_another_one_uses_is_kept(desk: Desk, pause: Pause) -> None:
    desk.repo.create_branch("release", source="main")
    pull = desk.propose("shared")
    other = desk.repo.create_pull(head="shared", base="release", title="t")

    merge(pull, pull.head.sha, pause, delete_branch=True)

    assert desk.repo.get_branch("shared").commit.id == pull.head.sha
    assert desk.repo.get_pull(other.number).state == "open"


def test_a_squash_has_one_parent(desk: Desk, pause: Pause) -> None:
    pull = desk.propose("x")

    merge(pull, pull.head.sha, pause, style="squash", title="all of it")

    head = desk.repo.get_branch("main").commit
    assert len(desk.repo.get_git_commit(head.id).parents) == 1
    assert head.message.startswith("all of it")


def test_who_may_not_write_may_not_merge(desk: Desk, sit: Sit, world: World, pause: Pause) -> None:
    pull = desk.propose("x")
    stranger = sit(world.person("stranger")).api.act_on(pull)

    with pytest.raises((forgejo.NotAllowedToMergeError, forgejo.ForbiddenError)):
        merge(stranger, pull.head.sha, pause)

    assert not pull.is_merged()


def test_the_pull_request_of_a_merge_commit_is_found(desk: Desk, pause: Pause) -> None:
    pull = desk.propose("x")
    merge(pull, pull.head.sha, pause)
    sha = desk.repo.get_branch("main").commit.id

    assert [found.number for found in desk.repo.get_pulls_of_commit(sha)] == [pull.number]
    assert desk.repo.get_pulls_of_commit(pull.base.sha) == ()
