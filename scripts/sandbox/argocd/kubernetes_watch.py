"""WATCH: one JSON document per line, until time is up, the client leaves, or the server stops."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

from sandbox.argocd.argocd import ArgoCD
from sandbox.argocd.kubernetes_list import number
from sandbox.argocd.kubernetes_status import JSON, status_document, too_large_version
from sandbox.argocd.objects import Event
from sandbox.argocd.selectors import Selector, selector
from sandbox.http_messages import Request, Response

Document = dict[str, Any]
LONGEST = 1800
# Time passes without anybody telling, so a waiting stream looks again.
LOOK_AGAIN = 0.05


def watch_applications(
    argocd: ArgoCD, namespace: str, request: Request, stopping: threading.Event
) -> Response:
    matching = selector(request) if namespace in ("", argocd.namespace) else _nothing
    wanted = number(request, "resourceVersion")
    if wanted > argocd.objects.version:
        raise too_large_version(wanted, argocd.objects.version)
    first: list[Event] = []
    if not wanted:
        wanted, documents = argocd.objects.list_now()
        first = [Event(wanted, "ADDED", document) for document in documents]
    if argocd.objects.events_after(wanted) is None:
        return Response(200, JSON, iter([_expired(argocd, wanted)]))
    seconds = number(request, "timeoutSeconds") or LONGEST
    stream = _stream(argocd, wanted, first, _Ending(argocd, seconds, stopping))
    wants_bookmarks = request.first("allowWatchBookmarks") in ("1", "true", "True")
    return Response(200, JSON, _lines(argocd, stream, matching, wants_bookmarks=wants_bookmarks))


def _nothing(_: Document) -> bool:
    return False


class _Ending:
    def __init__(self, argocd: ArgoCD, seconds: int, stopping: threading.Event) -> None:
        self._argocd = argocd
        self._deadline = time.monotonic() + seconds
        self._stopping = stopping

    def has_come(self) -> bool:
        is_over = self._stopping.is_set() or bool(self._argocd.is_unreachable)
        return is_over or time.monotonic() >= self._deadline


def _stream(
    argocd: ArgoCD, version: int, first: list[Event], ending: _Ending
) -> Iterator[Event | None]:
    """Events as they happen; None where the past was compacted meanwhile."""
    yield from first
    while not ending.has_come():
        with argocd.changed:
            argocd.advance()
            events = argocd.objects.events_after(version)
            if events == []:
                argocd.changed.wait(LOOK_AGAIN)
        if events is None:
            yield None
            return
        for event in events:
            version = event.version
            yield event


def _lines(
    argocd: ArgoCD, stream: Iterator[Event | None], matching: Selector, *, wants_bookmarks: bool
) -> Iterator[bytes]:
    version = 0
    for event in stream:
        if event is None:
            yield _expired(argocd, version)
            return
        version = event.version
        if matching(event.document):
            yield _line(event.type, event.document)
    if wants_bookmarks:
        metadata = {"resourceVersion": str(argocd.objects.version)}
        kind = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application"}
        yield _line("BOOKMARK", {**kind, "metadata": metadata})


def _expired(argocd: ArgoCD, version: int) -> bytes:
    message = f"too old resource version: {version} ({argocd.objects.compacted})"
    return _line("ERROR", status_document(410, "Expired", message, None))


def _line(kind: str, document: Document) -> bytes:
    text = json.dumps({"type": kind, "object": document}, separators=(",", ":"), ensure_ascii=False)
    return text.encode() + b"\n"
