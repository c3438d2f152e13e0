"""Cloning, fetching blobs and working without requests, over git's own HTTP backend."""

from pathlib import Path

import pytest
from git_http_server import TOKEN, GitServer
from git_repositories import BOT, ENVIRONMENT, NOON, Work, clone, plain_git

from edp.clients.git import GitRepository, RefUpdate, Remote
from edp.errors import InvalidInputError, UnavailableError


def test_a_clone_takes_three_requests_and_brings_the_wanted_refs(
    work: Work, server: GitServer, tmp_path: Path
) -> None:
    for branch in ("promote/web/test", "feature/one", "edp-ledger"):
        work.publish(f"HEAD:refs/heads/{branch}")

    repository = clone(server, tmp_path / "clone")

    assert len(server.counted()) == 3
    names = ["refs/heads/edp-ledger", "refs/heads/main", "refs/heads/promote/web/test"]
    assert sorted(repository.refs()) == names


def test_a_clone_has_the_whole_history_and_no_blob(
    work: Work, server: GitServer, tmp_path: Path
) -> None:
    first = work.head
    work.write("stacks/web/stack.yaml", "version: 1.1.0\n")
    second = work.commit("bump")

    repository = clone(server, tmp_path / "clone")

    assert repository.first_parent_commits("main") == (second, first)
    blobs = {entry.sha for entry in repository.list_tree("main")}
    assert set(repository.missing_blobs(blobs)) == blobs


def test_a_clone_keeps_neither_token_nor_address_on_disk(repository: GitRepository) -> None:
    config = (repository.git.folder / "config").read_text()

    assert TOKEN not in config
    assert "http" not in config
    assert "promisor" not in config


def test_nothing_between_fetch_and_push_makes_a_request(
    work: Work, server: GitServer, repository: GitRepository
) -> None:
    main = repository.refs()["refs/heads/main"]

    blob = repository.write_blob(b"pin: 1.0.0\n")
    tree = repository.tree_with(main, {"environments/test/web.yaml": blob})
    commit = repository.write_commit(tree, [main], "promote", author=BOT, at=NOON)
    repository.write_tag("web/v1.0.0", main, "release", tagger=BOT, at=NOON)
    outcome = repository.merge_tree(main, commit)
    changes = repository.diff(main, commit)
    repository.first_parent_changes(commit)
    repository.list_tree(tree)
    repository.commits([main, commit])
    repository.tags()
    repository.is_ancestor(main, commit)

    assert server.counted() == []
    assert outcome.tree == tree
    assert [change.path for change in changes] == ["environments/test/web.yaml"]
    with pytest.raises(UnavailableError, match="is missing, expected a blob"):
        repository.read_blobs([changes[0].old_blob])
    assert server.counted() == []


def test_pushing_many_branches_takes_two_requests(
    server: GitServer, repository: GitRepository
) -> None:
    main = repository.refs()["refs/heads/main"]
    updates = []
    for index in range(5):
        blob = repository.write_blob(b"pin: %d\n" % index)
        tree = repository.tree_with(main, {"environments/test/web.yaml": blob})
        commit = repository.write_commit(tree, [main], "promote", author=BOT, at=NOON)
        updates.append(RefUpdate(f"refs/heads/promote/web/e{index}", commit, ""))

    results = repository.push(updates)

    assert {result.outcome for result in results} == {"ok"}
    assert len(server.counted()) == 2


def test_blobs_are_fetched_together_and_only_once(
    server: GitServer, repository: GitRepository
) -> None:
    blobs = [entry.sha for entry in repository.list_tree("main")]

    repository.fetch_blobs(blobs)
    repository.fetch_blobs(blobs)

    assert len(server.counted()) == 2
    assert repository.read_blobs(blobs)[blobs[0]] == b"pin: 1.0.0\r\n"


def test_a_fetch_without_news_takes_two_requests(
    server: GitServer, repository: GitRepository
) -> None:
    repository.fetch()

    assert len(server.counted()) == 2


