"""What is wrong in a file: where, what, and what to do."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from edp.core.yaml.reader import KeyPath, YamlError
from edp.errors import InvalidInputError

_LONGEST: Final = 80


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake. `where` is the path of keys, empty for the file as a whole."""

    path: str
    line: int
    where: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        path = self.path if self.path.isprintable() else shown(self.path)
        return ": ".join(part for part in (f"{path}:{self.line}", self.where, self.message) if part)


class FileProblemsError(InvalidInputError):
    """A file that cannot be used, with all that is wrong in it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(describe(problems))
        self.problems = tuple(problems)


def describe(problems: Iterable[Problem]) -> str:
    """A line for each problem, its hint indented below."""
    lines: list[str] = []
    for problem in problems:
        lines.append(str(problem))
        lines += [f"  {line}" for line in problem.hint.splitlines()]
    return "\n".join(lines)


def problem_of_yaml(error: YamlError) -> Problem:
    """The same as a problem."""
    message = error.message.removeprefix(f"{error.path}:{error.line}: ")
    return Problem(error.path, error.line, "", message, error.hint)


def dotted(keys: KeyPath) -> str:
    """A path of keys as people write it: `gates.windows[0].days`."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
    return text.removeprefix(".")


def shown(value: object) -> str:
    """A file's value in a message: one line of ASCII, not too long."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, str) and len(value) > _LONGEST:
        value = value[:_LONGEST] + "…"
    return json.dumps(value)
