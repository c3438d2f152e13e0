"""The sandbox's HTTP server: routes, streams, its log, its hooks, and the faults it injects."""

import gzip
import http.client
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest

from sandbox.faults import BOMB_BYTES
from sandbox.web import Fault, Request, Response, Router, Server, json_response

WAIT = 30.0


@dataclass
class Counter:
    """An application whose effect can be seen."""

    effects: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Response:
        self.effects.append(request.path)
        return json_response(200, {"effects": len(self.effects)})


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def server(counter: Counter) -> Iterator[Server]:
    with Server(counter, name="test") as running:
        yield running


def connect(server: Server) -> http.client.HTTPConnection:
    place = urlsplit(server.url)
    return http.client.HTTPConnection(place.hostname or "", place.port, timeout=WAIT)


def get(server: Server, path: str = "/a") -> tuple[int, bytes]:
    connection = connect(server)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[Request], Response]], Server]]:
    """Serves an application until the test ends."""
    running: list[Server] = []

    def start(app: Callable[[Request], Response]) -> Server:
        running.append(Server(app, name="test").start())
        return running[-1]

    yield start
    for server in running:
        server.stop()


# --- routing


def named(request: Request, params: dict[str, str]) -> Response:
    return json_response(200, {"method": request.method, **params})


def router() -> Router:
    made = Router()
    made.add("GET", "/{owner}/files/{path*}", named)
    made.add("POST", "/{owner}", named)
    made.add("DELETE", "/{owner}", named)
    return made


def test_names_in_a_path_are_decoded() -> None:
    response = router()(Request("GET", "/a%2Fb/files/x/y%20z"))

    assert response.body == b'{"method":"GET","owner":"a/b","path":"x/y z"}\n'


def test_a_wrong_verb_is_told_the_right_ones() -> None:
    response = router()(Request("PUT", "/a"))

    assert (response.status, response.headers) == (405, {"Allow": "POST, DELETE"})


def test_an_unknown_path_is_missing() -> None:
    assert router()(Request("GET", "/a/b")).status == 404


# --- requests and answers


def test_a_connection_serves_many_requests(server: Server, counter: Counter) -> None:
    connection = connect(server)

    for path in ("/1", "/2"):
        connection.request("GET", path)
        connection.getresponse().read()
    connection.close()

    assert counter.effects == ["/1", "/2"]


def test_a_chunked_request_is_put_together(
    serve: Callable[[Callable[[Request], Response]], Server],
) -> None:
    server = serve(lambda request: Response(200, {}, request.body))
    connection = connect(server)

    connection.request("POST", "/", iter([b"ab", b"cd"]), encode_chunked=True)
    body = connection.getresponse().read()
    connection.close()

    assert body == b"abcd"


def test_a_stream_arrives_as_it_is_made(
    serve: Callable[[Callable[[Request], Response]], Server],
) -> None:
    released = threading.Event()

    def stream() -> Iterator[bytes]:
        yield b"first\n"
        assert released.wait(WAIT)
        yield b"second\n"

    server = serve(lambda _: Response(200, {}, stream()))
    connection = connect(server)
    connection.request("GET", "/")
    response = connection.getresponse()

    assert response.readline() == b"first\n"
    released.set()
    assert response.read() == b"second\n"
    connection.close()


def test_a_stream_is_closed_when_its_reader_leaves(
    serve: Callable[[Callable[[Request], Response]], Server],
) -> None:
    closed = threading.Event()

    def stream() -> Iterator[bytes]:
        try:
            while True:
                yield b"x" * 65536
        finally:
            closed.set()

    server = serve(lambda _: Response(200, {}, stream()))
    connection = connect(server)
    connection.request("GET", "/")
    response = connection.getresponse()
    response.read(10)
    response.close()
    connection.close()

    assert closed.wait(WAIT)


def test_head_has_headers_only(server: Server) -> None:
    connection = connect(server)
    connection.request("HEAD", "/")
    response = connection.getresponse()

    assert response.getheader("Content-Length") == "14"
    assert response.read() == b""
    connection.close()


def test_the_log_names_every_request(server: Server) -> None:
    get(server, "/a?x=1&x=2")

    (logged,) = server.log
    assert logged == (0, "GET", "/a", {"x": ["1", "2"]}, 200)


def test_hooks_surround_the_effect(server: Server, counter: Counter) -> None:
    seen: list[tuple[str, int, int]] = []
    server.before_effect = lambda index, _: seen.append(("before", index, len(counter.effects)))
    server.after_effect = lambda index, _: seen.append(("after", index, len(counter.effects)))

    get(server)

    assert seen == [("before", 0, 0), ("after", 0, 1)]


def test_many_clients_are_served_at_once(
    serve: Callable[[Callable[[Request], Response]], Server],
) -> None:
    together = threading.Barrier(8)

    def meet(_: Request) -> Response:
        together.wait(WAIT)
        return Response(204)

    server = serve(meet)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: get(server), range(8)))

    assert [status for status, _ in answers] == [204] * 8


def test_stopping_ends_open_connections(counter: Counter) -> None:
    server = Server(counter, name="test").start()
    connection = connect(server)
    connection.request("GET", "/")
    connection.getresponse().read()

    server.stop()

    assert connection.sock.recv(1) == b""
    connection.close()


