"""Our words for options of a command, so that the optional package is imported at its use only."""

from enum import Enum
from typing import Final


class Flag(Enum):
    """An option without a value."""

    SET = "set"
    UNSET = "unset"


Option = str | bool | list[str] | Flag | None
SET: Final = Flag.SET
UNSET: Final = Flag.UNSET
"""Also takes back what the library sets by itself."""
AS_JSON: Final[dict[str, Option]] = {"json": SET, "no_color": SET}


def flag(*, is_set: bool) -> Flag:
    """The option is there, or not."""
    return SET if is_set else UNSET
