"""Starting a process so that it is never running unknown to us or to the guardian."""

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from edp.clients.process_values import Handling, command_name
from edp.errors import InvalidInputError

_GATE: Final = ("/bin/sh", "-c", 'read -r go && exec "$@"', "sh")
GO: Final = b"go\n"
"""What a process under a guardian waits for."""


def start(
    argv: tuple[str, ...], cwd: Path, environment: Mapping[str, str], handling: Handling
) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    _let_children_be_interrupted()
    try:
        return subprocess.Popen(
            _gated(argv, environment) if handling.guardian else argv,
            cwd=cwd, env=environment, stdin=pipe, stdout=pipe, stderr=pipe,
            start_new_session=True, umask=handling.umask,
        )  # fmt: skip
    except FileNotFoundError as exc:
        raise _missing(argv, cwd) from exc
    except (OSError, ValueError) as exc:
        raise InvalidInputError(f"{command_name(argv)}: cannot be started: {exc}") from exc


def _let_children_be_interrupted() -> None:
    """Ignore an interrupt by ourselves where we were started to ignore it, as in the background.

    Else children would inherit that, and could not be asked to end.
    """
    is_ours_to_say = threading.current_thread() is threading.main_thread()
    if is_ours_to_say and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, lambda *_: None)


def _gated(argv: tuple[str, ...], environment: Mapping[str, str]) -> tuple[str, ...]:
    """Becomes the program when we say go; ends if we die before, unknown to the guardian."""
    if shutil.which(argv[0], path=environment.get("PATH", os.defpath)) is None:
        raise FileNotFoundError(argv[0])
    return (*_GATE, *argv)


def _missing(argv: tuple[str, ...], cwd: Path) -> InvalidInputError:
    if not cwd.is_dir():
        return InvalidInputError(f"{command_name(argv)}: there is no folder {str(cwd)!a}")
    return InvalidInputError(
        f"{argv[0]}: not found", hint=f"install {argv[0]} and put it on the search path (PATH)"
    )


@contextmanager
def undisturbed() -> Iterator[None]:
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
