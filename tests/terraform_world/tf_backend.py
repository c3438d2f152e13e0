"""An HTTP state backend with locking, as Terraform's `http` backend wants it, with faults."""

import base64
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

USER = "terraform"
PASSWORD = "backend-passw0rd"


@dataclass
class StateFault:
    """What happens instead of the next `times` answers to `method`."""

    method: str
    status: int = 0
    """This answer, without effect; 0 for a lost one."""
    is_lost: bool = False
    """The effect happens, then the connection is cut."""
    times: int = 1000
    waits_for: threading.Event | None = None
    """The answer comes when somebody sets it, or after twenty seconds."""


@dataclass
class StateBackend:
    """What a test sees of the running backend."""

    url: str = ""
    states: dict[str, bytes] = field(default_factory=dict)
    locks: dict[str, bytes] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    fault: StateFault | None = None
    refuses_unlock_without_id: bool = False
    guard: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def hold(self, name: str, **info: str) -> dict[str, str]:
        """Take a lock as somebody else would."""
        held = {
            "ID": "11111111-2222-3333-4444-555555555555",
            "Operation": "OperationTypeApply",
            "Info": "",
            "Who": "edp@runner-7",
            "Version": "1.11.4",
            "Created": "2026-01-02T03:04:05.678901234Z",
            "Path": "",
        } | info
        self.locks[name] = json.dumps(held).encode()
        return held

    def address(self, name: str) -> str:
        """The URL of a state."""
        return f"{self.url}/{name}"

    def resources(self, name: str) -> list[str]:
        """The addresses in a state."""
        state = json.loads(self.states.get(name, b'{"resources": []}'))
        return [f"{found['type']}.{found['name']}" for found in state["resources"]]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def do_LOCK(self) -> None:
        self._serve()

    def do_UNLOCK(self) -> None:
        self._serve()

    def log_message(self, *args: object) -> None:
        pass

    def _serve(self) -> None:
        backend = self.server.backend
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self._due(backend)
        if fault and fault.waits_for:
            fault.waits_for.wait(20)
        if fault and fault.status:
            return self._send(fault.status, b"the fault: " + PASSWORD.encode())
        with backend.guard:
            backend.requests.append(f"{self.command} {urlsplit(self.path).path}")
            status, content = self._answer(backend, body)
        if fault and fault.is_lost:
            self.close_connection = True
            return self.connection.shutdown(socket.SHUT_RDWR)
        return self._send(status, content)

    def _due(self, backend: StateBackend) -> StateFault | None:
        fault = backend.fault
        if fault is None or fault.method != self.command or fault.times <= 0:
            return None
        fault.times -= 1
        return fault

    def _answer(self, backend: StateBackend, body: bytes) -> tuple[int, bytes]:
        given = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {given}":
            return 401, b"who are you?"
        parts = urlsplit(self.path)
        name = parts.path.strip("/")
        lock_id = parse_qs(parts.query).get("ID", [""])[0]
        steps = {
            "GET": lambda: (200, backend.states[name]) if name in backend.states else (404, b""),
            "POST": lambda: _store(backend, name, lock_id, body),
            "DELETE": lambda: (200, backend.states.pop(name, b"")),
            "LOCK": lambda: _lock(backend, name, body),
            "UNLOCK": lambda: _unlock(backend, name, body),
        }
        return steps[self.command]()

    def _send(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _id_of(lock: bytes | None) -> str:
    return str(json.loads(lock)["ID"]) if lock else ""


def _store(backend: StateBackend, name: str, lock_id: str, body: bytes) -> tuple[int, bytes]:
    held = backend.locks.get(name)
    if _id_of(held) != lock_id:
        return 423, held or b""
    backend.states[name] = body
    return 200, b""


def _lock(backend: StateBackend, name: str, body: bytes) -> tuple[int, bytes]:
    if name in backend.locks:
        return 423, backend.locks[name]
    backend.locks[name] = body
    return 200, b""


def _unlock(backend: StateBackend, name: str, body: bytes) -> tuple[int, bytes]:
    held = backend.locks.get(name)
    if body and _id_of(body) != _id_of(held):
        return 409, held or b""
    if not body and backend.refuses_unlock_without_id:
        return 409, held or b""
    backend.locks.pop(name, None)
    return 200, b""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    backend: StateBackend

    def handle_error(self, request: object, client_address: object) -> None:
        pass


@contextmanager
def serve_states() -> Iterator[StateBackend]:
    """A backend on a free loopback port."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.backend = StateBackend(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.backend
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
