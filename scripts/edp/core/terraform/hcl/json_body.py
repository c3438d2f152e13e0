"""The JSON syntax as blocks and attributes: which members are blocks is Terraform's to say."""

import json
from collections.abc import Iterator, Mapping
from typing import Final

from edp.core.terraform.hcl.body import Attribute, Block, Body, Tokens
from edp.core.terraform.hcl.json_nodes import (
    JsonArray,
    JsonNode,
    JsonObject,
    JsonValue,
    read_json,
)
from edp.core.terraform.hcl.tokens import Kind, SyntaxProblemError, Token, scan_template

_COMMENT: Final = "//"
# Names of blocks with the number of their labels, by the block that they stand in.
_LABELS: Final[Mapping[str, Mapping[str, int]]] = {
    "": {
        "action": 2,
        "check": 1,
        "data": 2,
        "ephemeral": 2,
        "import": 0,
        "locals": 0,
        "module": 1,
        "moved": 0,
        "output": 1,
        "provider": 1,
        "removed": 0,
        "resource": 2,
        "terraform": 0,
        "variable": 1,
    },
    "terraform": {"backend": 1, "cloud": 0, "required_providers": 0},
    "resource": {"connection": 0, "provisioner": 1},
    "removed": {"connection": 0, "provisioner": 1},
    "check": {"data": 2},
    "provider": {"exec": 0, "kubernetes": 0},
    "kubernetes": {"exec": 0},
}


def read_json_body(content: bytes) -> Body:
    """A file in the JSON syntax; SyntaxProblemError if it is no configuration."""
    return _body("", read_json(content))


def read_json_attributes(content: bytes) -> Body:
    """A variable file in the JSON syntax: attributes only."""
    return _body("a file of values", read_json(content))


def _body(kind: str, node: JsonNode) -> Body:
    attributes: list[Attribute] = []
    blocks: list[Block] = []
    for holder in _objects(node):
        for key, member in holder.members:
            name = str(key.value)
            labels = _LABELS.get(kind, {}).get(name)
            if labels is not None:
                blocks += _blocks(name, (), labels, member)
            elif name != _COMMENT:
                attributes.append(Attribute(name, _tokens(member), key.line))
    return Body(tuple(attributes), tuple(blocks))


def _objects(node: JsonNode) -> Iterator[JsonObject]:
    """An object stands for one block, an array for several; null stands for none."""
    if isinstance(node, JsonObject):
        yield node
    elif isinstance(node, JsonArray):
        for item in node.items:
            yield from _objects(item)
    elif node.value is not None:
        raise SyntaxProblemError("a block is expected to be an object", node.line)


def _blocks(kind: str, labels: tuple[str, ...], missing: int, node: JsonNode) -> Iterator[Block]:
    for holder in _objects(node):
        if not missing:
            yield Block(kind, labels, _body(kind, holder), holder.line)
            continue
        for key, member in holder.members:
            if key.value != _COMMENT:
                yield from _blocks(kind, (*labels, str(key.value)), missing - 1, member)


def _tokens(node: JsonNode) -> Tokens:
    return tuple(_value_tokens(node))


def _value_tokens(node: JsonNode) -> Iterator[Token]:
    """The same value in the native syntax."""
    if isinstance(node, JsonValue):
        yield from _scalar_tokens(node)
        return
    opening, closing = "{}" if isinstance(node, JsonObject) else "[]"
    yield Token(Kind.SIGN, opening, node.line, 0)
    for token in _inner_tokens(node):
        yield token._replace(depth=token.depth + 1)
    yield Token(Kind.SIGN, closing, node.line, 0)


def _inner_tokens(node: JsonObject | JsonArray) -> Iterator[Token]:
    items = node.items if isinstance(node, JsonArray) else ()
    members = node.members if isinstance(node, JsonObject) else ()
    for item in items:
        yield from _value_tokens(item)
        yield Token(Kind.SIGN, ",", item.line, 0)
    for key, member in members:
        yield from _scalar_tokens(key)
        yield Token(Kind.SIGN, "=", key.line, 0)
        yield from _value_tokens(member)
        yield Token(Kind.SIGN, ",", member.line, 0)


def _scalar_tokens(node: JsonValue) -> Iterator[Token]:
    if isinstance(node.value, str):
        yield from scan_template(node.value, node.line)
    else:
        is_number = isinstance(node.value, int | float) and not isinstance(node.value, bool)
        kind = Kind.NUMBER if is_number else Kind.NAME
        yield Token(kind, json.dumps(node.value), node.line, 0)
