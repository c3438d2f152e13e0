"""Glob patterns as Forgejo's library reads them: `*` stops at separators, `**` does not."""

import re
from functools import lru_cache


@lru_cache(maxsize=512)
def glob_pattern(glob: str, separators: str = "") -> re.Pattern[str] | None:
    """The pattern of a glob, or None when it is not a valid one."""
    try:
        return re.compile(_translate(glob, separators))
    except re.error:
        return None


def glob_matches(glob: str, text: str, separators: str = "") -> bool:
    pattern = glob_pattern(glob, separators)
    return pattern is not None and pattern.fullmatch(text) is not None


def _translate(glob: str, separators: str) -> str:
    anything = f"[^{re.escape(separators)}]" if separators else "."
    wild = {"**": ".*", "*": f"{anything}*", "?": anything, "{": "(?:", "}": ")", ",": "|"}
    pieces = re.findall(r"\*\*|\[[^\]]*\]|\\.|.", glob, re.DOTALL)
    depth = 0
    parts: list[str] = []
    for piece in pieces:
        depth += (piece == "{") - (piece == "}")
        parts.append(_piece(piece, wild, in_braces=depth > 0))
    return "(?s:" + "".join(parts) + ")"


def _piece(piece: str, wild: dict[str, str], *, in_braces: bool) -> str:
    if piece == "[":
        raise re.error("unclosed character class")
    if piece == "," and not in_braces:
        return ","
    if piece in wild:
        return wild[piece]
    if piece.startswith("["):
        return piece.replace("[!", "[^", 1)
    return re.escape(piece[1:] if piece.startswith("\\") else piece)
