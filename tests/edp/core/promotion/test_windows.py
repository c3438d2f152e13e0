"""Weekly windows in local time: where the clock changes, at midnight, and when the next opens."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edp.core.promotion.windows import closes_at, is_open, opens_next, spans
from edp.core.repository.promotion_graph import DAYS, Window


def window(days: str, hours: str, timezone: str = "Europe/Berlin") -> Window:
    return Window.model_validate({"days": days, "hours": hours, "timezone": timezone})


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


OFFICE = window("Mon-Thu", "08:00-16:00")


@pytest.mark.parametrize(
    ("now", "open_now"),
    [
        ("2026-11-25T06:59:59", False),
        ("2026-11-25T07:00:00", True),
        ("2026-11-25T14:59:59", True),
        ("2026-11-25T15:00:00", False),
        ("2026-11-27T10:00:00", False),  # a Friday
        ("2026-07-15T06:00:00", True),  # summer: two hours ahead of UTC
        ("2026-07-15T14:00:00", False),
    ],
)
def test_a_window_follows_the_local_clock(now: str, open_now: bool) -> None:
    assert is_open([OFFICE], utc(now)) is open_now


def test_an_open_window_tells_when_it_closes() -> None:
    assert closes_at([OFFICE], utc("2026-11-25T10:00:00")) == utc("2026-11-25T15:00:00")


def test_a_closed_window_closes_never() -> None:
    assert closes_at([OFFICE], utc("2026-11-25T16:00:00")) is None


def test_after_the_last_day_of_the_week_comes_the_first_of_the_next() -> None:
    assert opens_next([OFFICE], utc("2026-11-26T15:00:00")) == utc("2026-11-30T07:00:00")


def test_the_next_opening_is_one_after_now() -> None:
    assert opens_next([OFFICE], utc("2026-11-25T07:00:00")) == utc("2026-11-26T07:00:00")


def test_a_window_up_to_midnight_ends_with_the_day() -> None:
    night = window("Fri", "22:00-24:00")

    assert is_open([night], utc("2026-11-27T22:59:59"))
    assert not is_open([night], utc("2026-11-27T23:00:00"))


def test_a_whole_day_is_open_all_day() -> None:
    day = window("Sat", "00:00-24:00", "UTC")

    ((opens, closes), *_) = (span for span in spans(day, utc("2026-11-28T12:00:00")))
    assert (opens, closes) == (utc("2026-11-28T00:00:00"), utc("2026-11-29T00:00:00"))


def test_of_several_windows_the_last_to_close_counts() -> None:
    both = [OFFICE, window("Wed", "15:00-18:00")]

    assert closes_at(both, utc("2026-11-25T14:30:00")) == utc("2026-11-25T17:00:00")


def test_of_several_windows_the_first_to_open_counts() -> None:
    both = [OFFICE, window("Fri", "09:00-10:00")]

    assert opens_next(both, utc("2026-11-26T20:00:00")) == utc("2026-11-27T08:00:00")


def test_the_hour_that_summer_time_skips_is_moved_forward() -> None:
    # On 2026-03-29 the clock goes from 02:00 to 03:00 in Berlin, at 01:00 UTC.
    early = window("Sun", "02:30-04:00")

    ((opens, closes), *_) = spans(early, utc("2026-03-29T00:00:00"))

    assert opens == utc("2026-03-29T01:30:00")
    assert closes == utc("2026-03-29T02:00:00")


def test_a_window_over_the_skipped_hour_is_shorter_on_that_day() -> None:
    night = window("Sun", "01:00-05:00")

    ((opens, closes), (later_opens, later_closes), *_) = spans(night, utc("2026-03-29T00:00:00"))

    assert closes - opens == timedelta(hours=3)
    assert later_closes - later_opens == timedelta(hours=4)


def test_the_hour_that_comes_twice_belongs_to_the_window_twice() -> None:
    # On 2026-10-25 the clock goes back from 03:00 to 02:00 in Berlin, at 01:00 UTC.
    early = window("Sun", "02:00-02:30")

    assert is_open([early], utc("2026-10-25T00:15:00"))
    assert is_open([early], utc("2026-10-25T01:15:00"))
    assert not is_open([early], utc("2026-10-25T01:30:00"))


@pytest.mark.parametrize(
    ("monday", "opens"),
    [
        ("2026-03-23", "07:00"),
        ("2026-03-30", "06:00"),
        ("2026-10-19", "06:00"),
        ("2026-10-26", "07:00"),
    ],
)
def test_office_hours_move_against_utc_with_the_clock(monday: str, opens: str) -> None:
    before = utc(f"{monday}T00:00:00")

    assert opens_next([OFFICE], before) == utc(f"{monday}T{opens}:00")


def test_a_window_that_was_skipped_whole_stays_empty() -> None:
    # 02:00 and 02:59 do not exist on that day: the window is moved forward as it is.
    gone = window("Sun", "02:00-02:59")

    ((opens, closes), *_) = spans(gone, utc("2026-03-29T00:00:00"))

    assert closes >= opens or not is_open([gone], opens)


days = st.lists(st.sampled_from(DAYS), min_size=1, max_size=7).map(",".join)
zones = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]
)
moments = st.integers(0, 6 * 365 * 24 * 60).map(
    lambda minutes: utc("2024-01-01T00:00:00") + timedelta(minutes=minutes)
)
starts = st.integers(min_value=0, max_value=22)


@given(days=days, zone=zones, now=moments, start=starts)
def test_a_window_is_open_or_tells_when_it_opens(
    days: str, zone: str, now: datetime, start: int
) -> None:
    found = [window(days, f"{start:02d}:00-{start + 1:02d}:30", zone)]

    opens = opens_next(found, now)

    assert opens is not None
    assert now < opens <= now + timedelta(days=8)
    assert (closes_at(found, now) is not None) is is_open(found, now)


@given(days=days, zone=zones, now=moments, start=starts)
def test_it_opens_when_it_said_and_closes_when_it_said(
    days: str, zone: str, now: datetime, start: int
) -> None:
    found = [window(days, f"{start:02d}:00-24:00", zone)]
    opens = opens_next(found, now)
    assert opens is not None

    closes = closes_at(found, opens)

    assert closes is not None
    assert is_open(found, closes - timedelta(seconds=1))
    assert not is_open(found, closes) or closes_at(found, closes) != closes
