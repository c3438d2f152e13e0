"""Cloning, fetching and pushing over git's own HTTP backend, with every request counted."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from git_http_server import TOKEN, Fault, GitServer, serve
from git_repositories import BOT, ENVIRONMENT, NOON, Work, make_repository

from edp.clients.git import GitRepository, PushOutcome, RefUpdate, Remote

REFS = ("refs/heads/promote/*", "refs/tags/*", "refs/heads/edp-ledger")


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return make_repository(tmp_path)


@pytest.fixture
def server(work: Work) -> Iterator[GitServer]:
    with serve(work.served.parents[1]) as running:
        yield running


def clone(server: GitServer, folder: Path, **changes: object) -> GitRepository:
    remote = Remote(url=server.repository(), branch="main", refs=REFS, token=TOKEN)
    return GitRepository.clone(remote, folder, environment=ENVIRONMENT, deadline=20)


@pytest.fixture
def repository(server: GitServer, tmp_path: Path) -> GitRepository:
    cloned = clone(server, tmp_path / "clone")
    server.counted()
    return cloned


def test_a_clone_takes_three_requests_and_brings_the_wanted_refs(
    work: Work, server: GitServer, tmp_path: Path
) -> None:
    for branch in ("promote/web/test", "feature/one", "edp-ledger"):
        work.publish(f"HEAD:refs/heads/{branch}")

    repository = clone(server, tmp_path / "clone")

    assert len(server.counted()) == 3
    names = ["refs/heads/edp-ledger", "refs/heads/main", "refs/heads/promote/web/test"]
    assert sorted(repository.refs()) == names


def test_a_promotion_needs_no_request_until_its_push(
    work: Work, server: GitServer, repository: GitRepository
) -> None:
    main = repository.resolve("refs/heads/main")
    assert main is not None

    blob = repository.write_blob(b"pin: 1.0.0\n")
    tree = repository.tree_with(main, {"environments/test/web.yaml": blob})
    commit = repository.write_commit(tree, [main], "promote", author=BOT, at=NOON)
    outcome = repository.merge_tree(main, commit)
    changes = repository.diff(main, commit)
    repository.first_parent_changes(commit)
    repository.list_tree(tree)

    assert server.counted() == []
    assert outcome.tree == tree
    assert [change.path for change in changes] == ["environments/test/web.yaml"]
    branch = "refs/heads/promote/web/test"
    results = repository.push([RefUpdate(branch, commit, "")])
    assert [result.outcome for result in results] == [PushOutcome.OK]
    assert len(server.counted()) == 2
    assert repository.refs()[branch] == commit


def test_blobs_are_fetched_together_and_only_once(
    server: GitServer, repository: GitRepository
) -> None:
    blobs = [entry.sha for entry in repository.list_tree("main")]

    repository.fetch_blobs(blobs)
    repository.fetch_blobs(blobs)

    assert len(server.counted()) == 2
    assert repository.read_blobs(blobs)[blobs[0]] == b"pin: 1.0.0\r\n"


def test_a_fetch_drops_branches_that_are_gone(
    work: Work, server: GitServer, repository: GitRepository
) -> None:
    work.publish("HEAD:refs/heads/promote/web/test")
    repository.fetch()
    assert "refs/heads/promote/web/test" in repository.refs()
    work.publish(":refs/heads/promote/web/test")

    repository.fetch()

    assert list(repository.refs()) == ["refs/heads/main"]


def test_a_cut_connection_after_a_push_is_looked_at_not_repeated(
    server: GitServer, repository: GitRepository
) -> None:
    main = repository.refs()["refs/heads/main"]
    server.fault = Fault(cuts=True, after_effect=True, skip=1, times=1)

    results = repository.push([RefUpdate("refs/heads/promote/web/test", main, "")])

    assert [result.outcome for result in results] == [PushOutcome.OK]
    assert [line.split("app.git/")[1] for line in server.counted()] == [
        "info/refs?service=git-receive-pack",
        "git-receive-pack",
        "info/refs?service=git-upload-pack",
        "git-upload-pack",
    ]
