"""Reasons as one line of bounded length; neutralising them is left to whoever prints them."""

from typing import Final

_MAXIMUM_LENGTH: Final = 300


def one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MAXIMUM_LENGTH else line[: _MAXIMUM_LENGTH - 1] + "…"
