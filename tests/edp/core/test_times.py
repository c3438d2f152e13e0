"""Times and durations as people and as programs read them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edp.core.times import format_duration, format_iso, format_time, parse_iso

MOMENT = datetime(2026, 11, 25, 10, 32, tzinfo=UTC)


def test_a_time_is_told_with_its_day_and_zone() -> None:
    assert format_time(MOMENT) == "Wed 2026-11-25 10:32 UTC"


def test_a_time_is_told_in_a_local_zone() -> None:
    assert format_time(MOMENT, "Europe/Berlin") == "Wed 2026-11-25 11:32 Europe/Berlin"


def test_seconds_are_told_only_where_there_are_any() -> None:
    assert format_time(MOMENT.replace(second=7)) == "Wed 2026-11-25 10:32:07 UTC"


def test_a_program_reads_utc() -> None:
    there = MOMENT.astimezone(timezone(timedelta(hours=5, minutes=30)))

    assert format_iso(there) == "2026-11-25T10:32:00Z"


@given(st.datetimes(timezones=st.timezones()))
def test_a_time_is_read_back(moment: datetime) -> None:
    try:
        text = format_iso(moment)
    except OverflowError:  # the first and the last day that there is
        return

    assert parse_iso(text) == moment.astimezone(UTC)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"])
def test_a_time_that_utc_does_not_have_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="out of range"):
        parse_iso(text)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-25", "2026-11-25T10:32:00", "1"])
def test_a_time_without_a_zone_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"zone|isoformat"):
        parse_iso(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.4, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (61, "1 min 1 s"),
        (78000, "21 h 40 min"),
        (78001, "21 h 40 min"),
        (86400, "1 d"),
        (90061, "1 d 1 h"),
        (86401, "1 d 1 s"),
    ],
)
def test_a_duration_is_told_in_two_units_at_most(seconds: float, text: str) -> None:
    assert format_duration(timedelta(seconds=seconds)) == text