def test_a_fetch_drops_branches_that_are_gone_and_follows_moved_tags(
    work: Work, repository: GitRepository
) -> None:
    first = work.head
    work.publish("HEAD:refs/heads/promote/web/test", "HEAD:refs/tags/web/v1.0.0")
    repository.fetch()
    assert repository.refs()["refs/tags/web/v1.0.0"] == first
    second = work.commit("next")
    work.publish(":refs/heads/promote/web/test", "HEAD:refs/tags/web/v1.0.0")

    repository.fetch()

    assert repository.refs() == {"refs/heads/main": second, "refs/tags/web/v1.0.0": second}


def test_the_default_branch_must_exist(server: GitServer, tmp_path: Path) -> None:
    remote = Remote(server.repository(), "trunk", token=TOKEN)

    with pytest.raises(InvalidInputError, match="there is no branch trunk"):
        GitRepository.clone(remote, tmp_path / "clone", environment=ENVIRONMENT)


def test_an_empty_repository_is_named_as_such(
    work: Work, server: GitServer, tmp_path: Path
) -> None:
    plain_git(work.served, "update-ref", "-d", "refs/heads/main")

    with pytest.raises(UnavailableError, match="the repository is empty"):
        clone(server, tmp_path / "clone")


def test_an_opened_repository_never_reaches_a_server(
    work: Work, server: GitServer, repository: GitRepository
) -> None:
    opened = GitRepository.open(work.folder / "stacks", environment=ENVIRONMENT)

    assert opened.default_branch == "main"
    assert opened.resolve("HEAD") == work.head
    assert [entry.path for entry in opened.list_tree("HEAD", paths=["stacks"])] == [
        "stacks/web/stack.yaml"
    ]
    with pytest.raises(InvalidInputError, match="without its server"):
        opened.fetch()
    assert server.counted() == []


def test_an_opened_partial_clone_does_not_fetch_what_it_lacks(
    server: GitServer, repository: GitRepository
) -> None:
    folder = repository.git.folder
    for key, value in {
        "remote.origin.url": server.repository(),
        "remote.origin.promisor": "true",
        "http.extraHeader": f"Authorization: token {TOKEN}",
        "protocol.http.allow": "always",
    }.items():
        plain_git(folder, "config", key, value)
    opened = GitRepository.open(folder, environment=ENVIRONMENT)

    (entry, *_) = opened.list_tree("main")
    with pytest.raises(UnavailableError, match=r"could not fetch|missing"):
        opened.read_blobs([entry.sha])

    assert server.counted() == []


def test_tags_of_blobs_that_are_not_here_do_no_harm(
    work: Work, server: GitServer, tmp_path: Path
) -> None:
    work.git("tag", "light", "HEAD:stacks/web/stack.yaml")
    work.git("tag", "--annotate", "--message", "m", "heavy", "HEAD:environments/dev/web.yaml")
    work.git("tag", "--annotate", "--message", "m", "web/v1.0.0")
    work.publish("--tags")

    repository = clone(server, tmp_path / "clone")

    tags = {tag.ref: tag.target for tag in repository.tags()}
    assert tags["refs/tags/web/v1.0.0"] == work.head
    assert tags["refs/tags/heavy"] == tags["refs/tags/light"] == ""


def test_opening_something_else_says_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="not a git repository"):
        GitRepository.open(tmp_path, environment=ENVIRONMENT)


def test_an_opened_repository_cannot_start_programs(work: Work, tmp_path: Path) -> None:
    marker = tmp_path / "started"
    for key in ("core.fsmonitor", "diff.external", "core.pager", "core.sshCommand"):
        work.git("config", key, f"touch {marker}")

    opened = GitRepository.open(work.folder, environment=ENVIRONMENT)
    opened.first_parent_changes("HEAD")
    opened.tree_with("HEAD", {"a.yaml": opened.write_blob(b"a")})

    assert not marker.exists()
