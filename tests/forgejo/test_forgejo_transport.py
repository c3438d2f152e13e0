"""One request through real sockets: its deadline, its size, its connection."""

import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from forgejo_loopback import (
    NAME,
    REPO,
    Visitor,
    blurting,
    hanging,
    misbehaving,
    read_head,
    saying,
    small_forge,
)
from forgejo_recordings import FakeTime, client, exchange, repository

import forgejo
from forgejo.transport import MAX_BODY
from sandbox.web import Fault, Response, Server

SHORT = 0.5  # seconds; long enough for a connection on a busy machine
PATIENT = {"deadline": SHORT, "retry_budget": 0.0}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def dripping(head: bytes, pieces: Callable[[], Iterator[bytes]]) -> Callable[[socket.socket], None]:
    """Answer with a piece now and then, each well within any timeout of a single read."""
    pause = threading.Event()

    def script(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(head)
        for piece in pieces():
            connection.sendall(piece)
            pause.wait(SHORT / 20)

    return script


def spaces() -> Iterator[bytes]:
    yield from (b" " for _ in range(2000))


def header_lines() -> Iterator[bytes]:
    yield from (b"X-%d: y\r\n" % number for number in range(2000))


@pytest.mark.parametrize(
    ("head", "pieces"),
    [
        (HEAD + b"Content-Length: 9000\r\n\r\n", spaces),
        (HEAD + b"\r\n", spaces),
        (HEAD, header_lines),
        (b"HTTP", spaces),
    ],
    ids=["body", "body without length", "headers", "status line"],
)
def test_an_answer_that_drips_ends_at_the_deadline_of_the_whole_request(
    visit: Visitor, head: bytes, pieces: Callable[[], Iterator[bytes]]
) -> None:
    with misbehaving(dripping(head, pieces)) as url:
        api = visit(url, clock=time.monotonic, **PATIENT)

        with pytest.raises(forgejo.UnavailableError, match=r"deadline|in time") as caught:
            api.get_version()

    assert not caught.value.never_sent


def test_a_dripped_answer_within_the_deadline_is_read(visit: Visitor) -> None:
    with Server(small_forge(), name="forgejo") as server:
        server.faults.add(Fault("drip", seconds=0.0001))

        version = visit(server.url, clock=time.monotonic).get_version()

    assert version.major == 17


def test_a_server_that_never_answers_is_unavailable(visit: Visitor) -> None:
    with misbehaving(hanging) as url, pytest.raises(forgejo.UnavailableError, match="in time"):
        visit(url, **PATIENT).get_version()


def test_a_handshake_that_never_comes_is_bounded_too(visit: Visitor) -> None:
    with misbehaving(lambda _connection: None) as url:
        api = visit(url.replace("http:", "https:"), **PATIENT)

        with pytest.raises(forgejo.UnavailableError, match="TLS handshake") as caught:
            api.get_version()

    assert caught.value.never_sent


def test_a_server_that_does_not_read_a_large_body_is_bounded_too(visit: Visitor) -> None:
    with misbehaving(lambda _connection: None) as url:
        repo = repository(visit(url, **PATIENT))

        with pytest.raises(forgejo.AmbiguousError, match="does not read"):
            repo.create_issue("t", body="x" * 20_000_000)


def test_no_listener_is_a_request_that_was_never_sent(visit: Visitor) -> None:
    with misbehaving(hanging) as url:
        """Now the port is known to be free."""
    waited = FakeTime()

    with pytest.raises(forgejo.UnavailableError) as caught:
        repository(visit(url, time=waited)).create_issue("t")

    assert caught.value.never_sent
    assert len(waited.slept) > 5
    assert sum(waited.slept) < 120


def test_a_name_that_does_not_resolve_is_unavailable(
    visit: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)

    with pytest.raises(forgejo.UnavailableError, match="not known") as caught:
        visit("https://forgejo.invalid", **PATIENT).get_version()

    assert caught.value.never_sent


def test_a_resolver_that_hangs_is_bounded(visit: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: release.wait(10) and [])

    with pytest.raises(forgejo.UnavailableError, match="resolved in time"):
        visit("https://forgejo.invalid", **PATIENT).get_version()

    release.set()


def test_a_name_without_addresses_is_unavailable(
    visit: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [])

    with pytest.raises(forgejo.UnavailableError, match="no address"):
        visit("https://forgejo.invalid", **PATIENT).get_version()


def endless(chunk: bytes) -> Iterator[bytes]:
    yield from (chunk for _ in range(2 * MAX_BODY // len(chunk)))


def test_a_body_without_end_is_refused_at_the_cap(visit: Visitor) -> None:
    headers = {"Content-Type": "application/json"}
    flood = Server(lambda _request: Response(200, headers, endless(b" " * 1_000_000)), name="flood")
    with flood as server, pytest.raises(forgejo.TooLargeError, match=str(MAX_BODY)):
        visit(server.url).get_version()

    assert len(server.log) <= 1


def compressed(data: bytes, encoding: str = "gzip") -> Callable[[httpx.Request], httpx.Response]:
    """Answer with these bytes, said to be compressed."""
    headers = {"content-type": "application/json", "content-encoding": encoding}
    stream = httpx.ByteStream(data)
    return lambda _request: httpx.Response(200, headers=headers, stream=stream)


def test_a_gzip_bomb_is_refused_at_the_cap() -> None:
    bomb = gzip.compress(b" " * (MAX_BODY + 1))

    with pytest.raises(forgejo.TooLargeError):
        client(compressed(bomb)).get_version()

    assert len(bomb) < 50_000


def test_a_write_whose_answer_is_too_large_is_ambiguous() -> None:
    bomb = gzip.compress(b" " * (MAX_BODY + 1))

    with pytest.raises(forgejo.AmbiguousError, match="larger than"):
        repository(client(compressed(bomb))).create_issue("t")


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate", " GZIP "])
def test_a_compressed_answer_that_nobody_asked_for_is_read(encoding: str) -> None:
    body = json.dumps(exchange("01", 0).body).encode()

    version = client(compressed(gzip.compress(body), encoding)).get_version()

    assert version.major == 17


@pytest.mark.parametrize(
    ("data", "encoding", "error"),
    [
        (gzip.compress(b"{}" * 500)[:-20], "gzip", forgejo.UnavailableError),
        (b"this is not gzip", "gzip", forgejo.NotForgejoError),
        (b"{}", "br", forgejo.NotForgejoError),
        (b"{}", "gzip, gzip", forgejo.NotForgejoError),
    ],
    ids=["cut", "no gzip", "another way", "twice"],
)
def test_a_compressed_answer_that_is_damaged_is_an_error(
    data: bytes, encoding: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        client(compressed(data, encoding)).get_version()


@pytest.mark.parametrize(
    "pieces",
    [
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{",),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",),
        (b"SSH-2.0-OpenSSH_9.2\r\n",),
        (b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",),
        (b"HTTP/1.1 700 Odd\r\nContent-Length: 0\r\n\r\n",),
        (HEAD + b"X: " + b"y" * 200_000 + b"\r\n\r\n",),
        (b"",),
    ],
    ids=["short", "chunk", "cut chunk", "ssh", "header", "status", "huge header", "nothing"],
)
def test_what_is_not_http_is_a_typed_error(visit: Visitor, pieces: tuple[bytes, ...]) -> None:
    with misbehaving(saying(*pieces)) as url, pytest.raises(forgejo.ForgejoError) as caught:
        visit(url, **PATIENT).get_version()

    assert isinstance(caught.value, forgejo.UnavailableError | forgejo.ServerError)


def test_an_answer_before_the_request_is_no_answer_to_it(visit: Visitor) -> None:
    early = blurting(HEAD + b"Content-Length: 2\r\n\r\n{}")

    with misbehaving(early) as url, pytest.raises(forgejo.ForgejoError):
        visit(url, **PATIENT).get_version()


def test_reads_share_a_connection_and_writes_take_a_fresh_one(visit: Visitor) -> None:
    with Server(small_forge(), name="forgejo") as server:
        ports: list[int] = []
        server.after_effect = lambda _index, _request: ports.append(len(server._sockets._open))
        api = visit(server.url)
        repo = api.get_repo(NAME)

        api.get_version()
        repo.dispatch_workflow("plan.yaml", ref="main")

    assert ports == [1, 1, 2]


def test_a_connection_that_the_server_closed_meanwhile_is_not_reused(visit: Visitor) -> None:
    answer = json.dumps(exchange("01", 0).body).encode()
    head = HEAD + b"Content-Length: %d\r\n\r\n" % len(answer)
    waited = FakeTime()
    with misbehaving(saying(head + answer)) as url:
        api = visit(url, time=waited)
        versions = [api.get_version().major for _ in range(3)]

    assert versions == [17, 17, 17]


def test_a_client_can_be_closed_and_used_again(visit: Visitor) -> None:
    with Server(small_forge(), name="forgejo") as server:
        with visit(server.url) as api:
            api.get_version()

        assert api.get_version().major == 17


def test_an_asynchronous_transport_is_refused() -> None:
    class Stream(httpx.AsyncByteStream):
        pass

    with pytest.raises(forgejo.ArgumentError, match="synchronous"):
        client(lambda _request: httpx.Response(200, stream=Stream())).get_version()


def test_the_request_names_json_and_its_sender(visit: Visitor) -> None:
    seen: list[dict[str, str]] = []
    with Server(small_forge(), name="forgejo") as server:
        server.before_effect = lambda _index, request: seen.append(dict(request.headers))
        visit(server.url, user_agent="edp/1").get_repo(NAME).dispatch_workflow(
            "plan.yaml", ref="main", inputs={"environment": "prod"}
        )

    read, write = seen
    assert read["accept"] == "application/json"
    assert read["user-agent"] == "edp/1"
    assert "content-type" not in read
    assert write["content-type"] == "application/json"
    assert server.log[1].path == f"{REPO}/actions/workflows/plan.yaml/dispatches"
