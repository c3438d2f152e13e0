"""Request bodies, read and refused as the real server's JSON binding does it."""

import json
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qs

from sandbox.forge.refusal import RefusalError
from sandbox.http_messages import Request

Kind = Literal["string", "int64", "bool", "[]string", "[]int64", "any"]
JSON_NAMES = {
    bool: "bool",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}


@dataclass(frozen=True)
class Field:
    key: str
    kind: Kind = "string"
    required: bool = False
    name: str = ""

    @property
    def go_name(self) -> str:
        return self.name or "".join(part.capitalize() for part in self.key.split("_"))


@dataclass(frozen=True)
class Form:
    """The struct a body is bound to; unknown keys are ignored, the case of keys too."""

    struct: str
    fields: tuple[Field, ...]

    def read(self, request: Request) -> dict[str, Any]:
        """The known fields that were given; null counts as not given."""
        given = {key.lower(): value for key, value in _values(self, request).items()}
        found = {
            field.key: self._checked(field, given[field.key.lower()])
            for field in self.fields
            if given.get(field.key.lower()) is not None
        }
        for field in self.fields:
            if field.required and not found.get(field.key):
                raise RefusalError(422, f"[{field.go_name}]: Required")
        return found

    def _checked(self, field: Field, value: Any) -> Any:
        if field.kind == "any":
            return value
        if field.kind.startswith("[]"):
            return [self._scalar(field, field.kind[2:], item) for item in self._items(value)]
        return self._scalar(field, field.kind, value)

    def _items(self, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise RefusalError(422, "[]: json: slice unexpected end of JSON input")
        return value

    def _scalar(self, field: Field, kind: str, value: Any) -> Any:
        expected = {"string": str, "int64": int, "bool": bool}[kind]
        if type(value) is expected:
            return value
        found = JSON_NAMES.get(type(value), "null")
        if kind == "int64" and isinstance(value, str):
            found = 'number "'
        target = f"Go struct field {self.struct}.{field.go_name} of type {kind}"
        raise RefusalError(422, f"[]: json: cannot unmarshal {found} into {target}")


def _values(form: Form, request: Request) -> dict[str, Any]:
    kind = request.header("content-type")
    if "json" in kind:
        return _json_object(request.body)
    if "form-urlencoded" in kind:
        return _form_values(form, request.body)
    if kind:
        raise RefusalError(422, "[]: Unsupported Content-Type")
    if request.method in ("POST", "PUT", "PATCH"):
        raise RefusalError(422, "[]: Empty Content-Type")
    return {name: values[0] for name, values in request.query.items()}


def _json_object(body: bytes) -> dict[str, Any]:
    text = body.decode(errors="replace").strip()
    if not text:
        return {}
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        bad = text[error.pos : error.pos + 1]
        message = f"invalid character '{bad}' looking for beginning of value"
        raise RefusalError(422, f"[]: {message}") from None
    if not isinstance(value, dict):
        message = f"invalid character '{text[0]}' looking for beginning of value"
        raise RefusalError(422, f"[]: {message}")
    return value


def _form_values(form: Form, body: bytes) -> dict[str, Any]:
    given = parse_qs(body.decode(errors="replace"), keep_blank_values=True)
    kinds = {field.key: field.kind for field in form.fields}
    return {
        key: values if kinds.get(key, "").startswith("[]") else values[0]
        for key, values in given.items()
    }
