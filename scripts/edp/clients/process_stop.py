"""Stopping a process: an interrupt first, then less and less politely."""

import os
import selectors
import signal
import time
from contextlib import suppress
from typing import Final

from edp.clients.process_values import Child

_CHUNK: Final = 1 << 16
_PIPES_FULL: Final = 16
"""How often what an ended process left in its pipes is read: a pipe holds at most 1 MiB."""


def stop(child: Child, patience: float) -> None:
    """Interrupt first, so that a tool can tidy up; then less and less politely."""
    ladder = (signal.SIGINT, patience), (signal.SIGTERM, min(patience, 2.0)), (signal.SIGKILL, 5.0)
    for number, seconds in ladder:
        if _ends_after(child, number, seconds):
            break
    # What the process left behind in its group goes too.
    signal_group(child.process.pid, signal.SIGKILL)


def _ends_after(child: Child, number: signal.Signals, seconds: float) -> bool:
    """Signal and wait; whoever interrupts the wait wants the next step now."""
    if number is signal.SIGINT and child.handling.guardian:
        child.handling.guardian.has_interrupted(child.process.pid)
    if child.handling.spares_children and number is not signal.SIGKILL:
        child.process.send_signal(number)
    else:
        signal_group(child.process.pid, number)
    try:
        return _ends_within(child, seconds)
    except KeyboardInterrupt:
        return child.process.poll() is not None


def signal_group(leader: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def _ends_within(child: Child, seconds: float) -> bool:
    """Wait and read what it writes, so that no full pipe keeps it from tidying up."""
    ends_at = time.monotonic() + seconds
    process = child.process
    with selectors.DefaultSelector() as selector:
        for stream, target in ((process.stdout, child.stdout), (process.stderr, child.stderr)):
            if stream is not None and not stream.closed:
                selector.register(stream, selectors.EVENT_READ, target)
        while process.poll() is None and time.monotonic() < ends_at:
            _read_ready(selector, child, 0.05)
        for _ in range(_PIPES_FULL):
            _read_ready(selector, child, 0)
    return process.returncode is not None


def _read_ready(selector: selectors.BaseSelector, child: Child, seconds: float) -> None:
    for key, _ in selector.select(seconds):
        chunk = _read_some(key.fd)
        if chunk:
            key.data.extend(chunk[: max(0, child.max_output - len(key.data))])
        elif chunk is not None:
            selector.unregister(key.fileobj)


def _read_some(descriptor: int) -> bytes | None:
    """What can be read now; empty at the end, None if there is nothing yet."""
    try:
        return os.read(descriptor, _CHUNK)
    except BlockingIOError:
        return None
