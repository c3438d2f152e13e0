"""Audit lines, derived from what the first-parent history of `main` changed.

Git tells what happened, whoever did it; the trailers of a message only add detail.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from edp.core.promotion.commits import read_trailers
from edp.core.promotion.pairs import Pair
from edp.core.times import format_iso
from edp.core.version_range import ordered
from edp.text import one_line

SCHEMA: Final = 1


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file that a commit changed against its first parent; "" where there is no blob."""

    path: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class MainCommit:
    """A commit of `main` by its first parent."""

    commit: str
    at: datetime
    author: str
    message: str
    changes: tuple[FileChange, ...]


def audit_lines(
    history: Iterable[MainCommit],
    *,
    pairs: Mapping[str, Pair],
    pins: Mapping[str, str],
    is_policy: Mapping[str, bool],
) -> Iterator[tuple[datetime, bytes]]:
    """One line for each change of a pin or of policy, oldest commit first.

    `pairs` says which paths are Applications of stacks, `pins` the version in each of their blobs.
    """
    for entry in history:
        for change in entry.changes:
            pair = pairs.get(change.path)
            if pair is not None:
                yield entry.at, _pin_line(entry, change, pair, pins)
            elif is_policy.get(change.path):
                yield entry.at, _policy_line(entry, change)


def _pin_line(entry: MainCommit, change: FileChange, pair: Pair, pins: Mapping[str, str]) -> bytes:
    old, new = pins.get(change.old), pins.get(change.new)
    found = read_trailers(entry.message)
    is_ours = (found.get("Promoted-Stack"), found.get("Promoted-Environment")) == tuple(pair)
    line = {
        "kind": _kind(change, old, new),
        "stack": pair.stack,
        "environment": pair.environment,
        "from": old,
        "to": new,
    }
    return _line(entry, line | ({"trailers": dict(found)} if is_ours else {}))


def _kind(change: FileChange, old: str | None, new: str | None) -> str:
    if not change.old:
        return "arrival"
    if not change.new:
        return "removal"
    if old is None or new is None or old == new:
        return "values" if old == new else "unreadable"
    return "promotion" if ordered(new) > ordered(old) else "rollback"


def _policy_line(entry: MainCommit, change: FileChange) -> bytes:
    how = "added" if not change.old else "removed" if not change.new else "changed"
    return _line(entry, {"kind": "policy", "path": change.path, "change": how})


def _line(entry: MainCommit, values: Mapping[str, object]) -> bytes:
    head = {"schema": SCHEMA, "at": format_iso(entry.at), "commit": entry.commit}
    tail = {"by": one_line(entry.author, 100), "subject": one_line(entry.message.split("\n")[0])}
    return json.dumps({**head, **values, **tail}).encode() + b"\n"
