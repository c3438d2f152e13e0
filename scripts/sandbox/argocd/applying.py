"""What a sync does to the cluster: workloads roll out, Applications are made and removed."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sandbox.argocd import status as shapes
from sandbox.argocd.children import (
    applied,
    children_of,
    mark_deleted,
    matches,
    replace_child,
    root_of,
)
from sandbox.argocd.health import reassess
from sandbox.argocd.targets import is_root
from sandbox.argocd.validation import problem
from sandbox.argocd.world import Operation, Tracked, World

Document = dict[str, Any]
Step = Callable[[Tracked, datetime], None]
TASKS_FAILED = "one or more synchronization tasks completed unsuccessfully, reason: "
OBJECTS_FAILED = "one or more objects failed to apply, reason: "


class Applying:
    """Carries out syncs; `compare` and `track` belong to the controller."""

    def __init__(self, world: World, compare: Step, track: Callable[[str, datetime], None]) -> None:
        self._world = world
        self._compare = compare
        self._track = track

    def apply(self, app: Tracked, operation: Operation, when: datetime) -> str:
        """Applies everything and fills `operation.result`; returns what failed."""
        operation.result = []
        if operation.target.applications is not None:
            return self._apply_children(app, operation, when)
        failure = self._world.troubles[app.name].sync_failure
        if failure:
            app.has_objects = True
            operation.result = shapes.failed_workloads(operation.target.spec, failure)
            return TASKS_FAILED + failure
        self._apply_workloads(app, operation, when)
        return ""

    # --- workloads

    def _apply_workloads(self, app: Tracked, operation: Operation, when: datetime) -> None:
        target, is_same = operation.target, app.live == operation.target.fingerprint
        verbs = ("configured", "unchanged", "configured")
        if is_same or app.live is None:
            verbs = ("unchanged" if is_same else "created",) * 3
        operation.result = shapes.applied_workloads(target.spec, verbs)
        if app.live is None and "CreateNamespace=true" in operation.options:
            operation.result.insert(0, shapes.created_namespace(target.spec))
        if not operation.is_partial and not is_same:
            self._roll_out(app, target.fingerprint, when)

    def _roll_out(self, app: Tracked, fingerprint: str, when: datetime) -> None:
        app.live, app.rolled_out, app.has_objects = fingerprint, when, True
        self._world.edit(app, _first_resource_synced)
        for seconds in (self._world.pace.progress, self._world.pace.deadline):
            self._world.later(app, when, seconds, lambda _, at: reassess(self._world, app, at))

    # --- children of a root Application

    def _apply_children(self, app: Tracked, operation: Operation, when: datetime) -> str:
        """Siblings of a child that the API server refuses are applied all the same."""
        wanted, failures = operation.target.applications or {}, []
        for name, document in wanted.items():
            line = self._apply_child(app, name, document, when)
            operation.result.append(line)
            if line["status"] == "SyncFailed":
                failures.append(str(line["message"]))
        if failures:
            return OBJECTS_FAILED + ", ".join(failures)
        self._prune(app, operation, when)
        app.live, app.has_objects = operation.target.fingerprint, True
        return ""

    def _apply_child(self, app: Tracked, name: str, wanted: Document, when: datetime) -> Document:
        live, namespace = self._world.objects.get(name), self._world.objects.namespace
        refused = problem(wanted)
        if refused:
            return shapes.refused_child(name, namespace, refused.message)
        if matches(wanted, live):
            return shapes.applied_child(name, namespace, "unchanged")
        document = applied(wanted, app.name, namespace)
        if live is None:
            self._world.objects.create(document, when)
            self._track(name, when)
            return shapes.applied_child(name, namespace, "created")
        self._world.objects.edit(name, lambda old: replace_child(old, document))
        child = self._world.tracked[name]
        self._world.later(child, when, self._world.pace.notice, self._compare)
        return shapes.applied_child(name, namespace, "configured")

    def _prune(self, app: Tracked, operation: Operation, when: datetime) -> None:
        wanted = operation.target.applications or {}
        for name in children_of(self._world, app.name):
            if name not in wanted:
                self.delete(name, when)
                operation.result.append(shapes.pruned_child(name, self._world.objects.namespace))

    def delete(self, name: str, when: datetime) -> None:
        """Removes an Application; with a finalizer its objects go first."""
        app = self._world.tracked[name]
        if not self._world.document(app)["metadata"].get("finalizers"):
            self._forget(app, when)
            return
        owner = self._world.tracked.get(root_of(self._world.document(app)))
        mark_deleted(self._world, app, when)
        self._world.later(app, when, self._world.pace.removal, self._forget)
        if owner is not None:
            reassess(self._world, owner, when)

    def _forget(self, app: Tracked, when: datetime) -> None:
        self._world.objects.delete(app.name)
        del self._world.tracked[app.name]
        for other in list(self._world.tracked.values()):
            if is_root(self._world.spec(other)):
                self._world.later(other, when, self._world.pace.notice, self._compare)


def _first_resource_synced(document: Document) -> None:
    """The comparison of single objects is ahead of that of the whole."""
    resources = document["status"].get("resources")
    if resources:
        resources[0]["status"] = "Synced"
