"""What earlier observations of one Application leave for the next one."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from edp.core.health.application import Application
from edp.core.health.rules import Expected, has_committed_spec


@dataclass(frozen=True, slots=True)
class Memory:
    """Times at which something was first seen; unchanged as long as nothing happens."""

    spec_key: str = ""
    spec_seen_at: datetime | None = None
    """The first observation of the committed spec."""
    waiting_since: datetime | None = None
    """Where the deadline counts from; None while it does not count."""
    compared_key: str = ""
    compared_seen_at: datetime | None = None
    """The first observation of what Argo CD compared, and at which revision."""
    comparison_error_at: datetime | None = None
    """`reconciledAt` of the first observation of a ComparisonError of the committed spec."""
    refresh_seen_at: datetime | None = None
    refresh_version: str = ""
    """The first observation of a refresh annotation, and `resourceVersion` then."""
    missing_at: datetime | None = None
    """The first observation that there is no such Application."""
    operation_finished_at: datetime | None = None
    health_since: datetime | None = None


def remember(
    memory: Memory,
    application: Application,
    expected: Expected,
    *,
    now: datetime,
    broken: Mapping[int, str],
) -> Memory:
    """Take in one observation; what belonged to another spec is forgotten."""
    spec_key = _spec_key(application, expected)
    if spec_key != memory.spec_key:
        memory = _forget_spec(memory, spec_key, now if spec_key else None)
    compared_key = _compared_key(application)
    refresh_seen_at = _refresh_seen_at(memory, application, now)
    return Memory(
        spec_key=spec_key,
        spec_seen_at=memory.spec_seen_at,
        waiting_since=_waiting_since(memory, application, expected, now=now, broken=broken),
        compared_key=compared_key,
        compared_seen_at=memory.compared_seen_at if compared_key == memory.compared_key else now,
        comparison_error_at=_comparison_error_at(memory, application, broken),
        refresh_seen_at=refresh_seen_at,
        refresh_version=application.resource_version if refresh_seen_at else "",
        operation_finished_at=application.operation_finished,
        health_since=application.health_since,
    )


def is_suspended(application: Application, broken: Mapping[int, str]) -> bool:
    """True if it is the committed version that waits for a person."""
    return application.health_status == "Suspended" and not broken.keys() & {1, 2, 3}


def _forget_spec(memory: Memory, spec_key: str, seen_at: datetime | None) -> Memory:
    return Memory(
        spec_key=spec_key,
        spec_seen_at=seen_at,
        waiting_since=seen_at,
        compared_key=memory.compared_key,
        compared_seen_at=memory.compared_seen_at,
        refresh_seen_at=memory.refresh_seen_at,
        refresh_version=memory.refresh_version,
    )


def _spec_key(application: Application, expected: Expected) -> str:
    """Inline values belong to it: a change of them under the same pin is a new spec."""
    if not has_committed_spec(application, expected):
        return ""
    return _digest(
        expected.target_revision, expected.commit, application.source, application.destination
    )


def _compared_key(application: Application) -> str:
    return _digest(
        application.compared_source,
        application.compared_destination,
        application.sync_revision or "",
    )


def _waiting_since(
    memory: Memory,
    application: Application,
    expected: Expected,
    *,
    now: datetime,
    broken: Mapping[int, str],
) -> datetime | None:
    """A version that was still green at its deadline gets the same time again when it lapses."""
    since = memory.waiting_since
    if memory.spec_seen_at is None or is_suspended(application, broken):
        return None
    if broken:
        return since or now
    return since if since is not None and now < since + expected.timeout else None


def _comparison_error_at(
    memory: Memory, application: Application, broken: Mapping[int, str]
) -> datetime | None:
    if 2 in broken or not application.condition("ComparisonError"):
        return None
    return memory.comparison_error_at or application.reconciled_at


def _refresh_seen_at(memory: Memory, application: Application, now: datetime) -> datetime | None:
    """Any write since then may have been the answer, and this annotation another request."""
    if not application.refresh_requested:
        return None
    is_same = memory.refresh_version == application.resource_version
    return memory.refresh_seen_at if is_same and memory.refresh_seen_at else now


def _digest(*parts: str) -> str:
    text = "\0".join(parts)
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
