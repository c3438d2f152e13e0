"""The scalar types of our own files: text in the file, a checked value in the model."""

import re
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from edp.core import names
from edp.core.times import parse_iso

_DURATION: Final = re.compile(r"([1-9][0-9]{0,5})(s|m|h|d)", re.ASCII)
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_PATH_PART: Final = re.compile(r"[A-Za-z0-9._-]{1,255}", re.ASCII)


class StrictModel(BaseModel):
    """A file or a part of one: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)


def parse_duration(text: object) -> timedelta:
    """`30s`, `10m`, `24h`, `7d`, or 0."""
    if isinstance(text, timedelta):
        return text
    if text in (0, "0"):
        return timedelta()
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError('expected a duration like "30s", "10m", "24h" or "7d"')
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def parse_time(text: object) -> datetime:
    """An RFC 3339 time with its zone."""
    if isinstance(text, datetime):
        return text
    if isinstance(text, str):
        with suppress(ValueError):
            return parse_iso(text)
    raise ValueError('expected a time with its zone like "2026-12-24T08:00:00Z"')


def _checked_name(text: str) -> str:
    if not names.is_name(text):
        raise ValueError("expected 1 to 63 lower-case letters, digits and inner hyphens")
    return text


def _checked_version(text: object) -> object:
    if not isinstance(text, str):
        raise ValueError(f'expected a quoted version like "1.4.0", found {text!r}')
    if not names.is_version(text):
        raise ValueError('expected an exact version like "1.4.0"')
    return text


def _checked_login(text: str) -> str:
    if not names.is_login(text):
        raise ValueError("expected a Forgejo user name")
    return text


def _checked_path(text: str) -> str:
    parts = text.split("/")
    if not all(_PATH_PART.fullmatch(part) and part.strip(".") for part in parts):
        raise ValueError("expected a relative path without dot segments like environments/dev")
    return text


def _checked_zone(text: str) -> str:
    if text not in available_timezones():
        raise ValueError("expected a time zone like Europe/Berlin")
    ZoneInfo(text)
    return text


Name = Annotated[str, AfterValidator(_checked_name)]
Version = Annotated[str, BeforeValidator(_checked_version)]
Login = Annotated[str, AfterValidator(_checked_login)]
RepositoryPath = Annotated[str, AfterValidator(_checked_path)]
TimeZone = Annotated[str, AfterValidator(_checked_zone)]
Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
Time = Annotated[datetime, BeforeValidator(parse_time)]
