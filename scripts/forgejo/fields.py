"""Strict reading of JSON: a needed key is there and of its type, or the answer is refused."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Never, TypeAlias, TypeVar

from forgejo.exceptions import NotForgejoError

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
T = TypeVar("T")

_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_NEVER = datetime(1970, 1, 2, tzinfo=UTC)


def decode(body: bytes) -> Json:
    """Parse JSON; duplicate keys, NaN, absurd nesting and half characters are refused."""
    try:
        value: Json = json.loads(
            body, parse_constant=_refuse_constant, object_pairs_hook=_without_duplicates
        )
        if b"\\ud" in body.lower():
            json.dumps(value, ensure_ascii=False).encode()  # half of a pair cannot be encoded
    except (ValueError, RecursionError) as exc:
        raise NotForgejoError(f"not JSON: {type(exc).__name__}") from exc
    return value


def _refuse_constant(name: str) -> Json:
    raise ValueError(name)


def _without_duplicates(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found


def as_list(value: Json, what: str) -> list[Json]:
    """Take a JSON array; `null` is no empty list here."""
    if not isinstance(value, list):
        raise NotForgejoError(f"expected a list of {what}, found {_kind(value)}")
    return value


def as_text(value: Json, what: str) -> str:
    """Take a JSON string."""
    if not isinstance(value, str):
        raise NotForgejoError(f"{what}: expected text, found {_kind(value)}")
    return value


def _kind(value: Json) -> str:
    return "null" if value is None else type(value).__name__


@dataclass(frozen=True)
class Fields:
    """The keys of one JSON object, read by type; unknown keys are ignored."""

    what: str
    values: dict[str, Json]

    @classmethod
    def of(cls, value: Json, what: str) -> "Fields":
        """Take a JSON object, described as `what` in errors."""
        if not isinstance(value, dict):
            raise NotForgejoError(f"expected a {what}, found {_kind(value)}")
        return cls(what, value)

    def text(self, key: str) -> str:
        """A string that must be there."""
        value = self._needed(key)
        return value if isinstance(value, str) else self._refuse(key, "text")

    def sha(self, key: str) -> str:
        """A whole object id that must be there; it may end up on a command line."""
        text = self.text(key)
        return text if _SHA.fullmatch(text) else self._refuse(key, "a whole object id")

    def sha_if_any(self, key: str) -> str:
        """A whole object id, or empty."""
        return self.sha(key) if self.text(key) else ""

    def integer(self, key: str) -> int:
        """A whole number that must be there."""
        value = self._needed(key)
        if isinstance(value, bool) or not isinstance(value, int):
            return self._refuse(key, "a whole number")
        return value

    def flag(self, key: str) -> bool:
        """A boolean that must be there."""
        value = self._needed(key)
        return value if isinstance(value, bool) else self._refuse(key, "true or false")

    def moment(self, key: str) -> datetime:
        """A time with its zone that must be there."""
        text = self.text(key)
        try:
            value = datetime.fromisoformat(text)
        except ValueError:
            return self._refuse(key, "a time")
        return value if value.tzinfo is not None else self._refuse(key, "a time with its zone")

    def optional(self, key: str, read: Callable[[str], T]) -> T | None:
        """What `read` makes of the key, or None if it is missing or null."""
        return None if self.values.get(key) is None else read(key)

    def optional_moment(self, key: str) -> datetime | None:
        """A time, or None if it is missing, null or Go's or Unix's zero."""
        value = self.optional(key, self.moment)
        return None if value is None or value < _NEVER else value

    def child(self, key: str, what: str) -> "Fields":
        """An object inside that must be there."""
        return Fields.of(self._needed(key), what)

    def optional_child(self, key: str, what: str) -> "Fields | None":
        """An object inside, or None if it is missing or null."""
        value = self.values.get(key)
        return None if value is None else Fields.of(value, what)

    def items(self, key: str) -> list[Json]:
        """A list inside that must be there; Go writes an empty one as null."""
        value = self._needed(key)
        return [] if value is None else as_list(value, f"{self.what}.{key}")

    def optional_items(self, key: str) -> list[Json]:
        """A list inside; missing or null is empty."""
        return self.items(key) if key in self.values else []

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings; missing or null is empty."""
        return tuple(as_text(item, f"{self.what}.{key}") for item in self.optional_items(key))

    def _needed(self, key: str) -> Json:
        if key not in self.values:
            raise NotForgejoError(f'{self.what}: the key "{key}" is missing')
        return self.values[key]

    def _refuse(self, key: str, expected: str) -> Never:
        found = _kind(self.values[key])
        raise NotForgejoError(f'{self.what}: "{key}": expected {expected}, found {found}')
