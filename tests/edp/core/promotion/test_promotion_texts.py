"""What people read on the forge: absolute facts, and no markup of anybody else's."""

import re
from dataclasses import replace

import pytest
from promotion_facts import (
    DAY,
    DEV,
    HOUR,
    NOW,
    PROD,
    STACK,
    TEST,
    a_hold,
    a_yank,
    evidence,
    facts,
    known,
    opened,
    pins,
    releases,
)

from edp.core.health.verdict import Health
from edp.core.promotion.decide import Decision, Step, decide
from edp.core.promotion.facts import Facts
from edp.core.promotion.gate import Gate, State
from edp.core.promotion.texts import (
    COMMENT_MARKER,
    body_of,
    changes_between,
    closing_comment,
    comment_of,
    marker,
    settled_comment,
    status_of,
    title_of,
    version_in,
)
from edp.core.repository.stack_file import StackFile

CHANGELOG = """# Changelog

Everything of note.

## 1.2.0 (2026-11-25)
* sessions survive a restart

## [1.1.0] - 2026-11-20
* faster login
### Fixed
* typo

## v1.0.0
* first

## Unreleased
* later
"""


def body(found: Facts) -> str:
    return body_of(found, decide(found, PROD))


def test_a_title_names_what_moves_from_where_to_where() -> None:
    assert title_of(decide(facts(), PROD)) == "Promote keycloak 1.0.0 → 1.1.0 to prod"


def test_a_title_of_an_arrival_names_what_comes() -> None:
    found = facts(pins=pins(test="1.1.0"))

    assert title_of(decide(found, PROD, wanted="1.1.0")) == "Add keycloak 1.1.0 to prod"


def test_a_body_says_what_is_proven_and_what_is_missing() -> None:
    assert body(facts()) == (
        "| | |\n"
        "|---|---|\n"
        "| stack | keycloak |\n"
        "| from → to | 1.0.0 → 1.1.0 |\n"
        "| environment | prod |\n"
        "| proven in | test, healthy since Tue 2026-11-24 10:32 UTC |\n"
        "\n"
        "**Gates**\n"
        "\n"
        "| | gate | |\n"
        "|---|---|---|\n"
        "| ✓ | released | keycloak\\/v1\\.1\\.0 at 312e312e, tag unmoved |\n"
        "| ✓ | newer | prod runs 1\\.0\\.0 |\n"
        "| ✓ | not yanked | not withdrawn |\n"
        "| ✓ | not closed | nobody closed this promotion |\n"
        "| ✓ | hold | none |\n"
        "| ✓ | freeze | none |\n"
        "| ✓ | healthy | test\\: Healthy and Synced at 312e312e since"
        " Tue 2026\\-11\\-24 10\\:32 UTC |\n"
        "| ✓ | soak | test\\: 1 d complete |\n"
        "| ✓ | settling | nobody waits for 1\\.0\\.0 |\n"
        "| … | approvals | 0 of 2 |\n"
        "| ✓ | window | open until Wed 2026\\-11\\-25 16\\:00 Europe\\/Berlin |\n"
        "| ✓ | terraform | not applied by edp |\n"
        "| ✓ | checks | none required |\n"
        "| ✓ | branch | only the pin changes |\n"
        "\n"
        "People approve, the bot merges when every gate has passed. Stop it: close this pull"
        " request, or merge a hold as `environments/holds/prod/keycloak.yaml`.\n"
        "\n"
        "<!-- edp:promotion keycloak prod 1.1.0 -->\n"
    )


def test_an_unchanged_decision_has_an_unchanged_body() -> None:
    later = facts(
        now=NOW + HOUR, evidence=known(evidence(soaked=DAY + HOUR, observed_at=NOW + HOUR))
    )

    assert body(later) == body(facts())


def test_owners_are_named_without_being_called() -> None:
    stack = StackFile.model_validate(
        {
            "apiVersion": "edp/v1",
            "name": STACK,
            "version": "1.1.0",
            "owners": ["@platform/identity"],
            "namespace": "keycloak",
        }
    )

    assert "keycloak, owned by `@platform/identity`" in body(facts(stacks={STACK: stack}))


@pytest.mark.parametrize(
    ("seen", "text"),
    [
        ({}, "test: not yet"),
        (known(evidence(intervals=())), "test: not yet"),
        (
            known(evidence(health=Health.UNKNOWN)),
            "test, was healthy until Wed 2026-11-25 10:32 UTC",
        ),
    ],
)
def test_a_proof_that_is_missing_says_so(seen: dict[str, object], text: str) -> None:
    assert f"| proven in | {text} |" in body(facts(evidence=seen))


def test_where_releases_arrive_no_proof_is_asked() -> None:
    found = facts(pins=pins(dev="1.0.0"))

    assert "takes releases directly" in body_of(found, decide(found, DEV))


def test_a_newer_version_is_named() -> None:
    found = facts(
        releases=releases("1.0.0", "1.1.0", "1.2.0"),
        pins=pins(test="1.2.0", prod="1.0.0"),
        evidence=known(evidence("1.1.0"), evidence("1.2.0")),
        **opened("1.1.0", approved_by=("ada",)),
    )

    assert "\n1.2.0 comes next.\n" in body(found)


def test_an_arrival_lists_the_values_to_review() -> None:
    found = facts(pins=pins(test="1.1.0"), arrival_values={PROD: "destination: x\n"})

    text = body_of(found, decide(found, PROD, wanted="1.1.0"))

    assert "| from → to | arrives with 1.1.0 |" in text
    assert "review them.\n\n```yaml\ndestination: x\n```" in text
    assert "review them" not in body(facts(arrival_values={PROD: "destination: x\n"}))


