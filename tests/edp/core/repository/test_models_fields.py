"""The scalars of our own files: text in the file, a checked value in the model."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edp.core.repository.fields import (
    Duration,
    Login,
    Name,
    RepositoryPath,
    StrictModel,
    Time,
    TimeZone,
    Version,
    parse_duration,
    parse_time,
)


class Every(StrictModel):
    """One field of each kind."""

    name: Name = "a"
    version: Version = "1.0.0"
    login: Login = "ada"
    path: RepositoryPath = "a"
    zone: TimeZone = "UTC"
    duration: Duration = timedelta()
    time: Time = datetime(2026, 1, 1, tzinfo=UTC)


def refused(**values: object) -> str:
    with pytest.raises(ValidationError) as caught:
        Every.model_validate(values)
    (error,) = caught.value.errors()
    return error["msg"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("10m", 600),
        ("24h", 86400),
        ("7d", 604800),
        ("0", 0),
        (0, 0),
        ("999999s", 999999),
    ],
)
def test_a_duration_has_a_number_and_a_unit(text: object, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    ["", "1", "1w", "01h", "-1h", "1.5h", "1h30m", "1 h", "1H", "1000000s", 5, None, [], "\u0661h"],
)
def test_anything_else_is_no_duration(text: object) -> None:
    assert "expected a duration" in refused(duration=text)


def test_a_duration_that_was_read_already_is_kept() -> None:
    assert Every(duration=timedelta(hours=1)).duration == timedelta(hours=1)


@given(st.integers(1, 999_999), st.sampled_from("smhd"))
def test_every_duration_is_positive(number: int, unit: str) -> None:
    assert parse_duration(f"{number}{unit}") > timedelta()


@pytest.mark.parametrize(
    "text", ["2026-12-24T08:00:00Z", "2026-12-24T09:00:00+01:00", "2026-12-24 08:00:00+00:00"]
)
def test_a_time_is_one_moment_in_utc(text: str) -> None:
    assert Every.model_validate({"time": text}).time == datetime(2026, 12, 24, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "2026-12-24", "2026-12-24T08:00:00", "0001-01-01T00:00:00+01:00", "soon", 7, None]
)
def test_a_time_without_a_zone_is_refused(text: object) -> None:
    assert "with its zone" in refused(time=text)


def test_a_time_that_was_read_already_is_kept() -> None:
    moment = datetime(2026, 12, 24, 8, tzinfo=UTC)

    assert parse_time(moment) is moment


@pytest.mark.parametrize("text", ["", "A", "a_b", "../x", "-x", "a" * 64, "\u00e4"])
def test_a_name_is_a_dns_label(text: str) -> None:
    assert "lower-case letters" in refused(name=text)


@pytest.mark.parametrize("text", ["1.4", "v1.4.0", "latest", "1.4.0+x", ">=1"])
def test_a_version_is_exact(text: str) -> None:
    assert 'expected an exact version like "1.4.0"' in refused(version=text)


@pytest.mark.parametrize("value", [1.4, 1, None, True])
def test_a_version_without_quotes_is_explained(value: object) -> None:
    assert f'expected a quoted version like "1.4.0", found {value!r}' in refused(version=value)


def test_a_login_is_a_forgejo_user_name() -> None:
    assert "Forgejo user name" in refused(login="@ada")


@pytest.mark.parametrize("text", ["environments/prod/eu1", "a.b/c_d-e"])
def test_a_path_stays_in_the_repository(text: str) -> None:
    assert Every(path=text).path == text


@pytest.mark.parametrize(
    "text", ["", "/etc", "a/", "a//b", "..", "a/../b", "./a", "a b", "a\\b", "a/\n", "$(id)", "..."]
)
def test_a_path_that_leads_out_of_it_is_refused(text: str) -> None:
    assert "relative path" in refused(path=text)


@pytest.mark.parametrize(
    "text", ["", "Berlin", "Europe/berlin", "CET+1", "../UTC", "/etc/localtime"]
)
def test_a_time_zone_must_exist(text: str) -> None:
    assert "time zone like Europe/Berlin" in refused(zone=text)


def test_nothing_is_converted_and_nothing_is_added() -> None:
    assert "string" in refused(name=7)
    assert "Extra inputs" in refused(colour="red")


def test_a_model_never_changes() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Every().name = "b"  # type: ignore[misc]  # that is what is tested
