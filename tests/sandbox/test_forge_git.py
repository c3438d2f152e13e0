"""Git over HTTP: credentials, rights, and what the server says to a push, as recorded in 39."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest
from forge_git import GitClient, GitResult, address, cloned, token
from forge_replay import DATA
from forge_world import World

from sandbox.forge.records import Repository

HIDDEN = re.compile(r"\b[0-9a-f]{7,40}\b|\d+")


@pytest.fixture
def served(world: World) -> Repository:
    return world.repository("gh")


@pytest.fixture
def client(world: World, served: Repository, tmp_path: Path) -> GitClient:
    return cloned(address(world, served), tmp_path / "work", token(world, "bot"))


def observation(note: str) -> dict[str, Any]:
    """What git printed on the recorded server."""
    (path,) = DATA.glob("39-*.json")
    entries = json.loads(path.read_bytes())["exchanges"]
    return next(entry for entry in entries if entry["note"] == note)


def check_like_recorded(world: World, done: GitResult, note: str) -> None:
    """The same exit code, the same words of the server, the same outcome of each ref."""
    expected = observation(note)
    recorded = GitResult(expected["rc"], expected["stdout"], expected["stderr"])
    assert done.code == recorded.code, done
    assert said(world, done) == said(world, recorded)
    assert outcome(done) == outcome(recorded)


def said(world: World, result: GitResult) -> list[str]:
    text = "\n".join(line for line in result.remote if line)
    text = text.replace(world.server.url, "http://forgejo.example")
    return [HIDDEN.sub("<x>", line) for line in text.splitlines()]


def outcome(result: GitResult) -> list[str]:
    text = f"{result.stdout}\n{result.stderr}"
    return re.findall(r"\[[^\]]+\](?: *\([^)]*\))?", text.replace("[new branch]      ", ""))


# --- pushing, as recorded


def test_a_push_moves_the_branch(world: World, served: Repository, client: GitClient) -> None:
    new = client.commit(a="1\n")

    done = client.run("push", "origin", "main")

    check_like_recorded(world, done, "push to main")
    assert served.store.branch("main") == new


def test_a_second_push_has_nothing_to_do(world: World, client: GitClient) -> None:
    done = client.run("push", "--porcelain", "origin", "main")

    check_like_recorded(world, done, "push --porcelain, up to date")


def test_history_is_not_lost_without_force(
    world: World, served: Repository, client: GitClient
) -> None:
    world.commit(served, {"theirs": "1\n"})
    client.commit(ours="1\n")

    done = client.run("push", "--porcelain", "origin", "main")

    check_like_recorded(world, done, "non-fast-forward")


def test_a_new_branch_is_answered_with_advice(world: World, client: GitClient) -> None:
    client.commit(a="1\n")

    done = client.run("push", "origin", "HEAD:refs/heads/feat/one")

    check_like_recorded(world, done, "new branch with a slash")


def test_an_unprotected_branch_can_be_forced(
    world: World, served: Repository, client: GitClient
) -> None:
    world.branch(served, "other")
    new = client.commit(a="1\n")

    done = client.run("push", "--force", "origin", "HEAD:other")

    assert done.code == 0
    assert served.store.branch("other") == new


def test_a_stale_lease_is_refused(world: World, served: Repository, client: GitClient) -> None:
    world.commit(served, {"theirs": "1\n"})
    client.commit(ours="1\n")

    done = client.run(
        "push", "--porcelain", "--force-with-lease=main", "origin", "HEAD:refs/heads/main"
    )

    check_like_recorded(world, done, "force-with-lease, stale lease")


def test_a_protected_branch_takes_no_push(
    world: World, served: Repository, client: GitClient
) -> None:
    world.forge.protect_branch(served.full_name, "prod")

    done = client.run("push", "--porcelain", "origin", "HEAD:refs/heads/prod")

    check_like_recorded(world, done, "protected branch name")
    assert served.store.branch("prod") is None


def test_a_branch_can_be_deleted(world: World, served: Repository, client: GitClient) -> None:
    world.branch(served, "feat/one")

    done = client.run("push", "--porcelain", "origin", ":refs/heads/feat/one")

    check_like_recorded(world, done, "delete a branch")
    assert "feat/one" not in served.branch_rows


def test_the_default_branch_cannot_be_deleted(world: World, client: GitClient) -> None:
    done = client.run("push", "--porcelain", "origin", ":refs/heads/main")

    check_like_recorded(world, done, "delete the default branch")


def test_who_may_not_write_is_told_how_to_propose(
    world: World, served: Repository, tmp_path: Path
) -> None:
    bob = cloned(address(world, served), tmp_path / "bob", token(world, "bob"))

    done = bob.run("push", "origin", "HEAD:refs/heads/w")

    check_like_recorded(world, done, "no write access")


def test_pull_request_refs_cannot_be_pushed(world: World, client: GitClient) -> None:
    done = client.run("push", "--porcelain", "origin", "HEAD:refs/pull/77/head")

    check_like_recorded(world, done, "push to refs/pull")


def test_a_wrong_token_is_no_credential(world: World, client: GitClient) -> None:
    url = client.url.replace("http://", "http://x:wrong@")

    done = GitClient(client.folder, url).run("push", url, "HEAD:refs/heads/w")

    check_like_recorded(world, done, "wrong token")


def test_a_read_token_cannot_push(world: World, served: Repository, client: GitClient) -> None:
    reader = GitClient(client.folder, client.url, token(world, "bot_read"))

    done = reader.run("push", "origin", "HEAD:refs/heads/w")

    check_like_recorded(world, done, "token with scope read:repository pushes")


def test_a_public_repository_needs_no_repository_scope(
    world: World, served: Repository, client: GitClient
) -> None:
    other = GitClient(client.folder, client.url, token(world, "bot_issue_only"))

    done = other.run("ls-remote", client.url, "HEAD")

    check_like_recorded(world, done, "token with scope write:issue only clones a public repo")


def test_an_archived_repository_takes_no_push(
    world: World, served: Repository, client: GitClient
) -> None:
    served.archived = True

    done = client.run("push", "origin", "HEAD:refs/heads/w")

    check_like_recorded(world, done, "push to an archived repo")


def test_a_missing_repository_is_said_to_be_missing(world: World, tmp_path: Path) -> None:
    url = f"{world.server.url}/platform/nope.git"

    done = GitClient(tmp_path, url, token(world, "bot")).run("ls-remote", url)

    check_like_recorded(world, done, "missing repository")


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("nope", "missing repository, no credentials"),
        ("hidden", "private repository, no credentials"),
    ],
)
def test_a_stranger_is_asked_to_sign_in(world: World, tmp_path: Path, name: str, note: str) -> None:
    world.repository("hidden", private=True)
    url = f"{world.server.url}/platform/{name}.git"

    done = GitClient(tmp_path, url).run("ls-remote", url)

    check_like_recorded(world, done, note)


# --- credentials


@pytest.mark.parametrize("scheme", ["token", "Bearer", "basic", "basic-user", "password"])
def test_each_way_to_sign_in_works(world: World, tmp_path: Path, scheme: str) -> None:
    hidden = world.repository("hidden", private=True)
    secret = token(world, "bot").split()[1]
    pairs = {
        "basic": f"edp-bot:{secret}",
        "basic-user": f"{secret}:",
        "password": "edp-bot:edp-bot-password",
    }
    header = f"{scheme} {secret}"
    if scheme in pairs:
        header = "Basic " + base64.b64encode(pairs[scheme].encode()).decode()

    done = GitClient(tmp_path, "", header).run("ls-remote", address(world, hidden), "HEAD")

    assert done.code == 0
    assert done.stdout.endswith("\tHEAD\n")


def test_a_private_repository_is_hidden_from_others(world: World, tmp_path: Path) -> None:
    hidden = world.repository("hidden", private=True)

    done = GitClient(tmp_path, "", token(world, "bob")).run("ls-remote", address(world, hidden))

    assert done.remote == ["Repository not found"]


def test_an_issue_token_does_not_read_a_private_repository(world: World, tmp_path: Path) -> None:
    hidden = world.repository("hidden", private=True)
    header = token(world, "bot_issue_only")

    done = GitClient(tmp_path, "", header).run("ls-remote", address(world, hidden))

    assert done.remote == ["Forbidden"]


def test_a_stranger_cannot_push_to_a_public_repository(client: GitClient) -> None:
    done = GitClient(client.folder, client.url).run("push", "origin", "HEAD:refs/heads/w")

    assert "could not read Username" in done.stderr
