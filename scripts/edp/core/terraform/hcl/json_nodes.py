"""JSON with its lines and with all members of a name, which `json` alone would drop."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from edp.core.terraform.hcl.body import decode
from edp.core.terraform.hcl.tokens import MAXIMUM_DEPTH, MAXIMUM_TOKENS, SyntaxProblemError, whole

_PIECE: Final = re.compile(r'[ \t\r\n]+|"(?:[^"\\]|\\.)*+"|[{}\[\],:]|[^\s{}\[\],:"]+')

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class JsonValue:
    """A text, number, boolean or null."""

    value: Scalar
    line: int


@dataclass(frozen=True, slots=True)
class JsonArray:
    """`[…]`."""

    items: "tuple[JsonNode, ...]"
    line: int


@dataclass(frozen=True, slots=True)
class JsonObject:
    """`{…}`."""

    members: "tuple[tuple[JsonValue, JsonNode], ...]"
    line: int


JsonNode = JsonValue | JsonArray | JsonObject


def read_json(content: bytes) -> JsonNode:
    """A file in the JSON syntax; SyntaxProblemError if it is none."""
    text = decode(content)
    try:
        json.loads(text)
    except json.JSONDecodeError as exc:
        raise SyntaxProblemError(f"is not JSON: {exc.msg}", exc.lineno) from None
    except (ValueError, RecursionError):
        raise SyntaxProblemError("is nested too deeply or has too long a number", 1) from None
    return _Reader(tuple(_pieces(text))).node()


def _pieces(text: str) -> Iterator[tuple[str, int]]:
    line = depth = 0
    for count, match in enumerate(_PIECE.finditer(text)):
        piece = match[0]
        depth += (piece in "{[") - (piece in "}]")
        if depth > MAXIMUM_DEPTH or count > MAXIMUM_TOKENS:
            raise SyntaxProblemError("is nested too deeply or too long to be read", line + 1)
        if not piece.isspace():
            yield piece, line + 1
        line += piece.count("\n")


class _Reader:
    """A position in the pieces of a text that is known to be JSON."""

    def __init__(self, pieces: tuple[tuple[str, int], ...]) -> None:
        self._pieces = iter(pieces)
        self._piece, self._line = next(self._pieces)

    def node(self) -> JsonNode:
        if self._piece == "{":
            return self._object()
        if self._piece == "[":
            return self._array()
        return self._value()

    def _next(self) -> None:
        self._piece, self._line = next(self._pieces, ("", self._line))

    def _value(self) -> JsonValue:
        value = json.loads(self._piece)
        found = JsonValue(whole(value) if isinstance(value, str) else value, self._line)
        self._next()
        return found

    def _object(self) -> JsonObject:
        line, members = self._line, []
        self._next()
        while self._piece != "}":
            key = self._value()
            self._next()
            members.append((key, self.node()))
            self._skip_comma()
        self._next()
        return JsonObject(tuple(members), line)

    def _array(self) -> JsonArray:
        line, items = self._line, []
        self._next()
        while self._piece != "]":
            items.append(self.node())
            self._skip_comma()
        self._next()
        return JsonArray(tuple(items), line)

    def _skip_comma(self) -> None:
        if self._piece == ",":
            self._next()
