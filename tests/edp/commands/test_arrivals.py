"""A stack comes to an environment that does not have it."""

import pytest
import small_platform
from world import World

PROD = "environments/prod/eu1"
WEB = f"{PROD}/web.yaml"
LISTING = f"{PROD}/kustomization.yaml"
LISTED = b"""\
# what runs in eu1
namePrefix: eu1-
resources:
  - queue.yaml  # first
components:
  - ../../shared
"""
VALUES = b"""\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: web
spec:
  source:
    path: stacks/web
    targetRevision: refs/tags/web/v1.0.0  # the pin
    kustomize:
      commonLabels: {tier: test}
  destination: {namespace: web}
"""


@pytest.fixture
def without_web(start: object) -> World:
    """A platform that has web in test, with values of its own, but not in production."""
    assert callable(start)
    us1 = "environments/prod/us1"
    files = {
        WEB: None,
        LISTING: LISTED,
        "environments/test/web.yaml": VALUES,
        f"{us1}/web.yaml": None,
        f"{us1}/kustomization.yaml": small_platform.kustomization("us1-", "../..", ("queue",)),
    }
    world: World = start(files=files)
    world.reconcile()
    world.settle()
    return world


def test_an_arrival_brings_the_file_and_its_line_and_waits_for_a_person(without_web: World) -> None:
    world = without_web
    done = world.edp("promote", "web", "--to", "prod-eu1")

    pull = world.the_pull()
    branch = "promote/web/prod-eu1"
    assert done.code == 0, done.stderr
    assert pull.title == "Add web 1.0.0 to prod-eu1"
    assert world.changed_files(world.head(), pull.head.sha) == [LISTING, WEB]
    assert world.file(WEB, branch) == VALUES
    assert world.file(LISTING, branch) == LISTED.replace(
        b"  - queue.yaml  # first\n", b"  - queue.yaml  # first\n  - web.yaml\n"
    )
    assert world.policy(pull.head.sha) == ("pending", "approvals: 0 of 1")
    assert "Values that this environment owns" in pull.body
    assert "tier: test" in pull.body


def test_it_is_merged_after_one_approval_and_lives(without_web: World) -> None:
    world = without_web
    world.edp("promote", "web", "--to", "prod-eu1")
    world.reconcile()
    assert len(world.open_pulls()) == 1
    world.approve(1)

    world.reconcile()
    world.settle()

    assert world.file(WEB) == VALUES
    assert "eu1-web" in world.platform.argocds["prod"].objects.names()
    assert world.audit()[-1]["kind"] in ("arrival", "values")


def test_reconcile_never_invents_an_arrival(without_web: World) -> None:
    world = without_web
    world.release("web", "1.1.0")

    world.walk("environments/test/web.yaml", "1.1.0")
    world.reconcile()

    assert world.open_pulls() == []
    assert world.store.entry("main", WEB) is None


def test_reconcile_finishes_an_arrival_whose_pull_request_was_never_opened(
    without_web: World,
) -> None:
    world = without_web
    world.edp("promote", "web", "--to", "prod-eu1")
    world.platform.forge.repository("platform/edp").pulls.clear()

    world.reconcile()

    assert world.the_pull().title == "Add web 1.0.0 to prod-eu1"


def test_a_stack_that_no_environment_before_it_has_is_refused(without_web: World) -> None:
    world = without_web
    world.commit(small_platform.stack_files("cache", "1.0.0"))
    assert world.edp("release").code == 0

    done = world.edp("promote", "cache", "--to", "prod-eu1", "--version", "1.0.0")

    assert done.code == 3
    assert "no environment before it has the stack (test)" in done.stderr


def test_an_arrival_that_is_not_proven_is_refused_with_its_reason(without_web: World) -> None:
    world = without_web
    world.platform.argocds["test"].degrade("web", "its pods crash")
    world.settle()

    done = world.edp("promote", "web", "--to", "prod-eu1")

    assert done.code == 3
    assert "healthy: test: " in done.stderr
    assert "its pods crash" in done.stderr
    assert world.open_pulls() == []


def test_a_new_stack_arrives_in_the_first_environment(without_web: World) -> None:
    world = without_web
    world.commit(small_platform.stack_files("cache", "1.0.0"))
    assert world.edp("release").code == 0

    done = world.edp("promote", "cache", "--to", "dev")
    world.approve(world.the_pull().number)
    world.reconcile()

    assert done.code == 0, done.stderr
    assert world.pin("environments/dev/cache.yaml") == "1.0.0"
    assert b"  - cache.yaml\n" in world.file("environments/dev/kustomization.yaml")
