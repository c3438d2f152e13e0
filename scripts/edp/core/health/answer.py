"""Whether what an Application says can be taken for an answer at all.

A status that nobody updates any more keeps saying Synced and Healthy.
"""

from datetime import datetime, timedelta
from typing import Final

from edp.core.health.application import Application
from edp.core.health.memory import Memory
from edp.core.times import format_duration, format_time

_CLOCK_TOLERANCE: Final = timedelta(seconds=60)
# A controller that runs answers a refresh within 3 s.
_REFRESH_PATIENCE: Final = timedelta(seconds=60)


def time_ahead(application: Application, now: datetime) -> str:
    """Why the times cannot be compared with ours; "" when they can."""
    times = {
        "reconciledAt": application.reconciled_at,
        "health.lastTransitionTime": application.health_since,
        "operationState.startedAt": application.operation_started,
        "operationState.finishedAt": application.operation_finished,
    }
    for name, moment in times.items():
        if moment is not None and moment - now > _CLOCK_TOLERANCE:
            return f"{name} is in the future: {format_time(moment)}; compare the clocks"
    return ""


def frozen_status(
    application: Application, memory: Memory, *, now: datetime, stale_after: timedelta
) -> str:
    """Why nobody seems to update this status; "" when it is alive."""
    since, last = memory.refresh_seen_at, application.reconciled_at
    if since is not None and now - since > _REFRESH_PATIENCE:
        return (
            f"a refresh asked for by {format_time(since)} is not answered:"
            " is Argo CD's application controller running?"
        )
    # A spec error stops comparisons, so there an old time is no sign of a dead controller.
    is_old = last is not None and now - last > stale_after
    if last is None or not is_old or application.condition("InvalidSpecError"):
        return ""
    return (
        f"Argo CD's last comparison is of {format_time(last)},"
        f" older than {format_duration(stale_after)}"
    )
