"""Reading Terraform's JSON: bounded, and every surprise is one error with its reason."""

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Final, NoReturn, TypeAlias

from edp.errors import InvalidInputError

MAXIMUM_BYTES: Final = 256 * 1024 * 1024
"""Ten times the plan of 4,000 resources."""

Json: TypeAlias = "bool | int | str | Decimal | list[Json] | dict[str, Json] | None"
Object: TypeAlias = dict[str, Json]


class UnreadablePlanError(InvalidInputError):
    """Not a plan that this version of edp understands; the text says why."""


def decode(content: bytes, *, limit: int = MAXIMUM_BYTES) -> Object:
    """The document; numbers are exact, so that two of them are equal only if they are."""
    if len(content) > limit:
        raise UnreadablePlanError(f"the plan is larger than {limit} bytes")
    try:
        document = json.loads(content, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError, InvalidOperation):
        raise UnreadablePlanError("the plan is not JSON") from None
    return as_object(document, "the plan")


def encode(value: object) -> bytes:
    """The same bytes for the same value, whatever the order of keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=_exact)
    return text.encode()


def _exact(value: object) -> dict[str, str]:
    return {"decimal": str(value)}


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def as_object(value: Json, what: str) -> Object:
    """The value if it is an object; null counts as an empty one."""
    if value is None:
        return {}
    return value if isinstance(value, dict) else _refuse(what, "an object")


def object_at(values: Mapping[str, Json], key: str) -> Object:
    """The object under a key; empty if there is none."""
    return as_object(values.get(key), key)


def objects_at(values: Mapping[str, Json], key: str) -> list[Object]:
    """The list of objects under a key; empty if there is none."""
    return [as_object(item, key) for item in list_at(values, key)]


def list_at(values: Mapping[str, Json], key: str) -> list[Json]:
    """The list under a key; empty if there is none."""
    value = values.get(key)
    if value is None:
        return []
    return value if isinstance(value, list) else _refuse(key, "a list")


def text_at(values: Mapping[str, Json], key: str) -> str:
    """The text under a key; empty if there is none."""
    value = values.get(key)
    if value is None:
        return ""
    return value if isinstance(value, str) else _refuse(key, "a text")


def flag_at(values: Mapping[str, Json], key: str, *, default: bool) -> bool:
    """The truth under a key."""
    value = values.get(key, default)
    return value if isinstance(value, bool) else _refuse(key, "true or false")


def _refuse(what: str, expected: str) -> NoReturn:
    raise UnreadablePlanError(f"{what} is not {expected}")
