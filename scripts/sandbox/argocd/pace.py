"""How long an Argo CD takes for what; all in seconds."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class Pace:
    poll: float
    """Between two comparisons that nobody asked for."""
    notice: float
    """From a webhook, a refresh or a new spec to the comparison."""
    sync: float
    """From the comparison to the end of the sync it starts."""
    progress: float
    """From the end of a sync until the new pods are ready."""
    deadline: float
    """From the end of a sync until a version that does not come up is Degraded."""
    retry: float
    """Between two tries of a failing sync."""

    @property
    def write(self) -> float:
        """Between two writes of one reconciliation."""
        return self.sync * 0.04

    @property
    def removal(self) -> float:
        """How long it takes to remove an Application with its objects."""
        return self.sync * 0.8


# As in the recordings of a real one.
DEFAULT: Final = Pace(poll=120, notice=0.35, sync=0.5, progress=18.5, deadline=20.5, retry=5)
# For tests and the demo: the same order of writes, in fractions of a second.
FAST: Final = Pace(poll=3, notice=0.02, sync=0.06, progress=0.15, deadline=0.2, retry=0.03)
