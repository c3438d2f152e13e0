"""Holds, freezes, yanks and stacks as models."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from edp.core.repository.decision_files import Freeze, Hold, Yank
from edp.core.repository.stack_file import StackFile

HOLD = {"apiVersion": "edp/v1", "version": "1.4.0", "reason": "slow login", "by": "ada"}
FREEZE = {
    "apiVersion": "edp/v1",
    "environments": ["prod"],
    "from": "2026-12-20T00:00:00Z",
    "until": "2027-01-04T08:00:00+01:00",
    "reason": "christmas",
}
YANK = {"apiVersion": "edp/v1", "reason": "loses sessions", "by": "ada"}
STACK: dict[str, Any] = {
    "apiVersion": "edp/v1",
    "name": "keycloak",
    "version": "1.4.0",
    "owners": ["@platform/identity"],
    "namespace": "keycloak",
}


def refused(model: type[BaseModel], document: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(document)
    return "\n".join(error["msg"] for error in caught.value.errors())


def test_a_hold_keeps_a_version() -> None:
    found = Hold.model_validate(HOLD)

    assert (found.version, found.by, found.until) == ("1.4.0", "ada", None)


def test_a_hold_may_end() -> None:
    found = Hold.model_validate({**HOLD, "until": "2026-12-24T08:00:00Z"})

    assert found.until == datetime(2026, 12, 24, 8, tzinfo=UTC)


def test_a_freeze_has_a_begin_and_an_end() -> None:
    found = Freeze.model_validate(FREEZE)

    assert found.begin == datetime(2026, 12, 20, tzinfo=UTC)
    assert found.until == datetime(2027, 1, 4, 7, tzinfo=UTC)


@pytest.mark.parametrize("until", ["2026-12-20T00:00:00Z", "2026-12-19T00:00:00Z"])
def test_a_freeze_ends_after_it_begins(until: str) -> None:
    assert "until must be later than from" in refused(Freeze, {**FREEZE, "until": until})


def test_a_freeze_names_environments() -> None:
    assert "at least 1 item" in refused(Freeze, {**FREEZE, "environments": []})


def test_a_yank_says_who_and_why() -> None:
    assert Yank.model_validate(YANK).reason == "loses sessions"


@pytest.mark.parametrize(("model", "document"), [(Hold, HOLD), (Freeze, FREEZE), (Yank, YANK)])
def test_every_decision_has_a_reason_and_nothing_unknown(
    model: type[BaseModel], document: dict[str, Any]
) -> None:
    assert "at least 1 character" in refused(model, {**document, "reason": ""})
    assert "at most 500 characters" in refused(model, {**document, "reason": "x" * 501})
    assert "Extra inputs" in refused(model, {**document, "colour": "red"})
    assert "'edp/v1'" in refused(model, {**document, "apiVersion": "edp/v2"})


def test_a_stack_needs_little() -> None:
    found = StackFile.model_validate(STACK)

    assert found.health_timeout == timedelta(minutes=15)
    assert (found.requires, found.secrets, found.backup.volumes) == ({}, [], [])


def test_a_stack_may_say_more() -> None:
    found = StackFile.model_validate(
        {
            **STACK,
            "compatibility": {"kubernetes": ">=1.29", "argocd": ">=3.0 <4"},
            "requires": {"cert-manager": ">=1.14"},
            "secrets": [{"name": "db", "keys": ["password"], "from": "vault"}],
            "endpoints": [{"name": "web", "url": "https://id.example.org"}],
            "healthTimeout": "30m",
            "backup": {"databases": ["keycloak"]},
        }
    )

    assert found.health_timeout == timedelta(minutes=30)
    assert found.secrets[0].source == "vault"


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"version": 1.4}, "quoted version"),
        ({"owners": []}, "at least 1 item"),
        ({"owners": ["ada"]}, "should match pattern"),
        ({"requires": {"cert-manager": "latest"}}, "expected a range"),
        ({"requires": {"Cert": ">=1"}}, "lower-case letters"),
        ({"secrets": [{"name": "db", "keys": [], "from": "x"}]}, "at least 1 item"),
        ({"healthTimeout": "soon"}, "expected a duration"),
        ({"helthTimeout": "1m"}, "Extra inputs"),
    ],
)
def test_a_stack_that_cannot_be_is_refused(changed: dict[str, Any], problem: str) -> None:
    assert problem in refused(StackFile, {**STACK, **changed})
