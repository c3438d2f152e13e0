"""Terraform roots are applied after those that they build on."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edp.core.terraform.order import CycleError, in_order
from edp.core.terraform.roots import TerraformRoot

A, B, C, D = (TerraformRoot("test", name) for name in "abcd")


def test_independent_roots_are_one_wave() -> None:
    assert in_order([B, A], {}) == ((A, B),)


def test_a_root_comes_after_what_it_builds_on() -> None:
    assert in_order([A, B, C, D], {A: [B, C], B: [D], C: [D]}) == ((D,), (B, C), (A,))


def test_what_is_not_asked_for_still_counts_for_the_order() -> None:
    assert in_order([A, C], {A: [B], B: [C]}) == ((C,), (A,))


def test_waves_are_not_spread_by_what_is_not_asked_for() -> None:
    assert in_order([A, D], {A: [B], B: [C]}) == ((A, D),)


def test_nothing_has_no_order() -> None:
    assert in_order([], {A: [B]}) == ()


def test_a_cycle_is_named() -> None:
    with pytest.raises(CycleError) as caught:
        in_order([A], {A: [B], B: [C], C: [A], D: []})

    assert set(caught.value.roots) == {A, B, C}
    first, *_, last = caught.value.roots
    assert first == last
    assert "test/a → test/b" in caught.value.message


def test_a_root_that_depends_on_itself_is_a_cycle() -> None:
    with pytest.raises(CycleError, match="test/a → test/a"):
        in_order([A], {A: [A]})


def test_a_long_chain_is_no_problem() -> None:
    chain = [TerraformRoot("test", f"r{number}") for number in range(5000)]

    waves = in_order(chain, {one: [other] for one, other in pairwise(chain)})

    assert [wave[0] for wave in waves] == chain[::-1]


ROOTS = [TerraformRoot("test", f"r{number}") for number in range(8)]
pairs = st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda pair: pair[0] < pair[1])


@given(st.sets(pairs), st.sets(st.sampled_from(ROOTS)))
def test_every_order_holds(edges: set[tuple[int, int]], wanted: set[TerraformRoot]) -> None:
    graph: dict[TerraformRoot, set[TerraformRoot]] = {root: set() for root in ROOTS}
    for low, high in edges:
        graph[ROOTS[high]].add(ROOTS[low])

    waves = in_order(wanted, graph)

    number = {root: index for index, wave in enumerate(waves) for root in wave}
    assert sorted(number) == sorted(wanted)
    assert sum(map(len, waves)) == len(wanted)
    for root in wanted:
        below, waiting = set(), list(graph[root])
        while waiting:
            one = waiting.pop()
            below.add(one)
            waiting += graph[one] - below
        assert all(number[one] < number[root] for one in below & wanted)
        assert number[root] == max((number[one] + 1 for one in below & wanted), default=0)


@given(st.sets(pairs, min_size=1), st.data())
def test_every_cycle_is_found(edges: set[tuple[int, int]], data: st.DataObject) -> None:
    low, high = data.draw(st.sampled_from(sorted(edges)))
    graph: dict[TerraformRoot, set[TerraformRoot]] = {}
    for one, other in [*edges, (high, low)]:
        graph.setdefault(ROOTS[other], set()).add(ROOTS[one])

    with pytest.raises(CycleError) as caught:
        in_order(ROOTS, graph)

    way = caught.value.roots
    assert way[0] == way[-1]
    assert all(after in graph[before] for before, after in pairwise(way))
