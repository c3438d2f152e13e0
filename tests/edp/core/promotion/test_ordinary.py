"""What `edp/policy` says of a pull request that is no promotion of ours."""

import pytest
from promotion_facts import DEV, PROD, TEST, a_graph

from edp.core.promotion.facts import MANUAL_PIN_LABEL
from edp.core.promotion.ordinary import PinChange, PolicyVerdict, judge_ordinary
from edp.core.promotion.pairs import Pair

GRAPH = a_graph()


def judged(
    *changes: PinChange, labels: tuple[str, ...] = (), shares: Pair | None = None
) -> PolicyVerdict:
    return judge_ordinary(GRAPH, changes, labels=labels, shares_head_with=shares)


@pytest.mark.parametrize(
    "change",
    [
        PinChange(DEV, "1.0.0", "1.1.0"),
        PinChange(PROD, "1.0.0", "1.0.0"),
        PinChange(PROD, "1.0.0", None),
        PinChange(PROD, None, None),
    ],
    ids=["no gates", "same version", "taken out", "never there"],
)
def test_what_gets_around_no_gate_succeeds(change: PinChange) -> None:
    assert judged(change).state == "success"


@pytest.mark.parametrize(
    "change",
    [
        PinChange(PROD, "1.0.0", "1.1.0"),
        PinChange(PROD, "1.1.0", "1.0.0"),
        PinChange(PROD, None, "1.0.0"),
        PinChange(PROD, "1.0.0", ""),
        PinChange(TEST, "1.0.0", "1.1.0"),
    ],
    ids=["up", "down", "arrival", "unreadable", "another"],
)
def test_a_pin_behind_gates_is_not_changed_by_hand(change: PinChange) -> None:
    verdict = judged(change)

    assert verdict.state == "failure"
    assert str(change.pair) in verdict.text
    assert MANUAL_PIN_LABEL in verdict.text


def test_a_label_lets_people_do_it_all_the_same() -> None:
    verdict = judged(PinChange(PROD, "1.0.0", "1.1.0"), labels=(MANUAL_PIN_LABEL,))

    assert verdict == PolicyVerdict("success", "changes by hand, as labelled: keycloak in prod")


def test_the_commit_of_a_promotion_is_not_merged_from_elsewhere() -> None:
    verdict = judged(labels=(MANUAL_PIN_LABEL,), shares=PROD)

    assert verdict == PolicyVerdict(
        "failure", "holds the very commit that waits to be promoted: keycloak in prod"
    )


def test_of_many_changes_three_are_named() -> None:
    changes = [PinChange(Pair(f"s{number}", "prod"), "1.0.0", "2.0.0") for number in range(5)]

    assert "s0 in prod, s1 in prod, s2 in prod, …;" in judged(*changes).text
