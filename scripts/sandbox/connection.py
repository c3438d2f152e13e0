"""One client connection of a sandbox server: reads requests, meets faults, writes answers."""

import contextlib
import os
import socket
import struct
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from sandbox.faults import Fault, replacement
from sandbox.http_messages import Request, Response

if TYPE_CHECKING:
    from sandbox.web import Listener

NO_ANSWER = 0


class Connection(BaseHTTPRequestHandler):
    """One client connection: reads requests, meets faults, writes answers."""

    protocol_version = "HTTP/1.1"
    server: "Listener"
    _unlogged: list[tuple[int, Request]]
    disable_nagle_algorithm = True  # else the end of a stream waits for the client's late receipt
    wbufsize = -1  # one packet for head and body of small answers

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Keeps standard error clean: `Server.log` is the log."""

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        owner = self.server.owner
        request = self._read()
        index = owner.next_index()
        self._unlogged = [(index, request)]
        try:
            self._serve(index, request, owner.faults.take(request))
        finally:
            self._log(NO_ANSWER)

    def _log(self, status: int) -> None:
        """Logs the request once, before its answer leaves: who has read that finds it logged."""
        while self._unlogged:
            self.server.owner.record(*self._unlogged.pop(), status)

    def _serve(self, index: int, request: Request, fault: Fault | None) -> None:
        owner = self.server.owner
        if fault is None:
            self._send(owner.run(index, request))
            return
        if fault.kind == "delay" and not fault.after_effect:
            owner.faults.wait(fault.seconds or 0)
        if fault.kind in ("cut", "drip", "delay"):
            self._disturb(owner.run(index, request), fault)
            return
        if fault.after_effect:
            _drop(owner.run(index, request))
        self._replace(fault)

    def _replace(self, fault: Fault) -> None:
        """What the client gets in place of the application's answer."""
        if fault.kind == "hang":
            self._log(NO_ANSWER)
            self.server.owner.faults.wait(fault.seconds)
            self.close_connection = True
        elif fault.kind == "reset":
            self._reset()
        else:
            self._send(replacement(fault))

    def _disturb(self, response: Response, fault: Fault) -> None:
        """Sends the application's answer late, slowly or in part."""
        faults = self.server.owner.faults
        if fault.kind == "delay":
            if fault.after_effect:
                faults.wait(fault.seconds or 0)
            self._send(response)
            return
        first, total = _first_piece(response)
        self._send_head(response, {"Content-Length": str(total)})
        if fault.kind == "cut":
            self.wfile.write(first[: len(first) // 2])
            self.close_connection = True
            return
        for byte in first:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            faults.wait(fault.seconds or 0)
        self.close_connection = len(first) < total

    def _reset(self) -> None:
        """Closes with RST: linger zero, and no orderly shutdown before it."""
        self._log(NO_ANSWER)
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def _read(self) -> Request:
        path, _, raw_query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = parse_qs(raw_query, keep_blank_values=True)
        return Request(self.command, path, query, headers, self._read_body(), raw_query)

    def _read_body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            return b"".join(self._read_chunks())
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _read_chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            """Trailers are allowed and mean nothing here."""

    def _send(self, response: Response) -> None:
        if not isinstance(response.body, bytes):
            self._stream(response, response.body)
            return
        bodyless = response.status in (204, 304) or response.status < 200
        self._send_head(response, {} if bodyless else {"Content-Length": str(len(response.body))})
        if self.command != "HEAD" and not bodyless:
            self.wfile.write(response.body)

    def _stream(self, response: Response, chunks: Iterator[bytes]) -> None:
        self._send_head(response, {"Transfer-Encoding": "chunked"})
        self.wfile.flush()
        with contextlib.ExitStack() as ending:
            ending.callback(_drop, response)
            for chunk in filter(None, chunks):
                self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
                self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def _send_head(self, response: Response, framing: dict[str, str]) -> None:
        self._log(response.status)
        self.send_response(response.status)
        for name, value in {**response.headers, **framing}.items():
            self.send_header(name, value)
        self.end_headers()


def _first_piece(response: Response) -> tuple[bytes, int]:
    """What a cut or dripped answer sends at most, and the length it announces.

    A stream may never end, so only its first chunk is sent and more is announced.
    """
    if isinstance(response.body, bytes):
        return response.body, len(response.body)
    first = next(response.body, b"")
    _drop(response)
    return first, len(first) + 1


def _drop(response: Response) -> None:
    """Ends a streamed body that nobody will read."""
    close = getattr(response.body, "close", None)
    if close is not None:
        close()
