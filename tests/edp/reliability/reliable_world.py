"""Two environments with a version that waits to be promoted, and what must hold of them."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import small_platform
from world import BEGIN, Clock, World

from sandbox.forge.git_store import GitStore
from sandbox.forge.records import PullRequest, Repository
from sandbox.platform import FULL_NAME, LEDGER, Plan, start_platform

GRAPH = """\
apiVersion: edp/v1
argocds:
  dev: {context: dev, steady: 1s}
  test: {context: test, steady: 1s}
environments:
  dev: {path: environments/dev, argocd: dev, from: releases}
  test: {path: environments/test, argocd: test, from: [dev]}
bots: {bot: edp-bot, gate: edp-gate, email: edp-bot@example.org}
"""
STACKS = ("web", "queue", "mail", "login")
SENTINEL = "environments/test/sentinel.yaml"
"""An Application that people change by hand, so that there is always something to audit."""


def files(stacks: tuple[str, ...] = STACKS) -> dict[str, bytes]:
    """The repository with every stack at 1.0.0, in dev and test alone."""
    made = small_platform.small_platform(graph=GRAPH, stacks=stacks)
    kept = {path: text for path, text in made.items() if "/prod/" not in path}
    return kept | {SENTINEL: small_platform.application("sentinel", "1.0.0")}


def at_version(version: str, folder: str, stacks: tuple[str, ...]) -> dict[str, bytes]:
    """The files that pin stacks in an environment."""
    return {
        f"{folder}/{stack}.yaml": small_platform.application(stack, version) for stack in stacks
    }


@contextmanager
def start_two_environments(
    folder: Path, stacks: tuple[str, ...] = STACKS, *, in_dev: str = "1.1.0"
) -> Iterator[World]:
    """1.1.0 of every stack is released and, unless told otherwise, lives in dev."""
    clock = Clock()
    plan = Plan(files(stacks), clock=clock, since=BEGIN - timedelta(days=9))
    with start_platform(plan, folder) as platform:
        world = World(platform, clock, platform.environment())
        assert world.edp("release").code == 0
        bumped = [small_platform.stack_files(stack, "1.1.0") for stack in stacks]
        world.commit({path: text for one in bumped for path, text in one.items()}, "1.1.0")
        assert world.edp("release").code == 0
        world.commit(at_version(in_dev, "environments/dev", stacks), "as in dev")
        world.settle(10)
        yield world
        world.close()


# --- what is there


def repository(world: World) -> Repository:
    return world.platform.forge.repository(FULL_NAME)


def store(world: World) -> GitStore:
    return repository(world).store


def branch_of(stack: str, environment: str = "test") -> str:
    return f"promote/{stack}/{environment}"


def open_pulls(world: World, stack: str, environment: str = "test") -> list[PullRequest]:
    wanted = branch_of(stack, environment)
    return [pull for pull in repository(world).pulls if pull.is_open and pull.head_branch == wanted]


def refs(world: World) -> dict[str, str]:
    return store(world).refs("refs/")


def policy_of(world: World, sha: str) -> str:
    """The state of the newest `edp/policy` on a commit."""
    found = [one for one in repository(world).statuses if one.sha == sha]
    return [one.state for one in found if one.context == "edp/policy"][-1]


def ledger_file(world: World, path: str) -> bytes:
    return world.file(path, LEDGER)


def audit(world: World) -> list[dict[str, Any]]:
    """Every line of the audit."""
    paths = [entry.path for entry in store(world).entries(LEDGER, recursive=True)]
    months = sorted(path for path in paths if path.startswith("audit/"))
    lines = [line for path in months for line in ledger_file(world, path).splitlines()]
    return [json.loads(line) for line in lines]


def pin_changes(world: World, after: str) -> Counter[tuple[str, str]]:
    """The commits of `main` after one of them that changed Applications, with the paths."""
    commits = store(world).git("rev-list", "--first-parent", f"{after}..main").split()
    return Counter(
        (commit, change.path) for commit in commits for change in _applications(world, commit)
    )


def _applications(world: World, commit: str) -> list[Any]:
    changes = store(world).changes(f"{commit}^1", commit)
    return [one for one in changes if one.path.startswith("environments/")]


def audited(world: World) -> Counter[tuple[str, str]]:
    """What the audit says of Applications, each line once for every time it stands there."""
    lines = [line for line in audit(world) if line["kind"] != "policy"]
    return Counter(
        (line["commit"], f"environments/{line['environment']}/{line['stack']}.yaml")
        for line in lines
    )


# --- what must hold


def assert_one_promotion(world: World, stack: str, version: str = "1.1.0") -> None:
    """One pull request, whose branch is `main` with nothing but the pin of the stack moved."""
    (pull,) = open_pulls(world, stack)
    head = store(world).branch(branch_of(stack))
    assert head is not None
    assert pull.head_sha == head
    assert_only_the_pin_moved(world, head, stack, version)
    assert pull.issue.title == f"Promote {stack} 1.0.0 → {version} to test"
    assert policy_of(world, head) == "pending"


def assert_only_the_pin_moved(world: World, head: str, stack: str, version: str) -> None:
    git = store(world)
    (parent,) = git.commit(head).parents
    assert git.is_ancestor(parent, "main")
    path = f"environments/test/{stack}.yaml"
    assert [change.path for change in git.changes(parent, head)] == [path]
    assert world.file(path, head) == small_platform.application(stack, version)


def assert_every_pull_has_its_branch(world: World) -> None:
    for pull in repository(world).pulls:
        assert not pull.is_open or store(world).branch(pull.head_branch) == pull.head_sha


def assert_audit_is_complete(world: World) -> None:
    """Each change of a pin on `main` since the ledger was made stands in the audit once."""
    assert audited(world) == pin_changes(world, audited_from(world))
    assert ledger_file(world, "cursor").decode().strip() == store(world).branch("main")


def audited_from(world: World) -> str:
    """The head of `main` when the ledger was made."""
    first = store(world).git("rev-list", "--max-parents=0", LEDGER).strip()
    return world.file("cursor", first).decode().strip()


# --- what tests do


def change_by_hand(world: World) -> str:
    """A person moves a pin on `main`, which the next run must audit."""
    count = int(store(world).git("rev-list", "--count", "main"))
    content = small_platform.application("sentinel", f"1.0.{count}")
    return world.commit({SENTINEL: content}, "by hand")


def take_back(world: World, stack: str, environment: str = "test") -> None:
    """Close a stack's promotion as the bot would, so that it can be opened anew."""
    forge, label = world.platform.forge, "edp/closed-by-bot"
    known = [one for one in repository(world).labels if one.name == label]
    mark = known[0] if known else forge.create_label(FULL_NAME, label)
    for pull in open_pulls(world, stack, environment):
        pull.issue.labels.append(mark)
    if store(world).branch(branch_of(stack, environment)):
        forge.seed_ref(FULL_NAME, f"refs/heads/{branch_of(stack, environment)}", None)


def begin_promotion(world: World, stack: str) -> None:
    """A stack waits to be promoted to test, and a run of `promote` has something to audit."""
    if not store(world).branch(LEDGER):
        assert world.edp("promote", stack, "--to", "test").code == 0
    take_back(world, stack)
    change_by_hand(world)
    world.clock.sleep(11 * 60)  # by now evidence is due again
    world.settle(5)


def remove_ledger(world: World) -> None:
    world.platform.forge.seed_ref(FULL_NAME, f"refs/heads/{LEDGER}", None)


def written_since(world: World, before: Mapping[str, int]) -> list[str]:
    """The requests after `before` that could have changed anything, as `METHOD path`."""
    logs = {server.name: server.log for server in servers(world)}
    new = [line for name, log in logs.items() for line in log[before[name] :]]
    return [
        f"{line.method} {line.path}"
        for line in new
        if line.method not in ("GET", "HEAD") and not line.path.endswith("/git-upload-pack")
    ]


def log_lengths(world: World) -> dict[str, int]:
    return {server.name: len(server.log) for server in servers(world)}


def servers(world: World) -> list[Any]:
    return [world.platform.server, *world.platform.clusters.values()]
