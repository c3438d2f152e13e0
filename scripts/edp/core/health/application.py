"""An Argo CD Application, reduced to what the gate rule reads.

Every field of an Application is optional, and a new one has no status at all. What is absent or of
a wrong type becomes None or empty, except where absence would speak *for* health: there it becomes
a value that speaks against it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from edp.core.health.source import canonical_text, source_text
from edp.core.times import parse_iso

# Exactly this key: `argocd.argoproj.io/hydrate*` annotations stay for good and mean nothing here.
_REFRESH: Final = "argocd.argoproj.io/refresh"
_UNREADABLE_CONDITION: Final = "UnknownError"


@dataclass(frozen=True, slots=True)
class Resource:
    kind: str
    group: str
    namespace: str
    name: str
    status: str


@dataclass(frozen=True, slots=True)
class Condition:
    type: str
    message: str


@dataclass(frozen=True, slots=True)
class Application:
    """Of several sources, the first one carries the pin and its revision."""

    name: str
    namespace: str
    resource_version: str
    deleting: bool
    has_operation: bool
    refresh_requested: bool
    path: str | None
    target_revision: str | None
    source: str
    compared_source: str
    destination: str
    compared_destination: str
    sync_status: str | None
    sync_revision: str | None
    resources: tuple[Resource, ...]
    health_status: str | None
    health_message: str
    health_since: datetime | None
    conditions: tuple[Condition, ...]
    operation_phase: str | None
    """None without an operation state; "" when there is one whose phase cannot be read."""
    operation_revision: str | None
    operation_message: str
    operation_started: datetime | None
    operation_finished: datetime | None
    reconciled_at: datetime | None

    def condition(self, kind: str) -> Condition | None:
        """The first condition of that type."""
        return next((found for found in self.conditions if found.type == kind), None)


def project_application(document: Mapping[str, object]) -> Application:
    """Reduce a document of the Kubernetes API; never raises on JSON."""
    metadata = _mapping(document.get("metadata"))
    spec = _mapping(document.get("spec"))
    status = _mapping(document.get("status"))
    sync = _mapping(status.get("sync"))
    compared = _mapping(sync.get("comparedTo"))
    health = _mapping(status.get("health"))
    operation = _mapping(status.get("operationState"))
    pinned = _pinned_source(spec)
    return Application(
        name=_text(metadata.get("name")) or "",
        namespace=_text(metadata.get("namespace")) or "",
        resource_version=_text(metadata.get("resourceVersion")) or "",
        deleting=metadata.get("deletionTimestamp") is not None,
        has_operation=document.get("operation") is not None,
        refresh_requested=_REFRESH in _mapping(metadata.get("annotations")),
        path=_text(pinned.get("path")),
        target_revision=_text(pinned.get("targetRevision")),
        source=source_text(spec),
        compared_source=source_text(compared),
        destination=canonical_text(spec.get("destination")),
        compared_destination=canonical_text(compared.get("destination")),
        sync_status=_text(sync.get("status")),
        sync_revision=_revision(sync),
        resources=tuple(_resource(item) for item in _mappings(status.get("resources"))),
        health_status=_text(health.get("status")),
        health_message=_text(health.get("message")) or "",
        health_since=_time(health.get("lastTransitionTime")),
        conditions=_conditions(status.get("conditions")),
        operation_phase=_phase(status.get("operationState")),
        operation_revision=_operation_revision(operation),
        operation_message=_text(operation.get("message")) or "",
        operation_started=_time(operation.get("startedAt")),
        operation_finished=_time(operation.get("finishedAt")),
        reconciled_at=_time(status.get("reconciledAt")),
    )


def _pinned_source(spec: Mapping[str, object]) -> Mapping[str, object]:
    sources = _items(spec.get("sources"))
    return _mapping(sources[0] if sources else spec.get("source"))


def _revision(holder: Mapping[str, object]) -> str | None:
    """`revision`; with several sources it is absent or empty, and `revisions` has their order."""
    revisions = _items(holder.get("revisions"))
    return _text(holder.get("revision")) or _text(revisions[0] if revisions else None)


def _operation_revision(state: Mapping[str, object]) -> str | None:
    result = _mapping(state.get("syncResult"))
    asked_for = _mapping(_mapping(state.get("operation")).get("sync"))
    return _revision(result) or _revision(asked_for)


def _phase(state: object) -> str | None:
    if state is None:
        return None
    return _text(_mapping(state).get("phase")) or ""


def _resource(entry: Mapping[str, object]) -> Resource:
    kind, group, namespace, name, status = (
        _text(entry.get(key)) or "" for key in ("kind", "group", "namespace", "name", "status")
    )
    return Resource(kind, group, namespace, name, status)


def _conditions(value: object) -> tuple[Condition, ...]:
    """What cannot be read counts as an error: no condition is what speaks for health."""
    if value is None:
        return ()
    if not isinstance(value, list):
        return (Condition(_UNREADABLE_CONDITION, "status.conditions is not a list"),)
    return tuple(_condition(_mapping(entry)) for entry in value)


def _condition(entry: Mapping[str, object]) -> Condition:
    return Condition(
        type=_text(entry.get("type")) or _UNREADABLE_CONDITION,
        message=_text(entry.get("message")) or "",
    )


def _time(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return parse_iso(value)
    except (ValueError, OverflowError):
        return None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _mappings(value: object) -> list[Mapping[str, object]]:
    return [item for item in _items(value) if isinstance(item, Mapping)]
