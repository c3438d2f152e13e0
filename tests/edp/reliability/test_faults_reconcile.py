"""`edp reconcile` on servers that fail while it opens and merges: the next run finishes it."""

from collections.abc import Iterator

import pytest
from disturbances import Disturbance, disturbances, run_disturbed, sampled
from merging_world import assert_merged_once, release_next, start_merging
from reliable_world import store
from world import World

SEED = 12
REQUESTS = 28


@pytest.fixture(scope="module")
def merging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world that every test leaves with nothing to do."""
    with start_merging(tmp_path_factory.mktemp("merging")) as world:
        yield world


@pytest.mark.parametrize("disturbance", sampled(disturbances(REQUESTS), seed=SEED))
def test_a_disturbed_merge_is_finished_by_the_next_run(
    merging: World, disturbance: Disturbance
) -> None:
    version = release_next(merging)
    released = store(merging).branch("main") or ""

    run_disturbed(merging, disturbance, "reconcile")
    merging.clock.sleep(60)
    merging.settle(5)
    again = merging.edp("reconcile")

    assert again.code == 0, again.stderr
    assert_merged_once(merging, version, released)
