"""Which version a promotion is about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from promotion_facts import (
    DAY,
    DEV,
    HOUR,
    PROD,
    STACK,
    TEST,
    a_graph,
    a_hold,
    a_yank,
    commit_of,
    evidence,
    facts,
    known,
    opened,
    pins,
    releases,
    review,
    with_environment,
)

from edp.core.health.verdict import Health
from edp.core.promotion.choice import candidates, choose, is_eligible
from edp.core.promotion.facts import TAKE_NEWEST_LABEL, BranchContent, Facts
from edp.core.promotion.gate import Candidate
from edp.core.promotion.gates import soak
from edp.core.promotion.pairs import Release
from edp.core.version_range import ordered

SOAKED, YOUNG = evidence("1.1.0"), evidence("1.2.0", soaked=2 * HOUR)


def two(**changed: object) -> Facts:
    """1.1.0 has soaked a day and left; 1.2.0 runs in test since two hours."""
    given = {
        "releases": releases("1.0.0", "1.1.0", "1.2.0"),
        "pins": pins(dev="1.2.0", test="1.2.0", prod="1.0.0"),
        "evidence": known(SOAKED, YOUNG),
        **changed,
    }
    return facts(**given)


def test_candidates_are_above_the_pin_and_newest_first() -> None:
    found = facts(releases=releases("0.9.0", "1.0.0", "1.2.0", "1.10.0"))

    assert candidates(found, PROD) == ("1.10.0", "1.2.0")
    assert candidates(found, TEST) == ("1.10.0", "1.2.0")


def test_where_the_stack_is_not_every_release_is_a_candidate() -> None:
    assert candidates(facts(pins={}), PROD) == ("1.1.0", "1.0.0")


def test_without_releases_there_is_no_candidate() -> None:
    assert candidates(facts(releases={}), PROD) == ()


def test_what_is_proven_is_eligible() -> None:
    assert is_eligible(two(), PROD, "1.1.0")
    assert is_eligible(two(), PROD, "1.2.0")


@pytest.mark.parametrize(
    "changed",
    [
        {"evidence": {}},
        {"evidence": known(evidence(commit="f" * 40))},
        {"evidence": known(evidence(intervals=()))},
        {"yanks": {(STACK, "1.1.0"): a_yank()}},
        {"closed": {(STACK, "1.1.0", "prod"): "closed by ada"}},
        {"releases": releases("1.0.0")},
        {"releases": {STACK: (Release(STACK, "1.1.0", commit_of("1.1.0"), "moved"),)}},
        {"pins": pins(test="1.1.0", prod="1.1.0")},
        {"pins": pins(test="1.1.0", prod="2.0.0")},
        {"pins": {}},
        {"graph": with_environment(a_graph(), "prod", sources=["dev", "test"])},
    ],
    ids=[
        "unseen", "another commit", "never healthy", "yanked", "closed", "not released", "bad tag",
        "already there", "older", "no source", "one source only",
    ],
)  # fmt: skip
def test_what_lacks_something_is_not_eligible(changed: dict[str, object]) -> None:
    given = {"evidence": known(evidence()), **changed}

    assert not is_eligible(facts(**given), PROD, "1.1.0")


def test_where_releases_arrive_every_release_is_eligible() -> None:
    found = facts(pins=pins(dev="1.0.0"), evidence={})

    assert is_eligible(found, DEV, "1.1.0")


def test_the_newest_soaked_version_goes_first() -> None:
    assert choose(two(), PROD) == "1.1.0"


def test_without_a_soaked_one_the_newest_goes_first() -> None:
    young = known(evidence("1.1.0", soaked=3 * HOUR), YOUNG)

    assert choose(two(evidence=young), PROD) == "1.2.0"


def test_of_two_soaked_ones_the_newest_goes_first() -> None:
    both = known(evidence("1.1.0"), evidence("1.2.0"))

    assert choose(two(evidence=both), PROD) == "1.2.0"


def test_nothing_eligible_is_no_choice() -> None:
    assert choose(facts(evidence={}), PROD) is None


def test_an_open_soaked_promotion_is_not_replaced_by_an_unsoaked_one() -> None:
    assert choose(two(**opened("1.1.0")), PROD) == "1.1.0"


def test_an_open_unsoaked_promotion_gives_way_to_a_soaked_one() -> None:
    assert choose(two(**opened("1.2.0")), PROD) == "1.1.0"


def test_an_open_promotion_gives_way_to_a_newer_one() -> None:
    both = known(evidence("1.1.0"), evidence("1.2.0"))

    assert choose(two(evidence=both, **opened("1.1.0")), PROD) == "1.2.0"


BOTH = known(evidence("1.1.0"), evidence("1.2.0"))


def test_an_approved_promotion_keeps_its_version() -> None:
    assert choose(two(evidence=BOTH, **opened("1.1.0", approved_by=("ada",))), PROD) == "1.1.0"


@pytest.mark.parametrize(
    "reviews",
    [
        (review("ada", stale=True),),
        (review("ada", dismissed=True),),
        (review("ada", commit="f" * 40),),
        (review("edp-bot"),),
        (review("ada"), review("ada", "REQUEST_CHANGES")),
        (review("ada", "COMMENT"),),
    ],
)
def test_what_is_no_current_approval_keeps_nothing(reviews: tuple[object, ...]) -> None:
    assert choose(two(evidence=BOTH, **opened("1.1.0", reviews=reviews)), PROD) == "1.2.0"


def test_a_version_asked_for_by_name_is_kept() -> None:
    named = opened("1.1.0", proposed={"is_chosen": True})

    assert choose(two(evidence=BOTH, **named), PROD) == "1.1.0"


def test_a_label_asks_for_the_newest_all_the_same() -> None:
    labelled = opened("1.1.0", approved_by=("ada", "bob"), labels=(TAKE_NEWEST_LABEL,))

    assert choose(two(evidence=BOTH, **labelled), PROD) == "1.2.0"


def test_an_approved_version_that_became_ineligible_is_given_up() -> None:
    approved = opened("1.1.0", approved_by=("ada",))
    withdrawn = {(STACK, "1.1.0"): a_yank()}

    assert choose(two(evidence=BOTH, yanks=withdrawn, **approved), PROD) == "1.2.0"


def test_a_hold_keeps_an_approved_version_in_its_place() -> None:
    approved = opened("1.1.0", approved_by=("ada",))

    assert choose(two(evidence=BOTH, holds={PROD: a_hold()}, **approved), PROD) == "1.1.0"


def test_a_foreign_branch_decides_nothing() -> None:
    foreign = {"content": BranchContent.FOREIGN, "reason": "not ours"}

    assert choose(two(evidence=BOTH, **opened("1.1.0", proposed=foreign)), PROD) == "1.2.0"


versions = st.lists(
    st.builds("1.{}.0".format, st.integers(1, 9)), min_size=1, max_size=6, unique=True
).map(lambda found: sorted(found, key=ordered))
soaks = st.lists(st.sampled_from([None, HOUR, DAY]), min_size=6, max_size=6)


@given(versions=versions, soaks=soaks, opened_first=st.booleans(), approved=st.booleans())
def test_a_soaked_version_is_never_replaced_by_an_unsoaked_one(
    versions: list[str], soaks: list[object], opened_first: bool, approved: bool
) -> None:
    seen = [
        evidence(version, soaked=soaked)  # type: ignore[arg-type]
        for version, soaked in zip(versions, soaks, strict=False)
        if soaked is not None
    ]
    approvers = ("ada",) if approved else ()
    found = facts(
        releases=releases("1.0.0", *versions),
        pins=pins(test=versions[-1], prod="1.0.0"),
        evidence=known(*seen),
        **(opened(versions[0], approved_by=approvers) if opened_first else {}),
    )

    chosen = choose(found, PROD)

    eligible = [version for version in versions if is_eligible(found, PROD, version)]
    assert (chosen is None) == (not eligible)
    can_soak = versions[0] == versions[-1] or soak(found, Candidate(PROD, versions[0])).passed
    if opened_first and versions[0] in eligible and approved and can_soak:
        assert chosen == versions[0]
    elif any(soak(found, Candidate(PROD, version)).passed for version in eligible):
        assert chosen is not None
        assert soak(found, Candidate(PROD, chosen)).passed
    elif eligible:
        assert chosen == eligible[-1]


def test_an_approved_version_that_left_before_it_had_soaked_gives_way() -> None:
    seen = known(evidence("1.1.0", soaked=HOUR), YOUNG)

    assert choose(two(evidence=seen, **opened("1.1.0", approved_by=("ada",))), PROD) == "1.2.0"


def test_an_approved_version_that_failed_and_left_does_not_stand_in_the_way() -> None:
    seen = known(evidence("1.1.0", soaked=HOUR, health=Health.FAILED), YOUNG)

    assert choose(two(evidence=seen, **opened("1.1.0", approved_by=("ada",))), PROD) == "1.2.0"


def test_a_failed_version_that_is_still_there_stays_eligible_and_is_refused_by_its_gate() -> None:
    failed = known(evidence(health=Health.FAILED))

    assert is_eligible(facts(evidence=failed), PROD, "1.1.0")
