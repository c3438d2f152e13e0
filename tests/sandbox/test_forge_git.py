"""Git over HTTP: credentials, rights, protections, and what the server says, as recorded in 39."""

import base64
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from forge_git import GitClient, GitResult, cloned
from forge_replay import DATA
from forge_world import World, send

from sandbox.forge.records import Repository
from sandbox.web import Fault

HIDDEN = re.compile(r"\b[0-9a-f]{7,40}\b|\d+")


@pytest.fixture
def served(world: World) -> Repository:
    return world.repository("gh")


@pytest.fixture
def client(world: World, served: Repository, tmp_path: Path) -> GitClient:
    return cloned(address(world, served), tmp_path / "work", token(world, "bot"))


def address(world: World, repository: Repository) -> str:
    return f"{world.server.url}/{repository.full_name}.git"


def token(world: World, user: str) -> str:
    return world.headers[user]["Authorization"]


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


# --- protections


def test_a_protected_branch_moves_forward_only(
    world: World, served: Repository, client: GitClient
) -> None:
    world.forge.protect_branch(
        served.full_name, "edp-ledger", enable_push=True, enable_push_whitelist=True,
        push_whitelist_usernames=["edp-bot"],
    )  # fmt: skip
    first = client.commit(a="1\n")
    client.must("push", "-q", "origin", "HEAD:refs/heads/edp-ledger")
    client.must("commit", "-q", "--amend", "-m", "again")

    done = client.run("push", "--force", "origin", "HEAD:refs/heads/edp-ledger")

    assert "Forgejo: branch edp-ledger is protected from force push" in done.remote
    assert served.store.branch("edp-ledger") == first


def test_only_the_allowed_push_a_protected_branch(
    world: World, served: Repository, client: GitClient
) -> None:
    world.forge.protect_branch(
        served.full_name, "edp-ledger", enable_push=True, enable_push_whitelist=True,
        push_whitelist_usernames=["edp-bot"],
    )  # fmt: skip
    alice = GitClient(client.folder, client.url, token(world, "alice"))

    done = alice.run("push", "origin", "HEAD:refs/heads/edp-ledger")

    assert "Forgejo: Not allowed to push to protected branch edp-ledger" in done.remote


def test_a_protected_tag_is_the_bots_alone(
    world: World, served: Repository, client: GitClient
) -> None:
    world.forge.protect_tags(served.full_name, "*/v*", users=["edp-bot"])
    alice = GitClient(client.folder, client.url, token(world, "alice"))
    client.must("tag", "-a", "-m", "release", "web/v1.0.0")

    refused = alice.run("push", "origin", "refs/tags/web/v1.0.0")
    accepted = client.run("push", "origin", "refs/tags/web/v1.0.0")

    assert "Forgejo: Tag web/v1.0.0 is protected" in refused.remote
    assert accepted.code == 0


def test_one_refused_ref_refuses_the_whole_push(
    world: World, served: Repository, client: GitClient
) -> None:
    world.forge.protect_branch(served.full_name, "prod")

    done = client.run("push", "origin", "HEAD:refs/heads/prod", "HEAD:refs/heads/free")

    assert done.code == 1
    assert served.store.branches().keys() == {"main"}


# --- what follows a push


def test_listeners_hear_of_each_moved_ref(
    world: World, served: Repository, client: GitClient
) -> None:
    heard: list[tuple[str, ...]] = []
    world.forge.on_push.append(lambda *move: heard.append(move))
    old = client.must("rev-parse", "HEAD")
    new = client.commit(a="1\n")

    client.must("push", "-q", "origin", "main", "HEAD:refs/heads/new")

    assert heard == [
        ("platform/gh", "refs/heads/main", old, new),
        ("platform/gh", "refs/heads/new", "0" * 40, new),
    ]


def test_the_api_sees_a_push_late(world: World, served: Repository, client: GitClient) -> None:
    world.forge.lag.branch = 0.5
    old = client.must("rev-parse", "HEAD")
    new = client.commit(a="1\n")
    client.must("push", "-q", "origin", "main")

    def seen() -> str:
        shown = world.call("bot", "GET", "/repos/platform/gh/branches/main")
        return str(shown.json["commit"]["id"])

    assert seen() == old
    world.clock.tick(0.5)
    assert seen() == new


