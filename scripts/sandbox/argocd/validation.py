"""The part of Argo CD's schema that the API server is known to enforce here."""

from dataclasses import dataclass
from typing import Any, Final

Document = dict[str, Any]
_TYPES: Final = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array"}
_STRINGS: Final = ("spec.project", "spec.destination.namespace", "spec.destination.name",
                   "spec.destination.server", "spec.source.path", "spec.source.repoURL",
                   "spec.source.targetRevision", "spec.source.chart")  # fmt: skip
_OBJECTS: Final = ("operation", "spec", "spec.destination", "spec.source", "spec.syncPolicy",
                   "status")  # fmt: skip
SPEC_FIELDS: Final = frozenset({
    "destination", "ignoreDifferences", "info", "project", "revisionHistoryLimit", "source",
    "sourceHydrator", "sources", "syncPolicy",
})  # fmt: skip


@dataclass(frozen=True)
class Problem:
    field: str
    detail: str

    @property
    def message(self) -> str:
        return f"{self.field}: {self.detail}"


def problem(document: Document) -> Problem | None:
    """The first member of a wrong type."""
    for wanted, name, fields in ((dict, "object", _OBJECTS), (str, "string", _STRINGS)):
        for field in fields:
            value = _member(document, field)
            if value is not None and not isinstance(value, wanted):
                return Problem(field, _detail(field, name, _type_name(value)))
    return None


def unknown_fields(document: Document) -> list[str]:
    return sorted(set(document.get("spec") or {}) - SPEC_FIELDS)


def _detail(field: str, wanted: str, found: str) -> str:
    return f'Invalid value: "{found}": {field} in body must be of type {wanted}: "{found}"'


def _member(document: Document, field: str) -> object:
    value: object = document
    for key in field.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _type_name(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return "integer"
    return _TYPES.get(type(value), "object")
