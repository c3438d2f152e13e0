"""Faults a test can inject between a client and the application it talks to."""

import gzip
import io
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from sandbox.http_messages import Request, Response

FaultKind = Literal[
    "status",  # answers `status` instead of the application
    "reset",  # the connection ends with RST, without an answer
    "hang",  # holds the request until released or `seconds` passed, then hangs up
    "html",  # 200 with a login page, as a proxy in between would send
    "empty",  # 200 without a body
    "gzip-bomb",  # a small body that expands to more than 200 MB
    "cut",  # sends half of the body, then hangs up
    "drip",  # sends the body one byte at a time, `seconds` apart
    "delay",  # waits `seconds`, then goes on as if nothing had happened
]
BOMB_BYTES = 210 * 1024 * 1024
LOGIN_PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Sign in</body></html>\n"
)


@dataclass(frozen=True)
class Fault:
    """One disturbance: of `times` matching requests, from the `nth` one on (the first is 1).

    With `after_effect` the application handles the request first and only its answer is lost.
    """

    kind: FaultKind
    match: Callable[[Request], bool] | None = None
    nth: int | None = None
    times: int = 1
    status: int = 503
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: float | None = None
    after_effect: bool = False


@dataclass
class _Armed:
    fault: Fault
    seen: int = 0
    fired: int = 0

    def fires_on(self, request: Request) -> bool:
        if self.fault.match is not None and not self.fault.match(request):
            return False
        self.seen += 1
        if self.seen < (self.fault.nth or 1) or self.fired >= self.fault.times:
            return False
        self.fired += 1
        return True


class Faults:
    """The faults armed on one server; each request meets at most one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[_Armed] = []
        self._released = threading.Event()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._armed.append(_Armed(fault))

    def clear(self) -> None:
        with self._lock:
            self._armed.clear()

    def pending(self) -> int:
        """How many firings are still to come, so that a test can tell that all have happened."""
        with self._lock:
            return sum(armed.fault.times - armed.fired for armed in self._armed)

    def take(self, request: Request) -> Fault | None:
        """The fault this request meets."""
        with self._lock:
            fired = [armed.fault for armed in self._armed if armed.fires_on(request)]
        return fired[0] if fired else None

    def release(self) -> None:
        """Ends every hang, delay and drip, now and from now on."""
        self._released.set()

    def wait(self, seconds: float | None) -> None:
        self._released.wait(seconds)


def replacement(fault: Fault) -> Response:
    """The answer sent in place of the application's own."""
    if fault.kind == "html":
        return Response(200, {"Content-Type": "text/html; charset=utf-8"}, LOGIN_PAGE)
    if fault.kind == "empty":
        return Response(200, {"Content-Type": "application/json;charset=utf-8"})
    if fault.kind == "gzip-bomb":
        headers = {"Content-Type": "application/json;charset=utf-8", "Content-Encoding": "gzip"}
        return Response(200, headers, _bomb())
    return Response(fault.status, fault.headers, fault.body)


@cache
def _bomb() -> bytes:
    block = b" " * (1024 * 1024)
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=6, mtime=0) as out:
        for _ in range(BOMB_BYTES // len(block)):
            out.write(block)
    return packed.getvalue()
