"""When the gates of time are open: weekly windows in local time, freezes in absolute time."""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from edp.core.repository.promotion_graph import Window

_DAYS_AHEAD = 15


def spans(window: Window, around: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """The window's openings from the day before `around` to two weeks after, in UTC.

    Wall-clock times are taken as the zone has them on that day. One that does not exist (the hour
    that summer time skips) is moved forward; of one that exists twice the first is the begin and
    the second the end, so that a change of the clock never closes a window early.
    """
    zone = ZoneInfo(window.timezone)
    today = around.astimezone(zone).date()
    begin, end = window.hours
    found = []
    for offset in range(-1, _DAYS_AHEAD):
        day = today + timedelta(days=offset)
        if day.weekday() not in window.days:
            continue
        last_day = day + timedelta(days=1) if end == time() else day
        opens = datetime.combine(day, begin, zone).astimezone(UTC)
        closes = datetime.combine(last_day, end, zone).replace(fold=1).astimezone(UTC)
        found.append((opens, closes))
    return tuple(found)


def is_open(windows: Iterable[Window], now: datetime) -> bool:
    """True if any window is open at `now` (its end excluded)."""
    return any(opens <= now < closes for window in windows for opens, closes in spans(window, now))


def closes_at(windows: Iterable[Window], now: datetime) -> datetime | None:
    """When the window that is open now closes; the latest if several are."""
    found = (span for window in windows for span in spans(window, now))
    return max((closes for opens, closes in found if opens <= now < closes), default=None)


def opens_next(windows: Iterable[Window], now: datetime) -> datetime | None:
    """The next time at which a window opens after `now`."""
    begins = [opens for window in windows for opens, _ in spans(window, now) if opens > now]
    return min(begins, default=None)
