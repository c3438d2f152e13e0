"""Syncs: how they begin, end, fail, are repeated and terminated."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sandbox.argocd import status as shapes
from sandbox.argocd.children import (
    applied,
    children_of,
    mark_deleted,
    matches,
    rejected,
    replace_child,
)
from sandbox.argocd.comparison import Comparison, write_comparison
from sandbox.argocd.environments import ComparisonFailedError
from sandbox.argocd.health import reassess
from sandbox.argocd.objects import timestamp
from sandbox.argocd.targets import Target, is_root
from sandbox.argocd.world import REFRESH, Failure, Operation, Tracked, World

Document = dict[str, Any]
Compare = Callable[[Tracked, datetime], None]
FAILED = "one or more synchronization tasks completed unsuccessfully"


class Operations:
    """Every sync of one Argo CD; `compare` and `track` belong to its controller."""

    def __init__(
        self, world: World, compare: Compare, track: Callable[[str, datetime], None]
    ) -> None:
        self._world = world
        self._compare = compare
        self._track = track

    # --- beginning

    def begin(self, app: Tracked, comparison: Comparison, request: Document) -> None:
        """An automated sync: requested before the status says OutOfSync."""
        if comparison.target is None:
            return
        when, write = comparison.when, self._world.pace.write
        self._world.edit(app, lambda document: _request(document, request))
        operation = self._start(app, comparison.target, request, when)
        self._world.later(app, when, write, lambda *_: self._show_running(app, operation))
        self._world.later(
            app, when, 2 * write, lambda *_: write_comparison(self._world, app, comparison)
        )
        self._world.later(app, when, 3 * write, lambda *_: acknowledge(self._world, app))
        self._world.later(app, when, self._world.pace.sync, self._finish(operation))

    def begin_requested(self, app: Tracked, when: datetime) -> None:
        """A sync that somebody asked for by setting `operation`."""
        document = self._world.document(app)
        request = document.get("operation")
        if request is None or app.operation is not None:
            return
        try:
            target = self._requested_target(document["spec"], request)
        except ComparisonFailedError as error:
            message = str(error)
            self._world.edit(app, lambda doc: _end(doc, "Error", message, when, request))
            return
        operation = self._start(app, target, request, when)
        self._show_running(app, operation)
        self._world.later(app, when, self._world.pace.sync, self._finish(operation))

    def _requested_target(self, spec: Document, request: Document) -> Target:
        refs = self._world.targets.refs()
        revision = request.get("sync", {}).get("revision")
        commit = refs.resolve(revision) if revision else None
        if revision and commit is None:
            raise ComparisonFailedError(f"unable to resolve '{revision}' to a commit SHA")
        return self._world.targets.resolve(spec, refs, commit)

    def _start(self, app: Tracked, target: Target, request: Document, when: datetime) -> Operation:
        app.operation = Operation(request, target, when + timedelta(seconds=self._world.pace.write))
        trouble = self._world.troubles[app.name]
        if trouble.next_degraded and target.fingerprint != app.live:
            trouble.degraded[target.fingerprint] = trouble.next_degraded.pop()
        return app.operation

    def _show_running(self, app: Tracked, operation: Operation) -> None:
        if app.operation is not operation:
            return

        def change(document: Document) -> None:
            status = document.setdefault("status", {})
            status["operationState"] = shapes.running(operation.request, operation.started)

        self._world.edit(app, change)

    # --- ending

    def _finish(self, operation: Operation) -> Callable[[Tracked, datetime], None]:
        def finish(app: Tracked, when: datetime) -> None:
            if app.operation is operation:
                self._carry_out(app, operation, when)

        return finish

    def _carry_out(self, app: Tracked, operation: Operation, when: datetime) -> None:
        failure = self._obstacle(app, operation)
        if failure:
            self._fail(app, operation, failure, when)
            return
        delay, write = 0.0, self._world.pace.write
        if operation.target.applications is not None:
            delay = self._apply_children(app, operation, when)
        else:
            self._apply_workloads(app, operation, when)
        self._world.later(
            app, when, delay + write, lambda _, at: self._remember(app, operation, at)
        )
        self._world.later(
            app, when, delay + 2 * write, lambda _, at: self._succeed(app, operation, at)
        )

    def _obstacle(self, app: Tracked, operation: Operation) -> str:
        refused = rejected(operation.target)
        if refused:
            return f"{FAILED}, reason: {refused[1]}"
        failure = self._world.troubles[app.name].sync_failure
        return f"{FAILED}, reason: {failure}" if failure else ""

    def _apply_workloads(self, app: Tracked, operation: Operation, when: datetime) -> None:
        target = operation.target
        verbs = ("created",) * 3 if app.live is None else ("configured", "unchanged", "configured")
        if app.live == target.fingerprint:
            verbs = ("unchanged",) * 3
        entries = shapes.workloads(target.spec, "Synced")
        operation.result = [
            shapes.applied_workload(entry, target.spec, verb)
            for entry, verb in zip(entries, verbs, strict=True)
        ]
        if operation.is_partial or app.live == target.fingerprint:
            return
        app.live, app.rolled_out = target.fingerprint, when
        self._world.edit(app, _first_resource_synced)
        for seconds in (self._world.pace.progress, self._world.pace.deadline):
            self._world.later(app, when, seconds, lambda _, at: reassess(self._world, app, at))

    def _remember(self, app: Tracked, operation: Operation, when: datetime) -> None:
        if operation.is_partial or app.operation is not operation:
            return
        times = (timestamp(operation.started), timestamp(when))
        entry = shapes.history_entry(
            operation.request, operation.target, number=app.syncs, times=times
        )
        app.syncs += 1

        def change(document: Document) -> None:
            history = document["status"].get("history", [])
            document["status"]["history"] = [*history, entry][-10:]

        self._world.edit(app, change)

    def _succeed(self, app: Tracked, operation: Operation, when: datetime) -> None:
        if app.operation is operation:
            app.failure = None
            self._end(app, operation, "Succeeded", shapes.SUCCEEDED, when)

    def _end(
        self, app: Tracked, operation: Operation, phase: str, message: str, when: datetime
    ) -> None:
        app.operation = None

        def change(document: Document) -> None:
            _end(document, phase, message, when, operation.request)
            state = document["status"]["operationState"]
            state["startedAt"] = timestamp(operation.started)
            state["syncResult"] = shapes.sync_result(operation.target, operation.result)
            if operation.retries:
                state["retryCount"] = operation.retries

        self._world.edit(app, change)
        self._world.later(app, when, self._world.pace.write, self._compare)

    # --- failing

    def _fail(self, app: Tracked, operation: Operation, message: str, when: datetime) -> None:
        limit = int(operation.request.get("retry", {}).get("limit") or 0)
        if operation.retries < limit:
            self._retry(app, operation, message, when)
            return
        if operation.retries:
            message += f" (retried {operation.retries} times)."
        if operation.is_automated:
            app.failure = Failure(operation.target.fingerprint, operation.target.revision, message)
        self._end(app, operation, "Failed", message, when)

    def _retry(self, app: Tracked, operation: Operation, message: str, when: datetime) -> None:
        """Between two tries a sync is Running and has a `finishedAt`."""
        operation.retries += 1
        number, again = operation.retries, when + timedelta(seconds=self._world.pace.retry)
        hour = again.strftime("%I:%M%p").removeprefix("0")

        def pause(document: Document) -> None:
            document["status"]["operationState"] |= {
                "finishedAt": timestamp(when),
                "message": f"{message}. Retrying attempt #{number} at {hour}.",
                "retryCount": number,
                "syncResult": shapes.sync_result(operation.target, operation.result),
            }

        self._world.edit(app, pause)
        self._world.later(app, again, 0, lambda *_: self._try_again(app, operation))
        self._world.later(app, again, self._world.pace.sync, self._finish(operation))

    def _try_again(self, app: Tracked, operation: Operation) -> None:
        if app.operation is not operation:
            return
        if operation.request.get("retry", {}).get("refresh"):
            self._take_newest(app, operation)

        def change(document: Document) -> None:
            state = document["status"]["operationState"]
            state["message"] = f"Retrying operation. Attempt #{operation.retries}"
            state.pop("finishedAt", None)
            state.pop("syncResult", None)

        self._world.edit(app, change)

    def _take_newest(self, app: Tracked, operation: Operation) -> None:
        try:
            world = self._world
            operation.target = world.targets.resolve(world.spec(app), world.targets.refs())
        except ComparisonFailedError:
            return

    def terminate(self, app: Tracked, when: datetime) -> None:
        """Somebody wrote Terminating into the phase."""
        operation = app.operation
        if operation is not None:
            target = operation.target
            app.failure = Failure(target.fingerprint, target.revision, "Operation terminated")
            self._end(app, operation, "Failed", "Operation terminated", when)

    # --- what a root Application does

    def _apply_children(self, app: Tracked, operation: Operation, when: datetime) -> float:
        """Applies and prunes; returns how long pruning takes."""
        wanted = operation.target.applications or {}
        for name, document in wanted.items():
            verb = self._apply_child(app, name, document, when)
            entry = shapes.child_entry(name, self._world.objects.namespace, "Synced")
            operation.result.append(shapes.applied_workload(entry, {}, verb))
        gone = [name for name in children_of(self._world, app.name) if name not in wanted]
        for name in gone:
            self.delete(name, when)
            entry = shapes.child_entry(name, self._world.objects.namespace, "Synced")
            line = shapes.applied_workload(entry, {}, "")
            pruned = {"hookPhase": "Succeeded", "message": "pruned", "status": "Pruned"}
            operation.result.append({**line, **pruned})
        app.live = operation.target.fingerprint
        return self._world.pace.sync if gone else 0.0

    def _apply_child(self, app: Tracked, name: str, wanted: Document, when: datetime) -> str:
        live = self._world.objects.get(name)
        document = applied(wanted, app.name, self._world.objects.namespace)
        if live is None:
            self._world.objects.create(document, when)
            self._track(name, when)
            return "created"
        if matches(wanted, live):
            return "unchanged"
        self._world.objects.edit(name, lambda old: replace_child(old, document))
        child = self._world.tracked[name]
        self._world.later(child, when, self._world.pace.notice, self._compare)
        return "configured"

    def delete(self, name: str, when: datetime) -> None:
        """Removes an Application; with a finalizer its objects go first."""
        app = self._world.tracked[name]
        if not self._world.document(app)["metadata"].get("finalizers"):
            self._forget(app, when)
            return
        mark_deleted(self._world, app, when)
        self._world.later(app, when, self._world.pace.sync * 0.8, self._forget)

    def _forget(self, app: Tracked, when: datetime) -> None:
        self._world.objects.delete(app.name)
        del self._world.tracked[app.name]
        for other in list(self._world.tracked.values()):
            if is_root(self._world.spec(other)):
                self._world.later(other, when, self._world.pace.write, self._compare)


def acknowledge(world: World, app: Tracked) -> None:
    """Removes the refresh annotation: the comparison it asked for is written."""

    def change(document: Document) -> None:
        document["metadata"].get("annotations", {}).pop(REFRESH, None)

    world.edit(app, change)


def _request(document: Document, request: Document) -> None:
    document["operation"] = request
    if not document.get("status"):
        document["status"] = {**shapes.FIRST_STATUS}
    document["status"].pop("operationState", None)


def _end(document: Document, phase: str, message: str, when: datetime, request: Document) -> None:
    document.pop("operation", None)
    status = document.setdefault("status", {})
    state = status.get("operationState") or shapes.running(request, when)
    status["operationState"] = {
        **state, "finishedAt": timestamp(when), "message": message, "phase": phase,
    }  # fmt: skip


def _first_resource_synced(document: Document) -> None:
    resources = document["status"].get("resources")
    if resources:
        resources[0]["status"] = "Synced"