def test_a_push_to_the_head_moves_the_pull_request(
    world: World, served: Repository, client: GitClient
) -> None:
    client.must("checkout", "-q", "-b", "t")
    client.commit(a="1\n")
    client.must("push", "-q", "origin", "t")
    pull = world.pull(served, "t")
    new = client.commit(a="2\n")

    done = client.run("push", "origin", "t")

    assert "Visit the existing pull request:" in done.remote
    assert pull.head_sha == new
    assert served.store.ref("refs/pull/1/head") == new


def test_a_ref_that_moves_under_a_push_is_refused(
    world: World, served: Repository, client: GitClient
) -> None:
    client.commit(a="1\n")

    def overtake(full_name: str, ref: str) -> None:
        world.forge.before_ref_update = None
        world.forge.seed_files(
            full_name, {"theirs": b"1\n"}, branch=ref.removeprefix("refs/heads/")
        )

    world.forge.before_ref_update = overtake
    done = client.run("push", "--porcelain", "origin", "main")

    assert done.code == 1
    assert "[remote rejected]" in done.stdout


# --- the protocol


def test_a_clone_without_blobs_fetches_them_later(
    world: World, served: Repository, tmp_path: Path
) -> None:
    world.commit(served, {"big.txt": "big\n" * 1000})
    folder = tmp_path / "partial"
    folder.mkdir()
    client = GitClient(folder, address(world, served))

    client.must("clone", "-q", "--filter=blob:none", "--no-checkout", client.url, ".")
    missing = client.must("rev-list", "--objects", "--missing=print", "HEAD").count("?")

    assert missing > 0
    assert client.must("show", "HEAD:big.txt").startswith("big")


def test_a_long_negotiation_is_understood_compressed(
    world: World, served: Repository, client: GitClient
) -> None:
    for number in range(40):
        client.must("commit", "-q", "--allow-empty", "-m", str(number))
    new = world.commit(served, {"theirs": "1\n"})

    client.must("fetch", "-q", "origin")

    assert client.must("rev-parse", "origin/main") == new


def test_many_clients_push_at_once(world: World, served: Repository, tmp_path: Path) -> None:
    clients = [
        cloned(address(world, served), tmp_path / f"c{number}", token(world, "bot"))
        for number in range(4)
    ]
    commits = [client.commit(f=str(number)) for number, client in enumerate(clients)]
    start = threading.Barrier(len(clients))

    def push(client: GitClient) -> GitResult:
        start.wait(timeout=30)
        return client.run("push", "origin", "main")

    with ThreadPoolExecutor(len(clients)) as pool:
        done = list(pool.map(push, clients))

    winners = [sha for sha, result in zip(commits, done, strict=True) if result.code == 0]
    assert winners == [served.store.branch("main")]


# --- faults


def test_a_fetch_can_be_cut_short(world: World, served: Repository, client: GitClient) -> None:
    world.commit(served, {"theirs": "1\n"})
    world.server.faults.add(
        Fault("cut", match=lambda request: request.path.endswith("/git-upload-pack"))
    )

    failed = client.run("fetch", "origin")
    repeated = client.run("fetch", "origin")

    assert failed.code != 0
    assert repeated.code == 0


def test_the_answer_to_a_push_can_be_lost(
    world: World, served: Repository, client: GitClient
) -> None:
    new = client.commit(a="1\n")
    world.server.faults.add(
        Fault(
            "reset", match=lambda request: request.path.endswith("receive-pack"), after_effect=True
        )
    )

    done = client.run("push", "origin", "main")

    assert done.code != 0
    assert served.store.branch("main") == new


def test_other_pages_of_the_server_do_not_exist(world: World, served: Repository) -> None:
    answer = send(world.server, "GET", "/platform/gh", {})

    assert (answer.status, answer.body) == (404, b"404 page not found\n")
