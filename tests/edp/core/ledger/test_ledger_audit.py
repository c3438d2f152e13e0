"""Audit lines, derived from what the history of `main` changed."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edp.core.ledger.audit import FileChange, MainCommit, audit_lines
from edp.core.promotion.pairs import Pair

AT = datetime(2026, 11, 25, 10, 32, tzinfo=UTC)
PATH = "environments/prod/keycloak.yaml"
HOLD = "environments/holds/prod/keycloak.yaml"
PINS = {"old": "1.0.0", "new": "1.1.0", "same": "1.0.0"}
TRAILERS = "Promoted-Stack: keycloak\nPromoted-Environment: prod\nPromoted-To: 1.1.0"


def commit(*changes: FileChange, message: str = "Change it", author: str = "ada") -> MainCommit:
    return MainCommit("c" * 40, AT, author, message, changes)


def lines(*history: MainCommit) -> list[dict[str, Any]]:
    found = audit_lines(
        history,
        pairs={PATH: Pair("keycloak", "prod")},
        pins=PINS,
        is_policy={HOLD: True, "README.md": False},
    )
    return [json.loads(line) for _, line in found]


def test_a_promotion_is_one_line_with_everything_in_it() -> None:
    message = f"Promote keycloak\n\n{TRAILERS}\n"

    found = lines(commit(FileChange(PATH, "old", "new"), message=message, author="edp-bot"))

    assert found == [
        {
            "schema": 1,
            "at": "2026-11-25T10:32:00Z",
            "commit": "c" * 40,
            "kind": "promotion",
            "stack": "keycloak",
            "environment": "prod",
            "from": "1.0.0",
            "to": "1.1.0",
            "trailers": {
                "Promoted-Stack": "keycloak",
                "Promoted-Environment": "prod",
                "Promoted-To": "1.1.0",
            },
            "by": "edp-bot",
            "subject": "Promote keycloak",
        }
    ]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (FileChange(PATH, "old", "new"), "promotion"),
        (FileChange(PATH, "new", "old"), "rollback"),
        (FileChange(PATH, "", "new"), "arrival"),
        (FileChange(PATH, "old", ""), "removal"),
        (FileChange(PATH, "old", "same"), "values"),
        (FileChange(PATH, "old", "broken"), "unreadable"),
        (FileChange(PATH, "broken", "new"), "unreadable"),
        (FileChange(PATH, "broken", "other"), "values"),
    ],
)
def test_the_kind_is_what_git_says_whoever_did_it(change: FileChange, kind: str) -> None:
    (line,) = lines(commit(change))

    assert line["kind"] == kind
    assert "trailers" not in line


def test_trailers_about_something_else_add_nothing() -> None:
    other = TRAILERS.replace("prod", "test")

    (line,) = lines(commit(FileChange(PATH, "old", "new"), message=f"x\n\n{other}"))

    assert "trailers" not in line


@pytest.mark.parametrize(
    ("change", "how"),
    [
        (FileChange(HOLD, "", "a"), "added"),
        (FileChange(HOLD, "a", "b"), "changed"),
        (FileChange(HOLD, "a", ""), "removed"),
    ],
)
def test_a_change_of_policy_is_a_line_too(change: FileChange, how: str) -> None:
    (line,) = lines(commit(change))

    assert (line["kind"], line["path"], line["change"]) == ("policy", HOLD, how)


def test_what_is_neither_pin_nor_policy_is_no_line() -> None:
    assert lines(commit(FileChange("README.md", "a", "b"), FileChange("x", "a", "b"))) == []


def test_each_change_of_each_commit_is_a_line_in_order() -> None:
    later = MainCommit(
        "d" * 40, AT + timedelta(days=8), "bob", "Hold", (FileChange(HOLD, "", "a"),)
    )
    first = commit(FileChange(PATH, "old", "new"), FileChange(HOLD, "a", ""))

    found = list(
        audit_lines([first, later], pairs={PATH: Pair("a", "b")}, pins=PINS, is_policy={HOLD: True})
    )

    assert [moment for moment, _ in found] == [AT, AT, later.at]
    assert all(line.endswith(b"}\n") and line.count(b"\n") == 1 for _, line in found)


def test_a_hostile_message_stays_in_its_line() -> None:
    evil = commit(
        FileChange(HOLD, "", "a"), message="x\u2028y\x1b[31m" * 200, author='"}\n{"kind": "x"'
    )

    (line,) = lines(evil)

    assert len(line["subject"]) <= 300
    assert line["subject"].isprintable()
    assert "\n" not in line["by"]
