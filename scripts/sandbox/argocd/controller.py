"""The controller: compares when it is time or somebody asks, and syncs what is automated."""

from datetime import datetime, timedelta
from typing import Any

from sandbox.argocd.applying import Applying
from sandbox.argocd.children import root_of, roots
from sandbox.argocd.comparison import Comparison, compare_now, write_comparison
from sandbox.argocd.operations import Operations, acknowledge
from sandbox.argocd.repository import FULL_SHA
from sandbox.argocd.status import automated_operation
from sandbox.argocd.targets import is_root, sources_of
from sandbox.argocd.world import REFRESH, Tracked, World

Document = dict[str, Any]


class Controller:
    """Reconciles the Applications of one Argo CD."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.applying = Applying(world, self.compare, self.track)
        self.operations = Operations(world, self.compare, self.applying)

    def track(self, name: str, when: datetime) -> None:
        """Takes care of a new Application from now on."""
        pace = self._world.pace
        app = Tracked(name, when + timedelta(seconds=pace.poll))
        self._world.tracked[name] = app
        self._world.later(app, when, pace.notice, self.compare)

    def compare(self, app: Tracked, when: datetime) -> None:
        """Compares, writes what was found, and begins a sync where one is due."""
        app.next_poll = when + timedelta(seconds=self._world.pace.poll)
        comparison = compare_now(self._world, app, when)
        if self._should_sync(app, comparison) and comparison.target is not None:
            heals = self._healed(app, comparison)
            request = automated_operation(comparison.target, heals=heals)
            self.operations.begin(app, comparison, request)
            return
        write_comparison(self._world, app, comparison)
        self._world.later(
            app, when, self._world.pace.write, lambda *_: acknowledge(self._world, app)
        )

    def _should_sync(self, app: Tracked, comparison: Comparison) -> bool:
        document = self._world.document(app)
        automated = comparison.spec.get("syncPolicy", {}).get("automated")
        if automated is None or automated.get("enabled") is False or "operation" in document:
            return False
        if comparison.target is None or comparison.is_synced or comparison.wipes_out:
            return False
        if app.operation or self._world.troubles[app.name].missing:
            return False
        failure = app.failure
        return failure is None or failure.fingerprint != comparison.target.fingerprint

    def _healed(self, app: Tracked, comparison: Comparison) -> list[Document] | None:
        """A sync of the commit that was synced before undoes edits, and names them."""
        target = comparison.target
        if target is None or not is_root(comparison.spec) or app.live != target.fingerprint:
            return None
        keys = ("group", "kind", "name")
        stray = [entry for entry in comparison.resources if entry["status"] != "Synced"]
        return [{key: entry[key] for key in keys} for entry in stray]

    def poll(self, now: datetime) -> None:
        """The comparisons that nobody asked for."""
        for app in list(self._world.tracked.values()):
            if app.next_poll <= now:
                self.compare(app, now)

    def pushed(self, now: datetime) -> None:
        """A webhook tells of a push to main: of interest to what tracks a branch."""
        for app in self._world.tracked.values():
            if any(_follows_branch(source) for source in sources_of(self._world.spec(app))):
                self._world.later(app, now, self._world.pace.notice, self.compare)

    def written(self, name: str, old: Document | None, now: datetime) -> None:
        """Somebody wrote an Application through the API."""
        new = self._world.objects.get(name)
        if new is None:
            return
        if name not in self._world.tracked:
            self.track(name, now)
            return
        app = self._world.tracked[name]
        if REFRESH in new["metadata"].get("annotations", {}) or new["spec"] != (old or {}).get(
            "spec"
        ):
            self._world.later(app, now, self._world.pace.notice, self.compare)
        if "operation" in new and app.operation is None:
            self._world.later(app, now, self._world.pace.write, self.operations.begin_requested)
        if _phase(new) == "Terminating":
            self._world.later(app, now, self._world.pace.write, self.operations.terminate)
        self._alert_root(new, now)

    def _alert_root(self, document: Document, now: datetime) -> None:
        owner = root_of(document)
        for root in roots(self._world):
            if root.name == owner:
                self._world.later(root, now, self._world.pace.notice, self.compare)


def _follows_branch(source: Document) -> bool:
    revision = str(source.get("targetRevision") or "HEAD")
    return not (
        source.get("chart") or revision.startswith("refs/tags/") or FULL_SHA.match(revision)
    )


def _phase(document: Document) -> str:
    return str(document.get("status", {}).get("operationState", {}).get("phase", ""))
