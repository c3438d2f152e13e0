"""What others do in the very moment in which a run writes."""

from collections.abc import Callable

import pytest
from reliable_world import (
    assert_one_promotion,
    branch_of,
    log_lengths,
    open_pulls,
    refs,
    written_since,
)
from world import World

from sandbox.platform import FULL_NAME
from sandbox.web import Fault, Request

UNAVAILABLE, CONFLICT, BUSY = 4, 5, 6
BRANCH = branch_of("web")
FREEZE = b"""\
apiVersion: edp/v1
environments: [test]
from: 2026-11-23T00:00:00Z
until: 2026-11-30T00:00:00Z
reason: on purpose
"""


def just_before_the_push(world: World, ref: str, act: Callable[[], object]) -> None:
    """Do something once, between what a run read and what it is about to write."""
    forge = world.platform.forge

    def before(_name: str, moved: str) -> None:
        if moved == ref:
            forge.before_ref_update = None
            act()

    forge.before_ref_update = before


def just_before_the_merge(world: World, act: Callable[[], object]) -> None:
    """Do something once, after a run has checked the base and before the forge merges."""
    server = world.platform.server

    def before(_index: int, request: Request) -> None:
        if request.path.endswith("/merge"):
            server.before_effect = None
            act()

    server.before_effect = before


def test_a_stale_lease_is_refused_and_the_other_commit_stays(own: World) -> None:
    forge, theirs = own.platform.forge, {"notes.md": b"mine"}
    just_before_the_push(
        own,
        f"refs/heads/{BRANCH}",
        lambda: forge.seed_files(FULL_NAME, theirs, branch=BRANCH, author="alice"),
    )

    done = own.edp("promote", "web", "--to", "test")

    assert done.code == CONFLICT, done.stderr
    assert own.file("notes.md", BRANCH) == b"mine"
    assert open_pulls(own, "web") == []


def test_a_promotion_is_rewritten_when_main_moves_under_it(own: World) -> None:
    just_before_the_push(
        own,
        f"refs/heads/{BRANCH}",
        lambda: own.commit({"README.md": b"moved"}, "meanwhile"),
    )

    done = own.edp("promote", "web", "--to", "test")

    assert done.code == 0, done.stderr
    assert_one_promotion(own, "web")


def test_what_lands_elsewhere_while_a_promotion_is_merged_is_taken_in(own: World) -> None:
    assert own.edp("promote", "web", "--to", "test").code == 0
    meanwhile = {"README.md": b"moved", "environments/dev/notes.md": b"elsewhere"}
    just_before_the_merge(own, lambda: own.commit(meanwhile, "meanwhile"))

    done = own.edp("reconcile")

    assert done.code == 0, done.stderr
    assert own.pin("environments/test/web.yaml") == "1.1.0"
    assert own.file("README.md") == b"moved"


@pytest.mark.parametrize("path", ["environments/test/notes.md", "environments/freezes/today.yaml"])
def test_what_lands_in_the_environment_or_in_policy_stops_the_run(own: World, path: str) -> None:
    assert own.edp("promote", "login", "--to", "test").code == 0
    just_before_the_merge(own, lambda: own.commit({path: FREEZE}, "meanwhile"))

    done = own.edp("reconcile")

    assert done.code == CONFLICT, done.stderr
    assert path in done.stderr
    assert own.pin("environments/test/login.yaml") == "1.1.0"


def test_a_freeze_that_comes_while_the_forge_merges_keeps_the_promotion_open(own: World) -> None:
    assert own.edp("promote", "web", "--to", "test").code == 0
    freeze = {"environments/freezes/today.yaml": FREEZE}
    just_before_the_push(own, "refs/heads/main", lambda: own.commit(freeze, "meanwhile"))

    done = own.edp("reconcile")

    assert done.code == 0, done.stderr
    assert "freeze: today until" in done.stdout
    assert own.pin("environments/test/web.yaml") == "1.0.0"
    assert_one_promotion(own, "web")


def test_a_run_whose_every_rewrite_is_undone_ends(own: World) -> None:
    own.release("web", "1.2.0")
    own.release("web", "1.3.0")
    assert own.edp("promote", "web", "--to", "dev", "--version", "1.3.0").code == 0
    branch = f"refs/heads/{branch_of('web', 'dev')}"
    theirs, rivals = refs(own)[branch], iter(range(12))

    def undo(_index: int, request: Request) -> None:
        if "/statuses/" in request.path and next(rivals, None) is not None:
            own.platform.forge.seed_ref(FULL_NAME, branch, theirs)

    own.platform.server.after_effect = undo
    done = own.edp("promote", "web", "--to", "dev", "--version", "1.2.0")

    assert done.code == BUSY, done
    assert "is being changed by others all the time" in done.stderr


# --- lists in pages


def open_many(world: World, count: int, name: str) -> None:
    """Pull requests of a person, each from a branch of its own."""
    forge, person = world.platform.forge, world.as_user("bob")
    head = forge.seed_files(FULL_NAME, {name: b"x"}, branch=f"{name}-0")
    for number in range(count):
        branch = f"{name}-{number}"
        forge.seed_ref(FULL_NAME, f"refs/heads/{branch}", head)
        person.create_pull(head=branch, base="main", title=branch, body="")


def test_ours_is_found_as_the_121st_of_137_or_the_run_fails_and_creates_nothing(
    own: World,
) -> None:
    open_many(own, 16, "earlier")
    assert own.edp("promote", "web", "--to", "test").code == 0
    open_many(own, 120, "later")
    numbers = [pull.number for pull in own.open_pulls()]
    assert (len(numbers), numbers[120]) == (137, 17)
    own.clock.sleep(60)
    own.settle(5)

    failing(own, is_page_three, times=1)
    found = own.edp("reconcile", "--dry-run")

    assert found.code == 0, found.stderr
    assert "web test: #17 merge" in found.stdout

    failing(own, is_page_three, times=10**9)
    before = log_lengths(own)
    failed = own.edp("reconcile")

    assert failed.code == UNAVAILABLE, failed.stderr
    assert written_since(own, before) == []


def is_page_three(request: Request) -> bool:
    return request.path.endswith("/pulls") and request.first("page") == "3"


def failing(world: World, match: Callable[[Request], bool], *, times: int) -> None:
    world.platform.server.faults.add(Fault("status", match, status=502, times=times))
