"""What of the committed version cannot heal by waiting.

Degraded or Failed of the version before it, seen under the new spec, is no failure of the new one.
"""

from collections.abc import Mapping

from edp.core.health.application import Application, Condition
from edp.core.health.memory import Memory
from edp.core.health.rules import (
    FAILED_PHASES,
    Expected,
    has_committed_spec,
    is_about_commit,
)


def failure(
    application: Application, expected: Expected, broken: Mapping[int, str], memory: Memory
) -> str:
    """The failure with Argo CD's message; "" when there is none, or not yet."""
    if application.has_operation or not has_committed_spec(application, expected):
        return ""
    if application.health_status == "Degraded" and not broken.keys() & {1, 2, 3}:
        return broken[4]
    if 2 not in broken and (text := _failed_sync(application, expected)):
        return text
    return _failed_condition(application, broken, memory)


def _failed_sync(application: Application, expected: Expected) -> str:
    """Asks for rule 2 as well: with new inline values the same commit may have failed before."""
    phase = application.operation_phase
    if phase not in FAILED_PHASES or not is_about_commit(application, expected):
        return ""
    return f"sync {phase}: {application.operation_message}"


def _failed_condition(application: Application, broken: Mapping[int, str], memory: Memory) -> str:
    kinds = ["InvalidSpecError"]
    if 2 not in broken:
        kinds.append("SyncError")
        if _outlived_a_comparison(application, memory):
            kinds.append("ComparisonError")
    found = (application.condition(kind) for kind in kinds)
    return next((_text(condition) for condition in found if condition), "")


def _outlived_a_comparison(application: Application, memory: Memory) -> bool:
    """Git may just be down, so the first ComparisonError waits for a second comparison."""
    first, last = memory.comparison_error_at, application.reconciled_at
    return first is not None and last is not None and last > first


def _text(condition: Condition) -> str:
    return f"{condition.type}: {condition.message}"
