"""History, differences and merges."""

from pathlib import Path

import pytest
from git_http_server import GitServer
from git_repositories import ENVIRONMENT, Work, clone

from edp.clients.git import Change, GitRepository, MergeOutcome
from edp.clients.git_history import UNRELATED
from edp.errors import UnavailableError

DEV = "environments/dev/web.yaml"
TEST = "environments/test/web.yaml"


@pytest.fixture
def local(work: Work) -> GitRepository:
    return GitRepository.open(work.folder, environment=ENVIRONMENT)


def merge_a_branch(work: Work) -> str:
    work.git("switch", "--quiet", "--create", "topic")
    work.write(DEV, "pin: 2.0.0\r\n")
    work.git("commit", "--quiet", "--all", "--message", "one")
    work.write(TEST, "pin: 2.0.0\n")
    work.git("commit", "--quiet", "--all", "--message", "two")
    work.git("switch", "--quiet", "main")
    work.git("merge", "--quiet", "--no-ff", "--message", "merge", "topic")
    return work.head


def test_history_follows_first_parents_newest_first(work: Work, local: GitRepository) -> None:
    first = work.head
    merge = merge_a_branch(work)
    last = work.commit("empty")

    assert local.first_parent_commits("main") == (last, merge, first)
    assert local.first_parent_commits("main", exclude=merge) == (last,)
    assert local.first_parent_commits("main", exclude=last) == ()


def test_each_commit_is_compared_with_its_first_parent(work: Work, local: GitRepository) -> None:
    first = work.head
    merge = merge_a_branch(work)
    last = work.commit("empty")

    history = {entry.commit: entry.changes for entry in local.first_parent_changes("main")}

    assert list(history) == [last, merge, first]
    assert history[last] == ()
    assert [(change.status, change.path) for change in history[merge]] == [("M", DEV), ("M", TEST)]
    assert [change.status for change in history[first]] == ["A", "A", "A"]
    assert history[first][0].old_blob == ""


def test_changes_can_be_limited_to_folders(work: Work, local: GitRepository) -> None:
    merge = merge_a_branch(work)
    work.write("stacks/web/stack.yaml", "version: 2.0.0\n")
    work.commit("bump")

    history = local.first_parent_changes("main", paths=["environments/test"])

    assert history[0].commit == merge
    assert [change.path for change in history[0].changes] == [TEST]


def test_a_moved_file_is_one_gone_and_one_new(work: Work, local: GitRepository) -> None:
    old = work.head
    work.git("mv", DEV, 'environments/dev/\u00e9 "\n.yaml')
    (work.folder / TEST).unlink()
    (work.folder / TEST).symlink_to("elsewhere")
    work.commit("move")

    changes = local.diff(old, "HEAD")

    assert [(change.status, change.path) for change in changes] == [
        ("D", DEV),
        ("A", 'environments/dev/\u00e9 "\n.yaml'),
        ("T", TEST),
    ]
    assert changes == local.first_parent_changes("HEAD", exclude=old)[0].changes
    assert changes[0].new_blob == changes[0].new_mode == ""
    assert (changes[2].old_mode, changes[2].new_mode) == ("100644", "120000")


def test_equal_trees_do_not_differ(local: GitRepository) -> None:
    assert local.diff("HEAD", "HEAD") == ()
    assert local.diff("HEAD", "HEAD^{tree}", paths=[DEV]) == ()


def test_ancestors_are_known(work: Work, local: GitRepository) -> None:
    first = work.head
    merge = merge_a_branch(work)

    assert local.is_ancestor(first, merge)
    assert local.is_ancestor(merge, merge)
    assert not local.is_ancestor(merge, first)
    assert local.merge_base(merge, "topic") == work.git("rev-parse", "topic")


def test_an_unknown_commit_is_no_answer(local: GitRepository) -> None:
    with pytest.raises(UnavailableError, match="git merge-base: exit 128: fatal: Not a valid"):
        local.is_ancestor("a" * 40, "HEAD")


def diverge(work: Work, path: str, content: str) -> None:
    work.git("switch", "--quiet", "--create", "topic")
    work.write(path, content)
    work.git("commit", "--quiet", "--all", "--message", "theirs")
    work.git("switch", "--quiet", "main")
    work.write(TEST, "pin: 1.0.0\n")
    work.commit("ours")
    work.publish("topic:refs/heads/promote/web/test")


def test_a_merge_of_different_files_needs_no_blob(
    work: Work, server: GitServer, tmp_path: Path
) -> None:
    diverge(work, DEV, "pin: 2.0.0\r\n")
    repository = clone(server, tmp_path / "clone")
    server.counted()

    outcome = repository.merge_tree("main", "promote/web/test")

    work.git("merge", "--quiet", "--message", "merge", "topic")
    assert outcome == MergeOutcome(work.git("rev-parse", "HEAD^{tree}"))
    assert server.counted() == []


def test_a_merge_of_one_file_names_the_blobs_it_needs(
    work: Work, server: GitServer, tmp_path: Path
) -> None:
    diverge(work, TEST, "pin: 2.0.0\n")
    repository = clone(server, tmp_path / "clone")
    server.counted()

    before = repository.merge_tree("main", "promote/web/test")
    requests = server.counted()
    repository.fetch_blobs(before.missing)
    after = repository.merge_tree("main", "promote/web/test")

    assert before.tree is None
    assert len(before.missing) == 3
    assert requests == []
    assert after == MergeOutcome(None, (TEST,))


def test_a_removed_file_that_was_changed_is_a_conflict(work: Work, local: GitRepository) -> None:
    diverge(work, DEV, "pin: 2.0.0\r\n")
    work.git("rm", "--quiet", DEV)
    work.commit("remove")

    assert local.merge_tree("main", "topic") == MergeOutcome(None, (DEV,))


def test_unrelated_histories_cannot_be_merged(work: Work, local: GitRepository) -> None:
    work.git("switch", "--quiet", "--orphan", "other")
    work.commit("other")

    assert local.merge_tree("main", "other") == MergeOutcome(None, (UNRELATED,))
    assert local.merge_base("main", "other") is None


def test_a_change_has_no_blob_where_there_is_no_file(work: Work, local: GitRepository) -> None:
    work.write("a.yaml", "a")
    head = work.commit("add")

    (change,) = local.diff(f"{head}^", head)

    blob = work.git("rev-parse", "HEAD:a.yaml")
    assert change == Change("A", "a.yaml", "", "100644", "", blob)
