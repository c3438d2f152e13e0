"""Which environments vouch for which, where some of them do not have the stack."""

import pytest
from promotion_facts import DEV, PROD, STACK, TEST, a_graph, pins, with_environment

from edp.core.promotion.pairs import Pair
from edp.core.promotion.sources import effective_sources, effective_targets


@pytest.mark.parametrize(
    ("have_it", "sources"),
    [
        ({"dev": "1.0.0", "test": "1.0.0"}, ("test",)),
        ({"dev": "1.0.0"}, ("dev",)),
        ({"prod": "1.0.0"}, ()),
        ({}, ()),
    ],
)
def test_a_source_without_the_stack_is_replaced_by_its_own(
    have_it: dict[str, str], sources: tuple[str, ...]
) -> None:
    assert effective_sources(a_graph(), pins(**have_it), PROD) == sources


def test_where_releases_arrive_nobody_vouches() -> None:
    assert effective_sources(a_graph(), pins(dev="1.0.0"), DEV) == ()


def test_several_sources_all_vouch_and_each_once() -> None:
    graph = with_environment(a_graph(), "prod", sources=["test", "dev"])

    assert effective_sources(graph, pins(dev="1.0.0", test="1.0.0"), PROD) == ("dev", "test")
    assert effective_sources(graph, pins(dev="1.0.0"), PROD) == ("dev",)


def test_an_environment_vouches_for_those_that_take_from_it() -> None:
    everywhere = pins(dev="1.0.0", test="1.0.0", prod="1.0.0")

    assert effective_targets(a_graph(), everywhere, DEV) == ("test",)
    assert effective_targets(a_graph(), everywhere, TEST) == ("prod",)
    assert effective_targets(a_graph(), everywhere, PROD) == ()


def test_over_a_gap_it_vouches_for_those_behind_it_too() -> None:
    assert effective_targets(a_graph(), pins(dev="1.0.0", prod="1.0.0"), DEV) == ("prod", "test")


def test_another_stack_has_sources_of_its_own() -> None:
    other = Pair("grafana", "prod")

    assert effective_sources(a_graph(), pins(dev="1.0.0", test="1.0.0"), other) == ()
    assert str(other) == "grafana in prod"
    assert str(PROD) == f"{STACK} in prod"
