"""Every step that a promotion can take, and why."""

import pytest
from promotion_facts import (
    DAY,
    DEV,
    HOUR,
    NOW,
    PROD,
    STACK,
    TEST,
    a_freeze,
    a_hold,
    a_yank,
    evidence,
    facts,
    known,
    opened,
    pins,
    proposal,
    pull,
    releases,
)

from edp.core.health.verdict import Health
from edp.core.promotion.decide import Decision, Step, decide, decide_all
from edp.core.promotion.facts import BranchContent, Facts
from edp.core.promotion.gate import Gate, State
from edp.core.promotion.pairs import Pair

APPROVED = {"approved_by": ("ada", "bob")}
SATURDAY = NOW + 3 * DAY


def step(found: Facts, pair: Pair = PROD, wanted: str | None = None) -> tuple[Step, str | None]:
    decision = decide(found, pair, wanted=wanted)
    return decision.step, decision.version


# nothing is open


def test_a_proven_version_is_opened() -> None:
    decision = decide(facts(), PROD)

    assert (decision.step, decision.present, decision.version) == (Step.OPEN, "1.0.0", "1.1.0")
    assert [gate.name for gate in decision.stands_in_the_way] == ["approvals"]
    assert not decision.reuses_branch


def test_a_new_release_is_opened_where_releases_arrive() -> None:
    assert step(facts(pins=pins(dev="1.0.0")), DEV) == (Step.OPEN, "1.1.0")


def test_a_soak_a_window_and_a_freeze_are_waited_for_in_the_open() -> None:
    found = facts(
        now=SATURDAY,
        evidence=known(evidence(soaked=HOUR, observed_at=SATURDAY)),
        freezes={"x": a_freeze(SATURDAY, SATURDAY + DAY)},
    )

    assert step(found) == (Step.OPEN, "1.1.0")


def test_where_nothing_is_newer_nothing_happens() -> None:
    decision = decide(facts(releases=releases("1.0.0")), PROD)

    assert (decision.step, decision.version, decision.gates) == (Step.NOTHING, None, ())


def test_where_the_stack_is_not_nothing_happens() -> None:
    assert step(facts(pins={})) == (Step.NOTHING, None)


@pytest.mark.parametrize(
    ("changed", "gate"),
    [
        ({"evidence": {}}, "healthy"),
        ({"holds": {PROD: a_hold()}}, "hold"),
        ({"yanks": {(STACK, "1.1.0"): a_yank()}}, "not yanked"),
        ({"closed": {(STACK, "1.1.0", "prod"): "closed by ada"}}, "not closed"),
        ({"evidence": known(evidence(health=Health.FAILED))}, "healthy"),
        ({"evidence": known(evidence(health=Health.WAITING))}, "healthy"),
        ({"pins": pins(test="1.0.0", prod="1.0.0")}, "healthy"),
        ({"pins": pins(prod="1.0.0")}, "healthy"),
    ],
)
def test_what_may_not_be_opened_waits_and_says_why(changed: dict[str, object], gate: str) -> None:
    decision = decide(facts(**changed), PROD)

    assert (decision.step, decision.version) == (Step.WAIT, "1.1.0")
    assert gate in [one.name for one in decision.stands_in_the_way]


def test_the_refused_gates_stand_first() -> None:
    decision = decide(facts(holds={PROD: a_hold()}), PROD)

    assert [gate.name for gate in decision.stands_in_the_way] == ["hold", "approvals"]


def test_a_yank_takes_the_next_best() -> None:
    found = facts(
        releases=releases("1.0.0", "1.1.0", "1.2.0"),
        pins=pins(test="1.2.0", prod="1.0.0"),
        evidence=known(evidence("1.1.0"), evidence("1.2.0")),
        yanks={(STACK, "1.2.0"): a_yank()},
    )

    assert step(found) == (Step.OPEN, "1.1.0")


def test_a_branch_that_a_killed_run_left_is_used() -> None:
    decision = decide(facts(proposals={PROD: proposal("1.1.0")}), PROD)

    assert (decision.step, decision.reuses_branch) == (Step.OPEN, True)


@pytest.mark.parametrize("left", [{"version": "1.0.1"}, {"merges_cleanly": False}])
def test_a_branch_with_something_else_is_made_anew(left: dict[str, object]) -> None:
    decision = decide(facts(proposals={PROD: proposal(**{"version": "1.1.0", **left})}), PROD)

    assert (decision.step, decision.reuses_branch) == (Step.OPEN, False)


