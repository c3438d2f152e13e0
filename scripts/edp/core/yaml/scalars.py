"""Plain scalars as Kubernetes resolves them (`sigs.k8s.io/yaml`), not as Python's loaders do.

The table is that of its `goyaml.v2/resolve.go`: the words of YAML 1.1, octals with a leading zero,
floats with an exponent; dates and sexagesimals are strings.
"""

import math
import re
from typing import Final

# The first characters that a value other than a string can have.
_HINTS: Final = frozenset("+-.0123456789yYnNtTfFoO~")
_TRUE: Final = ("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON")
_FALSE: Final = ("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF")
_NULL: Final = ("", "~", "null", "Null", "NULL")
_WORDS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(_TRUE, True),
    **dict.fromkeys(_FALSE, False),
    **dict.fromkeys(_NULL, None),
}
_NOT_FINITE: Final = re.compile(r"\.(nan|NaN|NAN)|[-+]?\.(inf|Inf|INF)")
_INTEGER: Final = re.compile(
    r"(?P<sign>[-+]?)(0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<binary>[01]+)|0[oO]?(?P<octal>[0-7]+)"
    r"|(?P<decimal>0|[1-9][0-9]*))"
)
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
# What begins with a point may have single underscores between digits.
_POINT_FLOAT: Final = re.compile(r"\.[0-9]+(_[0-9]+)*([eE][-+]?[0-9]+(_[0-9]+)*)?")
_BASES: Final = {"hex": 16, "binary": 2, "octal": 8, "decimal": 10}


def resolve(text: str) -> str | int | float | bool | None:
    """The value of a plain scalar. Not-a-number and infinity raise ValueError: JSON has neither."""
    if text and text[0] not in _HINTS:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(text)
    return _number(text) if text[0] in "+-.0123456789" else text


def resolve_key(text: str) -> str:
    """The string that a plain key becomes in JSON; null and fractions raise ValueError."""
    value = resolve(text)
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    raise ValueError(text)


def _number(text: str) -> str | int | float:
    if text[0] == ".":
        return _finite(float(text), text) if _POINT_FLOAT.fullmatch(text) else text
    digits = text.replace("_", "")
    integer = _INTEGER.fullmatch(digits)
    if integer is not None:
        value = int(integer["sign"] + integer[_base(integer)], _BASES[_base(integer)])
        if -(2**63) <= value < 2**64:
            return value
    return _finite(float(digits), text) if _FLOAT.fullmatch(digits) else text


def _finite(number: float, text: str) -> str | float:
    """A number beyond the range of floats stays a string, as in Go."""
    return number if math.isfinite(number) else text


def _base(integer: re.Match[str]) -> str:
    return next(name for name in _BASES if integer[name] is not None)
