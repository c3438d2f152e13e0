"""The parts of an Application's status, in the shapes a real Argo CD writes."""

import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sandbox.argocd.objects import timestamp
from sandbox.argocd.targets import Target, is_root, sources_of

Document = dict[str, Any]
SUCCEEDED = "successfully synced (all tasks run)"
FIRST_STATUS: Document = {
    "health": {},
    "sourceHydrator": {},
    "summary": {},
    "sync": {"comparedTo": {"destination": {}, "source": {"repoURL": ""}}, "status": ""},
}


def stack_of(spec: Document) -> str:
    source = sources_of(spec)[0]
    return str(source.get("chart") or source.get("path") or "app").rstrip("/").rsplit("/", 1)[-1]


def namespace_of(spec: Document) -> str:
    return str(spec.get("destination", {}).get("namespace") or "default")


def workloads(spec: Document, status: str) -> list[Document]:
    """The objects a stack stands for: a ConfigMap, a Service and a Deployment of its name."""
    name, namespace = stack_of(spec), namespace_of(spec)
    shared = {"name": name, "namespace": namespace, "status": status, "version": "v1"}
    return [
        {"kind": "ConfigMap", **shared},
        {"kind": "Service", **shared},
        {"group": "apps", "kind": "Deployment", **shared},
    ]


def workload_name(spec: Document) -> str:
    return f"apps/Deployment:{namespace_of(spec)}/{stack_of(spec)}"


def image(spec: Document) -> str:
    version = str(sources_of(spec)[0].get("targetRevision") or "HEAD").rsplit("/", 1)[-1]
    return f"registry.example.test/{stack_of(spec)}:{version.removeprefix('v')}"


def child_entry(name: str, namespace: str, status: str) -> Document:
    return {
        "group": "argoproj.io",
        "kind": "Application",
        "name": name,
        "namespace": namespace,
        "status": status,
        "version": "v1alpha1",
    }


def compared_to(spec: Document) -> Document:
    destination = spec.get("destination", {})
    if spec.get("sources"):
        source: Document = {"source": {"repoURL": ""}, "sources": spec["sources"]}
    else:
        source = {"source": spec.get("source", {})}
    return {"destination": destination, **source}


def sync_status(target: Target, status: str) -> Document:
    return {"comparedTo": compared_to(target.spec), **revisions(target), "status": status}


def revisions(target: Target) -> Document:
    if target.spec.get("sources"):
        return {"revisions": list(target.revisions)}
    return {"revision": target.revision}


def sources(spec: Document) -> Document:
    if spec.get("sources"):
        return {"sources": spec["sources"]}
    return {"source": spec.get("source", {})}


def automated_operation(target: Target, *, heals: list[Document] | None = None) -> Document:
    """What automated sync puts into `operation`."""
    policy = target.spec.get("syncPolicy", {})
    sync: Document = {**revisions(target), **sources(target.spec)}
    if policy.get("automated", {}).get("prune"):
        sync["prune"] = True
    if heals:
        sync |= {"autoHealAttemptsCount": 1, "resources": heals}
    if policy.get("syncOptions"):
        sync["syncOptions"] = policy["syncOptions"]
    retry = policy.get("retry", {"limit": 5})
    return {"initiatedBy": {"automated": True}, "retry": retry, "sync": sync}


def running(operation: Document, started: datetime) -> Document:
    shown = {"retry": {}, **operation}
    return {"operation": shown, "phase": "Running", "startedAt": timestamp(started)}


def sync_result(target: Target, resources: list[Document]) -> Document:
    several = {"revision": "", "source": {"repoURL": ""}} if target.spec.get("sources") else {}
    return {"resources": resources, **several, **revisions(target), **sources(target.spec)}


def source_types(target: Target) -> Document:
    if target.spec.get("sources"):
        return {"sourceTypes": list(target.source_types)}
    return {"sourceType": target.source_types[0] if target.source_types else "Directory"}


def result_line(entry: Document, message: str, **changes: Any) -> Document:
    """One object in a sync's result."""
    line = {
        "group": entry.get("group", ""),
        "hookPhase": "Running",
        "kind": entry["kind"],
        "message": message,
        "name": entry["name"],
        "namespace": entry["namespace"],
        "status": "Synced",
        "syncPhase": "Sync",
        "version": entry["version"],
    }
    return {**line, **changes}


def applied_workloads(spec: Document, verbs: Sequence[str]) -> list[Document]:
    entries = workloads(spec, "Synced")
    lines = [
        result_line(entry, f"{_full_name(entry)} {verb}")
        for entry, verb in zip(entries, verbs, strict=True)
    ]
    lines[-1]["images"] = [image(spec)]
    return lines


def created_namespace(spec: Document) -> Document:
    entry = {"kind": "Namespace", "name": namespace_of(spec), "namespace": "", "version": "v1"}
    return result_line(entry, f"{_full_name(entry)} created", syncPhase="PreSync")


def failed_workloads(spec: Document, message: str) -> list[Document]:
    """The ConfigMap is fine, the Deployment is refused."""
    entries = workloads(spec, "Synced")
    fine = result_line(entries[0], f"{_full_name(entries[0])} unchanged", hookPhase="Succeeded")
    changes = {"hookPhase": "Failed", "status": "SyncFailed", "images": [image(spec)]}
    return [fine, result_line(entries[-1], message, **changes)]


def applied_child(name: str, namespace: str, verb: str) -> Document:
    entry = child_entry(name, namespace, "Synced")
    return result_line(entry, f"{_full_name(entry)} {verb}")


def pruned_child(name: str, namespace: str) -> Document:
    entry = child_entry(name, namespace, "Synced")
    return result_line(entry, "pruned", hookPhase="Succeeded", status="Pruned")


def refused_child(name: str, namespace: str, problem: str) -> Document:
    entry = child_entry(name, namespace, "Synced")
    text = f'Application.argoproj.io "{name}" is invalid: {problem}'
    message = f'error when patching "/dev/shm/{zlib.crc32(name.encode())}": {text}'
    return result_line(entry, message, hookPhase="Failed", status="SyncFailed")


def _full_name(entry: Document) -> str:
    group, kind = entry.get("group", ""), entry["kind"].lower()
    return f"{kind}.{group}/{entry['name']}" if group else f"{kind}/{entry['name']}"


def history_entry(
    operation: Document, target: Target, *, number: int, times: tuple[str, str]
) -> Document:
    return {
        "deployStartedAt": times[0],
        "deployedAt": times[1],
        "id": number,
        "initiatedBy": operation["initiatedBy"],
        **revisions(target),
        **sources(target.spec),
    }


def summary(spec: Document) -> Document:
    return {"isAppOfApps": True} if is_root(spec) else {"images": [image(spec)]}


def condition(kind: str, message: str, since: datetime) -> Document:
    return {"lastTransitionTime": timestamp(since), "message": message, "type": kind}