def test_an_arrival_is_opened_only_if_a_person_asks() -> None:
    found = facts(pins=pins(test="1.1.0"))

    assert step(found) == (Step.WAIT, "1.1.0")
    assert step(found, wanted="1.1.0") == (Step.OPEN, "1.1.0")
    assert decide(found, PROD, is_asked_for=True).step is Step.OPEN


def test_asking_for_an_arrival_skips_no_gate() -> None:
    found = facts(pins=pins(test="1.1.0"), evidence={})

    assert decide(found, PROD, wanted="1.1.0").step is Step.WAIT
    asked = decide(found, PROD, is_asked_for=True)
    assert (asked.step, "healthy" in str(asked.stands_in_the_way)) == (Step.WAIT, True)


def test_a_begun_arrival_is_finished() -> None:
    found = facts(pins=pins(test="1.1.0"), proposals={PROD: proposal(is_arrival=True)})

    decision = decide(found, PROD)

    assert (decision.step, decision.present, decision.reuses_branch) == (Step.OPEN, None, True)


# a version that a person asks for by name


def test_an_older_proven_version_may_be_asked_for() -> None:
    found = facts(
        releases=releases("1.0.0", "1.1.0", "1.2.0"),
        pins=pins(test="1.2.0", prod="1.0.0"),
        evidence=known(evidence("1.1.0"), evidence("1.2.0")),
    )

    assert step(found, wanted="1.1.0") == (Step.OPEN, "1.1.0")
    assert step(found) == (Step.OPEN, "1.2.0")


@pytest.mark.parametrize("wanted", ["9.9.9", "1.0.0", "0.9.0"])
def test_what_may_not_be_promoted_is_refused_by_name(wanted: str) -> None:
    decision = decide(facts(), PROD, wanted=wanted)

    assert (decision.step, decision.version) == (Step.WAIT, wanted)
    assert decision.stands_in_the_way[0].refused


def test_asking_in_vain_leaves_an_open_promotion_alone() -> None:
    decision = decide(facts(**opened()), PROD, wanted="9.9.9")

    assert (decision.step, decision.version, decision.pull) == (Step.WAIT, "9.9.9", None)


def test_asking_for_another_version_rewrites_an_approved_promotion() -> None:
    found = facts(
        releases=releases("1.0.0", "1.1.0", "1.2.0"),
        pins=pins(test="1.2.0", prod="1.0.0"),
        evidence=known(evidence("1.1.0"), evidence("1.2.0")),
        **opened("1.1.0", **APPROVED),
    )

    assert step(found, wanted="1.2.0") == (Step.REWRITE, "1.2.0")
    assert step(found, wanted="1.1.0") == (Step.MERGE, "1.1.0")


# a promotion is open


def test_an_open_promotion_waits_for_its_gates() -> None:
    decision = decide(facts(**opened()), PROD)

    assert (decision.step, decision.version, decision.newer) == (Step.KEEP, "1.1.0", None)
    assert decision.reuses_branch


def test_when_all_gates_pass_it_is_merged() -> None:
    decision = decide(facts(**opened(**APPROVED)), PROD)

    assert (decision.step, decision.version) == (Step.MERGE, "1.1.0")
    assert decision.stands_in_the_way == ()


@pytest.mark.parametrize(
    "changed",
    [
        {"now": SATURDAY},
        {"freezes": {"x": a_freeze(NOW, NOW + DAY)}},
        {"holds": {PROD: a_hold()}},
        {"evidence": known(evidence(soaked=HOUR))},
        {"evidence": known(evidence(health=Health.FAILED))},
        {"evidence": known(evidence(health=Health.UNKNOWN))},
        {"required_contexts": ("ci / final",)},
    ],
    ids=["window", "freeze", "hold", "soak", "failed", "unknown", "checks"],
)
def test_one_gate_is_enough_to_keep_it_waiting(changed: dict[str, object]) -> None:
    assert step(facts(**opened(**APPROVED), **changed)) == (Step.KEEP, "1.1.0")


def test_a_newer_version_is_taken_while_nobody_has_approved() -> None:
    assert step(newer_is_there()) == (Step.REWRITE, "1.2.0")


def test_an_approved_promotion_stays_and_names_what_comes_next() -> None:
    decision = decide(newer_is_there("ada"), PROD)

    assert (decision.step, decision.version, decision.newer) == (Step.KEEP, "1.1.0", "1.2.0")


