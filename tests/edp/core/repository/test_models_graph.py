"""`promotion.yaml` as a model: a consistent graph, or what is wrong with it."""

from datetime import time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edp.core.repository.promotion_graph import (
    DAYS,
    ArgoCD,
    Bots,
    Gates,
    PromotionGraph,
    Window,
    parse_days,
    parse_hours,
)

BOTS = {"bot": "edp-bot", "gate": "edp-gate", "email": "edp-bot@example.org"}


def environment(name: str, before: object = "releases", **more: Any) -> dict[str, Any]:
    return {"path": f"environments/{name}", "argocd": "hub", "from": before, **more}


def document(**changed: Any) -> dict[str, Any]:
    return {
        "apiVersion": "edp/v1",
        "argocds": {"hub": {"context": "hub"}},
        "environments": {
            "dev": environment("dev"),
            "test": environment("test", ["dev"], gates={"soak": "30m"}),
            "eu1": environment("eu1", ["test"], gates={"soak": "24h"}),
            "us1": environment("us1", ["test", "eu1"], gates={"soak": "2h"}, root="apps-us1"),
        },
        "bots": BOTS,
        **changed,
    }


def graph(**changed: Any) -> PromotionGraph:
    return PromotionGraph.model_validate(document(**changed))


def refused(**changed: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        graph(**changed)
    return "\n".join(error["msg"] for error in caught.value.errors())


def test_environments_come_after_their_sources() -> None:
    order = graph().in_order()

    assert order.index("dev") < order.index("test") < order.index("eu1") < order.index("us1")


def test_an_environment_knows_its_sources_and_those_that_follow() -> None:
    found = graph()

    assert found.environments["dev"].takes_releases
    assert found.environments["dev"].source_names == ()
    assert found.environments["us1"].source_names == ("test", "eu1")
    assert found.targets_of("test") == ("eu1", "us1")
    assert found.targets_of("us1") == ()


def test_the_longest_soak_that_is_asked_for_counts() -> None:
    found = graph()

    assert found.soak_asked_of("test") == timedelta(hours=24)
    assert found.soak_asked_of("eu1") == timedelta(hours=2)
    assert found.soak_asked_of("us1") == timedelta()


def test_a_root_application_has_a_name_of_its_own_or_the_usual_one() -> None:
    assert graph().root_of("eu1") == "root-eu1"
    assert graph().root_of("us1") == "apps-us1"


def test_what_is_not_said_has_a_default() -> None:
    argocd = graph().argocds["hub"]

    assert argocd.namespace == "argocd"
    assert argocd.stale_after == timedelta(minutes=10)
    assert argocd.steady == timedelta(seconds=30)
    assert graph().environments["dev"].gates == Gates()


@pytest.mark.parametrize(
    ("environments", "problem"),
    [
        ({}, "at least 1 item"),
        ({"a": environment("a", ["b"])}, 'environments.a.from: "b" is not an environment'),
        ({"a": environment("a", argocd="x")}, 'environments.a.argocd: "x" is not in argocds'),
        ({"a": environment("a", ["a"])}, "a cycle: a → a"),
        (
            {"a": environment("a", ["b"]), "b": environment("b", ["a"])},
            "a cycle: ",
        ),
        (
            {"a": environment("a"), "b": environment("b", path="environments/a")},
            "environments.b.path: is also the path of a",
        ),
        ({"a": environment("a", [])}, "at least 1 item"),
        ({"a": environment("a", "anything")}, "'releases'"),
        ({"A": environment("a")}, "lower-case letters"),
        ({"a": environment("a", settle="always")}, "'never'"),
        ({"a": environment("a", probe="x")}, "Extra inputs"),
        ({"a": environment("a", gates={"approvals": 11})}, "less than or equal to 10"),
        ({"a": environment("a", gates={"approvals": -1})}, "greater than or equal to 0"),
        ({"a": environment("a", gates={"approvals": "2"})}, "valid integer"),
        ({"a": environment("a", gates={"windows": []})}, "at least 1 item"),
    ],
)
def test_a_graph_that_cannot_be_is_refused(environments: dict[str, Any], problem: str) -> None:
    assert problem in refused(environments=environments)


@pytest.mark.parametrize("version", ["edp/v2", "v1", None])
def test_another_format_is_refused(version: object) -> None:
    assert "'edp/v1'" in refused(apiVersion=version)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"gate": "EDP-bot"}, "must be two users"),
        ({"email": "edp-bot"}, "expected an e-mail address"),
        ({"email": "a@b\nc"}, "expected an e-mail address"),
        ({"bot": ""}, "Forgejo user name"),
    ],
)
def test_the_bots_are_two_users_with_an_address(changed: dict[str, str], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Bots.model_validate({**BOTS, **changed})


@pytest.mark.parametrize("context", ["", "a b", "a\n", "$(id)", "x" * 254])
def test_a_context_is_a_plain_word(context: str) -> None:
    with pytest.raises(ValidationError):
        ArgoCD(context=context)


@pytest.mark.parametrize("context", ["prod-hub", "arn:aws:eks:eu-1:1:cluster/x", "a@b"])
def test_a_context_may_look_like_those_of_clouds(context: str) -> None:
    assert ArgoCD(context=context).context == context


# windows


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Mon", {0}),
        ("Mon-Thu", {0, 1, 2, 3}),
        ("Mon,Wed,Fri", {0, 2, 4}),
        ("Mon, Wed-Thu", {0, 2, 3}),
        ("Sat-Mon", {5, 6, 0}),
        ("Sun-Sun", {6}),
        ("Mon-Sun", {0, 1, 2, 3, 4, 5, 6}),
    ],
)
def test_days_are_spans_and_lists(text: str, days: set[int]) -> None:
    assert parse_days(text) == days


