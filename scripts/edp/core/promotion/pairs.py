"""A stack in an environment, and what git says about it."""

from dataclasses import dataclass
from typing import NamedTuple


class Pair(NamedTuple):
    """One cell of the matrix of stacks and environments."""

    stack: str
    environment: str

    def __str__(self) -> str:
        return f"{self.stack} in {self.environment}"


@dataclass(frozen=True, slots=True)
class Pin:
    """The version of a stack that an environment's Application asks for."""

    pair: Pair
    version: str
    path: str


@dataclass(frozen=True, slots=True)
class Release:
    """A tagged version. One with a `problem` is never promoted."""

    stack: str
    version: str
    commit: str
    problem: str = ""