def newer_is_there(*approved_by: str) -> Facts:
    return facts(
        releases=releases("1.0.0", "1.1.0", "1.2.0"),
        pins=pins(test="1.2.0", prod="1.0.0"),
        evidence=known(evidence("1.1.0"), evidence("1.2.0")),
        **opened("1.1.0", approved_by=approved_by),
    )


def test_a_promotion_that_does_not_merge_cleanly_is_written_anew() -> None:
    conflicting = opened(proposed={"merges_cleanly": False}, **APPROVED)

    decision = decide(facts(**conflicting), PROD)

    assert (decision.step, decision.version, decision.reuses_branch) == (
        Step.REWRITE,
        "1.1.0",
        False,
    )


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"pins": pins(test="1.1.0", prod="1.1.0")}, "prod already runs 1.1.0"),
        ({"pins": pins(test="1.1.0", prod="1.2.0")}, "prod runs the newer 1.2.0"),
        ({"yanks": {(STACK, "1.1.0"): a_yank()}}, "withdrawn by ada: loses sessions"),
    ],
)
def test_a_promotion_without_a_purpose_is_closed(changed: dict[str, object], reason: str) -> None:
    decision = decide(facts(**opened(**APPROVED), **changed), PROD)

    assert (decision.step, decision.version, decision.reason) == (Step.CLOSE, "1.1.0", reason)


def test_a_promotion_that_lost_its_proof_waits_in_the_open() -> None:
    assert step(facts(**opened(**APPROVED), evidence={})) == (Step.KEEP, "1.1.0")


def test_of_several_pull_requests_the_lowest_number_stays() -> None:
    both = (pull(number=3, approved_by=("ada", "bob")), pull(number=5))

    decision = decide(facts(proposals={PROD: proposal()}, pulls={PROD: both}), PROD)

    assert decision.step is Step.MERGE
    assert decision.pull is not None
    assert decision.pull.number == 3
    assert [one.number for one in decision.duplicates] == [5]


def test_a_pull_request_whose_branch_was_not_seen_is_left_alone() -> None:
    decision = decide(facts(pulls={PROD: (pull(),)}), PROD)

    assert (decision.step, decision.version) == (Step.KEEP, None)
    assert "was not there" in decision.reason


# what is somebody else's


REASON = "its branch has a commit that is not the bot's"
FOREIGN = {"content": BranchContent.FOREIGN, "reason": REASON}


@pytest.mark.parametrize("version", ["", "1.1.0"])
def test_a_foreign_branch_is_reported_and_kept(version: str) -> None:
    decision = decide(facts(**opened(version, proposed=FOREIGN, **APPROVED)), PROD)

    assert (decision.step, decision.version) == (Step.KEEP, version or None)
    assert decision.reason == REASON
    assert Gate("branch", State.REFUSED, REASON) in decision.gates


def test_a_foreign_branch_without_a_pull_request_is_not_opened() -> None:
    decision = decide(facts(proposals={PROD: proposal(**FOREIGN)}), PROD)

    assert (decision.step, decision.pull, decision.duplicates) == (Step.WAIT, None, ())


def test_a_foreign_branch_is_not_overwritten_by_asking() -> None:
    assert step(facts(**opened(proposed=FOREIGN)), wanted="1.1.0")[0] is Step.KEEP


@pytest.mark.parametrize(("open_now", "expected"), [(True, Step.KEEP), (False, Step.WAIT)])
def test_an_unreadable_pin_is_left_alone(open_now: bool, expected: Step) -> None:
    given = opened() if open_now else {}

    decision = decide(facts(unreadable={PROD: "a duplicate key"}, **given), PROD)

    assert (decision.step, decision.reason) == (expected, "a duplicate key")


# all pairs


def test_all_pairs_are_decided_in_the_order_of_the_graph() -> None:
    found = facts(
        pins={
            **pins(dev="1.0.0", test="1.0.0", prod="1.0.0"),
            Pair("argo", "prod"): pins(prod="1.0.0")[PROD],
        },
        unreadable={Pair("zipkin", "dev"): "not YAML"},
    )

    assert [decision.pair for decision in decide_all(found)] == [
        DEV,
        Pair("zipkin", "dev"),
        TEST,
        Pair("argo", "prod"),
        PROD,
    ]


def test_a_pair_outside_the_graph_is_left_alone() -> None:
    gone = Pair(STACK, "staging")

    found = decide_all(facts(pins={}, pulls={gone: (pull(pair=gone),)}))

    assert found == ()


def test_a_decision_needs_nothing_but_facts() -> None:
    first: Decision = decide(facts(**opened(**APPROVED)), PROD)

    assert decide(facts(**opened(**APPROVED)), PROD) == first
