"""Files, trees, branches and commits through the API."""

import pytest
from contract_world import Account, Desk, World

import forgejo
from forgejo import CommitTarget, FileChange
from forgejo.contents import blob_sha

MAIN = CommitTarget("m", branch="main")


def test_several_files_change_in_one_commit_on_a_new_branch(desk: Desk) -> None:
    repo = desk.repo
    base = repo.get_branch("main").commit.id
    readme = repo.get_file("README.md")

    commit = repo.change_files(
        FileChange.create("a/new.yaml", b"v: 1\r\n"),
        FileChange.update("README.md", b"changed", sha=readme.sha),
        target=CommitTarget("both", branch="main", new_branch="promote/x"),
    )

    assert commit.parents == (base,)
    assert repo.get_branch("promote/x").commit.id == commit.sha
    assert repo.get_branch("main").commit.id == base
    assert repo.get_file("a/new.yaml", ref="promote/x").content == b"v: 1\r\n"
    compared = repo.compare("main", "promote/x")
    assert {file.filename for file in compared.files} == {"a/new.yaml", "README.md"}
    assert [one.sha for one in compared.commits] == [commit.sha]


def test_a_file_is_changed_only_from_the_blob_that_was_read(desk: Desk) -> None:
    repo = desk.repo
    repo.create_file("a.txt", b"one", target=MAIN)
    repo.update_file("a.txt", b"two", sha=blob_sha(b"one"), target=MAIN)

    with pytest.raises(forgejo.ConflictError):
        repo.update_file("a.txt", b"three", sha=blob_sha(b"one"), target=MAIN)

    assert repo.get_file("a.txt").content == b"two"
    repo.delete_file("a.txt", sha=blob_sha(b"two"), target=MAIN)
    with pytest.raises(forgejo.NotFoundError):
        repo.get_file("a.txt")


def test_a_file_that_exists_is_not_created_again(desk: Desk) -> None:
    with pytest.raises(forgejo.AlreadyExistsError):
        desk.repo.change_files(FileChange.create("README.md", b"x"), target=MAIN)


def test_a_branch_that_exists_is_not_created_again(desk: Desk) -> None:
    desk.write("a.txt", "a\n", branch="x")

    with pytest.raises(forgejo.AlreadyExistsError):
        desk.repo.change_files(
            FileChange.create("b.txt", b"b"),
            target=CommitTarget("m", branch="main", new_branch="x"),
        )
    with pytest.raises(forgejo.AlreadyExistsError):
        desk.repo.create_branch("x", source="main")


def test_a_protected_branch_takes_no_commit(desk: Desk, world: World) -> None:
    world.protect(desk.full_name, "main")

    with pytest.raises(forgejo.ForbiddenError):
        desk.repo.create_file("a.txt", b"x", target=MAIN)


def test_a_branch_is_deleted_once_and_stays_deleted(desk: Desk) -> None:
    desk.repo.create_branch("feat/x", source="main")

    desk.repo.delete_branch("feat/x")
    desk.repo.delete_branch("feat/x")

    with pytest.raises(forgejo.NotFoundError):
        desk.repo.get_branch("feat/x")


def test_the_default_branch_is_not_deleted(desk: Desk) -> None:
    with pytest.raises(forgejo.ForbiddenError):
        desk.repo.delete_branch("main")


def test_a_whole_tree_is_read(desk: Desk) -> None:
    desk.write("deep/er/file.txt", "x\n", branch="x")

    tree = desk.repo.get_git_tree("x", recursive=True)

    files = {entry.path: entry.sha for entry in tree.entries if entry.type == "blob"}
    assert files["deep/er/file.txt"] == blob_sha(b"x\n")
    assert set(files) == {"README.md", "deep/er/file.txt"}


def test_refs_are_found_by_their_exact_name(desk: Desk) -> None:
    desk.repo.create_branch("feat/a", source="main")
    desk.repo.create_branch("feat/ab", source="main")

    assert desk.repo.get_git_ref("heads/feat/a").ref == "refs/heads/feat/a"
    found = {ref.ref for ref in desk.repo.get_git_matching_refs("heads/feat/")}
    assert found == {"refs/heads/feat/a", "refs/heads/feat/ab"}
    with pytest.raises(forgejo.NotFoundError):
        desk.repo.get_git_ref("heads/feat")


def test_the_history_of_a_path_is_listed(desk: Desk) -> None:
    repo = desk.repo
    first = repo.create_file("a.txt", b"one", target=MAIN)
    repo.create_file("b.txt", b"x", target=MAIN)
    second = repo.update_file("a.txt", b"two", sha=blob_sha(b"one"), target=MAIN)

    history = [commit.sha for commit in repo.get_commits(sha="main", path="a.txt")]

    assert history == [second.sha, first.sha]
    assert len(list(repo.get_commits(sha="main"))) == 4


def test_a_directory_is_listed_without_contents(desk: Desk) -> None:
    desk.repo.create_file("dir/a.txt", b"one", target=MAIN)

    assert {entry.name: entry.type for entry in desk.repo.get_directory()} == {
        "README.md": "file",
        "dir": "dir",
    }
    assert [entry.path for entry in desk.repo.get_directory("dir")] == ["dir/a.txt"]
    with pytest.raises(forgejo.NotFoundError):
        desk.repo.get_file("dir")


def test_what_does_not_exist_is_not_found(desk: Desk) -> None:
    repo = desk.repo

    for read in (
        lambda: repo.get_branch("nope"),
        lambda: repo.get_file("nope"),
        lambda: repo.get_file("README.md", ref="nope"),
        lambda: repo.get_tag("nope"),
        lambda: repo.get_commit("0" * 40),
        lambda: desk.api.get_repo(f"{desk.account.login}/nope"),
    ):
        with pytest.raises(forgejo.NotFoundError):
            read()


def test_a_wrong_token_is_refused_and_not_repeated(desk: Desk, world: World) -> None:
    token = "0123456789abcdef0123456789abcdef01234567"

    with forgejo.Forgejo(world.url, token) as api, pytest.raises(forgejo.AuthenticationError) as e:
        api.get_version()

    assert token not in repr(e.value)


def test_a_private_repository_does_not_exist_for_others(
    desk: Desk, world: World, bot: Account
) -> None:
    name = world.repository(bot, private=True)

    with (
        forgejo.Forgejo(world.url, world.person("stranger").token) as stranger,
        pytest.raises(forgejo.NotFoundError),
    ):
        stranger.get_repo(name)
    assert desk.api.get_repo(name).private


def test_the_repository_tells_what_its_user_may_do(desk: Desk) -> None:
    repo = desk.repo

    assert (repo.default_branch, repo.empty, repo.archived) == ("main", False, False)
    assert (repo.can_push, repo.can_admin) == (True, False)
    assert desk.api.get_user().login == desk.account.login
    assert desk.api.get_version().major > 0
