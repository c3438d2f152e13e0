"""A process as values: what its caller wants, what it has said, how it is told of."""

import re
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from edp.clients.process_guardian import Guardian
from edp.text import neutralise, redact

_SUBCOMMAND: Final = re.compile(r"[a-z][a-z-]{1,30}")


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


@dataclass(slots=True)
class Child:
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


def command_name(argv: Sequence[str]) -> str:
    """The program and its subcommand; options and their values stay out of messages."""
    words = [argument for argument in argv[1:] if _SUBCOMMAND.fullmatch(argument)]
    return " ".join([Path(argv[0]).name, *words[:1]])


def last_lines(output: bytes, secrets: Iterable[str] = (), *, count: int = 4) -> str:
    """The last lines of a process's output in one harmless line."""
    text = neutralise(redact(output[-8000:].decode(errors="replace"), secrets))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return "; ".join(lines[-count:])[-600:]
