"""Times and durations as people and as programs read them."""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_UNITS: Final = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))


def format_time(moment: datetime, timezone: str = "UTC") -> str:
    """`Wed 2026-11-25 10:32 UTC`; seconds only where there are any."""
    local = moment.astimezone(ZoneInfo(timezone))
    seconds = f":{local.second:02d}" if local.second else ""
    return f"{local:%a %Y-%m-%d %H:%M}{seconds} {timezone}"


def format_iso(moment: datetime) -> str:
    """RFC 3339 in UTC with whole microseconds only where there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_iso(text: str) -> datetime:
    """The inverse of `format_iso`; ValueError for anything that is no time with a zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone: {text!r}")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"a time out of range: {text!r}") from None


def format_duration(duration: timedelta) -> str:
    """`21 h 40 min`, two units at most; `0 s` for nothing."""
    rest = int(duration.total_seconds())
    parts = []
    for name, length in _UNITS:
        count, rest = divmod(rest, length)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "0 s"
