"""What is to happen when: the only place where simulated time passes."""

import heapq
import itertools
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

Step = Callable[[datetime], None]


class Agenda:
    """Steps in the order of their times; a step may add further ones."""

    def __init__(self) -> None:
        self._steps: list[tuple[datetime, int, Step]] = []
        self._count = itertools.count()

    def add(self, when: datetime, step: Step) -> None:
        heapq.heappush(self._steps, (when, next(self._count), step))

    def due(self, now: datetime) -> Iterator[tuple[datetime, Step]]:
        """Takes out, one by one, what is due, also what was added meanwhile."""
        while self._steps and self._steps[0][0] <= now:
            when, _, step = heapq.heappop(self._steps)
            yield when, step

    def delay(self, by: timedelta) -> None:
        """Moves everything into the future by the same time."""
        self._steps = [(when + by, number, step) for when, number, step in self._steps]