def test_stopping_wakes_streams_that_wait() -> None:
    woken = threading.Event()

    def stream() -> Iterator[bytes]:
        yield b"x"
        assert woken.wait(WAIT)

    server = Server(lambda _: Response(200, {}, stream()), name="test")
    server.on_stop.append(woken.set)
    server.start()
    connection = connect(server)
    connection.request("GET", "/")
    connection.getresponse().read(1)

    server.stop()

    assert woken.is_set()
    connection.close()


def test_a_broken_application_hangs_up_loudly(
    serve: Callable[[Callable[[Request], Response]], Server], capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: Request) -> Response:
        raise ValueError("broken on purpose")

    server = serve(broken)

    with pytest.raises(http.client.RemoteDisconnected):
        get(server)
    server.stop()
    assert "broken on purpose" in capsys.readouterr().err
    assert server.log[0].status == 0


# --- faults


@pytest.mark.parametrize("after", [False, True])
def test_a_status_replaces_the_answer(server: Server, counter: Counter, after: bool) -> None:
    headers = {"Retry-After": "1"}
    server.faults.add(Fault("status", status=503, body=b"no", headers=headers, after_effect=after))

    assert get(server) == (503, b"no")
    assert len(counter.effects) == after
    assert server.log[0].status == 503


@pytest.mark.parametrize("after", [False, True])
def test_a_reset_gives_no_answer(server: Server, counter: Counter, after: bool) -> None:
    server.faults.add(Fault("reset", after_effect=after))

    with pytest.raises(ConnectionResetError):
        get(server)
    assert len(counter.effects) == after
    assert server.log[0].status == 0


@pytest.mark.parametrize("after", [False, True])
def test_a_hang_ends_without_an_answer(server: Server, counter: Counter, after: bool) -> None:
    server.faults.add(Fault("hang", seconds=0.01, after_effect=after))

    with pytest.raises(http.client.RemoteDisconnected):
        get(server)
    assert len(counter.effects) == after


def test_a_hang_ends_when_it_is_released(server: Server) -> None:
    server.faults.add(Fault("hang"))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(get, server)
        server.faults.release()

        with pytest.raises(http.client.RemoteDisconnected):
            waiting.result(WAIT)


@pytest.mark.parametrize("after", [False, True])
def test_a_login_page_can_come_instead(server: Server, counter: Counter, after: bool) -> None:
    server.faults.add(Fault("html", after_effect=after))

    status, body = get(server)

    assert (status, body[:15]) == (200, b"<!DOCTYPE html>")
    assert len(counter.effects) == after


def test_an_answer_can_be_empty(server: Server) -> None:
    server.faults.add(Fault("empty"))

    assert get(server) == (200, b"")


def test_a_small_answer_can_grow(server: Server) -> None:
    server.faults.add(Fault("gzip-bomb"))

    status, body = get(server)

    assert status == 200
    assert len(body) < 1024 * 1024
    assert len(gzip.decompress(body)) == BOMB_BYTES


def test_an_answer_can_be_cut_in_half(server: Server, counter: Counter) -> None:
    server.faults.add(Fault("cut"))

    with pytest.raises(http.client.IncompleteRead) as cut:
        get(server)
    assert cut.value.partial == b'{"effec'
    assert len(counter.effects) == 1


def test_a_stream_can_be_cut(serve: Callable[[Callable[[Request], Response]], Server]) -> None:
    server = serve(lambda _: Response(200, {}, iter([b"first", b"second"])))
    server.faults.add(Fault("cut"))

    with pytest.raises(http.client.IncompleteRead) as cut:
        get(server)
    assert cut.value.partial == b"fi"


def test_an_answer_can_drip(server: Server) -> None:
    server.faults.add(Fault("drip", seconds=0))

    assert get(server) == (200, b'{"effects":1}\n')


@pytest.mark.parametrize("after", [False, True])
def test_an_answer_can_be_late(server: Server, counter: Counter, after: bool) -> None:
    server.faults.add(Fault("delay", seconds=0.01, after_effect=after))

    assert get(server) == (200, b'{"effects":1}\n')
    assert len(counter.effects) == 1


def test_a_fault_meets_the_requests_it_is_for(server: Server, counter: Counter) -> None:
    fault = Fault("status", match=lambda request: request.path == "/b", nth=2, times=2)
    server.faults.add(fault)

    statuses = [get(server, path)[0] for path in ("/a", "/b", "/b", "/a", "/b", "/b")]

    assert statuses == [200, 200, 503, 200, 503, 200]
    assert server.faults.pending() == 0


def test_faults_can_be_cleared(server: Server) -> None:
    server.faults.add(Fault("status"))

    server.faults.clear()

    assert get(server)[0] == 200


def test_a_client_that_resets_is_no_news(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    place = urlsplit(server.url)
    client = socket.create_connection((place.hostname or "", place.port or 0), timeout=WAIT)
    client.sendall(b"GET /")
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()

    assert get(server)[0] == 200
    server.stop()
    assert capsys.readouterr().err == ""
