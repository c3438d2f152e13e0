"""The one door to processes: no shell, a curated environment, a deadline, bounded output."""

import io
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from edp.clients.process_start import GO, start, undisturbed
from edp.clients.process_stop import signal_group, stop
from edp.clients.process_values import Child, Completed, Handling, command_name, last_lines
from edp.errors import EdpError, UnavailableError

__all__ = [
    "DEFAULT_OUTPUT",
    "Completed",
    "Handling",
    "OutputTooLargeError",
    "command_name",
    "curated_environment",
    "last_lines",
    "run",
]

DEFAULT_OUTPUT: Final = 16 * 1024 * 1024
_KEPT: Final = frozenset({"PATH", "HOME", "LANG", "TZ", "TMPDIR"})
_CHUNK: Final = 1 << 16
_LINGER: Final = 2.0
"""Seconds that a child of the process may hold its pipes after the process itself has ended."""


_PLAIN: Final = Handling()


class OutputTooLargeError(EdpError):
    """A process wrote more than its caller was ready to take."""

    exit_code = 2


def curated_environment(base: Mapping[str, str], **extra: str) -> dict[str, str]:
    """Search path, home, locale, time zone and temporary folder of `base`, then `extra`."""
    kept = {key: value for key, value in base.items() if key in _KEPT or key.startswith("LC_")}
    return kept | extra


def run(  # noqa: PLR0913 - the one door: all that a process gets is said here
    argv: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    deadline: float,
    input: bytes = b"",  # noqa: A002 - the word that subprocess uses
    max_output: int = DEFAULT_OUTPUT,
    patience: float = 5.0,
    handling: Handling = _PLAIN,
) -> Completed:
    """Run to the end and return it with any code; InvalidInputError if there is no such program.

    After `deadline` seconds the process and its children are interrupted, `patience` seconds later
    they are terminated, then killed: UnavailableError. OutputTooLargeError when stdout or stderr
    is longer than `max_output` bytes.
    """
    ends_at = time.monotonic() + deadline
    child = None
    try:
        with undisturbed():
            process = start(tuple(argv), cwd, environment, handling)
            waiting = memoryview(GO + input if handling.guardian else input)
            child = Child(process, tuple(argv), max_output, waiting, handling)
            _guard(child, patience)
        _talk(child, ends_at, deadline)
    except BaseException:
        if child:
            stop(child, patience)
            _tell_stopped(child)
        raise
    finally:
        if child:
            _close(child.process)
            _let_go(child)
    return child.completed


def _guard(child: Child, patience: float) -> None:
    """Have somebody stop it, and take its output, should we be killed."""
    guardian, process = child.handling.guardian, child.process
    if guardian and process.stdout and process.stderr:
        outputs = process.stdout.fileno(), process.stderr.fileno()
        guardian.watch(process.pid, outputs, patience)


def _tell_stopped(child: Child) -> None:
    if child.handling.on_stopped and child.process.returncode is not None:
        child.handling.on_stopped(child.completed)


def _let_go(child: Child) -> None:
    """What the process left behind in its group goes too, unless nobody expects it to tidy up."""
    if child.handling.spares_children:
        signal_group(child.process.pid, signal.SIGKILL)
    if child.handling.guardian:
        child.handling.guardian.forget(child.process.pid)


def _talk(child: Child, ends_at: float, deadline: float) -> None:
    with selectors.DefaultSelector() as selector:
        _register(selector, child)
        while selector.get_map():
            left = ends_at - time.monotonic()
            if left <= 0:
                raise _too_late(child, deadline)
            events = selector.select(min(left, 0.5))
            for key, _ in events:
                _move(selector, key, child)
            if not events and child.process.poll() is not None:
                ends_at = min(ends_at, time.monotonic() + _LINGER)
    _wait(child, ends_at, deadline)


def _wait(child: Child, ends_at: float, deadline: float) -> None:
    try:
        child.process.wait(max(0.05, ends_at - time.monotonic()))
    except subprocess.TimeoutExpired as exc:
        raise _too_late(child, deadline) from exc


def _register(selector: selectors.BaseSelector, child: Child) -> None:
    streams = child.process.stdin, child.process.stdout, child.process.stderr
    targets = None, child.stdout, child.stderr
    for stream, target in zip(streams, targets, strict=True):
        if stream is not None:
            os.set_blocking(stream.fileno(), False)
            event = selectors.EVENT_WRITE if target is None else selectors.EVENT_READ
            selector.register(stream, event, target)


def _move(selector: selectors.BaseSelector, key: selectors.SelectorKey, child: Child) -> None:
    is_done = _feed(key.fd, child) if key.data is None else _drain(key.fd, key.data, child)
    if is_done:
        selector.unregister(key.fileobj)
        _close_stream(key.fileobj)


def _feed(descriptor: int, child: Child) -> bool:
    try:
        written = os.write(descriptor, child.waiting[:_CHUNK]) if child.waiting else 0
    except BlockingIOError:
        return False
    except BrokenPipeError:
        return True
    child.waiting = child.waiting[written:]
    return not child.waiting


def _drain(descriptor: int, target: bytearray, child: Child) -> bool:
    try:
        chunk = os.read(descriptor, _CHUNK)
    except BlockingIOError:
        return False
    target += chunk
    if target is child.stdout:
        _tell_lines(child)
    if len(target) > child.max_output:
        raise OutputTooLargeError(
            f"{command_name(child.argv)}: wrote more than {child.max_output} bytes"
        )
    return not chunk


def _tell_lines(child: Child) -> None:
    end = child.stdout.rfind(b"\n") + 1
    if child.handling.on_line and end > child.told:
        lines = bytes(child.stdout[child.told : end]).split(b"\n")
        child.told = end
        for line in lines[:-1]:
            child.handling.on_line(line)


def _too_late(child: Child, deadline: float) -> UnavailableError:
    return UnavailableError(f"{command_name(child.argv)}: did not end within {deadline:g} s")


def _close(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            _close_stream(stream)


def _close_stream(stream: object) -> None:
    with suppress(BrokenPipeError):
        if isinstance(stream, io.IOBase):
            stream.close()
