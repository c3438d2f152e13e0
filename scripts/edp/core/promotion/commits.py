"""The messages of promotion commits and merges, with the trailers that a later reader needs."""

import re
from collections.abc import Mapping
from typing import Final

from edp.core.promotion.pairs import Pair

_TRAILER: Final = re.compile(r"(Promot(?:ed|ion)-[A-Za-z]+): (\S.*)")
CHOSEN: Final = "by name"


def subject(pair: Pair, present: str | None, version: str) -> str:
    """What the promotion does, in one line of names and versions."""
    if present is None:
        return f"Add {pair.stack} {version} to {pair.environment}"
    return f"Promote {pair.stack} {present} -> {version} to {pair.environment}"


def trailers(
    pair: Pair, present: str | None, version: str, *, run_url: str, is_chosen: bool
) -> str:
    """The trailers: everything in them is a checked name, version or address."""
    lines = {
        "Promoted-Stack": pair.stack,
        "Promoted-From": present or "none",
        "Promoted-To": version,
        "Promoted-Environment": pair.environment,
        "Promoted-Run": run_url,
        "Promotion-Choice": CHOSEN if is_chosen else "",
    }
    return "\n".join(f"{key}: {value}" for key, value in lines.items() if value)


def read_trailers(message: str) -> Mapping[str, str]:
    """The promotion trailers of the message's last paragraph."""
    last = message.strip().replace("\r\n", "\n").split("\n\n")[-1]
    found = (_TRAILER.fullmatch(line.strip()) for line in last.splitlines())
    return {match[1]: match[2].strip() for match in found if match}
