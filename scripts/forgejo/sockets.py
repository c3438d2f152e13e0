"""TCP and TLS with one wall-clock deadline for a whole request.

The timeouts of HTTP libraries bound single reads: a server that sends a byte now and then
holds them for ever. Here every connect, handshake, read and write gets only the time that
is left.
"""

import contextlib
import errno
import queue
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar

import httpcore

CONNECT_TIMEOUT = 5.0
_PIECE = 65536

_Addresses = list[tuple[socket.AddressFamily, tuple[str | int, ...] | tuple[int, bytes]]]
_left: ContextVar[Callable[[], float]] = ContextVar("left")


@contextlib.contextmanager
def deadline(left: Callable[[], float]) -> Iterator[None]:
    """Bound everything on sockets inside the block; `left` tells the seconds that remain."""
    token = _left.set(left)
    try:
        yield
    finally:
        _left.reset(token)


def _remaining(timeout: float | None, error: type[Exception]) -> float:
    left = _left.get(lambda: CONNECT_TIMEOUT)()
    if left <= 0:
        raise error("the deadline of the request has passed")
    return left if timeout is None else min(timeout, left)


class DeadlineBackend(httpcore.NetworkBackend):
    """Opens connections whose every step is bounded by the deadline."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002 (the signature is httpcore's)
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002 (as above)
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers."""
        last: Exception = httpcore.ConnectError(f"{host}: no address")
        for family, address in _resolve(host, port):
            try:
                return DeadlineStream(_connect(family, address, timeout))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as exc:
                last = exc
        raise last


def _resolve(host: str, port: int) -> _Addresses:
    """Look the name up in a thread, because the system's resolver takes no timeout."""
    found: queue.SimpleQueue[_Addresses | OSError] = queue.SimpleQueue()
    threading.Thread(target=_look_up, args=(host, port, found), daemon=True).start()
    try:
        result = found.get(timeout=_remaining(CONNECT_TIMEOUT, httpcore.ConnectTimeout))
    except queue.Empty:
        raise httpcore.ConnectTimeout(f"{host}: the name could not be resolved in time") from None
    if isinstance(result, OSError):
        raise httpcore.ConnectError(f"{host}: {result.strerror}") from result
    return result


def _look_up(host: str, port: int, found: "queue.SimpleQueue[_Addresses | OSError]") -> None:
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as exc:
        found.put(exc)
    except UnicodeError:
        found.put(OSError(errno.EINVAL, "not the name of a host"))
    else:
        found.put([(info[0], info[4]) for info in infos])


def _open(family: socket.AddressFamily) -> socket.socket:
    try:
        return socket.socket(family, socket.SOCK_STREAM)
    except OSError as exc:  # no IPv6 in this container, or no descriptors left
        raise httpcore.ConnectError(exc.strerror or "no socket") from exc


def _connect(
    family: socket.AddressFamily,
    address: tuple[str | int, ...] | tuple[int, bytes],
    timeout: float | None,
) -> socket.socket:
    connection = _open(family)
    try:
        connection.settimeout(_remaining(timeout or CONNECT_TIMEOUT, httpcore.ConnectTimeout))
        connection.connect(address)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except TimeoutError as exc:
        connection.close()
        raise httpcore.ConnectTimeout("no connection in time") from exc
    except OSError as exc:
        connection.close()
        raise httpcore.ConnectError(exc.strerror or "cannot connect") from exc
    except httpcore.ConnectTimeout:
        connection.close()
        raise
    return connection


class DeadlineStream(httpcore.NetworkStream):
    """One connection; each operation takes at most the time that is left."""

    def __init__(self, connection: socket.socket) -> None:
        """Take over a connected socket."""
        self._socket = connection

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what is there, at most `max_bytes`."""
        self._socket.settimeout(_remaining(timeout, httpcore.ReadTimeout))
        try:
            return self._socket.recv(max_bytes)
        except TimeoutError as exc:
            raise httpcore.ReadTimeout("no answer in time") from exc
        except OSError as exc:
            raise httpcore.ReadError(exc.strerror or "cannot read") from exc

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of the buffer; the deadline is checked for every piece."""
        rest = memoryview(buffer)
        while rest:
            self._socket.settimeout(_remaining(timeout, httpcore.WriteTimeout))
            rest = rest[self._send(rest[:_PIECE]) :]

    def _send(self, piece: memoryview) -> int:
        try:
            return self._socket.send(piece)
        except TimeoutError as exc:
            raise httpcore.WriteTimeout("the server does not read") from exc
        except OSError as exc:
            raise httpcore.WriteError(exc.strerror or "cannot write") from exc

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Shake hands; a failure is a failure to connect, nothing was sent."""
        try:
            self._socket.settimeout(_remaining(timeout, httpcore.ConnectTimeout))
            secure = ssl_context.wrap_socket(self._socket, server_hostname=server_hostname)
        except TimeoutError as exc:
            self.close()
            raise httpcore.ConnectTimeout("no TLS handshake in time") from exc
        except OSError as exc:
            self.close()
            reason = getattr(exc, "verify_message", None) or exc.strerror or "TLS failed"
            raise httpcore.ConnectError(f"TLS: {reason}") from exc
        return DeadlineStream(secure)

    def get_extra_info(self, info: str) -> object:
        """Tell httpcore what it asks for: the TLS object, and whether data waits."""
        if info == "ssl_object":
            return self._socket if isinstance(self._socket, ssl.SSLSocket) else None
        if info == "is_readable":
            return self._is_readable()
        return None

    def _is_readable(self) -> bool:
        """An idle connection that can be read was closed by the server."""
        if self._socket.fileno() < 0:
            return True
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(0))
