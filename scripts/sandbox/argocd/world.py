"""What the parts of one Argo CD share: its objects, its plans, what it knows of Applications."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.argocd.agenda import Agenda
from sandbox.argocd.objects import Objects
from sandbox.argocd.pace import Pace
from sandbox.argocd.targets import Target, Targets

Document = dict[str, Any]
REFRESH = "argocd.argoproj.io/refresh"
TRACKING = "argocd.argoproj.io/tracking-id"


@dataclass
class Operation:
    """A sync under way."""

    request: Document
    target: Target
    started: datetime
    retries: int = 0
    result: list[Document] = field(default_factory=list)

    @property
    def is_partial(self) -> bool:
        sync = self.request.get("sync", {})
        return bool(sync.get("dryRun") or sync.get("resources"))

    @property
    def options(self) -> list[str]:
        options: list[str] = self.request.get("sync", {}).get("syncOptions") or []
        return options

    @property
    def is_automated(self) -> bool:
        return bool(self.request.get("initiatedBy", {}).get("automated"))


@dataclass
class Failure:
    """The last automated sync of this target failed; it is not tried again."""

    fingerprint: str
    revision: str
    message: str


@dataclass
class Tracked:
    """What the controller knows of an Application beyond its document."""

    name: str
    next_poll: datetime
    live: str | None = None
    """The fingerprint of what is deployed."""
    has_objects: bool = False
    """True once any object is live, be it of a sync that failed."""
    rolled_out: datetime | None = None
    operation: Operation | None = None
    failure: Failure | None = None
    syncs: int = 0


@dataclass
class Trouble:
    """How an Application misbehaves."""

    degraded: dict[str, str | None] = field(default_factory=dict)
    """Fingerprints that are or become Degraded, with the message."""
    next_degraded: list[str | None] = field(default_factory=list)
    progressing: bool = False
    suspended: bool = False
    missing: bool = False
    comparison_error: str = ""
    sync_failure: str = ""


@dataclass
class World:
    objects: Objects
    targets: Targets
    agenda: Agenda
    pace: Pace
    tracked: dict[str, Tracked] = field(default_factory=dict)
    troubles: defaultdict[str, Trouble] = field(default_factory=lambda: defaultdict(Trouble))

    def later(
        self,
        app: Tracked,
        when: datetime,
        seconds: float,
        step: Callable[[Tracked, datetime], None],
    ) -> None:
        """Plans a step for as long as the Application exists."""

        def run(moment: datetime) -> None:
            if self.tracked.get(app.name) is app:
                step(app, moment)

        self.agenda.add(when + timedelta(seconds=seconds), run)

    def edit(self, app: Tracked, change: Callable[[Document], None]) -> None:
        self.objects.edit(app.name, change)

    def document(self, app: Tracked) -> Document:
        document = self.objects.get(app.name)
        assert document is not None, app.name  # noqa: S101 - tracked is what exists
        return document

    def spec(self, app: Tracked) -> Document:
        spec: Document = self.document(app).get("spec", {})
        return spec
