"""Changing one string in a file: its bytes are replaced, every other byte stays.

The new value keeps the style of the old one. What cannot be proven by parsing the result again is
refused with the file and the line.
"""

import yaml

from edp.core.yaml.locate import Located, locate
from edp.core.yaml.proof import Edit, apply_proven
from edp.core.yaml.scalars import resolve
from edp.core.yaml.source import end_of, quote, start_of
from edp.core.yaml.written import write_string


def read_scalar(content: bytes, keys: tuple[str, ...], *, path: str) -> str:
    """The string at `keys`; anything but a string is an error that names what is there."""
    node = locate(content, keys, path=path)
    event = _scalar(node)
    if not _is_string(event):
        raise node.refuse(f"expected a string, found {_described(event)}", hint=_remedy(event))
    return event.value


def splice_scalar(content: bytes, keys: tuple[str, ...], value: str, *, path: str) -> bytes:
    """Write the string `value` at `keys`; the same bytes if it is there already.

    Null and empty values are filled, numbers and booleans replaced. Of several documents exactly
    one may have the keys.
    """
    node = locate(content, keys, path=path)
    event = _scalar(node)
    if _is_string(event) and event.value == value:
        return content
    require_encodable(node, value)
    edit = _plan(node, event, value)
    return apply_proven(node.source, node.events, edit, at=node.index, is_new=False)


def require_encodable(node: Located, value: str) -> None:
    """Refuse a value with half a surrogate pair, which no file can hold."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise node.refuse("the new value is not valid Unicode") from None


def _scalar(node: Located) -> yaml.ScalarEvent:
    if isinstance(node.event, yaml.ScalarEvent):
        return node.event
    kind = "mapping" if isinstance(node.event, yaml.MappingStartEvent) else "list"
    is_template = node.source.text.startswith("{{", start_of(node.event).index)
    raise node.refuse(
        f"expected a string, found a {kind}", hint="quote the template" if is_template else ""
    )


def _plan(node: Located, event: yaml.ScalarEvent, value: str) -> Edit:
    if event.style in ("|", ">"):
        raise node.refuse("is a block scalar", hint="write the value in one line after the key")
    if start_of(event).line != end_of(event).line:
        raise node.refuse("spans several lines", hint="write the value in one line after the key")
    written = write_string(value, style=event.style or "")
    start, end = _span(node, event)
    if start < end:
        return Edit(start, end, written.text, value, written)
    # In brackets the parser puts an empty value before the comma, not after the colon.
    end = len(node.source.text[:end].rstrip(" \t"))
    if event.anchor is None and not node.source.text.endswith(":", 0, end):
        raise node.refuse("has no value", hint="write a colon and a value")
    return Edit(end, end, " " + written.text, value, written)


def _span(node: Located, event: yaml.ScalarEvent) -> tuple[int, int]:
    """The characters of the scalar alone: the parser counts an anchor in."""
    start, end = start_of(event).index, end_of(event).index
    if event.anchor is None:
        return start, end
    inside = node.source.text[start + 1 + len(event.anchor) : end]
    return end - len(inside.lstrip(" \t")), end


def _is_string(event: yaml.ScalarEvent) -> bool:
    try:
        return bool(event.style) or isinstance(resolve(event.value), str)
    except ValueError:
        return False


def _described(event: yaml.ScalarEvent) -> str:
    if event.value == "":
        return "nothing"
    try:
        value = resolve(event.value)
    except ValueError:
        return f"the number {event.value}"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    return f"the number {value}"


def _remedy(event: yaml.ScalarEvent) -> str:
    if event.value in ("", "~") or event.value.lower() == "null":
        return "write a string"
    return f"quote it: {quote(event.value)}"
