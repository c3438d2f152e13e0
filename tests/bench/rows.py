"""What is measured: rows of a table, filled as the measures run."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.bench.processes import Used
from tests.bench.scale_platform import Requests


@dataclass(frozen=True)
class Row:
    """One figure. A limit of None is a figure without one."""

    what: str
    unit: str
    reached: float
    limit: float | None = None

    @property
    def is_met(self) -> bool:
        return self.limit is None or self.reached <= self.limit


@dataclass
class Table:
    """The rows in the order in which they were measured."""

    rows: list[Row] = field(default_factory=list)

    def add(self, what: str, unit: str, reached: float, limit: float | None = None) -> None:
        """Add a row and show it at once: a whole bench takes minutes."""
        row = Row(what, unit, reached, limit)
        self.rows.append(row)
        say("  ".join(cells(row)))

    def add_process(
        self,
        what: str,
        used: Used,
        *,
        wall: float | None = None,
        cpu: float | None = None,
        memory: float | None = 300,
    ) -> None:
        """A process's time and memory."""
        self.add(f"{what}: wall", "s", used.wall, wall)
        self.add(f"{what}: CPU", "s", used.cpu, cpu)
        self.add(f"{what}: memory", "MiB", used.memory, memory)

    def add_requests(
        self, what: str, sent: Requests, *, api: float | None = None, git: float | None = None
    ) -> None:
        """What a command asked for."""
        self.add(f"{what}: API requests", "", sent.api, api)
        self.add(f"{what}: git requests", "", sent.git, git)
        self.add(f"{what}: Kubernetes LISTs", "", sent.lists)
        self.add(f"{what}: pages of these", "", sent.pages)

    def lines(self) -> Iterator[str]:
        """The table as Markdown."""
        yield "| measure | unit | limit | reached | |"
        yield "|---|---|---|---|---|"
        for row in self.rows:
            yield f"| {' | '.join(cells(row))} |"


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def cells(row: Row) -> tuple[str, ...]:
    """A row as texts."""
    limit = "" if row.limit is None else f"{row.limit:g}"
    mark = "" if row.limit is None else "ok" if row.is_met else "MISSED"
    return row.what, row.unit, limit, _number(row.reached), mark


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"