@pytest.mark.parametrize(
    "text", ["", "mon", "Monday", "Mon-", "Mon-Xyz", "Mon;Tue", "1-5", None, 5]
)
def test_anything_else_is_no_day(text: object) -> None:
    with pytest.raises(ValueError, match="expected days"):
        parse_days(text)


@given(st.sampled_from(DAYS), st.sampled_from(DAYS))
def test_a_span_goes_forward_around_the_week(first: str, last: str) -> None:
    days = parse_days(f"{first}-{last}")

    assert {DAYS.index(first), DAYS.index(last)} <= days
    assert len(days) == (DAYS.index(last) - DAYS.index(first)) % 7 + 1


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("08:00-16:00", (time(8), time(16))),
        ("00:00-24:00", (time(), time())),
        ("23:59-24:00", (time(23, 59), time())),
        ("08:00-00:00", (time(8), time())),
    ],
)
def test_hours_are_two_times_of_one_day(text: str, hours: tuple[time, time]) -> None:
    assert parse_hours(text) == hours


@pytest.mark.parametrize(
    "text",
    ["", "8-16", "08:00", "08:00 - 16:00", "24:00-25:00", "08:60-09:00", "08:00-24:01", None, 800],
)
def test_anything_else_is_no_hours(text: object) -> None:
    with pytest.raises(ValueError, match="expected hours"):
        parse_hours(text)


@pytest.mark.parametrize("text", ["16:00-08:00", "08:00-08:00"])
def test_hours_that_end_before_they_begin_are_two_windows(text: str) -> None:
    with pytest.raises(ValueError, match="two windows around midnight"):
        parse_hours(text)


def test_an_environment_with_any_gate_has_gates() -> None:
    weekly = {"days": "Mon", "hours": "08:00-16:00", "timezone": "UTC"}
    asked = [{}, {"soak": "1h"}, {"approvals": 1}, {"windows": [weekly]}]
    found = graph(
        environments={str(n): environment(str(n), gates=gates) for n, gates in enumerate(asked)}
    )

    assert [found.has_gates(str(number)) for number in range(4)] == [False, True, True, True]


def test_a_window_can_be_copied() -> None:
    window = Window.model_validate({"days": "Mon", "hours": "08:00-16:00", "timezone": "UTC"})

    assert Window.model_validate(window.model_dump()) == window
