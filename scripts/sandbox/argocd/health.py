"""The health of what an Application manages, and how it is written down."""

from datetime import datetime, timedelta
from typing import Any

from sandbox.argocd.children import children_of
from sandbox.argocd.objects import timestamp
from sandbox.argocd.status import workload_name
from sandbox.argocd.targets import is_root
from sandbox.argocd.world import Tracked, World

Document = dict[str, Any]
Health = tuple[str, str | None]


def assess(world: World, app: Tracked, when: datetime) -> Health:
    """The word and, where something is the cause, the message."""
    spec, trouble = world.spec(app), world.troubles[app.name]
    if trouble.missing or not app.has_objects:
        return "Missing", None
    if app.live is None:
        return "Healthy", None
    cause = f"Caused by {workload_name(spec)}"
    if trouble.suspended:
        return "Suspended", cause
    if is_root(spec):
        return _removals(world, app)
    return _rollout(world, app, when, cause)


def _removals(world: World, root: Tracked) -> Health:
    """A root Application waits for nothing but the removal of its children."""
    for name in children_of(world, root.name):
        if "deletionTimestamp" in (world.objects.get(name) or {})["metadata"]:
            namespace = world.objects.namespace
            return "Progressing", f"Caused by argoproj.io/Application:{namespace}/{name}"
    return "Healthy", None


def _rollout(world: World, app: Tracked, when: datetime, cause: str) -> Health:
    trouble, age = world.troubles[app.name], when - (app.rolled_out or when)
    if trouble.progressing:
        return "Progressing", cause
    if app.live in trouble.degraded:
        is_late = age >= timedelta(seconds=world.pace.deadline)
        return (
            ("Degraded", trouble.degraded[app.live] or cause) if is_late else ("Progressing", cause)
        )
    if age < timedelta(seconds=world.pace.progress):
        return "Progressing", cause
    return "Healthy", None


def write_health(status: Document, health: Health, when: datetime) -> None:
    """The transition time moves only when the word changes."""
    word, message = health
    old = status.get("health", {})
    since = old["lastTransitionTime"] if old.get("status") == word else timestamp(when)
    status["health"] = {"lastTransitionTime": since, "status": word}
    if message:
        status["health"]["message"] = message


def reassess(world: World, app: Tracked, when: datetime) -> None:
    """Writes a health that changed between comparisons; `reconciledAt` stays."""

    def change(document: Document) -> None:
        status = document.get("status", {})
        if status.get("health", {}).get("status"):
            write_health(status, assess(world, app, when), when)

    world.edit(app, change)
