"""Whose turn it is: environment by environment, and what everybody else waits for."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edp.core.repository.decision_files import Freeze
from edp.core.repository.promotion_graph import PromotionGraph
from edp.core.terraform.records import Record, Result
from edp.core.terraform.roots import TerraformRoot
from edp.core.terraform.turns import Standing, Turn, TurnFacts, sources_of, standing, standings

NOW = datetime(2026, 11, 25, 10, 32, tzinfo=UTC)
"""A Wednesday, 11:32 in Berlin."""
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WINDOW = {"days": "Mon-Thu", "hours": "08:00-16:00", "timezone": "Europe/Berlin"}
DEV, TEST, PROD = (TerraformRoot(name, "network") for name in ("dev", "test", "prod"))
PROD_DNS = TerraformRoot("prod", "dns")
CHAIN = {"dev": "releases", "test": ["dev"], "prod": ["test"]}


def graph(sources: Mapping[str, Any] = CHAIN, **gates: Mapping[str, Any]) -> PromotionGraph:
    """Environments by what precedes them, without gates but those that are named."""
    return PromotionGraph.model_validate(
        {
            "apiVersion": "edp/v1",
            "argocds": {"hub": {"context": "hub"}},
            "environments": {
                name: {
                    "path": f"environments/{name}",
                    "argocd": "hub",
                    "from": before,
                    "gates": gates.get(name, {}),
                }
                for name, before in sources.items()
            },
            "bots": {"bot": "edp-bot", "gate": "edp-gate", "email": "edp-bot@example.org"},
        }
    )


def record(root: TerraformRoot, **changed: Any) -> Record:
    """An apply of the present files that ended two days ago, clean afterwards."""
    found = Record(
        root=root,
        result=Result.APPLIED,
        inputs="present",
        commit="c" * 40,
        digest="d" * 64,
        rest=(),
        started_at=NOW - 2 * DAY - HOUR,
        ended_at=NOW - 2 * DAY,
        is_clean=True,
        pull=7,
        by="ada",
        run="12",
    )
    return replace(found, **changed)


def facts(*records: Record, roots: Sequence[TerraformRoot] = (), **changed: Any) -> TurnFacts:
    """A chain of three environments with a network each; applied are those with a record."""
    every = roots or (DEV, TEST, PROD)
    given = {
        "now": NOW,
        "graph": graph(),
        "inputs": dict.fromkeys(every, "present"),
        "records": {one.root: one for one in records},
        "before": {},
        **changed,
    }
    return TurnFacts(**given)


def turns(found: TurnFacts) -> dict[str, Turn]:
    return {str(one.root): one.turn for one in standings(found)}


def waiting(root: TerraformRoot, reason: str, until: datetime | None = None) -> Standing:
    return Standing(root, Turn.WAITING, reason, until)


# along the graph


def test_the_first_environment_begins_and_the_others_wait() -> None:
    assert standings(facts()) == (
        Standing(DEV, Turn.READY),
        waiting(TEST, "dev/network is not applied yet"),
        waiting(PROD, "test/network is not applied yet"),
    )


def test_environments_come_in_the_order_of_the_graph_and_roots_by_name() -> None:
    dns = TerraformRoot("dev", "dns")
    backwards = {"prod": ["test"], "test": ["dev"], "dev": "releases"}

    found = standings(facts(roots=[PROD, PROD_DNS, TEST, DEV, dns], graph=graph(backwards)))

    assert [one.root for one in found] == [dns, DEV, TEST, PROD_DNS, PROD]


def test_the_next_environment_begins_once_the_one_before_is_done() -> None:
    assert turns(facts(record(DEV))) == {
        "dev/network": Turn.DONE,
        "test/network": Turn.READY,
        "prod/network": Turn.WAITING,
    }


def test_all_of_the_environment_before_must_be_done() -> None:
    dns = TerraformRoot("test", "dns")

    found = facts(record(DEV), record(TEST), roots=[DEV, TEST, dns, PROD])

    assert standing(found, PROD) == waiting(PROD, "test/dns is not applied yet")


def test_roots_of_one_environment_do_not_wait_for_each_other() -> None:
    found = facts(record(TEST), roots=[TEST, PROD, PROD_DNS])

    assert turns(found) == {
        "test/network": Turn.DONE,
        "prod/dns": Turn.READY,
        "prod/network": Turn.READY,
    }


def test_an_environment_waits_for_each_of_its_sources() -> None:
    both = graph({"dev": "releases", "test": "releases", "prod": ["dev", "test"]})

    assert (
        standing(facts(record(DEV), graph=both), PROD).reason == "test/network is not applied yet"
    )
    assert (
        standing(facts(record(TEST), graph=both), PROD).reason == "dev/network is not applied yet"
    )
    assert standing(facts(record(DEV), record(TEST), graph=both), PROD).turn is Turn.READY


def test_an_environment_without_terraform_roots_lets_its_own_sources_speak() -> None:
    found = facts(roots=[DEV, PROD])

    assert sources_of(found, "prod") == ("dev",)
    assert standing(found, PROD) == waiting(PROD, "dev/network is not applied yet")
    assert standing(facts(record(DEV), roots=[DEV, PROD]), PROD).turn is Turn.READY


def test_several_environments_without_terraform_roots_are_passed_over() -> None:
    found = facts(
        roots=[DEV, PROD],
        graph=graph(
            {"dev": "releases", "a": ["dev"], "b": ["a"], "c": ["dev"], "prod": ["b", "c"]}
        ),
    )

    assert sources_of(found, "prod") == ("dev",)


def test_without_any_terraform_root_before_it_an_environment_begins() -> None:
    found = facts(roots=[PROD])

    assert sources_of(found, "prod") == ()
    assert standing(found, PROD) == Standing(PROD, Turn.READY)


def test_files_that_changed_after_the_apply_are_not_applied() -> None:
    found = facts(record(DEV, inputs="past"))

    assert turns(found)["dev/network"] is Turn.READY
    assert standing(found, TEST) == waiting(TEST, "dev/network is not applied yet")


@pytest.mark.parametrize("result", [Result.RUNNING, Result.FAILED])
def test_an_apply_that_was_killed_or_failed_is_made_again(result: Result) -> None:
    found = facts(record(DEV, result=result, ended_at=None, is_clean=False))

    assert standing(found, DEV) == Standing(DEV, Turn.READY)
    assert standing(found, TEST) == waiting(TEST, "dev/network is not applied yet")


def test_what_was_not_clean_after_its_apply_holds_up_what_follows() -> None:
    found = facts(record(DEV, is_clean=False))

    assert standing(found, TEST) == waiting(TEST, "dev/network was not clean after its apply")


def test_what_is_done_waits_for_nothing_any_more() -> None:
    assert standing(facts(record(PROD)), PROD) == Standing(PROD, Turn.DONE)


# soak


def soaking(ended_at: datetime) -> Standing:
    found = facts(record(DEV), record(TEST, ended_at=ended_at), graph=graph(prod={"soak": "24h"}))
    return standing(found, PROD)


def test_a_soak_is_waited_for_until_its_time() -> None:
    until = NOW - HOUR + DAY

    assert soaking(NOW - HOUR) == waiting(
        PROD, "test/network soaks until Thu 2026-11-26 09:32 UTC", until
    )


def test_a_soak_is_over_at_its_time_and_not_before() -> None:
    assert soaking(NOW - DAY).turn is Turn.READY
    assert soaking(NOW - DAY + timedelta(seconds=1)) == waiting(
        PROD, "test/network soaks until Wed 2026-11-25 10:32:01 UTC", NOW + timedelta(seconds=1)
    )


def test_each_environment_asks_for_its_own_soak() -> None:
    found = facts(
        record(DEV, ended_at=NOW - 2 * HOUR),
        graph=graph(test={"soak": "1h"}, prod={"soak": "24h"}),
    )

    assert standing(found, TEST).turn is Turn.READY
    assert standing(replace(found, graph=graph(test={"soak": "3h"})), TEST).changes_at == NOW + HOUR


def test_the_soak_is_asked_of_what_stands_behind_an_empty_environment() -> None:
    found = facts(record(DEV, ended_at=NOW), roots=[DEV, PROD], graph=graph(prod={"soak": "24h"}))

    assert standing(found, PROD) == waiting(
        PROD, "dev/network soaks until Thu 2026-11-26 10:32 UTC", NOW + DAY
    )


# freezes and windows


def freeze(*environments: str, begin: datetime = NOW - DAY, until: datetime = NOW + DAY) -> Freeze:
    return Freeze(
        api_version="edp/v1",
        environments=list(environments),
        begin=begin,
        until=until,
        reason="Black Friday",
    )


def test_a_freeze_holds_up_its_environments_until_it_ends() -> None:
    found = facts(record(DEV), freezes={"sales": freeze("test", "prod")})

    assert standing(found, TEST) == waiting(
        TEST, "sales until Thu 2026-11-26 10:32 UTC: Black Friday", NOW + DAY
    )


def test_a_freeze_of_others_holds_up_nobody_else() -> None:
    assert turns(facts(freezes={"sales": freeze("test", "prod")}))["dev/network"] is Turn.READY


@pytest.mark.parametrize(
    ("begin", "until", "turn"),
    [
        (NOW, NOW + HOUR, Turn.WAITING),
        (NOW + HOUR, NOW + DAY, Turn.READY),
        (NOW - HOUR, NOW, Turn.READY),
    ],
)
def test_a_freeze_counts_from_its_begin_to_its_end(
    begin: datetime, until: datetime, turn: Turn
) -> None:
    found = facts(freezes={"sales": freeze("dev", begin=begin, until=until)})

    assert standing(found, DEV).turn is turn


def test_what_was_applied_before_a_freeze_is_still_done() -> None:
    assert turns(facts(record(DEV), freezes={"a": freeze("dev")}))["dev/network"] is Turn.DONE


def in_window(now: datetime) -> Standing:
    found = facts(record(DEV), now=now, graph=graph(test={"windows": [WINDOW]}))
    return standing(found, TEST)


def test_an_open_window_lets_through() -> None:
    assert in_window(NOW) == Standing(TEST, Turn.READY)


@pytest.mark.parametrize(
    ("now", "opens", "said"),
    [
        (
            datetime(2026, 11, 25, 15, 0, tzinfo=UTC),
            datetime(2026, 11, 26, 7, 0, tzinfo=UTC),
            "Thu 2026-11-26 07:00 UTC",
        ),
        (
            datetime(2026, 11, 27, 10, 32, tzinfo=UTC),
            datetime(2026, 11, 30, 7, 0, tzinfo=UTC),
            "Mon 2026-11-30 07:00 UTC",
        ),
    ],
    ids=["after hours", "friday"],
)
def test_a_closed_window_says_when_it_opens(now: datetime, opens: datetime, said: str) -> None:
    reason = f"outside of its window, which opens {said}"

    assert in_window(now) == waiting(TEST, reason, opens)


def test_any_of_several_windows_is_enough() -> None:
    friday = {**WINDOW, "days": "Fri"}
    found = facts(now=NOW + 2 * DAY, graph=graph(dev={"windows": [WINDOW, friday]}))

    assert standing(found, DEV).turn is Turn.READY


def test_what_stands_before_is_told_before_what_time_alone_changes() -> None:
    found = facts(freezes={"sales": freeze("test")}, graph=graph(test={"windows": [WINDOW]}))

    assert standing(found, TEST) == waiting(TEST, "dev/network is not applied yet")


# dependencies


def test_a_dependency_of_the_same_environment_is_applied_first() -> None:
    found = facts(roots=[PROD, PROD_DNS], before={PROD_DNS: {PROD}})

    assert turns(found) == {"prod/network": Turn.READY, "prod/dns": Turn.WAITING}
    assert standing(found, PROD_DNS).reason == "depends on prod/network, which is not applied yet"
    done = replace(found, records={PROD: record(PROD)})
    assert standing(done, PROD_DNS) == Standing(PROD_DNS, Turn.READY)


def test_a_dependency_need_not_soak_within_its_environment() -> None:
    found = facts(
        record(PROD, ended_at=NOW),
        roots=[PROD, PROD_DNS],
        before={PROD_DNS: {PROD}},
        graph=graph(prod={"soak": "24h"}),
    )

    assert standing(found, PROD_DNS).turn is Turn.READY


def test_a_dependency_of_an_environment_beside_it_is_applied_first() -> None:
    eu, us = TerraformRoot("eu", "network"), TerraformRoot("us", "peering")
    beside = graph({"dev": "releases", "eu": ["dev"], "us": ["dev"]})
    found = facts(record(DEV), roots=[DEV, eu, us], before={us: [eu]}, graph=beside)

    assert standing(found, us) == waiting(us, "depends on eu/network, which is not applied yet")
    assert standing(found, eu) == Standing(eu, Turn.READY)


def test_a_dependency_that_has_changed_since_is_applied_first() -> None:
    found = facts(record(PROD, inputs="past"), roots=[PROD, PROD_DNS], before={PROD_DNS: {PROD}})

    assert standing(found, PROD_DNS).turn is Turn.WAITING


def test_a_dependency_that_is_gone_is_not_waited_for() -> None:
    found = facts(roots=[PROD_DNS], before={PROD_DNS: {PROD}})

    assert standing(found, PROD_DNS).turn is Turn.READY


# what is refused


def test_a_state_that_was_not_stored_must_be_recovered_first() -> None:
    found = facts(record(DEV, result=Result.ERRORED))

    assert standing(found, DEV) == Standing(
        DEV, Turn.REFUSED, "its state was not stored: edp recover dev/network"
    )
    assert standing(found, TEST) == waiting(TEST, "dev/network is not applied yet")


def test_other_files_do_not_make_up_for_a_state_that_was_not_stored() -> None:
    found = facts(record(DEV, result=Result.ERRORED, inputs="past"))

    assert standing(found, DEV).turn is Turn.REFUSED


def test_a_record_that_cannot_be_trusted_speaks_for_nothing() -> None:
    reason = "the ledger's terraform/dev/network.json is corrupt: it is not JSON"
    found = facts(broken={DEV: reason})

    assert standing(found, DEV) == Standing(DEV, Turn.REFUSED, reason)
    assert standing(found, TEST) == waiting(TEST, "dev/network is not applied yet")


def test_a_record_of_which_anything_cannot_be_trusted_is_not_believed() -> None:
    found = facts(record(DEV), broken={DEV: "corrupt"})

    assert turns(found) == {
        "dev/network": Turn.REFUSED,
        "test/network": Turn.WAITING,
        "prod/network": Turn.WAITING,
    }


def test_an_environment_that_is_not_in_the_graph_is_refused_and_comes_last() -> None:
    lost = TerraformRoot("attic", "network")

    found = standings(facts(roots=[lost, DEV]))

    reason = "the environment attic is not in promotion.yaml"
    assert found == (Standing(DEV, Turn.READY), Standing(lost, Turn.REFUSED, reason))


def test_even_what_was_applied_is_refused_without_its_environment() -> None:
    lost = TerraformRoot("attic", "network")

    assert standing(facts(record(lost), roots=[lost]), lost).turn is Turn.REFUSED


def test_what_is_refused_comes_before_what_waits() -> None:
    found = facts(record(TEST, result=Result.ERRORED), freezes={"sales": freeze("test")})

    assert standing(found, TEST).turn is Turn.REFUSED


# everybody, in the end

NAMES = "abcde"
ENVIRONMENTS = st.lists(st.sets(st.sampled_from(NAMES), max_size=3), min_size=5, max_size=5)
ROOTS = st.sets(
    st.builds(TerraformRoot, st.sampled_from(NAMES), st.sampled_from("xyz")), min_size=1
)


def acyclic(sources: Sequence[set[str]]) -> PromotionGraph:
    """Each environment follows only those before it in the alphabet."""
    before = {
        name: sorted(one for one in found if one < name)
        for name, found in zip(NAMES, sources, strict=True)
    }
    return graph({name: found or "releases" for name, found in before.items()})


def ancestors(found: PromotionGraph, environment: str) -> set[str]:
    sources = found.environments[environment].source_names
    return {*sources, *(more for one in sources for more in ancestors(found, one))}


@given(ENVIRONMENTS, ROOTS)
def test_everybody_gets_a_turn_and_nobody_before_what_precedes(
    sources: list[set[str]], roots: set[TerraformRoot]
) -> None:
    order = acyclic(sources)
    done: dict[TerraformRoot, Record] = {}

    while len(done) < len(roots):
        found = standings(facts(*done.values(), roots=sorted(roots), graph=order))
        ready = [one.root for one in found if one.turn is Turn.READY]
        assert ready
        for root in ready:
            before = ancestors(order, root.environment)
            assert {one for one in roots if one.environment in before} <= done.keys()
        done |= {root: record(root) for root in ready}
