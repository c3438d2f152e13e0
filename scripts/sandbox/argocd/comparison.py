"""One comparison of git with what is live, and how it is written into the status."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.argocd.children import children_of, matches
from sandbox.argocd.environments import ComparisonFailedError
from sandbox.argocd.health import assess, write_health
from sandbox.argocd.objects import timestamp
from sandbox.argocd.status import (
    child_entry,
    compared_to,
    condition,
    source_types,
    summary,
    sync_status,
    workloads,
)
from sandbox.argocd.targets import Target, is_root, sources_of
from sandbox.argocd.world import Tracked, World
from sandbox.forge.git_process import GitFailedError

Document = dict[str, Any]
WIPE_OUT = "auto-sync will wipe out all resources"


@dataclass(frozen=True)
class Comparison:
    """Against git's `target`, or why there is none."""

    when: datetime
    spec: Document
    target: Target | None
    is_synced: bool = False
    resources: list[Document] = field(default_factory=list)
    error: str = ""

    @property
    def wipes_out(self) -> bool:
        """True if a sync would leave a root Application without any child."""
        entries = self.resources
        return bool(entries) and all(entry.get("requiresPruning") for entry in entries)


def compare_now(world: World, app: Tracked, when: datetime) -> Comparison:
    spec, trouble = world.spec(app), world.troubles[app.name]
    try:
        if trouble.comparison_error:
            raise ComparisonFailedError(trouble.comparison_error)
        target = world.targets.resolve(spec, world.targets.refs())
    except (ComparisonFailedError, GitFailedError) as error:
        return Comparison(when, spec, None, error=str(error))
    if is_root(spec):
        return _compare_children(world, app, target, when)
    is_synced = app.live == target.fingerprint and not trouble.missing
    return Comparison(when, spec, target, is_synced, _workloads(app, target, is_synced=is_synced))


def _workloads(app: Tracked, target: Target, *, is_synced: bool) -> list[Document]:
    """Of a new version the Service stays as it is; only a first one lacks everything."""
    entries = workloads(target.spec, "Synced" if is_synced else "OutOfSync")
    if not is_synced and app.live is not None:
        entries[1]["status"] = "Synced"
    return entries


def _compare_children(world: World, app: Tracked, target: Target, when: datetime) -> Comparison:
    wanted, namespace = target.applications or {}, world.objects.namespace
    entries = []
    for name in sorted({*wanted, *children_of(world, app.name)}):
        is_same = name in wanted and matches(wanted[name], world.objects.get(name))
        entry = child_entry(name, namespace, "Synced" if is_same else "OutOfSync")
        entries.append(entry if name in wanted else {**entry, "requiresPruning": True})
    is_synced = all(entry["status"] == "Synced" for entry in entries)
    return Comparison(when, target.spec, target, is_synced, entries)


def write_comparison(world: World, app: Tracked, comparison: Comparison) -> None:
    def change(document: Document) -> None:
        status = document.setdefault("status", {})
        status["controllerNamespace"] = world.objects.namespace
        status["resourceHealthSource"] = "appTree"
        status["reconciledAt"] = timestamp(comparison.when)
        if comparison.target is None:
            _write_error(status, comparison)
        else:
            _write_outcome(world, app, comparison, status)
        _write_conditions(status, _conditions(app, comparison), comparison.when)

    world.edit(app, change)


def _write_outcome(world: World, app: Tracked, comparison: Comparison, status: Document) -> None:
    target = comparison.target
    if target is None:
        return
    status |= source_types(target)
    status["resources"] = comparison.resources
    status["sync"] = sync_status(target, "Synced" if comparison.is_synced else "OutOfSync")
    write_health(status, assess(world, app, comparison.when), comparison.when)
    if is_root(comparison.spec) or app.live is not None:
        status["summary"] = summary(comparison.spec)


def _write_error(status: Document, comparison: Comparison) -> None:
    """Health stays as it was or becomes Healthy; `revision` is the raw text."""
    for kind in ("sourceType", "sourceTypes"):
        status.pop(kind, None)
    for entry in status.get("resources", []):
        entry |= {"requiresPruning": True, "status": "Unknown"}
    raw = [str(source.get("targetRevision") or "") for source in sources_of(comparison.spec)]
    revision = {} if comparison.spec.get("sources") else {"revision": raw[0]}
    status["sync"] = {"comparedTo": compared_to(comparison.spec), **revision, "status": "Unknown"}
    if not status.get("health", {}).get("status"):
        write_health(status, ("Healthy", None), comparison.when)


def _conditions(app: Tracked, comparison: Comparison) -> dict[str, str]:
    if comparison.target is None:
        return {"ComparisonError": comparison.error}
    revision, failure = comparison.target.revision, app.failure
    if comparison.wipes_out:
        return {"SyncError": f"Skipping sync attempt to [{revision}]: {WIPE_OUT}"}
    if comparison.is_synced or failure is None:
        return {}
    if failure.fingerprint != comparison.target.fingerprint:
        return {}
    return {"SyncError": f"Failed last sync attempt to [{failure.revision}]: {failure.message}"}


def _write_conditions(status: Document, wanted: dict[str, str], when: datetime) -> None:
    """A condition that is still true keeps its time."""
    known = {(old["type"], old["message"]): old for old in status.pop("conditions", [])}
    entries = [known.get(pair) or condition(*pair, since=when) for pair in wanted.items()]
    if entries:
        status["conditions"] = entries
