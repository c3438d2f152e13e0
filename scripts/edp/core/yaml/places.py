"""Where each value of a file stands: worked out when the first question comes, for messages."""

from dataclasses import dataclass
from typing import TypeAlias

import yaml

from edp.core.yaml.scalars import resolve_key
from edp.core.yaml.source import Source, line_of, parse

KeyPath: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """The line of a value and of its key, and how it was written."""

    line: int
    key_line: int
    text: str | None = None
    is_quoted: bool = False


class Places:
    """The places of all documents of one file; the second parse happens at the first question."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._documents: list[dict[KeyPath, Place]] | None = None

    def nearest(self, document: int, keys: KeyPath) -> Place:
        """The place of a value, or of its nearest ancestor that exists."""
        places = self._of(document)
        while keys not in places:
            keys = keys[:-1]
        return places[keys]

    def find(self, document: int, keys: KeyPath) -> Place | None:
        """The place of a value, or None if there is none."""
        return self._of(document).get(keys)

    def _of(self, document: int) -> dict[KeyPath, Place]:
        if self._documents is None:
            self._documents = _index(self._source)
        return self._documents[document]


@dataclass(slots=True)
class _Open:
    path: KeyPath
    item: int | None
    key: str | None = None
    key_line: int = 0


def _index(source: Source) -> list[dict[KeyPath, Place]]:
    documents: list[dict[KeyPath, Place]] = []
    stack: list[_Open] = []
    for event in parse(source):
        if isinstance(event, yaml.DocumentStartEvent):
            documents.append({})
        elif isinstance(event, yaml.CollectionEndEvent):
            stack.pop()
        elif isinstance(event, yaml.NodeEvent):
            _record(event, stack, documents[-1])
    return documents


def _record(event: yaml.NodeEvent, stack: list[_Open], places: dict[KeyPath, Place]) -> None:
    line = line_of(event)
    parent = stack[-1] if stack else None
    if isinstance(event, yaml.ScalarEvent) and _is_key(parent, event, line):
        return
    path = _path_below(parent)
    key_line = parent.key_line if parent is not None and parent.item is None else line
    if isinstance(event, yaml.ScalarEvent):
        places[path] = Place(line, key_line, event.value, is_quoted=bool(event.style))
        return
    places[path] = Place(line, key_line)
    stack.append(_Open(path, 0 if isinstance(event, yaml.SequenceStartEvent) else None))


def _is_key(parent: _Open | None, event: yaml.ScalarEvent, line: int) -> bool:
    if parent is None or parent.item is not None or parent.key is not None:
        return False
    parent.key = event.value if event.style else resolve_key(event.value)
    parent.key_line = line
    return True


def _path_below(parent: _Open | None) -> KeyPath:
    if parent is None:
        return ()
    if parent.item is not None:
        parent.item += 1
        return (*parent.path, parent.item - 1)
    key, parent.key = parent.key or "", None
    return (*parent.path, key)
