"""What a root Application does: makes, changes and removes Applications."""

import json
from datetime import datetime
from typing import Any

from sandbox.argocd.objects import timestamp
from sandbox.argocd.targets import is_root
from sandbox.argocd.world import TRACKING, Tracked, World

Document = dict[str, Any]
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def children_of(world: World, root: str) -> list[str]:
    """The Applications that carry the root's tracking id."""
    return [name for name in world.objects.names() if root_of(world.objects.get(name)) == root]


def root_of(document: Document | None) -> str:
    annotations = (document or {}).get("metadata", {}).get("annotations", {})
    return str(annotations.get(TRACKING, "")).partition(":")[0]


def roots(world: World) -> list[Tracked]:
    return [app for app in world.tracked.values() if is_root(world.spec(app))]


def matches(wanted: Document, live: Document | None) -> bool:
    """True if nothing that git asks for differs in the cluster."""
    if live is None or "deletionTimestamp" in live["metadata"] or wanted["spec"] != live["spec"]:
        return False
    labels, live_labels = (doc["metadata"].get("labels", {}) for doc in (wanted, live))
    return all(live_labels.get(key) == value for key, value in labels.items())


def applied(wanted: Document, root: str, namespace: str) -> Document:
    """A child as the root writes it: with its tracking id and what was applied."""
    metadata = {**wanted["metadata"], "namespace": namespace}
    tracking = f"{root}:argoproj.io/Application:{namespace}/{metadata['name']}"
    metadata["annotations"] = {**metadata.get("annotations", {}), TRACKING: tracking}
    document = {**wanted, "metadata": metadata}
    text = json.dumps(document, sort_keys=True, separators=(",", ":")) + "\n"
    metadata = {**metadata, "annotations": {**metadata["annotations"], LAST_APPLIED: text}}
    return {**wanted, "metadata": metadata}


def replace_child(document: Document, wanted: Document) -> None:
    """Brings a live child to what git asks for and keeps everything else."""
    document["spec"] = wanted["spec"]
    for key in ("labels", "annotations"):
        values = {**document["metadata"].get(key, {}), **wanted["metadata"].get(key, {})}
        document["metadata"][key] = values
    finalizers = wanted["metadata"].get("finalizers")
    if finalizers:
        document["metadata"]["finalizers"] = finalizers


def mark_deleted(world: World, app: Tracked, when: datetime) -> None:
    def change(document: Document) -> None:
        document["metadata"].setdefault("deletionTimestamp", timestamp(when))
        document["metadata"].setdefault("deletionGracePeriodSeconds", 0)

    world.edit(app, change)
