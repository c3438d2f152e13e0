"""What a run must look at, and what it can leave alone."""

import pytest
from promotion_facts import (
    DEV,
    PROD,
    STACK,
    TEST,
    a_graph,
    facts,
    opened,
    pins,
    proposal,
    pull,
    releases,
    with_environment,
)

from edp.core.promotion.needs import (
    argocds_of,
    find_needs,
    keys_now,
    stacks_that_move,
    waits_for,
)
from edp.core.promotion.pairs import Pair
from edp.core.repository.promotion_graph import ArgoCD


def key(version: str, environment: str) -> tuple[str, str, str]:
    return (STACK, version, environment)


def test_where_everything_is_promoted_nothing_is_awaited() -> None:
    found = find_needs(facts(pins=pins(dev="1.1.0", test="1.1.0", prod="1.1.0")))

    assert (found.awaited, found.evidence) == (frozenset(), frozenset())


def test_a_promotion_awaits_its_sources() -> None:
    found = find_needs(facts())

    assert found.awaited == {TEST}
    assert found.evidence == {key("1.1.0", "test"), key("1.0.0", "prod")}


def test_an_environment_that_must_settle_is_awaited_too() -> None:
    found = find_needs(facts(pins=pins(dev="1.1.0", test="1.0.0", prod="1.0.0")))

    assert found.awaited == {DEV, TEST}
    assert key("1.0.0", "test") in found.evidence


def test_a_stack_that_no_environment_has_needs_nothing() -> None:
    assert find_needs(facts(pins={})).awaited == frozenset()


def test_an_open_arrival_awaits_its_sources() -> None:
    found = find_needs(facts(pins=pins(dev="1.1.0", test="1.1.0"), **opened()))

    assert TEST in found.awaited
    assert {key("1.0.0", "test"), key("1.1.0", "test")} <= found.evidence


def test_a_pull_request_outside_the_graph_needs_nothing() -> None:
    gone = Pair(STACK, "staging")
    up_to_date = pins(dev="1.1.0", test="1.1.0", prod="1.1.0")

    found = find_needs(facts(pins=up_to_date, pulls={gone: (pull(pair=gone),)}))

    assert found.awaited == frozenset()


def test_the_keys_of_what_is_pinned_now() -> None:
    assert list(keys_now(pins(dev="1.1.0", prod="1.0.0"))) == [
        key("1.1.0", "dev"),
        key("1.0.0", "prod"),
    ]


@pytest.mark.parametrize(
    ("changed", "moves"),
    [
        ({}, True),
        ({"pins": pins(dev="1.1.0", test="1.1.0", prod="1.1.0")}, False),
        ({"pins": pins(dev="1.10.0", prod="1.9.0"), "releases": releases("1.9.0")}, False),
        ({"pins": pins(dev="1.10.0", prod="1.9.0"), "releases": releases("1.10.0")}, True),
        ({"releases": {}}, False),
        ({"pins": {}, "releases": {}, "proposals": {PROD: proposal()}}, True),
        ({"pins": {}, "releases": {}, "pulls": {PROD: (pull(),)}}, True),
    ],
    ids=["newer", "all there", "all above", "one below", "no release", "branch", "pull request"],
)
def test_a_stack_moves_when_something_is_newer_or_open(
    changed: dict[str, object], moves: bool
) -> None:
    assert stacks_that_move(facts(**changed)) == (frozenset({STACK}) if moves else frozenset())


def test_each_argo_cd_is_asked_once() -> None:
    graph = with_environment(a_graph(), "prod", argocd="prod-hub")
    graph = graph.model_copy(
        update={"argocds": {**graph.argocds, "prod-hub": ArgoCD(context="prod")}}
    )

    assert argocds_of(graph, [TEST, DEV, PROD]) == ("hub", "prod-hub")
    assert argocds_of(graph, []) == ()


def test_those_behind_an_environment_wait_for_it() -> None:
    assert waits_for(facts(), TEST) == (PROD,)
    assert waits_for(facts(), PROD) == ()
