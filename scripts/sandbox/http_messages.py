"""What travels between the server's socket side and the applications behind it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Query = dict[str, list[str]]


@dataclass(frozen=True)
class Request:
    """One request; `path` is still percent-encoded, header names are lower case."""

    method: str
    path: str
    query: Query = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    raw_query: str = ""

    def header(self, name: str) -> str:
        """The header's value, or an empty text."""
        return self.headers.get(name.lower(), "")

    def first(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        return self.query.get(name, [default])[0]


@dataclass(frozen=True)
class Response:
    """An answer; an iterator as body is sent chunk by chunk as it is produced."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Iterator[bytes] = b""


def json_response(status: int, obj: Any, headers: Mapping[str, str] | None = None) -> Response:
    """An answer with `obj` as its JSON body."""
    body = json.dumps(obj, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    return Response(
        status, {"Content-Type": "application/json;charset=utf-8", **(headers or {})}, body
    )
