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
    tokens = re.findall(r"\*\*|\[[^\]]*\]|\\.|.", glob, re.DOTALL)
    depth = 0
    parts: list[str] = []
    for token in tokens:
        depth += (token == "{") - (token == "}")
        parts.append(_token(token, wild, in_braces=depth > 0))
    return "(?s:" + "".join(parts) + ")"


def _token(token: str, wild: dict[str, str], *, in_braces: bool) -> str:
    if token == "[":
        raise re.error("unclosed character class")
    if token == "," and not in_braces:
        return ","
    if token in wild:
        return wild[token]
    if token.startswith("["):
        return token.replace("[!", "[^", 1)
    return re.escape(token[1:] if token.startswith("\\") else token)
