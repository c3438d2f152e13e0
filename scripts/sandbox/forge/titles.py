"""Titles, cut where the server cuts them."""

LONGEST = 255
MARK = "\u2026"


def cut_title(text: str) -> str:
    """At most 255 bytes; a longer title ends with an ellipsis."""
    whole = text.encode()
    if len(whole) <= LONGEST:
        return text
    return whole[: LONGEST - len(MARK.encode())].decode(errors="ignore") + MARK
