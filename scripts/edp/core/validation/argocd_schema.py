"""Argo CD's own objects against its schema, with unknown fields forbidden.

In the cluster a misspelt field is dropped and an empty member removed without a message, and the
root Application syncs for ever to put it back.
"""

import functools
import json
from collections.abc import Iterator
from importlib import resources
from typing import Final

import jsonschema_rs

from edp.core.repository.application_file import API_VERSION, member
from edp.core.repository.problems import Problem, dotted, shown
from edp.core.yaml.reader import Document, KeyPath, YamlValue
from edp.text import did_you_mean

_REMOVED: Final = ("helm", "kustomize", "directory", "plugin")
_TYPES: Final = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}


@functools.cache
def _schema(kind: str) -> dict[str, YamlValue]:
    text = resources.files("edp.core.validation").joinpath("argocd_schemas.json").read_text("utf-8")
    schema: dict[str, YamlValue] = json.loads(text)[kind]
    return schema


@functools.cache
def _validator(kind: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(_schema(kind))


def kind_of(value: YamlValue) -> str:
    """The kind of an object whose schema is known, or ""."""
    kind = member(value, "kind")
    is_known = member(value, "apiVersion") == API_VERSION and kind in ("Application", "AppProject")
    return str(kind) if is_known else ""


def is_valid_application(value: YamlValue) -> bool:
    """Whether an Application has no problem: quick, for the many that have none."""
    return _validator("Application").is_valid(value) and not any(_emptied(value))


def schema_problems(document: Document) -> Iterator[Problem]:
    """All that Argo CD or the API server would drop or refuse; nothing for other objects."""
    kind = kind_of(document.value)
    if not kind:
        return
    for error in _validator(kind).iter_errors(document.value):
        yield from _problems_of(error, document, kind)
    if kind == "Application":
        for keys in _emptied(document.value):
            message = "is empty: Argo CD removes it, and the root Application syncs without end"
            yield _at(document, keys, message, "remove it")


def _problems_of(
    error: jsonschema_rs.ValidationError, document: Document, kind: str
) -> Iterator[Problem]:
    keys: KeyPath = tuple(error.instance_path)
    match error.kind:
        case jsonschema_rs.ValidationErrorKind.AdditionalProperties(unexpected=unknown):
            for key in unknown:
                hint = did_you_mean(key, _known(kind, keys))
                line = document.key_line((*keys, key))
                message = f"unknown key {shown(key)}"
                yield Problem(document.path, line, dotted(keys), message, hint)
        case jsonschema_rs.ValidationErrorKind.Required(property=missing):
            message = f"the key {missing} is missing"
            yield Problem(document.path, document.key_line(keys), dotted(keys), message)
        case jsonschema_rs.ValidationErrorKind.Type(types=types):
            expected = " or ".join(_TYPES.get(one, one) for one in types)
            yield _mistyped(document, keys, expected)
        case jsonschema_rs.ValidationErrorKind.AnyOf():
            yield _mistyped(document, keys, "a text or a whole number")
        case _:
            yield _at(document, keys, error.message[:200])


def _mistyped(document: Document, keys: KeyPath, expected: str) -> Problem:
    value: object = document.value
    for key in keys:
        value = value[key]  # type: ignore[index]  # the path comes from the value itself
    text = document.scalar_text(keys)
    hint = f'quote it: "{text}"' if "a text" in expected and text else ""
    return _at(document, keys, f"expected {expected}, found {shown(value)}", hint)


def _at(document: Document, keys: KeyPath, message: str, hint: str = "") -> Problem:
    return Problem(document.path, document.line(keys), dotted(keys), message, hint)


def _known(kind: str, keys: KeyPath) -> list[str]:
    schema: YamlValue = _schema(kind)
    for key in keys:
        inside = member(schema, "items") if isinstance(key, int) else member(schema, "properties")
        schema = inside if isinstance(key, int) else member(inside, key)
    known = member(schema, "properties")
    return list(known) if isinstance(known, dict) else []


def _emptied(value: YamlValue) -> Iterator[KeyPath]:
    """The members of sources that Argo CD takes out again."""
    spec = member(value, "spec")
    sources = member(spec, "sources")
    places: list[tuple[KeyPath, YamlValue]] = [(("spec", "source"), member(spec, "source"))]
    if isinstance(sources, list):
        places += [(("spec", "sources", number), one) for number, one in enumerate(sources)]
    for keys, source in places:
        for name in _REMOVED:
            if isinstance(source, dict) and name in source and _is_zero(source[name]):
                yield (*keys, name)


def _is_zero(value: YamlValue) -> bool:
    if isinstance(value, dict):
        members = value.items()
        return all(key != "valuesObject" and _is_zero(inner) for key, inner in members)
    return not value
