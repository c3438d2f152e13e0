"""Syncs: how they begin, end, fail, are repeated and terminated."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sandbox.argocd import status as shapes
from sandbox.argocd.applying import Applying
from sandbox.argocd.comparison import Comparison, write_comparison
from sandbox.argocd.environments import ComparisonFailedError
from sandbox.argocd.objects import timestamp
from sandbox.argocd.targets import Target
from sandbox.argocd.world import REFRESH, Failure, Operation, Tracked, World

Document = dict[str, Any]
Compare = Callable[[Tracked, datetime], None]


class Operations:
    """Every sync of one Argo CD; `compare` belongs to its controller."""

    def __init__(self, world: World, compare: Compare, applying: Applying) -> None:
        self._world = world
        self._compare = compare
        self._applying = applying

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
        self._await_namespace(app, operation, when)
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

    def _await_namespace(self, app: Tracked, operation: Operation, when: datetime) -> None:
        """A first sync makes the namespace and waits for it."""
        if app.has_objects or "CreateNamespace=true" not in operation.options:
            return
        line = shapes.created_namespace(operation.target.spec)

        def change(document: Document) -> None:
            document["status"]["operationState"] |= {
                "message": f"waiting for healthy state of /Namespace/{line['name']}",
                "syncResult": shapes.sync_result(operation.target, [line]),
            }

        half = self._world.pace.sync / 2
        self._world.later(app, when, half, lambda *_: self._world.edit(app, change))

    # --- ending

    def _finish(self, operation: Operation) -> Callable[[Tracked, datetime], None]:
        def finish(app: Tracked, when: datetime) -> None:
            if app.operation is operation:
                self._carry_out(app, operation, when)

        return finish

    def _carry_out(self, app: Tracked, operation: Operation, when: datetime) -> None:
        is_dry = operation.request.get("sync", {}).get("dryRun")
        failure = "" if is_dry else self._applying.apply(app, operation, when)
        if failure:
            self._fail(app, operation, failure, when)
            return
        is_pruning = any(line["status"] == "Pruned" for line in operation.result)
        delay = self._world.pace.removal if is_pruning else 0.0
        write = self._world.pace.write
        self._world.later(
            app, when, delay + write, lambda _, at: self._remember(app, operation, at)
        )
        self._world.later(
            app, when, delay + 2 * write, lambda _, at: self._succeed(app, operation, at)
        )

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
