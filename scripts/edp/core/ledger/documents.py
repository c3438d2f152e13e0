"""The ledger's documents as bytes: readable and repairable with git alone.

Reading is strict: what is not exactly a document of a known schema is corrupt, and a corrupt
document speaks for nothing.
"""

import json
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Final, cast

from edp.core.health.verdict import Health, Memory
from edp.core.ledger.paths import Key
from edp.core.names import is_sha
from edp.core.promotion.evidence import Continuity, Evidence, Interval
from edp.core.times import format_iso, parse_iso
from edp.text import one_line

SCHEMA: Final = 1
_MAXIMUM_BYTES: Final = 1024 * 1024


class CorruptDocumentError(Exception):
    """A document that cannot be trusted; the text says why."""


@dataclass(frozen=True, slots=True)
class Closed:
    """A person closed the promotion of this version."""

    pull: int
    reason: str
    at: datetime


def evidence_bytes(evidence: Evidence) -> bytes:
    """The document, always the same bytes for the same evidence."""
    continuity = evidence.continuity
    return encode(
        {
            "stack": evidence.stack,
            "version": evidence.version,
            "environment": evidence.environment,
            "commit": evidence.commit,
            "health": evidence.health.value,
            "reason": one_line(evidence.reason),
            "observedAt": format_iso(evidence.observed_at),
            "intervals": [
                {"from": format_iso(one.begin), "to": format_iso(one.end)}
                for one in evidence.intervals
            ],
            "continuity": _plain(asdict(continuity)) if continuity else None,
            "memory": _plain(asdict(evidence.memory)),
        }
    )


def read_evidence(content: bytes, key: Key) -> Evidence:
    """The inverse of `evidence_bytes`; CorruptDocumentError also if it is about another key."""
    document = decode(content)
    try:
        evidence = _evidence(document)
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise CorruptDocumentError(f"not evidence: {type(exc).__name__}") from None
    if (evidence.stack, evidence.version, evidence.environment) != key:
        raise CorruptDocumentError("it is about something else")
    if not is_sha(evidence.commit) or not _are_ordered(evidence.intervals):
        raise CorruptDocumentError("its commit or its intervals cannot be")
    return evidence


def _evidence(document: dict[str, object]) -> Evidence:
    continuity = document["continuity"]
    return Evidence(
        stack=_text(document["stack"]),
        version=_text(document["version"]),
        environment=_text(document["environment"]),
        commit=_text(document["commit"]),
        health=Health(_text(document["health"])),
        reason=_text(document["reason"]),
        observed_at=parse_iso(_text(document["observedAt"])),
        memory=_memory(_object(document["memory"])),
        intervals=tuple(
            Interval(parse_iso(_text(one["from"])), parse_iso(_text(one["to"])))
            for one in map(_object, cast("list[object]", document["intervals"]))
        ),
        continuity=None if continuity is None else _continuity(_object(continuity)),
    )


def _memory(values: dict[str, object]) -> Memory:
    times = {field.name for field in fields(Memory) if field.name.endswith(("_at", "since"))}
    read = {
        name: parse_iso(_text(value)) if name in times and value is not None else value
        for name, value in values.items()
    }
    return Memory(**read)  # type: ignore[arg-type]  # unknown names raise TypeError


def _continuity(values: dict[str, object]) -> Continuity:
    read = {
        name: None if value is None else parse_iso(_text(value)) for name, value in values.items()
    }
    return Continuity(**read)


def _are_ordered(intervals: tuple[Interval, ...]) -> bool:
    times = [moment for one in intervals for moment in (one.begin, one.end)]
    return times == sorted(times)


def closed_bytes(closed: Closed) -> bytes:
    """The document about a promotion that a person closed."""
    return encode(
        {"pull": closed.pull, "reason": one_line(closed.reason), "at": format_iso(closed.at)}
    )


def read_closed(content: bytes) -> Closed:
    """The inverse of `closed_bytes`."""
    document = decode(content)
    try:
        pull = document["pull"]
        if not isinstance(pull, int):
            raise TypeError
        return Closed(pull, _text(document["reason"]), parse_iso(_text(document["at"])))
    except (KeyError, TypeError, ValueError) as exc:
        raise CorruptDocumentError(f"not a closed promotion: {type(exc).__name__}") from None


def read_cursor(content: bytes) -> str:
    """The last commit of `main` that was audited."""
    text = content.decode(errors="replace").strip()
    if not is_sha(text):
        raise CorruptDocumentError("the cursor is not a commit id")
    return text


def encode(values: dict[str, object]) -> bytes:
    """A document of the present schema."""
    return json.dumps({"schema": SCHEMA, **values}, indent=1).encode() + b"\n"


def decode(content: bytes) -> dict[str, object]:
    """The inverse of `encode`; CorruptDocumentError for anything else."""
    if len(content) > _MAXIMUM_BYTES:
        raise CorruptDocumentError("it is too large")
    try:
        document: object = json.loads(content)
    except (ValueError, RecursionError):
        raise CorruptDocumentError("it is not JSON") from None
    if not isinstance(document, dict):
        raise CorruptDocumentError("it is not an object")
    schema = document.get("schema")
    if schema != SCHEMA:
        raise CorruptDocumentError(f"its schema is {one_line(str(schema), 20)}, not {SCHEMA}")
    return document


def _plain(values: dict[str, object]) -> dict[str, object]:
    return {
        name: format_iso(value) if isinstance(value, datetime) else value
        for name, value in values.items()
    }


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _object(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError
    return value
