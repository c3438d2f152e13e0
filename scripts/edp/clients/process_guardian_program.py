"""The program of the guardian: the standard library alone, started without site packages."""

import os
import select
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

CHUNK = 1 << 16


@dataclass(slots=True)
class Watched:
    """A process group whose leader may have to be stopped."""

    leader: int
    outputs: list[int]
    """The reading ends of its pipes that have not ended."""
    patience: float
    has_outputs: bool
    """Whether they came at all; otherwise nothing tells when it has ended."""
    is_interrupted: bool = False

    @property
    def has_ended(self) -> bool:
        """Whether nobody can write any more."""
        return self.has_outputs and not self.outputs


def main() -> None:
    """Listen until the other side is gone, then stop what it has left running."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    watched: dict[int, Watched] = {}
    with socket.socket(fileno=int(sys.argv[1])) as channel:
        for words, descriptors in messages(channel):
            note(watched, words, descriptors)
    stop_all(list(watched.values()))


def messages(channel: socket.socket) -> Iterator[tuple[list[str], list[int]]]:
    """Each line that was said, and the descriptors that came with it."""
    said, came = b"", list[int]()
    while True:
        with suppress(ConnectionResetError):
            chunk, descriptors, _, _ = socket.recv_fds(channel, CHUNK, 64)
            came += descriptors
            said += chunk
            *lines, said = said.split(b"\n")
            for line in lines:
                words = line.decode().split()
                count = 2 if words[0] == "watch" else 0
                yield words, came[:count]
                came = came[count:]
            if chunk:
                continue
        return


def note(watched: dict[int, Watched], words: list[str], descriptors: list[int]) -> None:
    """Remember what one line says."""
    leader = int(words[1])
    if words[0] == "watch":
        watched[leader] = Watched(leader, descriptors, float(words[2]), bool(descriptors))
    elif words[0] == "interrupted" and leader in watched:
        watched[leader].is_interrupted = True
    elif words[0] == "forget" and leader in watched:
        for output in watched.pop(leader).outputs:
            os.close(output)


def stop_all(left: list[Watched]) -> None:
    """Interrupt each leader once, take what it says, kill what is still there at last."""
    began = time.monotonic()
    for one in left:
        if not one.is_interrupted:
            with suppress(OSError):
                os.kill(one.leader, signal.SIGINT)
    while left:
        read_some(left)
        elapsed = time.monotonic() - began
        for one in [one for one in left if one.has_ended or elapsed > one.patience]:
            left.remove(one)
            with suppress(OSError):
                os.killpg(one.leader, signal.SIGKILL)


def read_some(left: list[Watched]) -> None:
    """Read what there is and throw it away; who has no output any more has ended."""
    readable, _, _ = select.select([output for one in left for output in one.outputs], [], [], 0.2)
    for one in left:
        for output in [output for output in one.outputs if output in readable]:
            if not read(output):
                one.outputs.remove(output)
                os.close(output)


def read(output: int) -> bytes:
    """What can be read; nothing at the end."""
    try:
        return os.read(output, CHUNK)
    except BlockingIOError:
        return b" "


if __name__ == "__main__":
    main()
