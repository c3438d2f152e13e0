"""The Applications as the Kubernetes API stores them: versions, events, consistent lists."""

import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

Document = dict[str, Any]
FIRST_VERSION = 1000
KEPT_EVENTS = 5000
KEPT_LISTS = 64


def timestamp(when: datetime) -> str:
    """A time as Kubernetes writes it: whole seconds, Z."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def copied(document: Document) -> Document:
    """A deep copy of JSON, several times faster than `copy.deepcopy`."""
    return {key: _copied(value) for key, value in document.items()}


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class Event:
    version: int
    type: Literal["ADDED", "MODIFIED", "DELETED"]
    document: Document


class Objects:
    """Documents are never changed in place: each write stores a new one."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self.version = FIRST_VERSION
        self.compacted = FIRST_VERSION
        self._documents: dict[str, Document] = {}
        self._events: deque[Event] = deque(maxlen=KEPT_EVENTS)
        self._lists: dict[int, tuple[Document, ...]] = {}

    def get(self, name: str) -> Document | None:
        return self._documents.get(name)

    def names(self) -> list[str]:
        return sorted(self._documents)

    def create(self, document: Document, when: datetime) -> Document:
        document = copied(document)
        metadata = document.setdefault("metadata", {})
        name = metadata["name"]
        seed = f"{self.namespace}/{name}/{self.version}"
        metadata.update(
            namespace=self.namespace,
            creationTimestamp=timestamp(when),
            generation=1,
            uid=str(uuid.uuid5(uuid.NAMESPACE_URL, seed)),
        )
        return self._store("ADDED", document)

    def edit(self, name: str, change: Callable[[Document], None]) -> Document | None:
        """Stores what `change` makes of a copy; nothing happens if that is the same."""
        old = self._documents.get(name)
        if old is None:
            return None
        new = copied(old)
        change(new)
        if new == old:
            return old
        new["metadata"]["generation"] += 1
        return self._store("MODIFIED", new)

    def delete(self, name: str) -> None:
        document = self._documents.pop(name, None)
        if document is not None:
            self._store("DELETED", copied(document))

    def list_now(self) -> tuple[int, tuple[Document, ...]]:
        """Everything in name order, kept for later pages of the same list."""
        if self.version not in self._lists:
            self._lists[self.version] = tuple(self._documents[name] for name in self.names())
            while len(self._lists) > KEPT_LISTS:
                del self._lists[min(self._lists)]
        return self.version, self._lists[self.version]

    def list_at(self, version: int) -> tuple[Document, ...] | None:
        """An earlier list; None when it was compacted."""
        return self._lists.get(version) if version >= self.compacted else None

    def events_after(self, version: int) -> list[Event] | None:
        """What happened since; None when that was compacted."""
        oldest = self._events[0].version if len(self._events) == KEPT_EVENTS else self.compacted
        if version < max(self.compacted, oldest - 1):
            return None
        return [event for event in self._events if event.version > version]

    def compact(self) -> None:
        """Forgets the past, as etcd does every five minutes."""
        self.compacted = self.version
        self._events.clear()
        self._lists.clear()

    def _store(self, kind: Literal["ADDED", "MODIFIED", "DELETED"], document: Document) -> Document:
        self.version += 1
        document["metadata"]["resourceVersion"] = str(self.version)
        if kind != "DELETED":
            self._documents[document["metadata"]["name"]] = document
        self._events.append(Event(self.version, kind, document))
        return document
