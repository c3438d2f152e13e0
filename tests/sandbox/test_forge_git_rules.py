"""Git over HTTP: protections, what follows a push, the protocol, and faults."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from forge_git import GitClient, GitResult, address, cloned, token
from forge_world import World, send

from sandbox.forge.records import Repository
from sandbox.web import Fault


@pytest.fixture
def served(world: World) -> Repository:
    return world.repository("gh")


@pytest.fixture
def client(world: World, served: Repository, tmp_path: Path) -> GitClient:
    return cloned(address(world, served), tmp_path / "work", token(world, "bot"))


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
