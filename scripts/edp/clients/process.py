"""The one door to processes: no shell, a curated environment, a deadline, bounded output."""

import io
import os
import re
import selectors
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from edp.errors import EdpError, InvalidInputError, UnavailableError
from edp.text import neutralise, redact

DEFAULT_OUTPUT: Final = 16 * 1024 * 1024
_KEPT: Final = frozenset({"PATH", "HOME", "LANG", "TZ", "TMPDIR"})
_SUBCOMMAND: Final = re.compile(r"[a-z][a-z-]{1,30}")
_CHUNK: Final = 1 << 16
_LINGER: Final = 2.0
"""Seconds that a child of the process may hold its pipes after the process itself has ended."""


class OutputTooLargeError(EdpError):
    """A process wrote more than its caller was ready to take."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Completed:
    """A process that ended by itself, whatever its code."""

    argv: tuple[str, ...]
    returncode: int
    stdout: bytes
    stderr: bytes

    def describe(self, secrets: Iterable[str] = ()) -> str:
        """Command, code and the last of what it said, harmless and without secrets."""
        said = last_lines(self.stderr, secrets) or last_lines(self.stdout, secrets)
        return f"{command_name(self.argv)}: exit {self.returncode}" + (f": {said}" if said else "")


@dataclass(slots=True)
class _Child:
    """A running process and what it has written so far."""

    process: subprocess.Popen[bytes]
    argv: tuple[str, ...]
    max_output: int
    waiting: memoryview
    stdout: bytearray = field(default_factory=bytearray)
    stderr: bytearray = field(default_factory=bytearray)


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
) -> Completed:
    """Run to the end and return it with any code; InvalidInputError if there is no such program.

    After `deadline` seconds the process and its children are interrupted, `patience` seconds later
    they are terminated, then killed: UnavailableError. OutputTooLargeError when stdout or stderr
    is longer than `max_output` bytes.
    """
    ends_at = time.monotonic() + deadline
    child = _start(tuple(argv), cwd, environment, memoryview(input), max_output)
    try:
        _talk(child, ends_at, deadline)
    except BaseException:
        _stop(child.process, patience)
        raise
    finally:
        _close(child.process)
    return Completed(child.argv, child.process.returncode, bytes(child.stdout), bytes(child.stderr))


def command_name(argv: Sequence[str]) -> str:
    """The program and its subcommand; options and their values stay out of messages."""
    words = [argument for argument in argv[1:] if _SUBCOMMAND.fullmatch(argument)]
    return " ".join([Path(argv[0]).name, *words[:1]])


def last_lines(output: bytes, secrets: Iterable[str] = (), *, count: int = 4) -> str:
    """The last lines of a process's output in one harmless line."""
    text = neutralise(redact(output[-8000:].decode(errors="replace"), secrets))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return "; ".join(lines[-count:])[-600:]


def _start(
    argv: tuple[str, ...],
    cwd: Path,
    environment: Mapping[str, str],
    waiting: memoryview,
    max_output: int,
) -> _Child:
    pipe = subprocess.PIPE
    try:
        process = subprocess.Popen(
            argv, cwd=cwd, env=environment, stdin=pipe, stdout=pipe, stderr=pipe,
            start_new_session=True,
        )  # fmt: skip
    except FileNotFoundError as exc:
        raise _missing(argv, cwd) from exc
    except (OSError, ValueError) as exc:
        raise InvalidInputError(f"{command_name(argv)}: cannot be started: {exc}") from exc
    return _Child(process, argv, max_output, waiting)


def _missing(argv: tuple[str, ...], cwd: Path) -> InvalidInputError:
    if not cwd.is_dir():
        return InvalidInputError(f"{command_name(argv)}: there is no folder {str(cwd)!a}")
    return InvalidInputError(
        f"{argv[0]}: not found", hint=f"install {argv[0]} and put it on the search path (PATH)"
    )


def _talk(child: _Child, ends_at: float, deadline: float) -> None:
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


def _wait(child: _Child, ends_at: float, deadline: float) -> None:
    try:
        child.process.wait(max(0.05, ends_at - time.monotonic()))
    except subprocess.TimeoutExpired as exc:
        raise _too_late(child, deadline) from exc


def _register(selector: selectors.BaseSelector, child: _Child) -> None:
    streams = child.process.stdin, child.process.stdout, child.process.stderr
    targets = None, child.stdout, child.stderr
    for stream, target in zip(streams, targets, strict=True):
        if stream is not None:
            os.set_blocking(stream.fileno(), False)
            event = selectors.EVENT_WRITE if target is None else selectors.EVENT_READ
            selector.register(stream, event, target)


def _move(selector: selectors.BaseSelector, key: selectors.SelectorKey, child: _Child) -> None:
    is_done = _feed(key.fd, child) if key.data is None else _drain(key.fd, key.data, child)
    if is_done:
        selector.unregister(key.fileobj)
        _close_stream(key.fileobj)


def _feed(descriptor: int, child: _Child) -> bool:
    try:
        written = os.write(descriptor, child.waiting[:_CHUNK]) if child.waiting else 0
    except BlockingIOError:
        return False
    except BrokenPipeError:
        return True
    child.waiting = child.waiting[written:]
    return not child.waiting


def _drain(descriptor: int, target: bytearray, child: _Child) -> bool:
    try:
        chunk = os.read(descriptor, _CHUNK)
    except BlockingIOError:
        return False
    target += chunk
    if len(target) > child.max_output:
        raise OutputTooLargeError(
            f"{command_name(child.argv)}: wrote more than {child.max_output} bytes"
        )
    return not chunk


def _too_late(child: _Child, deadline: float) -> UnavailableError:
    return UnavailableError(f"{command_name(child.argv)}: did not end within {deadline:g} s")


def _stop(process: subprocess.Popen[bytes], patience: float) -> None:
    """Interrupt first, so that a tool can tidy up; then less and less politely."""
    ladder = (signal.SIGINT, patience), (signal.SIGTERM, min(patience, 2.0)), (signal.SIGKILL, 5.0)
    for number, seconds in ladder:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        if _ends_within(process, seconds):
            break
    # What the process left behind in its group goes too.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _ends_within(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait, throwing away what it writes, so that no full pipe keeps it from tidying up."""
    ends_at = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        for stream in (process.stdout, process.stderr):
            if stream is not None and not stream.closed:
                selector.register(stream, selectors.EVENT_READ)
        while process.poll() is None and time.monotonic() < ends_at:
            for key, _ in selector.select(0.05):
                if not os.read(key.fd, _CHUNK):
                    selector.unregister(key.fileobj)
    return process.returncode is not None


def _close(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            _close_stream(stream)


def _close_stream(stream: object) -> None:
    with suppress(BrokenPipeError):
        if isinstance(stream, io.IOBase):
            stream.close()
