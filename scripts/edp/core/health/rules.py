"""The six rules of "stack S of environment E is healthy at tag T", all read from one object.

Each rule returns "" when it holds, else a short text for people that says what stands against it.
`Synced` and `Healthy` alone prove nothing: both stay true of the old version for a while after a
promotion, and for good when Argo CD cannot build the new one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from edp.core.health.application import Application

RUNNING_PHASES: Final = frozenset({"Running", "Terminating"})
FAILED_PHASES: Final = frozenset({"Failed", "Error"})
_FINISHED_PHASES: Final = FAILED_PHASES | {"Succeeded"}


@dataclass(frozen=True, slots=True)
class Expected:
    """What git asks for; `commit` comes from the repository, never from Argo CD."""

    target_revision: str
    commit: str
    timeout: timedelta
    """How long the version may take to become healthy: the stack's `healthTimeout`."""


def broken_rules(application: Application, expected: Expected) -> Mapping[int, str]:
    """The rules that do not hold, by number and in order, each with its reason; empty is green."""
    reasons = {
        1: _rule_1_nothing_is_requested(application),
        2: _rule_2_the_committed_spec_is_compared(application, expected),
        3: _rule_3_synced_at_the_commit(application, expected),
        4: _rule_4_healthy(application),
        5: _rule_5_no_error_condition(application),
        6: _rule_6_last_sync_is_over(application, expected),
    }
    return {number: reason for number, reason in reasons.items() if reason}


def has_committed_spec(application: Application, expected: Expected) -> bool:
    """True once the root Application has applied the committed pin."""
    return bool(expected.target_revision) and (
        application.target_revision == expected.target_revision
    )


def is_about_commit(application: Application, expected: Expected) -> bool:
    """True if the last sync was one of the expected commit."""
    return bool(expected.commit) and application.operation_revision == expected.commit


def _rule_1_nothing_is_requested(application: Application) -> str:
    if application.deleting:
        return "the Application is being deleted"
    if application.has_operation:
        return _with_message("a sync is requested or running", application.operation_message)
    if application.refresh_requested:
        return "a refresh is requested and not yet answered"
    return ""


def _rule_2_the_committed_spec_is_compared(application: Application, expected: Expected) -> str:
    if not has_committed_spec(application, expected):
        return (
            f'targetRevision is "{application.target_revision or ""}" in the cluster,'
            f' committed is "{expected.target_revision}"'
        )
    if not application.source or application.source != application.compared_source:
        return "Argo CD has not yet compared the committed source"
    if application.destination != application.compared_destination:
        return "Argo CD has not yet compared the committed destination"
    return ""


def _rule_3_synced_at_the_commit(application: Application, expected: Expected) -> str:
    if not expected.commit or application.sync_revision != expected.commit:
        return (
            f'Argo CD compared revision "{application.sync_revision or ""}",'
            f' expected is commit "{expected.commit}"'
        )
    if application.sync_status != "Synced":
        return f'sync status is "{application.sync_status or ""}", expected "Synced"'
    if not application.resources:
        return "the Application has no resources"
    return ""


def _rule_4_healthy(application: Application) -> str:
    if application.health_status == "Healthy":
        return ""
    health = f'health is "{application.health_status or ""}", expected "Healthy"'
    return _with_message(health, application.health_message)


def _rule_5_no_error_condition(application: Application) -> str:
    for condition in application.conditions:
        if condition.type.endswith("Error"):
            return _with_message(condition.type, condition.message)
    return ""


def _rule_6_last_sync_is_over(application: Application, expected: Expected) -> str:
    phase = application.operation_phase
    if phase is None:
        return ""
    if phase not in _FINISHED_PHASES:
        return _with_message(f'the last sync is "{phase}"', application.operation_message)
    if not _was_compared_after_sync(application):
        return "Argo CD has not compared again since the last sync"
    # A sync of another commit may have failed: identical manifests are not synced again. One that
    # does not say its commit may have been of this one.
    revision = application.operation_revision
    if phase != "Succeeded" and (revision is None or is_about_commit(application, expected)):
        return _with_message(f'the last sync is "{phase}"', application.operation_message)
    return ""


def _was_compared_after_sync(application: Application) -> bool:
    finished, reconciled = application.operation_finished, application.reconciled_at
    return finished is not None and reconciled is not None and finished <= reconciled


def _with_message(text: str, message: str) -> str:
    return f"{text}: {message}" if message else text
