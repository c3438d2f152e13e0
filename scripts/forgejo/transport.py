"""The door to the network: an httpx transport, and one exchange through any of them."""

import functools
import ssl
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpcore
import httpx

from forgejo.exceptions import (
    ArgumentError,
    ForgejoError,
    NotForgejoError,
    TooLargeError,
    UnavailableError,
    UntrustedServerError,
)
from forgejo.responses import Answer
from forgejo.sockets import CONNECT_TIMEOUT, DeadlineBackend, deadline

READ_TIMEOUT = 15.0
MAX_BODY = 16 * 1024 * 1024
_CONNECTIONS = 10
_IDLE_SECONDS = 5.0

# Order matters: timeouts are no subclasses of the errors.
_AS_HTTPX: dict[type[Exception], type[httpx.TransportError]] = {
    httpcore.ConnectTimeout: httpx.ConnectTimeout,
    httpcore.PoolTimeout: httpx.PoolTimeout,
    httpcore.ReadTimeout: httpx.ReadTimeout,
    httpcore.WriteTimeout: httpx.WriteTimeout,
    httpcore.ConnectError: httpx.ConnectError,
    httpcore.ReadError: httpx.ReadError,
    httpcore.WriteError: httpx.WriteError,
    httpcore.ProtocolError: httpx.ProtocolError,
}
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def tls_context(ca_bundle: Path | str | None) -> ssl.SSLContext:
    """Verification is always on; `ca_bundle` replaces the public authorities."""
    if ca_bundle is None:
        return _public_authorities()
    try:
        return ssl.create_default_context(cafile=str(ca_bundle))
    except (OSError, ssl.SSLError) as exc:
        raise ArgumentError(f'CA bundle "{ca_bundle}" cannot be read') from exc


@functools.cache
def _public_authorities() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


class DeadlineTransport(httpx.BaseTransport):
    """Real connections, each request bounded by a wall-clock deadline.

    Writes never reuse an idle connection: one that the server closed meanwhile would make
    their outcome unknown.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        """Prepare two pools; nothing is opened yet."""
        self._for_reads = _pool(context, idle=_CONNECTIONS)
        self._for_writes = _pool(context, idle=0)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; the body of the answer is read by whoever asked."""
        pool = self._for_reads if request.method == "GET" else self._for_writes
        target = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        with _httpcore_as_httpx():
            answer = pool.handle_request(
                httpcore.Request(
                    method=request.method,
                    url=target,
                    headers=request.headers.raw,
                    content=request.read(),
                    extensions=request.extensions,
                )
            )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        """Close idle connections."""
        self._for_reads.close()
        self._for_writes.close()


def _pool(context: ssl.SSLContext, *, idle: int) -> httpcore.ConnectionPool:
    return httpcore.ConnectionPool(
        ssl_context=context,
        max_connections=_CONNECTIONS,
        max_keepalive_connections=idle,
        keepalive_expiry=_IDLE_SECONDS,
        network_backend=DeadlineBackend(),
    )


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with _httpcore_as_httpx():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


@contextmanager
def _httpcore_as_httpx() -> Iterator[None]:
    try:
        yield
    except tuple(_AS_HTTPX) as exc:
        kind = next(ours for theirs, ours in _AS_HTTPX.items() if isinstance(exc, theirs))
        raise kind(str(exc)) from exc


@dataclass(frozen=True)
class Limits:
    """Seconds for one request and for all its tries together, bytes for one answer."""

    deadline: float
    retry_budget: float
    max_body: int = MAX_BODY


def exchange(
    transport: httpx.BaseTransport,
    request: httpx.Request,
    limits: Limits,
    clock: Callable[[], float],
) -> Answer:
    """Send one request and read its whole answer, within the limits."""
    end = clock() + limits.deadline

    def left() -> float:
        return end - clock()

    request.extensions["timeout"] = {
        "connect": CONNECT_TIMEOUT,
        "read": READ_TIMEOUT,
        "write": READ_TIMEOUT,
        "pool": limits.deadline,
    }
    try:
        with deadline(left):
            return _send(transport, request, limits.max_body, left)
    except httpx.TransportError as exc:
        # Not `from exc`: the text of a protocol error can hold bytes of the server's answer.
        raise _unavailable(exc) from None


def _send(
    transport: httpx.BaseTransport,
    request: httpx.Request,
    max_body: int,
    left: Callable[[], float],
) -> Answer:
    response = transport.handle_request(request)
    stream = response.stream
    if not isinstance(stream, httpx.SyncByteStream):
        raise ArgumentError("transport= must be a synchronous httpx transport")
    try:
        headers = {name.lower(): value for name, value in response.headers.items()}
        body = read_body(stream, headers, max_body=max_body, left=left)
        return Answer(response.status_code, headers, body)
    finally:
        response.close()


def read_body(
    chunks: Iterable[bytes],
    headers: dict[str, str],
    *,
    max_body: int,
    left: Callable[[], float],
) -> bytes:
    """Read and, if need be, decompress a body without ever holding more than the cap."""
    decoder = _decoder(headers.get("content-encoding", "identity").strip().lower())
    body = bytearray()
    received = 0
    for chunk in chunks:
        received += len(chunk)
        body += decoder.feed(chunk, max_body - len(body) + 1) if decoder else chunk
        if received > max_body or len(body) > max_body:
            raise TooLargeError(f"the answer is larger than {max_body} bytes")
        if left() <= 0:
            raise httpx.ReadTimeout("the deadline of the request has passed")
    if decoder and not decoder.is_complete:
        raise httpx.ReadError("the compressed answer was cut off")
    return bytes(body)


class _Inflater:
    """Decompresses gzip and deflate, never more at once than there is room for."""

    def __init__(self) -> None:
        self._machine = zlib.decompressobj(wbits=47)  # 32 + 15: finds out whether gzip or zlib

    @property
    def is_complete(self) -> bool:
        return self._machine.eof

    def feed(self, chunk: bytes, room: int) -> bytes:
        try:
            return self._machine.decompress(chunk, room)
        except zlib.error as exc:
            raise NotForgejoError("the compressed answer is damaged") from exc


def _decoder(encoding: str) -> _Inflater | None:
    if encoding in ("", "identity"):
        return None
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise NotForgejoError(f"compressed with {encoding[:20]!r}, though nobody asked for it")
    return _Inflater()


def _unavailable(exc: httpx.TransportError) -> ForgejoError:
    if _has_untrusted_certificate(exc):
        return UntrustedServerError(
            f"the server's certificate is not trusted ({exc})", never_sent=True
        )
    what = "not reachable" if isinstance(exc, _NEVER_SENT) else "no complete answer"
    return UnavailableError(f"{what}: {exc}", never_sent=isinstance(exc, _NEVER_SENT))


def _has_untrusted_certificate(exc: BaseException | None) -> bool:
    while exc is not None:
        if isinstance(exc, ssl.SSLCertVerificationError):
            return True
        exc = exc.__cause__ or exc.__context__
    return False
