"""A small HTTP/1.1 server for the sandbox: routing, streaming, a request log, faults and hooks."""

import contextlib
import re
import socket
import sys
import threading
from collections.abc import Callable
from http.server import ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import unquote

from sandbox.connection import Connection
from sandbox.faults import Fault, Faults
from sandbox.http_messages import Query, Request, Response, json_response

__all__ = [
    "App", "Fault", "Faults", "LoggedRequest", "Query", "Request", "Response", "Route", "Router",
    "Server", "json_response",
]  # fmt: skip

App = Callable[[Request], Response]
Route = Callable[[Request, dict[str, str]], Response]
Hook = Callable[[int, Request], None]


class LoggedRequest(NamedTuple):
    """One line of `Server.log`; status 0 means that no answer was sent."""

    number: int
    method: str
    path: str
    query: Query
    status: int


class Router:
    """Routes by method and pattern: `{name}` is one path segment, `{name*}` is one or more.

    The first registered pattern that matches wins; captured values are percent-decoded.
    """

    def __init__(self, missing: App | None = None) -> None:
        self._routes: list[tuple[str, re.Pattern[str], Route]] = []
        self._missing = missing or (lambda _: Response(404, {"Content-Type": "text/plain"}))

    def add(self, method: str, pattern: str, route: Route) -> None:
        self._routes.append((method, _compile(pattern), route))

    def __call__(self, request: Request) -> Response:
        allowed: list[str] = []
        for method, pattern, route in self._routes:
            matched = pattern.fullmatch(request.path)
            if matched and method == request.method:
                return route(request, {k: unquote(v) for k, v in matched.groupdict().items()})
            if matched and method not in allowed:
                allowed.append(method)
        if allowed:
            return Response(405, {"Allow": ", ".join(allowed)})
        return self._missing(request)


def _compile(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\{\w+\*?\})", pattern)
    return re.compile("".join(_part(part) for part in parts))


def _part(part: str) -> str:
    if not part.startswith("{"):
        return re.escape(part)
    name = part[1:-1]
    return f"(?P<{name[:-1]}>.+)" if name.endswith("*") else f"(?P<{name}>[^/]+)"


class Server:
    """Serves `app` on a free loopback port; `before_effect` and `after_effect` see each request."""

    def __init__(self, app: App, *, name: str) -> None:
        self.app = app
        self.name = name
        self.faults = Faults()
        self.log: list[LoggedRequest] = []
        self.before_effect: Hook | None = None
        self.after_effect: Hook | None = None
        self.on_stop: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self._count = 0
        self._sockets = Listener(self)
        self._thread = threading.Thread(target=self._sockets.serve_forever, args=(0.02,), name=name)
        self.url = f"http://127.0.0.1:{self._sockets.server_address[1]}"

    def start(self) -> "Server":
        self._thread.start()
        return self

    def stop(self) -> None:
        """Ends every connection and waits for every thread; `on_stop` wakes streams that wait."""
        for wake in self.on_stop:
            wake()
        self.faults.release()
        if self._thread.is_alive():
            self._sockets.shutdown()
            self._thread.join()
        self._sockets.hang_up()
        self._sockets.server_close()

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def next_index(self) -> int:
        with self._lock:
            self._count += 1
            return self._count - 1

    def record(self, index: int, request: Request, status: int) -> None:
        with self._lock:
            self.log.append(
                LoggedRequest(index, request.method, request.path, request.query, status)
            )

    def run(self, index: int, request: Request) -> Response:
        """Lets the application handle the request, between the two hooks."""
        if self.before_effect is not None:
            self.before_effect(index, request)
        response = self.app(request)
        if self.after_effect is not None:
            self.after_effect(index, request)
        return response


class Listener(ThreadingHTTPServer):
    """The listening socket; it knows its open connections so that it can end them."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, owner: Server) -> None:
        self.owner = owner
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", 0), Connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        with self._guard:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients of a test come and go; only a broken application is worth a traceback."""
        if not isinstance(_current_error(), OSError):
            super().handle_error(request, client_address)


def _current_error() -> BaseException | None:
    return sys.exc_info()[1]
