"""`edp reconcile`, killed while it opens, approves and merges a promotion and audits the merge."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from kill_points import Point, kill, points
from merging_world import assert_merged_once, release_next, start_merging
from reliable_world import log_lengths, store, written_since
from world import World

REQUESTS = 28
SAMPLED = frozenset(map(str, random.Random(6).sample(points(REQUESTS), 8)))  # noqa: S311 - a fixed sample
CASES = [
    pytest.param(
        point,
        id=str(point),
        marks=[] if str(point) in SAMPLED else [pytest.mark.exhaustive],
    )
    for point in points(REQUESTS)
]


@pytest.fixture(scope="module")
def merging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world that every test leaves with nothing to do."""
    with start_merging(tmp_path_factory.mktemp("merging")) as world:
        yield world


def test_the_matrix_has_every_request(merging: World) -> None:
    version = release_next(merging)
    released = store(merging).branch("main") or ""
    before = sum(log_lengths(merging).values())

    done = merging.edp("reconcile")

    assert done.code == 0, done.stderr
    assert sum(log_lengths(merging).values()) - before == REQUESTS
    assert_merged_once(merging, version, released)


@pytest.mark.parametrize("point", CASES)
def test_a_killed_merge_is_finished_by_the_next_run(
    merging: World, tmp_path: Path, point: Point
) -> None:
    version = release_next(merging)
    released = store(merging).branch("main") or ""

    was_killed = kill(merging, tmp_path, point, "reconcile")
    merging.settle(5)
    again = merging.edp("reconcile")

    assert was_killed
    assert again.code == 0, again.stderr
    assert_merged_once(merging, version, released)


def test_nothing_is_left_to_write_after_a_merge(merging: World) -> None:
    version = release_next(merging)
    released = store(merging).branch("main") or ""
    assert merging.edp("reconcile").code == 0
    before = log_lengths(merging)

    again = merging.edp("reconcile")

    assert again.code == 0, again.stderr
    assert written_since(merging, before) == []
    assert_merged_once(merging, version, released)
