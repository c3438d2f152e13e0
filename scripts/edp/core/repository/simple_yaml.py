"""A scanner for the plainest block YAML, many times faster than a parser.

It knows mappings, lists and scalars of one line in ASCII, and gives up on everything else. Of what
it accepts the real reader makes the same values: a property test holds the two together.
"""

import re
from typing import Final, TypeAlias

from edp.core.yaml.reader import YamlValue
from edp.core.yaml.scalars import resolve

_LONGEST: Final = 256 * 1024
_DEEPEST: Final = 24
_LINE: Final = re.compile(
    r"""
    (?P<indent>[ ]*)
    (?P<dash>-[ ])?
    (?:(?P<key>[A-Za-z][A-Za-z0-9_./-]{0,99}):(?:[ ]+|$))?
    (?:
      (?P<plain>[A-Za-z0-9/][A-Za-z0-9_./+@=-]*(?::[A-Za-z0-9_./+@=-]+)*
                (?:[ ][A-Za-z0-9_./+@=-]+(?::[A-Za-z0-9_./+@=-]+)*)*)
    | "(?P<double>[A-Za-z0-9_./+@=:,<>\ -]*)"
    | '(?P<single>[A-Za-z0-9_./+@=:,<>\ -]*)'
    | \{(?P<flow_key>[A-Za-z]+):[ ](?P<flow_value>[A-Za-z0-9][A-Za-z0-9_.-]*)\}
    | (?P<empty>\[\]|\{\})
    )?
    (?:[ ]+\#[ -~]*|[ ]*)
    """,
    re.VERBOSE | re.ASCII,
)
_COMMENT: Final = re.compile(r"[ ]*(#[ -~]*)?", re.ASCII)
_NOT_STRINGS: Final = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))

_Container: TypeAlias = "dict[str, YamlValue] | list[YamlValue]"


class _NotSimpleError(Exception):
    """The file needs the real reader."""


def read_simple(content: bytes) -> YamlValue:
    """The value of a file that is simple enough, else None; never an error."""
    if len(content) > _LONGEST or not content.isascii():
        return None
    scan = _Scan()
    try:
        for line in content.decode("ascii").removeprefix("---\n").split("\n"):
            if line.lstrip(" ")[:1] not in ("", "#"):
                scan.add(line)
            elif not _COMMENT.fullmatch(line):
                return None
    except (_NotSimpleError, ValueError):
        return None
    return scan.finish()


class _Scan:
    """The collections that are open, by the column of their content."""

    def __init__(self) -> None:
        self._root: dict[str, YamlValue] = {}
        self._levels: list[tuple[int, _Container]] = [(0, self._root)]
        self._waiting: tuple[dict[str, YamlValue], str] | None = None

    def finish(self) -> YamlValue:
        """The whole value; a file of nothing but comments is left to the reader."""
        return self._root or None

    def add(self, line: str) -> None:
        """Take one line that is neither blank nor a comment."""
        match = _LINE.fullmatch(line)
        if match is None:
            raise _NotSimpleError
        indent, dash, key, plain, double, single, flow_key, flow_value, empty = match.groups()
        column = len(indent)
        if self._waiting is not None:
            self._settle(column, is_item=dash is not None)
        top = self._close_to(column)
        if plain is not None:
            value: YamlValue = resolve(plain)
        elif flow_key is not None:
            value = {_checked_key(flow_key): resolve(flow_value)}
        elif empty is not None:
            value = [] if empty == "[]" else {}
        else:
            value = double if double is not None else single
        if dash is not None:
            top = self._add_item(top, column, value, has_key=key is not None)
        if key is not None:
            self._add_member(top, key, value)
        elif dash is None:
            raise _NotSimpleError

    def _settle(self, column: int, *, is_item: bool) -> None:
        """A key without a value gets what stands deeper below it, or null."""
        assert self._waiting is not None  # noqa: S101 (the caller has looked)
        mapping, key = self._waiting
        self._waiting = None
        level = self._levels[-1][0]
        if column <= level:
            if is_item and column == level:
                raise _NotSimpleError
            mapping[key] = None
            return
        opened: _Container = [] if is_item else {}
        mapping[key] = opened
        self._open(column, opened)

    def _open(self, column: int, opened: _Container) -> None:
        if len(self._levels) > _DEEPEST:
            raise _NotSimpleError
        self._levels.append((column, opened))

    def _close_to(self, column: int) -> _Container:
        levels = self._levels
        while column < levels[-1][0]:
            levels.pop()
        if column != levels[-1][0]:
            raise _NotSimpleError
        return levels[-1][1]

    def _add_item(
        self, top: _Container, column: int, value: YamlValue, *, has_key: bool
    ) -> _Container:
        if not isinstance(top, list) or (value is None and not has_key):
            raise _NotSimpleError
        if not has_key:
            top.append(value)
            return top
        item: dict[str, YamlValue] = {}
        top.append(item)
        self._open(column + 2, item)
        return item

    def _add_member(self, top: _Container, key: str, value: YamlValue) -> None:
        if not isinstance(top, dict) or key in top:
            raise _NotSimpleError
        top[_checked_key(key)] = value
        if value is None:
            self._waiting = (top, key)


def _checked_key(key: str) -> str:
    """A key that is a string for every reader."""
    if len(key) <= 5 and key.lower() in _NOT_STRINGS:
        raise _NotSimpleError
    return key
