"""The state that Terraform could not upload: found, taken out of the outputs, kept."""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from edp.clients.process import Completed

ERRORED: Final = "errored.tfstate"
_LINEAGE: Final = b'"lineage"'
_REMOVED: Final = b"[the state, kept apart]\n"
_MOST_COPIES: Final = 100


def has_errored_state(folder: Path) -> bool:
    """Whether an earlier apply left its state in the folder; anything of that name counts."""
    return os.path.lexists(folder / ERRORED)


def rescue(folder: Path | None, kept: Path, done: Completed) -> tuple[Completed, Path | None]:
    """Move or write the state into the folder `kept`, for its owner alone.

    The outputs come back without the state that Terraform prints when it can write no file either.
    """
    cleaned, state = without_dump(done)
    written = folder / ERRORED if folder else None
    if written and written.is_file() and not written.is_symlink():
        return cleaned, _move(written, kept)
    return cleaned, _keep(state, kept) if state else None


def keep(rescued: Path, folder: Path) -> Path:
    """Move a rescued state to where it outlives the job; returns its new place."""
    return _move(rescued, folder)


def without_dump(done: Completed) -> tuple[Completed, bytes]:
    """The outputs without a dumped state, and that state; empty if there is none."""
    stdout, of_events = _cut_event(done.stdout)
    stderr, of_text = _cut_document(done.stderr)
    return replace(done, stdout=stdout, stderr=stderr), of_events or of_text


def _cut_event(output: bytes) -> tuple[bytes, bytes]:
    """With `-json` the state is a member of an event."""
    if b'"state":{' not in output or _LINEAGE not in output:
        return output, b""
    state = b""
    lines = []
    for line in output.splitlines(keepends=True):
        found = _state_in(line)
        state = found or state
        lines.append(_REMOVED if found else line)
    return b"".join(lines), state


def _state_in(line: bytes) -> bytes:
    try:
        event = json.loads(line) if _LINEAGE in line else None
    except ValueError:
        return b""
    state = event.get("state") if isinstance(event, dict) else None
    return json.dumps(state, indent=2).encode() if _is_state(state) else b""


def _cut_document(output: bytes) -> tuple[bytes, bytes]:
    """Without `-json` the state is a document of its own on stderr."""
    if _LINEAGE not in output:
        return output, b""
    text = output.decode(errors="replace")
    start = 0
    while (start := text.find("{", start)) >= 0:
        try:
            state, end = json.JSONDecoder().raw_decode(text, start)
        except ValueError:
            start += 1
            continue
        if _is_state(state):
            cut = text[:start].encode() + _REMOVED + text[end:].encode()
            return cut, text[start:end].encode()
        start = end
    # A state that was cut short is as secret as a whole one.
    return text[: text.find("{")].encode() + _REMOVED, b""


def _is_state(value: object) -> bool:
    return isinstance(value, Mapping) and "lineage" in value and "serial" in value


def _move(source: Path, kept: Path) -> Path:
    target = _new_file(kept)
    with source.open("rb") as found, target.open("wb") as copy:
        shutil.copyfileobj(found, copy)
        copy.flush()
        os.fsync(copy.fileno())
    source.unlink()
    return target


def _keep(state: bytes, kept: Path) -> Path:
    target = _new_file(kept)
    target.write_bytes(state)
    return target


def _new_file(kept: Path) -> Path:
    """A file of mode 0600 that was not there before."""
    kept.mkdir(mode=0o700, parents=True, exist_ok=True)
    for number in range(1, _MOST_COPIES):
        file = kept / (ERRORED if number == 1 else f"{number}-{ERRORED}")
        try:
            file.touch(mode=0o600, exist_ok=False)
        except FileExistsError:
            continue
        return file
    raise FileExistsError(str(kept / ERRORED))
