"""How a string is written as a scalar, so that every YAML reader takes it as that string."""

import json
import re
from dataclasses import dataclass
from typing import Final

# Names, refs, paths and versions of three numbers: strings for each reader, in block and in flow.
_PLAIN: Final = re.compile(
    r"([A-Za-z]|\.{0,2}/[A-Za-z])[A-Za-z0-9_./@+-]*|[0-9]+\.[0-9]+\.[0-9]+([-+][A-Za-z0-9.+-]*)?"
)
_RESERVED: Final = frozenset(
    ("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity")
)
_NOT_LITERAL: Final = re.compile("[\x00-\x1f\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Written:
    """A scalar's text in a file, and its style as the parser names it."""

    text: str
    style: str


def write_string(value: str, *, style: str) -> Written:
    """Write `value` in a style (empty is plain), or in double quotes where that is not safe."""
    if style == "" and is_safe_plain(value):
        return Written(value, "")
    if style == "'" and _NOT_LITERAL.search(value) is None:
        return Written("'" + value.replace("'", "''") + "'", "'")
    return Written(_NOT_LITERAL.sub(_escape, json.dumps(value, ensure_ascii=False)), '"')


def is_safe_plain(value: str) -> bool:
    """True if every reader takes the text without quotes as this very string."""
    return _PLAIN.fullmatch(value) is not None and value.lower() not in _RESERVED


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
