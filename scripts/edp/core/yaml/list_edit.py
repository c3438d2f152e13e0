"""Adding one string to a list in a file: every byte that was there stays."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import yaml

from edp.core.yaml.locate import Located, children, locate
from edp.core.yaml.pin_edit import require_encodable
from edp.core.yaml.proof import Edit, apply_proven
from edp.core.yaml.scalars import resolve
from edp.core.yaml.source import end_of, start_of
from edp.core.yaml.written import Written, write_string

_BREAK: Final = re.compile(r"\r\n|[\r\n]")
_DASH: Final = re.compile(r"(?P<lead> *-[ \t]+)")
_COMMA: Final = re.compile(r" *, *")


def insert_sequence_item(content: bytes, keys: tuple[str, ...], value: str, *, path: str) -> bytes:
    """Add the string `value` to the list at `keys`; the same bytes if it is there already.

    A sorted list stays sorted, another one gets it at its end. In a block list the new line comes
    directly below the item before it, so comments above an item stay with that item.
    """
    node = locate(content, keys, path=path)
    if not isinstance(node.event, yaml.SequenceStartEvent):
        raise node.refuse("expected a list", hint="write a list, if only an empty one: []")
    items = _items(node)
    values = [item.value for item in items]
    if value in values:
        return content
    require_encodable(node, value)
    position = _position(values, value)
    plan = _plan_flow if node.event.flow_style else _plan_block
    edit = plan(node, items, position, value)
    at = node.index + 1 + position
    return apply_proven(node.source, node.events, edit, at=at, is_new=True)


def _items(node: Located) -> list[yaml.ScalarEvent]:
    items = []
    for index in children(node.events, node.index):
        event = node.events[index]
        if not isinstance(event, yaml.ScalarEvent) or not _is_simple(event):
            raise Located(node.source, node.events, index, node.keys).refuse(
                "has an item that is not a string in one line", hint="add the item by hand"
            )
        items.append(event)
    return items


def _is_simple(item: yaml.ScalarEvent) -> bool:
    if item.tag is not None or item.style in ("|", ">"):
        return False
    if start_of(item).line != end_of(item).line:
        return False
    try:
        return bool(item.style) or isinstance(resolve(item.value), str)
    except ValueError:
        return False


def _position(values: Sequence[str], value: str) -> int:
    if any(left > right for left, right in pairwise(values)):
        return len(values)
    return sum(present < value for present in values)


def _written_like(items: Sequence[yaml.ScalarEvent], position: int, value: str) -> Written:
    """In the style of the item before it, or of the first one."""
    style = items[max(position - 1, 0)].style if items else ""
    return write_string(value, style=style or "")


def _plan_block(
    node: Located, items: Sequence[yaml.ScalarEvent], position: int, value: str
) -> Edit:
    text = node.source.text
    neighbour = start_of(items[max(position - 1, 0)])
    line_start = neighbour.index - neighbour.column
    lead = _DASH.fullmatch(text, line_start, neighbour.index)
    if lead is None:
        raise node.refuse("an item does not stand in a line of its own", hint="add it by hand")
    written = _written_like(items, position, value)
    line = lead["lead"] + written.text
    line_end = _BREAK.search(text, neighbour.index)
    at = line_end.start() if line_end is not None else len(text)
    if position == 0:
        return Edit(line_start, line_start, line + _line_break(text, at), value, written)
    return Edit(at, at, _line_break(text, at) + line, value, written)


def _line_break(text: str, at: int) -> str:
    """The line break at a place; at the end of a file without one, the file's first."""
    found = _BREAK.match(text, at) or _BREAK.search(text)
    return found[0] if found is not None else "\n"


def _plan_flow(node: Located, items: Sequence[yaml.ScalarEvent], position: int, value: str) -> Edit:
    opening, closing = node.event, node.events[node.index + 1 + len(items)]
    if start_of(opening).line != end_of(closing).line:
        raise node.refuse("a list in brackets spans several lines", hint="add the item by hand")
    written = _written_like(items, position, value)
    if not items:
        at = end_of(opening).index
        return Edit(at, at, written.text, value, written)
    separator = _separator(node.source.text, items)
    if position < len(items):
        at = start_of(items[position]).index
        return Edit(at, at, written.text + separator, value, written)
    at = end_of(items[-1]).index
    return Edit(at, at, separator + written.text, value, written)


def _separator(text: str, items: Sequence[yaml.ScalarEvent]) -> str:
    """The comma with the blanks that the list has between its first two items."""
    if len(items) > 1:
        between = text[end_of(items[0]).index : start_of(items[1]).index]
        if _COMMA.fullmatch(between):
            return between
    return ", "