def test_the_changelog_of_what_comes_is_shown() -> None:
    text = body(facts(changelogs={STACK: CHANGELOG}))

    assert "Changelog of keycloak" in text
    assert "faster login" in text
    assert "sessions survive" not in text
    assert "first" not in text


def test_a_changelog_cannot_break_out_of_its_place() -> None:
    evil = "## 1.1.0\n```\n</details> @everyone closes #1 \x1b[31m\u202e\n"

    text = body(facts(changelogs={STACK: evil}))

    assert "````text\n" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_a_long_changelog_is_cut() -> None:
    assert len(body(facts(changelogs={STACK: "## 1.1.0\n" + "x" * 50_000}))) < 12_000


@pytest.mark.parametrize(
    ("after", "until", "heads"),
    [
        ("1.0.0", "1.1.0", ["## [1.1.0] - 2026-11-20"]),
        ("1.0.0", "1.2.0", ["## 1.2.0 (2026-11-25)", "## [1.1.0] - 2026-11-20"]),
        (None, "1.0.0", ["## v1.0.0"]),
        ("1.2.0", "1.2.0", []),
    ],
)
def test_only_the_sections_between_two_versions_are_taken(
    after: str | None, until: str, heads: list[str]
) -> None:
    found = changes_between(CHANGELOG, after=after, until=until)

    assert re.findall(r"^## .*$", found, re.MULTILINE) == heads


@pytest.mark.parametrize("text", ["", "nothing here", "### 1.1.0\n", "## someday\n"])
def test_a_changelog_without_versions_says_nothing(text: str) -> None:
    assert changes_between(text, after=None, until="1.1.0") == ""


def test_markup_in_a_reason_is_harmless() -> None:
    evil = "<img src=x> | [x](http://evil) @ada fixes #1"
    text = body(facts(holds={PROD: a_hold().model_copy(update={"reason": evil})}))

    row = next(line for line in text.splitlines() if "held at" in line)
    told = row.split(" | ", 2)[2].removesuffix(" |")
    assert not re.search(r"(?<!\\)[<>\[\]()#|]", told)
    assert "@ada" not in told


# the marker


def test_a_marker_is_read_back() -> None:
    assert version_in(f"text\n{marker(PROD, '1.1.0-rc.1')}\n", PROD) == "1.1.0-rc.1"


@pytest.mark.parametrize(
    "text",
    ["", marker(TEST, "1.1.0"), "<!-- edp:promotion keycloak prod -->", "edp:promotion keycloak"],
)
def test_anything_else_is_no_marker_of_this_pair(text: str) -> None:
    assert version_in(text, PROD) is None


# status and comments


def test_a_status_tells_what_stands_in_the_way_refused_first() -> None:
    found = facts(holds={PROD: a_hold()}, **opened())

    assert status_of(decide(found, PROD)) == (
        "hold: held at 1.0.0 by ada: login is slow; approvals: 0 of 2"
    )


def test_a_status_without_obstacles_says_so() -> None:
    found = facts(**opened(approved_by=("ada", "bob")))

    assert status_of(decide(found, PROD)) == "all gates passed"


def test_a_status_without_gates_tells_the_reason() -> None:
    assert status_of(decide(facts(unreadable={PROD: "not YAML"}), PROD)) == "not YAML"


def test_a_status_is_short() -> None:
    long = Decision(PROD, Step.KEEP, "1.0.0", "1.1.0", (Gate("hold", State.REFUSED, "x" * 999),))

    assert len(status_of(long)) == 250


def test_what_goes_on_by_itself_needs_no_comment() -> None:
    assert comment_of(decide(facts(**opened()), PROD)) == ""
    assert settled_comment().startswith(COMMENT_MARKER)


def test_what_needs_a_person_says_what() -> None:
    found = facts(holds={PROD: a_hold()}, **opened())

    assert comment_of(decide(found, PROD)) == (
        f"{COMMENT_MARKER}\n"
        "This promotion does not go on by itself:\n"
        "\n"
        "* **hold**: held at 1\\.0\\.0 by ada\\: login is slow"
    )


def test_what_is_closed_says_why() -> None:
    found = facts(yanks={(STACK, "1.1.0"): a_yank()}, **opened())

    assert closing_comment(decide(found, PROD).reason) == (
        "Closed by edp: withdrawn by ada\\: loses sessions."
    )
    assert closing_comment("x", lead="Stopped").startswith("Stopped: x")


# when it goes on


def waits(*gates: Gate, step: Step = Step.KEEP) -> Decision:
    return Decision(PROD, step, "1.0.0", "1.1.0", gates)


SOON = Gate("soak", State.WAITING, "soaks", NOW + HOUR)
LATER = Gate("window", State.WAITING, "closed", NOW + DAY)
PEOPLE = Gate("approvals", State.WAITING, "0 of 2")
NO = Gate("hold", State.REFUSED, "held", NOW + DAY)
UNSTEADY = Gate("healthy", State.WAITING, "steady soon", NOW + HOUR)


@pytest.mark.parametrize(
    ("decision", "moment"),
    [
        (waits(), None),
        (waits(SOON, LATER), NOW + DAY),
        (waits(SOON, PEOPLE), None),
        (waits(SOON, NO), None),
        (waits(UNSTEADY, LATER, PEOPLE, step=Step.WAIT), NOW + HOUR),
        (waits(LATER, step=Step.WAIT), None),
    ],
)
def test_a_decision_knows_when_time_alone_brings_it_on(decision: Decision, moment: object) -> None:
    assert decision.goes_on_at == moment


def test_a_decision_about_nothing_has_a_body_all_the_same() -> None:
    assert body_of(facts(), replace(waits(), version=None)).endswith("prod  -->\n")
