"""Real servers on loopback for the client: well-behaved ones, and sockets that misbehave."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forgejo_recordings import TOKEN, FakeTime, exchange

from forgejo import Forgejo
from sandbox.web import Request, Response, Router, Server, json_response

TLS = Path(__file__).parent.parent / "data" / "forgejo" / "tls"
NAME = "platform/flow"  # the repository of the recorded promotion
REPO = f"/api/v1/repos/{NAME}"
GIVE_UP = 10.0  # seconds that no thread of a test outlives

Script = Callable[[socket.socket], None]


Visitor = Callable[..., Forgejo]


def visitor(url: str, time: FakeTime | None = None, **settings: Any) -> Forgejo:
    """A client with real connections whose retries take no time; the fixture closes it."""
    time = time or FakeTime()
    settings = {"clock": time.clock, "sleep": time.sleep, "rng": lambda: 0.5} | settings
    settings.setdefault("now", lambda: datetime(2026, 11, 24, 12, 0, tzinfo=UTC))
    return Forgejo(url, TOKEN, **settings)


def recorded(scenario: str, index: int) -> Callable[[Request, dict[str, str]], Response]:
    """A route that gives one recorded answer."""
    seen = exchange(scenario, index)
    headers = {"X-Total-Count": str(seen.total)} if seen.total is not None else {}
    return lambda _request, _names: json_response(seen.status, seen.body, headers)


def small_forge() -> Router:
    """One endpoint of each kind of call: read, conditional write, create, dispatch, delete."""
    router = Router()
    router.add("GET", "/api/v1/version", recorded("01", 0))
    router.add("GET", REPO, recorded("40", 1))
    router.add("PATCH", f"{REPO}/issues/comments/{{id}}", recorded("34", 44))
    router.add("POST", f"{REPO}/issues/{{id}}/comments", recorded("34", 44))
    router.add("DELETE", f"{REPO}/issues/comments/{{id}}", lambda _r, _n: Response(204))
    run = {"id": 7, "run_number": 3, "jobs": ["plan"]}
    router.add(
        "POST",
        f"{REPO}/actions/workflows/{{file}}/dispatches",
        lambda _request, _names: json_response(201, run),
    )
    return router


@contextlib.contextmanager
def misbehaving(*scripts: Script) -> Iterator[str]:
    """A listening socket; each script holds one connection, the last one all that follow."""
    with socket.create_server(("127.0.0.1", 0)) as listener, contextlib.ExitStack() as opened:
        thread = threading.Thread(target=_accept, args=(listener, scripts, opened))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(GIVE_UP)


def _accept(
    listener: socket.socket, scripts: tuple[Script, ...], opened: contextlib.ExitStack
) -> None:
    for number in range(1000):
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        opened.enter_context(connection)
        connection.settimeout(GIVE_UP)
        with contextlib.suppress(OSError):
            scripts[min(number, len(scripts) - 1)](connection)


def saying(*pieces: bytes) -> Script:
    """Read the head of a request, send the pieces and hang up."""

    def script(connection: socket.socket) -> None:
        read_head(connection)
        for piece in pieces:
            connection.sendall(piece)
        connection.shutdown(socket.SHUT_RDWR)

    return script


def hanging(connection: socket.socket) -> None:
    """Read the head of a request and never answer."""
    read_head(connection)


def blurting(*pieces: bytes) -> Script:
    """Say the pieces without waiting for a request, and hang up."""

    def script(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)
        connection.shutdown(socket.SHUT_WR)

    return script


def read_head(connection: socket.socket) -> bytes:
    """Read up to the empty line that ends the head."""
    head = b""
    while b"\r\n\r\n" not in head and (piece := connection.recv(65536)):
        head += piece
    return head


@contextlib.contextmanager
def secured(certificate: str) -> Iterator[Server]:
    """The small forge behind TLS, with one of the certificates in tests/data."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / certificate)
    server = Server(small_forge(), name="forgejo over tls")
    plain = server._sockets.socket
    server._sockets.socket = context.wrap_socket(plain, server_side=True)
    server.url = server.url.replace("http:", "https:")
    with server:
        yield server
