"""A small HTTP server over `git http-backend`: counts requests, checks tokens, injects faults."""

import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

TOKEN = "t0ken-of-the-bot-0123456789"


@dataclass
class Fault:
    """What the server does instead of answering, from the n-th request on, `times` times."""

    status: int = 0
    body: bytes = b""
    content_type: str = "text/plain"
    cuts: bool = False
    hangs: bool = False
    after_effect: bool = False
    skip: int = 0
    times: int = 1000
    headers: tuple[tuple[str, str], ...] = ()
    effect: Callable[[], None] = lambda: None
    """What somebody else does meanwhile."""


@dataclass
class GitServer:
    """What a test sees of the running server."""

    root: Path
    url: str = ""
    requests: list[str] = field(default_factory=list)
    fault: Fault | None = None
    token: str = TOKEN
    stopping: threading.Event = field(default_factory=threading.Event)

    def repository(self, name: str = "team/app.git") -> str:
        return f"{self.url}/{name}"

    def counted(self) -> list[str]:
        """The requests since the last call."""
        seen, self.requests[:] = list(self.requests), []
        return seen


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *args: object) -> None:
        pass

    def _answer(self) -> None:
        git = self.server.git
        git.requests.append(f"{self.command} {self.path}")
        body = self._body()
        fault = self._due(git)
        if fault and not fault.after_effect:
            return self._misbehave(fault)
        if self.headers.get("Authorization") != f"token {git.token}":
            return self._send(401, b"token in body: " + git.token.encode(), "text/plain")
        status, headers, content = self._backend(body)
        if fault:
            return self._misbehave(fault)
        return self._send(status, content, headers.get("Content-Type", ""), headers)

    def _due(self, git: GitServer) -> Fault | None:
        fault = git.fault
        if fault is None or fault.times <= 0:
            return None
        if fault.skip > 0:
            fault.skip -= 1
            return None
        fault.times -= 1
        return fault

    def _misbehave(self, fault: Fault) -> None:
        fault.effect()
        if fault.hangs:
            self.server.git.stopping.wait(20)
        if fault.hangs or fault.cuts:
            self.wfile.write(fault.body)
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._send(fault.status, fault.body, fault.content_type, dict(fault.headers))

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            return b"".join(self._chunks())
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _backend(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(self.path)
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.server.git.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "REMOTE_USER": "bot",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(
            ["git", "http-backend"], input=body, env=environment, capture_output=True, check=False
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        lines = [line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line]
        headers = dict(lines)
        return int(headers.pop("Status", "200").split()[0]), headers, content

    def _send(
        self, status: int, body: bytes, content_type: str, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for key, value in (headers or {}).items():
            if key.lower() not in ("content-type", "content-length"):
                self.send_header(key, value)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    git: GitServer

    def handle_error(self, request: object, client_address: object) -> None:
        pass


@contextmanager
def serve(root: Path) -> Iterator[GitServer]:
    """Serve the bare repositories under `root` on a free loopback port."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.git = GitServer(root, f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.git
    finally:
        server.git.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()
