"""Reading YAML files as Kubernetes does, and refusing what its readers disagree about.

One pass over the parser's events checks and builds at once, so that no hostile file reaches a
constructor: no anchors, aliases, merge keys, tags or duplicate keys. Keys are strings, as in JSON:
`on` is `true` and `0755` is `493`, which is what a cluster would get.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml

from edp.core.yaml.places import KeyPath, Places
from edp.core.yaml.scalars import resolve, resolve_key
from edp.core.yaml.source import (
    MAXIMUM_BYTES,
    Source,
    YamlError,
    decode,
    line_of,
    parse,
    quote,
)

__all__ = ["Document", "KeyPath", "YamlError", "YamlValue", "read_document", "read_documents"]

YamlValue: TypeAlias = "dict[str, YamlValue] | list[YamlValue] | str | int | float | bool | None"


@dataclass(frozen=True, slots=True)
class Document:
    """One document's plain value, and where in its file each part stands."""

    path: str
    value: YamlValue
    has_bom: bool
    _number: int = field(repr=False, compare=False)
    _places: Places = field(repr=False, compare=False)

    def line(self, keys: KeyPath) -> int:
        """The line of a value, or of its nearest ancestor that exists."""
        return self._places.nearest(self._number, keys).line

    def key_line(self, keys: KeyPath) -> int:
        """The line of the key of a value (of an item: its own), or the nearest ancestor's."""
        return self._places.nearest(self._number, keys).key_line

    def scalar_text(self, keys: KeyPath) -> str | None:
        """A scalar's text before it was resolved (`1.10`); None if there is no scalar."""
        place = self._places.find(self._number, keys)
        return None if place is None else place.text

    def is_quoted(self, keys: KeyPath) -> bool:
        """True for a scalar in quotes or a block: a string, whatever it looks like."""
        place = self._places.find(self._number, keys)
        return place is not None and place.is_quoted


def read_document(content: bytes, *, path: str, maximum_bytes: int = MAXIMUM_BYTES) -> Document:
    """Read a file that holds exactly one document."""
    source = decode(content, path=path, maximum_bytes=maximum_bytes)
    document: Document | None = None
    for line, found in _documents(source):
        if document is not None:
            raise source.error(
                "a second document begins here", line=line, hint="keep one document in this file"
            )
        document = found
    if document is None:
        raise source.error("the file is empty", line=1, hint="write one YAML document")
    return document


def read_documents(
    content: bytes, *, path: str, maximum_bytes: int = MAXIMUM_BYTES
) -> tuple[Document, ...]:
    """Read a file of any number of documents, none included."""
    source = decode(content, path=path, maximum_bytes=maximum_bytes)
    return tuple(document for _, document in _documents(source))


def _documents(source: Source) -> Iterator[tuple[int, Document]]:
    places = Places(source)
    number = line = 0
    tree = _Tree(source)
    for event in parse(source):
        if isinstance(event, yaml.NodeEvent):
            tree.add(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            tree.close()
        elif isinstance(event, yaml.DocumentStartEvent):
            tree, line = _Tree(source), line_of(event)
        elif isinstance(event, yaml.DocumentEndEvent):
            yield line, Document(source.path, tree.value, source.has_bom, number, places)
            number += 1


class _Open:
    """A collection that is being filled; a mapping remembers in which line each key came."""

    __slots__ = ("items", "key", "keys", "mapping")

    def __init__(self, *, mapping: bool) -> None:
        self.mapping: dict[str, YamlValue] | None = {} if mapping else None
        self.items: list[YamlValue] = []
        self.key: str | None = None
        self.keys: dict[str, int] = {}

    def put(self, value: YamlValue) -> None:
        if self.mapping is None:
            self.items.append(value)
        elif self.key is not None:
            self.mapping[self.key] = value
            self.key = None

    def wants_key(self) -> bool:
        return self.mapping is not None and self.key is None


class _Tree:
    """The value of one document, built while its events pass by."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._stack = [_Open(mapping=False)]

    @property
    def value(self) -> YamlValue:
        return self._stack[0].items[0]

    def add(self, event: yaml.NodeEvent) -> None:
        _refuse_sharing(self._source, event)
        top = self._stack[-1]
        if isinstance(event, yaml.ScalarEvent):
            if top.wants_key():
                self._add_key(top, event)
            else:
                top.put(_value(self._source, event))
            return
        if top.wants_key():
            raise self._source.error("a key must be a text", line=line_of(event))
        self._open(top, mapping=isinstance(event, yaml.MappingStartEvent))

    def close(self) -> None:
        self._stack.pop()

    def _open(self, parent: _Open, *, mapping: bool) -> None:
        opened = _Open(mapping=mapping)
        parent.put(opened.items if opened.mapping is None else opened.mapping)
        self._stack.append(opened)

    def _add_key(self, top: _Open, event: yaml.ScalarEvent) -> None:
        key, line = _key(self._source, event), line_of(event)
        if key in top.keys:
            raise self._source.error(
                f"duplicate key {quote(key)} (first in line {top.keys[key]})",
                line=line,
                hint="remove one of the two",
            )
        top.keys[key] = line
        top.key = key


def _refuse_sharing(source: Source, event: yaml.NodeEvent) -> None:
    if event.anchor is not None:
        is_alias = isinstance(event, yaml.AliasEvent)
        raise source.error(
            f"{'alias *' if is_alias else 'anchor &'}{event.anchor}: not used here",
            line=line_of(event),
            hint="write the value out",
        )
    if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
        raise source.error(
            f"tag {quote(event.tag)}: not used here",
            line=line_of(event),
            hint="remove the tag; quote the value if it is a text",
        )


def _key(source: Source, event: yaml.ScalarEvent) -> str:
    if event.style:
        return event.value
    if event.value == "<<":
        raise source.error(
            "merge keys (<<) are not used here", line=line_of(event), hint="write the keys out"
        )
    try:
        return resolve_key(event.value)
    except ValueError:
        raise source.error(
            f"the key {quote(event.value)} is not a text", line=line_of(event), hint="quote it"
        ) from None


def _value(source: Source, event: yaml.ScalarEvent) -> YamlValue:
    if event.style:
        return event.value
    try:
        return resolve(event.value)
    except ValueError:
        raise source.error(
            f"{event.value} is not a number that JSON can hold",
            line=line_of(event),
            hint=f'quote it if it is a text: "{event.value}"',
        ) from None
