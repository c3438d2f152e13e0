"""Each gate in each state: what it says, and when that can change."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from promotion_facts import (
    DAY,
    DEV,
    HOUR,
    MINUTE,
    NOW,
    PROD,
    STACK,
    TEST,
    a_freeze,
    a_graph,
    a_hold,
    a_yank,
    candidate,
    commit_of,
    evidence,
    facts,
    known,
    pins,
    releases,
    with_environment,
)

from edp.core.health.verdict import Health
from edp.core.promotion import gates
from edp.core.promotion.evidence import Interval
from edp.core.promotion.gate import Gate, State
from edp.core.promotion.gates import evaluate
from edp.core.promotion.pairs import Release


def passed(name: str, reason: str, changes_at: datetime | None = None) -> Gate:
    return Gate(name, State.PASSED, reason, changes_at)


def waiting(name: str, reason: str, changes_at: datetime | None = None) -> Gate:
    return Gate(name, State.WAITING, reason, changes_at)


def refused(name: str, reason: str, changes_at: datetime | None = None) -> Gate:
    return Gate(name, State.REFUSED, reason, changes_at)


# released


def test_a_tagged_version_is_released() -> None:
    found = gates.released(facts(), candidate())

    assert found == passed("released", "keycloak/v1.1.0 at 312e312e, tag unmoved")


def test_a_version_without_a_tag_is_not_released() -> None:
    found = gates.released(facts(), candidate("9.9.9"))

    assert found == refused("released", "keycloak 9.9.9 has no tag")


def test_a_tag_that_does_not_count_tells_why() -> None:
    moved = {STACK: (Release(STACK, "1.1.0", commit_of("1.1.0"), problem="the tag was moved"),)}

    found = gates.released(facts(releases=moved), candidate())

    assert found == refused("released", "the tag was moved")


# newer


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("1.1.0", passed("newer", "prod runs 1.0.0")),
        ("1.0.0", refused("newer", "prod already runs 1.0.0")),
        ("0.9.0", refused("newer", "prod runs the newer 1.0.0")),
    ],
)
def test_only_a_newer_version_is_promoted(version: str, expected: Gate) -> None:
    assert gates.newer(facts(), candidate(version)) == expected


def test_where_the_stack_is_not_every_version_is_new() -> None:
    assert gates.newer(facts(pins=pins(test="1.1.0")), candidate()) == passed(
        "newer", "arrives in prod"
    )


# yanked, closed, held


def test_a_yanked_version_is_refused_with_its_reason() -> None:
    found = facts(yanks={(STACK, "1.1.0"): a_yank()})

    assert gates.not_yanked(found, candidate()) == refused(
        "not yanked", "withdrawn by ada: loses sessions"
    )
    assert gates.not_yanked(found, candidate("1.0.0")).passed


def test_what_a_person_closed_is_refused_for_that_version_and_environment() -> None:
    found = facts(closed={(STACK, "1.1.0", "prod"): "closed by ada"})

    assert gates.not_closed(found, candidate()) == refused(
        "not closed", "closed by ada; undo with promote --again"
    )
    assert gates.not_closed(found, candidate("1.2.0")).passed
    assert gates.not_closed(found, candidate(pair=TEST)).passed


def test_a_hold_keeps_the_stack_where_it_is() -> None:
    found = facts(holds={PROD: a_hold()})

    assert gates.hold(found, candidate()) == refused("hold", "held at 1.0.0 by ada: login is slow")
    assert gates.hold(found, candidate(pair=TEST)).passed


def test_a_hold_tells_until_when() -> None:
    until = NOW + DAY
    found = facts(holds={PROD: a_hold(until=until)})

    assert gates.hold(found, candidate()) == refused(
        "hold", "held at 1.0.0 by ada until Thu 2026-11-26 10:32 UTC: login is slow", until
    )


def test_a_hold_that_is_over_holds_nothing() -> None:
    assert gates.hold(facts(holds={PROD: a_hold(until=NOW)}), candidate()) == passed("hold", "none")


def test_the_held_version_itself_may_come() -> None:
    found = facts(holds={PROD: a_hold("1.1.0")})

    assert gates.hold(found, candidate()) == passed("hold", "held at 1.1.0, which this is")


# freeze


def test_a_freeze_waits_for_its_end() -> None:
    until = NOW + 2 * DAY
    found = facts(freezes={"christmas": a_freeze(NOW, until)})

    assert gates.freeze(found, candidate()) == waiting(
        "freeze", "christmas until Fri 2026-11-27 10:32 UTC: christmas", until
    )


@pytest.mark.parametrize(
    ("begin", "until", "environment"),
    [
        (NOW + MINUTE, NOW + DAY, "prod"),
        (NOW - DAY, NOW, "prod"),
        (NOW - DAY, NOW + DAY, "test"),
    ],
)
def test_another_time_or_place_is_not_frozen(
    begin: datetime, until: datetime, environment: str
) -> None:
    found = facts(freezes={"christmas": a_freeze(begin, until, environment)})

    assert gates.freeze(found, candidate()) == passed("freeze", "none")


def test_of_several_freezes_the_last_to_end_counts() -> None:
    found = facts(
        freezes={
            "short": a_freeze(NOW - DAY, NOW + HOUR),
            "long": a_freeze(NOW - DAY, NOW + DAY),
        }
    )

    assert gates.freeze(found, candidate()).changes_at == NOW + DAY


# healthy


def test_where_releases_arrive_no_health_is_asked() -> None:
    assert gates.healthy(facts(), candidate(pair=DEV)) == passed(
        "healthy", "takes releases directly"
    )


def test_a_version_that_is_healthy_in_its_source_passes() -> None:
    assert gates.healthy(facts(), candidate()) == passed(
        "healthy", "test: Healthy and Synced at 312e312e since Tue 2026-11-24 10:32 UTC"
    )


def test_a_stack_that_no_source_has_is_refused() -> None:
    assert gates.healthy(facts(pins={}), candidate()) == refused(
        "healthy", "no environment before it has the stack (test)"
    )


def test_a_source_without_the_stack_is_replaced_by_its_own_sources() -> None:
    found = gates.healthy(facts(pins=pins(dev="1.1.0", prod="1.0.0")), candidate())

    assert found.passed
    assert found.reason.startswith("dev: Healthy")


def test_a_source_that_runs_an_older_version_is_no_proof() -> None:
    found = facts(pins=pins(dev="1.1.0", test="1.0.0", prod="1.0.0"))

    assert gates.healthy(found, candidate()) == refused("healthy", "test runs 1.0.0, not 1.1.0")


@pytest.mark.parametrize(
    "seen",
    [{}, known(evidence(commit="f" * 40)), known(evidence(environment="dev"))],
    ids=["never", "at another commit", "elsewhere"],
)
def test_what_was_not_seen_at_the_released_commit_is_no_proof(seen: dict[str, object]) -> None:
    assert gates.healthy(facts(evidence=seen), candidate()) == refused(
        "healthy", "test: never seen healthy at the released commit"
    )


def test_corrupt_evidence_speaks_for_nothing() -> None:
    found = facts(broken_evidence={(STACK, "1.1.0", "test"): "it is not JSON"})

    assert gates.healthy(found, candidate()) == refused("healthy", "test: it is not JSON")


def test_a_failure_in_the_source_is_refused_with_its_message() -> None:
    failed = evidence(health=Health.FAILED, reason="health is Degraded: no replicas")

    found = gates.healthy(facts(evidence=known(failed)), candidate())

    assert found == refused("healthy", "test: health is Degraded: no replicas")


@pytest.mark.parametrize("health", [Health.WAITING, Health.UNKNOWN])
def test_what_was_healthy_before_is_waited_for(health: Health) -> None:
    lapsed = evidence(health=health, reason="no answer from Argo CD")

    found = gates.healthy(facts(evidence=known(lapsed)), candidate())

    assert found == waiting("healthy", "test: no answer from Argo CD")


def test_what_was_never_healthy_is_refused() -> None:
    new = evidence(health=Health.WAITING, reason="Progressing", intervals=())

    found = gates.healthy(facts(evidence=known(new)), candidate())

    assert found == refused("healthy", "test: Progressing")


def test_health_must_last_before_it_counts() -> None:
    young = evidence(soaked=timedelta(seconds=10))

    found = gates.healthy(facts(evidence=known(young)), candidate())

    assert found == waiting(
        "healthy",
        "test: healthy since Wed 2026-11-25 10:31:50 UTC, steady at Wed 2026-11-25 10:32:20 UTC",
        NOW + timedelta(seconds=20),
    )


def moved_on(**seen: object) -> Gate:
    """Test runs 1.2.0 by now; what was seen there of 1.1.0 decides."""
    there = {"pins": pins(dev="1.2.0", test="1.2.0", prod="1.0.0")}
    before = evidence(observed_at=NOW - DAY, **seen)  # type: ignore[arg-type]
    return gates.healthy(facts(evidence=known(before), **there), candidate())


def test_a_version_that_left_its_source_healthy_is_proven() -> None:
    assert moved_on() == passed("healthy", "test: was healthy until Tue 2026-11-24 10:32 UTC")


def test_a_version_that_left_its_source_failed_is_not() -> None:
    found = moved_on(health=Health.FAILED, reason="Degraded")

    assert found == refused("healthy", "test: when last seen: Degraded")


def test_a_version_that_was_never_healthy_before_it_left_is_not() -> None:
    found = moved_on(health=Health.WAITING, intervals=())

    assert found == refused("healthy", "test: never seen healthy there")


def with_two_sources() -> object:
    return with_environment(a_graph(), "prod", sources=["dev", "test"])


def test_every_source_must_vouch() -> None:
    found = facts(graph=with_two_sources(), evidence=known(evidence()))

    assert gates.healthy(found, candidate()) == refused(
        "healthy", "dev: never seen healthy at the released commit"
    )


# soak


def test_where_none_is_asked_nothing_is_waited_for() -> None:
    assert gates.soak(facts(), candidate(pair=DEV)) == passed("soak", "none asked")


def test_without_sources_nothing_can_soak() -> None:
    found = facts(graph=a_graph(dev={"soak": "1h"}))

    assert gates.soak(found, candidate(pair=DEV)) == passed("soak", "takes releases directly")


def test_a_soak_that_is_complete_passes_for_good() -> None:
    assert gates.soak(facts(), candidate()) == passed("soak", "test: 1 d complete")


def test_a_soak_under_way_tells_when_it_is_complete() -> None:
    found = facts(evidence=known(evidence(soaked=2 * HOUR)))

    assert gates.soak(found, candidate()) == waiting(
        "soak", "test: 1 d complete at Thu 2026-11-26 08:32 UTC", NOW + 22 * HOUR
    )


def test_a_soak_that_is_not_observed_says_so() -> None:
    assert gates.soak(facts(evidence={}), candidate()) == waiting("soak", "test: nothing of 1 d")


@pytest.mark.parametrize(
    "changed",
    [
        {"evidence": known(evidence(soaked=90 * MINUTE, health=Health.WAITING))},
        {
            "evidence": known(evidence(soaked=90 * MINUTE)),
            "pins": pins(dev="1.2.0", test="1.2.0", prod="1.0.0"),
        },
    ],
    ids=["not green", "moved on"],
)
def test_a_soak_that_stands_still_says_so(changed: dict[str, object]) -> None:
    assert gates.soak(facts(**changed), candidate()) == waiting(
        "soak", "test: 1 h 30 min of 1 d, not counting now"
    )


def test_every_source_must_reach_the_soak_by_itself() -> None:
    half = [evidence(soaked=12 * HOUR), evidence(environment="dev", soaked=20 * HOUR)]
    found = gates.soak(facts(graph=with_two_sources(), evidence=known(*half)), candidate())

    assert found.state is State.WAITING
    assert found.changes_at == NOW + 12 * HOUR
    assert found.reason.count("complete at") == 2


def test_a_wait_whose_end_nobody_knows_has_no_time() -> None:
    seen = [
        evidence(soaked=12 * HOUR),
        evidence(environment="dev", health=Health.WAITING, soaked=HOUR),
    ]

    found = gates.soak(facts(graph=with_two_sources(), evidence=known(*seen)), candidate())

    assert (found.state, found.changes_at) == (State.WAITING, None)


def test_closed_intervals_count_together() -> None:
    two = (Interval(NOW - 3 * DAY, NOW - 3 * DAY + 20 * HOUR), Interval(NOW - 4 * HOUR, NOW))

    assert gates.soak(facts(evidence=known(evidence(intervals=two))), candidate()).passed


# settling


def settling_test(**changed: object) -> Gate:
    """May test take 1.2.0, while prod still waits for 1.1.0?"""
    given = {"releases": releases("1.0.0", "1.1.0", "1.2.0"), **changed}
    return gates.settling(facts(**given), candidate("1.2.0", TEST))


def test_an_environment_serves_those_who_wait_for_it_first() -> None:
    seen = known(evidence(soaked=20 * HOUR))

    assert settling_test(evidence=seen) == waiting(
        "settling", "1.1.0 completes its 1 d here at Wed 2026-11-25 14:32 UTC", NOW + 4 * HOUR
    )


def test_then_it_takes_the_next() -> None:
    assert settling_test() == passed("settling", "1.1.0 has soaked 1 d here")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"evidence": {}}, waiting("settling", "1.1.0 was not yet seen healthy here")),
        (
            {"evidence": known(evidence(soaked=HOUR, health=Health.WAITING))},
            waiting("settling", "1.1.0 must first be healthy for 1 d here"),
        ),
        (
            {"evidence": known(evidence(soaked=HOUR, health=Health.FAILED))},
            passed("settling", "1.1.0 failed here"),
        ),
        (
            {"evidence": {}, "yanks": {(STACK, "1.1.0"): a_yank()}},
            passed("settling", "nobody waits for 1.1.0"),
        ),
        (
            {"evidence": {}, "holds": {PROD: a_hold()}},
            passed("settling", "nobody waits for 1.1.0"),
        ),
        (
            {"evidence": {}, "closed": {(STACK, "1.1.0", "prod"): "closed by ada"}},
            passed("settling", "nobody waits for 1.1.0"),
        ),
        (
            {"evidence": {}, "pins": pins(test="1.1.0", prod="1.1.0")},
            passed("settling", "nobody waits for 1.1.0"),
        ),
        (
            {"evidence": {}, "pins": pins(test="1.1.0")},
            passed("settling", "nobody waits for 1.1.0"),
        ),
        ({"pins": pins(prod="1.0.0")}, passed("settling", "nothing to wait for")),
        (
            {"evidence": {}, "graph": with_environment(a_graph(), "test", settle="never")},
            passed("settling", "nothing to wait for"),
        ),
    ],
    ids=[
        "not seen", "not healthy", "failed", "yanked", "held", "closed", "taken", "nobody there",
        "not here", "never settles",
    ],
)  # fmt: skip
def test_what_an_environment_waits_for_before_it_moves_on(
    changed: dict[str, object], expected: Gate
) -> None:
    assert settling_test(**changed) == expected


# window


def test_without_windows_it_is_always_open() -> None:
    assert gates.window(facts(), candidate(pair=TEST)) == passed("window", "always open")


def test_an_open_window_tells_when_it_closes() -> None:
    closes = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)

    assert gates.window(facts(), candidate()) == passed(
        "window", "open until Wed 2026-11-25 16:00 Europe/Berlin", closes
    )


def test_a_closed_window_tells_when_it_opens() -> None:
    saturday = datetime(2026, 11, 28, 10, 0, tzinfo=UTC)

    assert gates.window(facts(now=saturday), candidate()) == waiting(
        "window",
        "opens Mon 2026-11-30 08:00 Europe/Berlin",
        datetime(2026, 11, 30, 7, 0, tzinfo=UTC),
    )


# all of them


def test_every_gate_speaks_even_when_another_says_no() -> None:
    found = evaluate(facts(holds={PROD: a_hold()}, evidence={}), candidate())

    assert [gate.name for gate in found] == [
        "released", "newer", "not yanked", "not closed", "hold", "freeze", "healthy", "soak",
        "settling", "approvals", "window", "terraform", "checks", "branch",
    ]  # fmt: skip
    assert {gate.name for gate in found if gate.refused} == {"hold", "healthy"}


def test_an_unchanged_platform_says_the_same_later() -> None:
    first, second = facts(), facts(now=NOW + MINUTE)

    words = [[gate.reason for gate in evaluate(one, candidate())] for one in (first, second)]

    assert words[0] == words[1]


def test_a_growing_soak_says_the_same_later() -> None:
    young = evidence(soaked=HOUR)
    older = replace(
        young,
        observed_at=NOW + 10 * MINUTE,
        intervals=(Interval(NOW - HOUR, NOW + 10 * MINUTE),),
    )

    first = facts(evidence=known(young))
    second = facts(evidence=known(older), now=NOW + 10 * MINUTE)

    assert evaluate(first, candidate()) == evaluate(second, candidate())
