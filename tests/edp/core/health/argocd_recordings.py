"""The recordings of a real Argo CD, and the verdicts that a reader gave them."""

import functools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from edp.core.health.application import Application, project_application
from edp.core.health.verdict import Expected, Memory, Verdict, judge

DATA = Path(__file__).parents[3] / "data"
RECORDINGS = DATA / "argocd"
VERDICTS: Mapping[str, Any] = json.loads((DATA / "argocd-verdicts.json").read_text())
TIMEOUT = timedelta(minutes=15)
STALE_AFTER = timedelta(minutes=10)
NO_COMMIT = "0" * 40


@dataclass(frozen=True)
class Moment:
    """One element of a timeline, as one Application's observer sees it."""

    at: float
    now: datetime
    application: Application | None
    expected: Expected
    verdict: str


@functools.cache
def recording(name: str) -> Mapping[str, Any]:
    document: Mapping[str, Any] = json.loads((RECORDINGS / f"{name}.json").read_text())
    return document


def recorded_object(name: str) -> dict[str, Any]:
    """A copy that a test may change."""
    copy: dict[str, Any] = json.loads(json.dumps(recording(name)["object"]))
    return copy


def object_names() -> list[str]:
    return sorted(path.stem for path in RECORDINGS.glob("app-*.json"))


def timeline_names() -> list[str]:
    return sorted(path.stem for path in RECORDINGS.glob("timeline-*.json"))


@functools.cache
def full_commit(prefix: str) -> str:
    """The one full object id in the recordings that begins so."""
    texts = (path.read_text() for path in RECORDINGS.glob("*.json"))
    found = {match for text in texts for match in re.findall(rf"\b{prefix}[0-9a-f]{{32}}\b", text)}
    (commit,) = found
    return commit


def expected_for(document: Mapping[str, Any], pin: str) -> Expected:
    return Expected(pin, _commit(document, pin), TIMEOUT)


def expected_of_object(document: Mapping[str, Any]) -> Expected:
    """What git asks for when it asks for exactly this object's own spec."""
    spec = document["spec"]
    source = spec["sources"][0] if "sources" in spec else spec["source"]
    return expected_for(document, source["targetRevision"])


def time_of_object(document: Mapping[str, Any]) -> datetime:
    """Its `reconciledAt`; of one that was never compared, its creation."""
    reconciled = document.get("status", {}).get("reconciledAt")
    return datetime.fromisoformat(reconciled or document["metadata"]["creationTimestamp"])


def moments(timeline: str, name: str) -> list[Moment]:
    return list(_moments(timeline, name))


def observe(seen: list[Moment], memory: Memory | None = None) -> Iterator[tuple[Moment, Verdict]]:
    """Judge one moment after the other, each with the memory of those before."""
    for moment in seen:
        verdict = judge(
            moment.application,
            moment.expected,
            now=moment.now,
            stale_after=STALE_AFTER,
            memory=memory,
        )
        memory = verdict.memory
        yield moment, verdict


def transitions(observed: list[tuple[Moment, Verdict]]) -> list[tuple[float, str]]:
    """From when on which verdict, as in the table of the right ones."""
    words = [(moment.at, verdict.health.value) for moment, verdict in observed]
    changed = [later for earlier, later in pairwise(words) if earlier[1] != later[1]]
    return words[:1] + changed


def _moments(timeline: str, name: str) -> Iterator[Moment]:
    document = recording(timeline)
    started = datetime.fromisoformat(document["startedAt"])
    table = VERDICTS["timelines"][timeline][name]
    for event in document["timeline"]:
        if "object" not in event or event["object"]["metadata"]["name"] != name:
            continue
        at, is_gone = event["at"], event["type"] == "DELETED"
        yield Moment(
            at,
            started + timedelta(seconds=at),
            None if is_gone else project_application(event["object"]),
            expected_for(event["object"], _latest(table["pins"], at)),
            _latest(table["verdicts"], at),
        )


def _latest(rows: list[tuple[float, str]], at: float) -> str:
    return [word for since, word in rows if since <= at][-1]


def _commit(document: Mapping[str, Any], pin: str) -> str:
    if pin == "main":
        sync = document.get("status", {}).get("sync", {})
        return str(sync.get("revision") or NO_COMMIT)
    prefix = VERDICTS["commits"].get(pin.removeprefix("refs/tags/"))
    return full_commit(prefix) if prefix else NO_COMMIT
