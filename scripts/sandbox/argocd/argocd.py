"""One Argo CD: Applications that follow git, and the ways in which they may misbehave."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.argocd import pace
from sandbox.argocd.agenda import Agenda
from sandbox.argocd.controller import Controller
from sandbox.argocd.objects import Objects
from sandbox.argocd.pace import Pace
from sandbox.argocd.repository import Repository
from sandbox.argocd.targets import Targets
from sandbox.argocd.world import Trouble, World

Document = dict[str, Any]
Clock = Callable[[], datetime]


class ArgoCD:
    """Its Applications are what git and time make of them, as of the last `advance`.

    The names that the misbehaviours take are those in the cluster (prefix and stack). They may be
    given before the Application exists.
    """

    def __init__(
        self,
        name: str,
        repository: Path,
        *,
        clock: Clock,
        pace: Pace = pace.DEFAULT,
        namespace: str = "argocd",
        repo_url: str | None = None,
    ) -> None:
        """With `repo_url` any other repository is refused, without it all are this one."""
        self.name = name
        self.namespace = namespace
        self.pace = pace
        self.is_unreachable: str = ""
        self.objects = Objects(namespace)
        self.changed = threading.Condition(threading.RLock())
        self._clock = clock
        self._repo_url = repo_url
        self._frozen_at: datetime | None = None
        targets = Targets(Repository(repository), repo_url)
        self._world = World(self.objects, targets, Agenda(), pace)
        self._controller = Controller(self._world)

    def add_root(self, name: str, path: str, *, since: datetime | None = None) -> None:
        """A root Application that applies the folder `path` of main, created now or `since`."""
        with self._changing() as now:
            created = since or now
            self.objects.create(root_application(name, path, self._repo_url), created)
            self._controller.track(name, created)

    def advance(self) -> None:
        """Brings every Application to what it must look like by now."""
        with self.changed:
            if self._frozen_at is not None:
                return
            before, now = self.objects.version, self._clock()
            self._world.targets.forget_refs()
            self._run_until(now)
            self._controller.poll(now)
            if self.objects.version != before:
                self.changed.notify_all()

    def _run_until(self, now: datetime) -> None:
        for when, step in self._world.agenda.due(now):
            step(when)

    def main_moved(self) -> None:
        """The webhook of a push to main."""
        with self._changing() as now:
            self._controller.pushed(now)

    # --- what the Kubernetes API does

    def written(self, name: str, old: Document | None) -> None:
        """Tells the controller what was written through the API."""
        with self._changing() as now:
            self._controller.written(name, old, now)

    def delete(self, name: str) -> None:
        """Removes an Application, as `kubectl delete` does."""
        with self._changing() as now:
            self._controller.applying.delete(name, now)

    def time(self) -> datetime:
        return self._clock()

    # --- misbehaviour

    def degrade(self, app: str, message: str | None = None) -> None:
        """What is deployed now breaks; another version is healthy."""
        with self._trouble(app) as trouble:
            tracked = self._world.tracked.get(app)
            if tracked is not None and tracked.live is not None:
                trouble.degraded[tracked.live] = message
                tracked.rolled_out = datetime.min.replace(tzinfo=self._clock().tzinfo)

    def degrade_next(self, app: str, message: str | None = None) -> None:
        """The next version never comes up: Progressing, then Degraded."""
        with self._trouble(app) as trouble:
            trouble.next_degraded = [message]

    def progress_forever(self, app: str) -> None:
        with self._trouble(app) as trouble:
            trouble.progressing = True

    def suspend(self, app: str) -> None:
        with self._trouble(app) as trouble:
            trouble.suspended = True

    def missing(self, app: str) -> None:
        """All objects of the Application are gone, and nothing brings them back."""
        with self._trouble(app) as trouble:
            trouble.missing = True

    def comparison_error(self, app: str, message: str) -> None:
        with self._trouble(app) as trouble:
            trouble.comparison_error = message

    def fail_sync(self, app: str, message: str) -> None:
        """Every sync fails, after its retries, for `message`."""
        with self._trouble(app) as trouble:
            trouble.sync_failure = message

    def recover(self, app: str) -> None:
        """Ends every misbehaviour of the Application, and what failed is tried again."""
        with self._trouble(app) as trouble:
            vars(trouble).update(vars(Trouble()))
            if app in self._world.tracked:
                self._world.tracked[app].failure = None

    def freeze(self) -> None:
        """The controller stops: statuses stay as they are, refreshes are not answered."""
        with self._changing() as now:
            self._frozen_at = self._frozen_at or now

    def thaw(self) -> None:
        with self._changing() as now:
            if self._frozen_at is not None:
                self._world.agenda.delay(now - self._frozen_at)
                self._frozen_at = None

    def unreachable(self, how: str = "reset") -> None:
        """The Kubernetes API is gone: connections are `reset`, or requests `hang`."""
        self.is_unreachable = how

    def reachable(self) -> None:
        self.is_unreachable = ""

    @contextmanager
    def _changing(self) -> Iterator[datetime]:
        with self.changed:
            self.advance()
            yield self._clock()
            self.changed.notify_all()

    @contextmanager
    def _trouble(self, app: str) -> Iterator[Trouble]:
        with self._changing() as now:
            yield self._world.troubles[app]
            tracked = self._world.tracked.get(app)
            if tracked is not None:
                self._world.later(tracked, now, 0, self._controller.compare)


def root_application(name: str, path: str, repo_url: str | None) -> Document:
    """A root Application as `environments/shared/bootstrap` makes it."""
    retry = {"backoff": {"duration": "10s", "factor": 2, "maxDuration": "3m"}, "limit": 5}
    environment = name.removeprefix("root-")
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {
            "name": name,
            "labels": {"app.kubernetes.io/part-of": "platform", "edp.io/environment": environment},
        },
        "spec": {
            "destination": {"namespace": "argocd", "server": "https://kubernetes.default.svc"},
            "project": name,
            "source": {
                "path": path,
                "repoURL": repo_url or "https://git.example.test/platform/edp.git",
                "targetRevision": "main",
            },
            "syncPolicy": {
                "automated": {"prune": True, "selfHeal": True},
                "retry": {**retry, "refresh": True},
            },
        },
    }
