"""Reading one of our files into its strict model, or all of its problems with their lines."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from edp.core.repository.model_keys import known_keys
from edp.core.repository.problems import (
    FileProblemsError,
    Problem,
    dotted,
    problem_of_yaml,
    shown,
)
from edp.core.yaml.reader import Document, KeyPath, YamlError, read_document
from edp.text import did_you_mean

__all__ = ["FileProblemsError", "Problem", "check_document", "open_document", "read_model"]

M = TypeVar("M", bound=BaseModel)

_EXPECTED: Final = {
    "string_type": "a text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}
_LIMITED: Final = {
    "too_short": "at least {min_length} of them",
    "too_long": "at most {max_length} of them",
    "string_too_short": "a text",
    "string_too_long": "at most {max_length} characters",
    "string_pattern_mismatch": "a text of the form {pattern}",
    "greater_than_equal": "{ge} or more",
    "less_than_equal": "{le} or less",
}
_NEWER: Final = "an older edp cannot read a newer file: update edp"


def read_model(model: type[M], content: bytes, *, path: str) -> M:
    """Read a file strictly; FileProblemsError holds everything that is wrong in it."""
    return check_document(model, open_document(content, path=path))


def open_document(content: bytes, *, path: str) -> Document:
    """The one YAML document of a file, or FileProblemsError."""
    try:
        return read_document(content, path=path)
    except YamlError as exc:
        raise FileProblemsError([problem_of_yaml(exc)]) from None


def check_document(model: type[M], document: Document) -> M:
    """The document as a model, or FileProblemsError with all that is wrong."""
    try:
        # The names of fields in Python are no keys of the file.
        return model.model_validate(document.value, by_alias=True, by_name=False)
    except ValidationError as exc:
        errors = exc.errors(include_url=False, include_context=True)
    raise FileProblemsError(_problems(model, document, errors))


@dataclass(frozen=True, slots=True)
class _Mistake:
    """A pydantic error in terms of the file: `keys` lead to a value that is in it."""

    kind: str
    keys: KeyPath
    last: str | int
    """The key that is missing, where `kind` says so."""
    is_key: bool
    message: str
    context: Mapping[str, object]


def _problems(
    model: type[BaseModel], document: Document, errors: list[ErrorDetails]
) -> list[Problem]:
    mistakes = [part for error in errors for part in _mistakes(document, error)]
    grouped: dict[KeyPath, list[_Mistake]] = {}
    for mistake in mistakes:
        key = (*mistake.keys, mistake.last) if mistake.kind == "missing" else mistake.keys
        grouped.setdefault(key, []).append(mistake)
    found = [
        _problem(model, document, group)
        for keys, group in grouped.items()
        if not _is_other_alternative(keys, group, grouped)
    ]
    return sorted(found)


def _is_other_alternative(
    keys: KeyPath, group: list[_Mistake], grouped: Mapping[KeyPath, list[_Mistake]]
) -> bool:
    """True for "not that alternative" where another alternative's mistake lies deeper."""
    return all(mistake.kind == "literal_error" for mistake in group) and any(
        other[: len(keys)] == keys and len(other) > len(keys) for other in grouped
    )


def _mistakes(document: Document, error: ErrorDetails) -> list[_Mistake]:
    """Usually one. A model's own check may name several values, each in a line of its own."""
    kind, keys = error["type"], _keys_in_file(document.value, error["loc"])
    message = error["msg"].removeprefix("Value error, ")
    last = error["loc"][-1] if error["loc"] else ""
    is_key = last == "[key]"
    context = error.get("ctx", {})
    if kind != "value_error":
        return [_Mistake(kind, keys, last, is_key, message, context)]
    parts = [_named_value(document, keys, line) for line in message.splitlines()]
    return [_Mistake(kind, at, last, is_key, text, context) for at, text in parts]


def _keys_in_file(value: object, location: tuple[str | int, ...]) -> KeyPath:
    """A pydantic location without the names of alternatives and without a missing key."""
    keys: list[str | int] = []
    for step in location:
        if _has(value, step):
            value = _value_at(value, (step,))
            keys.append(step)
    return tuple(keys)


def _has(value: object, step: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(step, int) and step < len(value)
    return isinstance(value, dict) and step in value


def _named_value(document: Document, keys: KeyPath, message: str) -> tuple[KeyPath, str]:
    """Follow a message like `environments.dev.path: …` to the value that it speaks about."""
    name, colon, rest = message.partition(": ")
    steps = tuple(name.split("."))
    if not colon or _keys_in_file(_value_at(document.value, keys), steps) != steps:
        return keys, message
    return (*keys, *steps), rest


def _value_at(value: Any, keys: KeyPath) -> object:
    for key in keys:
        value = value[key]
    return value


def _problem(model: type[BaseModel], document: Document, group: list[_Mistake]) -> Problem:
    mistake = group[0]
    keys, path = mistake.keys, document.path
    if mistake.kind == "extra_forbidden":
        return _unknown_key(model, document, keys)
    if mistake.kind == "missing":
        message = f"the key {shown(str(mistake.last))} is missing"
        return Problem(path, document.key_line(keys), dotted(keys), message, _example(mistake))
    if mistake.is_key:
        where, line = dotted(keys[:-1]), document.key_line(keys)
        return Problem(path, line, where, f"{mistake.message}, found {shown(keys[-1])}")
    message, hint = _judgement(document, group)
    return Problem(path, document.line(keys), dotted(keys), message, hint)


def _example(mistake: _Mistake) -> str:
    return "add  apiVersion: edp/v1" if mistake.last == "apiVersion" else ""


def _unknown_key(model: type[BaseModel], document: Document, keys: KeyPath) -> Problem:
    key = str(keys[-1])
    return Problem(
        document.path,
        document.key_line(keys),
        dotted(keys[:-1]),
        f"unknown key {shown(key)}",
        did_you_mean(key, known_keys(model, keys[:-1])),
    )


def _judgement(document: Document, group: list[_Mistake]) -> tuple[str, str]:
    keys = group[0].keys
    expectations = dict.fromkeys(_expectation(mistake) for mistake in group)
    message = " or ".join(expectations).replace(" or expected ", " or ")
    value = _value_at(document.value, keys)
    if not message.startswith("expected"):
        return message, ""
    hint = ""
    if keys == ("apiVersion",) and isinstance(value, str) and value.startswith("edp/"):
        hint = _NEWER
    elif "a text" in message and isinstance(value, int | float):
        hint = f'quote it: "{document.scalar_text(keys)}"'
    return f"{message}, found {_found(document, keys, value)}", hint


def _expectation(mistake: _Mistake) -> str:
    if mistake.kind in _EXPECTED:
        return f"expected {_EXPECTED[mistake.kind]}"
    if mistake.kind == "literal_error":
        return f"expected {mistake.context['expected']}".replace("'", '"')
    if mistake.kind in _LIMITED:
        return f"expected {_LIMITED[mistake.kind].format_map(mistake.context)}"
    if mistake.kind == "value_error":
        return mistake.message.partition(", found ")[0]
    return f"expected {mistake.message[:1].lower()}{mistake.message[1:]}"


def _found(document: Document, keys: KeyPath, value: object) -> str:
    """The value as it stands in the file: `1.10`, not the 1.1 that it means."""
    if isinstance(value, list | dict) and not value:
        return "none"
    text = document.scalar_text(keys)
    if isinstance(value, int | float) and not isinstance(value, bool) and text is not None:
        return f"the number {text[:40]}"
    return shown(value)
