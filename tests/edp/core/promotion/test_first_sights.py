"""How many pairs one run tells the ledger about for the first time."""

from datetime import UTC, datetime, timedelta

from edp.core.promotion.needs import some_in_turn
from edp.core.promotion.pairs import Pair

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
PAIRS = tuple(Pair(f"stack-{number}", "dev") for number in range(100))


def test_few_pairs_are_all_told() -> None:
    assert some_in_turn(PAIRS[:3], at_most=3, now=NOW) == frozenset(PAIRS[:3])


def test_without_pairs_nothing_is_told() -> None:
    assert some_in_turn((), at_most=3, now=NOW) == frozenset()


def test_of_many_pairs_only_so_many_are_told() -> None:
    assert len(some_in_turn(PAIRS, at_most=7, now=NOW)) == 7


def test_within_a_minute_they_are_the_same() -> None:
    later = NOW + timedelta(seconds=59)

    assert some_in_turn(PAIRS, at_most=7, now=NOW) == some_in_turn(PAIRS, at_most=7, now=later)


def test_runs_at_any_interval_tell_all_of_them_in_the_end() -> None:
    for minutes in (1, 5, 7, 10):
        moments = [NOW + timedelta(minutes=minutes * run) for run in range(40)]

        told = {pair for now in moments for pair in some_in_turn(PAIRS, at_most=10, now=now)}

        assert told == set(PAIRS), minutes
