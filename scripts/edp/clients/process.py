"""The one door to processes: no shell, a curated environment, a deadline, bounded output."""

import io
import os
import re
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from edp.clients.process_guardian import Guardian
from edp.errors import EdpError, InvalidInputError, UnavailableError
from edp.text import neutralise, redact

DEFAULT_OUTPUT: Final = 16 * 1024 * 1024
_KEPT: Final = frozenset({"PATH", "HOME", "LANG", "TZ", "TMPDIR"})
_SUBCOMMAND: Final = re.compile(r"[a-z][a-z-]{1,30}")
_CHUNK: Final = 1 << 16
_PIPES_FULL: Final = 16
"""How often what an ended process left in its pipes is read: a pipe holds at most 1 MiB."""
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


@dataclass(frozen=True, slots=True)
class Handling:
    """What a caller wants besides output and code; the defaults suit short commands."""

    on_line: Callable[[bytes], None] | None = None
    """Gets each line of stdout, without its line feed, as soon as it is whole."""
    on_stopped: Callable[[Completed], None] | None = None
    """Gets what a process said that had to be stopped, before the error is raised."""
    guardian: Guardian | None = None
    """Interrupts the process and waits for it should we be killed."""
    spares_children: bool = False
    """Signals go to the process alone, which stops its children; what it leaves is killed."""
    umask: int = -1


_PLAIN: Final = Handling()


@dataclass(slots=True)
class _Child:
    """A running process and what it has written so far."""

    process: subprocess.Popen[bytes]
    argv: tuple[str, ...]
    max_output: int
    waiting: memoryview
    handling: Handling
    stdout: bytearray = field(default_factory=bytearray)
    stderr: bytearray = field(default_factory=bytearray)
    told: int = 0
    """How many bytes of stdout were whole lines and have been told."""

    @property
    def completed(self) -> Completed:
        """What it has said and its code; it must have ended."""
        stdout, stderr = bytes(self.stdout), bytes(self.stderr)
        return Completed(self.argv, self.process.returncode, stdout, stderr)


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
        with _undisturbed():
            process = _start(tuple(argv), cwd, environment, handling.umask)
            child = _Child(process, tuple(argv), max_output, memoryview(input), handling)
            _guard(child, patience)
        _talk(child, ends_at, deadline)
    except BaseException:
        if child:
            _stop(child, patience)
            _tell_stopped(child)
        raise
    finally:
        if child:
            _close(child.process)
            _let_go(child)
    return child.completed


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
    argv: tuple[str, ...], cwd: Path, environment: Mapping[str, str], umask: int
) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    try:
        return subprocess.Popen(
            argv, cwd=cwd, env=environment, stdin=pipe, stdout=pipe, stderr=pipe,
            start_new_session=True, umask=umask,
        )  # fmt: skip
    except FileNotFoundError as exc:
        raise _missing(argv, cwd) from exc
    except (OSError, ValueError) as exc:
        raise InvalidInputError(f"{command_name(argv)}: cannot be started: {exc}") from exc


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold back what would interrupt us between the start of a child and our knowing of it."""
    held: list[int] = []
    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            if callable(signal.getsignal(number)):
                before[number] = signal.signal(number, lambda number, _: held.append(number))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for late in held:
            signal.raise_signal(late)


def _guard(child: _Child, patience: float) -> None:
    """Have somebody stop it, and take its output, should we be killed."""
    guardian, process = child.handling.guardian, child.process
    if guardian and process.stdout and process.stderr:
        outputs = process.stdout.fileno(), process.stderr.fileno()
        guardian.watch(process.pid, outputs, patience)


def _tell_stopped(child: _Child) -> None:
    if child.handling.on_stopped and child.process.returncode is not None:
        child.handling.on_stopped(child.completed)


def _let_go(child: _Child) -> None:
    """What the process left behind in its group goes too, unless nobody expects it to tidy up."""
    if child.handling.spares_children:
        _signal_group(child.process.pid, signal.SIGKILL)
    if child.handling.guardian:
        child.handling.guardian.forget(child.process.pid)


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
    if target is child.stdout:
        _tell_lines(child)
    if len(target) > child.max_output:
        raise OutputTooLargeError(
            f"{command_name(child.argv)}: wrote more than {child.max_output} bytes"
        )
    return not chunk


def _tell_lines(child: _Child) -> None:
    end = child.stdout.rfind(b"\n") + 1
    if child.handling.on_line and end > child.told:
        lines = bytes(child.stdout[child.told : end]).split(b"\n")
        child.told = end
        for line in lines[:-1]:
            child.handling.on_line(line)


def _too_late(child: _Child, deadline: float) -> UnavailableError:
    return UnavailableError(f"{command_name(child.argv)}: did not end within {deadline:g} s")


def _stop(child: _Child, patience: float) -> None:
    """Interrupt first, so that a tool can tidy up; then less and less politely."""
    ladder = (signal.SIGINT, patience), (signal.SIGTERM, min(patience, 2.0)), (signal.SIGKILL, 5.0)
    for number, seconds in ladder:
        if _ends_after(child, number, seconds):
            break
    # What the process left behind in its group goes too.
    _signal_group(child.process.pid, signal.SIGKILL)


def _ends_after(child: _Child, number: signal.Signals, seconds: float) -> bool:
    """Signal and wait; whoever interrupts the wait wants the next step now."""
    if number is signal.SIGINT and child.handling.guardian:
        child.handling.guardian.has_interrupted(child.process.pid)
    if child.handling.spares_children and number is not signal.SIGKILL:
        child.process.send_signal(number)
    else:
        _signal_group(child.process.pid, number)
    try:
        return _ends_within(child, seconds)
    except KeyboardInterrupt:
        return child.process.poll() is not None


def _signal_group(leader: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def _ends_within(child: _Child, seconds: float) -> bool:
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


def _read_ready(selector: selectors.BaseSelector, child: _Child, seconds: float) -> None:
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


def _close(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            _close_stream(stream)


def _close_stream(stream: object) -> None:
    with suppress(BrokenPipeError):
        if isinstance(stream, io.IOBase):
            stream.close()
