"""One stack whose every release goes to dev by itself, and to test never."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import small_platform
from reliable_world import (
    assert_audit_is_complete,
    assert_every_pull_has_its_branch,
    branch_of,
    open_pulls,
    repository,
    start_two_environments,
    store,
)
from world import World

from sandbox.forge.records import PullRequest

PIN = "environments/dev/web.yaml"
HOLD = b"""\
apiVersion: edp/v1
version: 1.0.0
reason: on purpose
by: alice
until: 2027-12-31T00:00:00Z
"""


@contextmanager
def start_merging(folder: Path) -> Iterator[World]:
    """A world in which `reconcile` has done all there was to do."""
    with start_two_environments(folder, ("web",)) as world:
        world.commit({"environments/holds/test/web.yaml": HOLD})
        assert world.edp("reconcile").code == 0
        yield world


def release_next(world: World) -> str:
    """Release one more version, which `reconcile` opens a promotion for, and merges."""
    world.clock.sleep(11 * 60)  # by now evidence is due again
    world.settle(5)
    major, minor, patch = world.pin(PIN).split(".")
    version = f"{major}.{int(minor) + 1}.{patch}"
    world.release("web", version)
    return version


def assert_merged_once(world: World, version: str, released: str) -> None:
    """`main` is the commit of the release with nothing but the pin moved, by one merge."""
    git, pull = store(world), newest_promotion(world)
    (merge,) = git.git("rev-list", "--first-parent", f"{released}..main").split()
    assert git.commit(merge).parents[0] == released
    assert [change.path for change in git.changes(released, merge)] == [PIN]
    assert world.file(PIN) == small_platform.application("web", version)
    assert (pull.merge_commit, pull.issue.title) == (merge, title_to(world, version))
    assert open_pulls(world, "web", "dev") == []
    assert git.branch(branch_of("web", "dev")) is None
    assert_every_pull_has_its_branch(world)
    assert_audit_is_complete(world)


def newest_promotion(world: World) -> PullRequest:
    return repository(world).pulls[-1]


def title_to(world: World, version: str) -> str:
    minor = int(version.split(".")[1])
    return f"Promote web 1.{minor - 1}.0 → {version} to dev"
