"""Applying one object, through a real socket."""

import base64
import json
import logging
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from edp.clients.kubeconfig import ClusterAccess
from edp.clients.kubernetes_apply import Applier
from edp.errors import ConflictError, EdpError, InvalidInputError, UnavailableError
from sandbox.web import Fault, Request, Response, Server, json_response

TLS = Path(__file__).parents[2] / "data" / "tls"
TOKEN = "the-token-that-applies"
PASSED_ON = "the-token-that-is-passed-on"


def a_secret(**changes: str) -> dict[str, Any]:
    metadata = {"name": "cluster-dev-cluster", "namespace": "argocd", **changes}
    data = {"name": "edp-dev", "config": PASSED_ON}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": data}


def a_map() -> dict[str, Any]:
    metadata = {"name": "facts-dev-cluster", "namespace": "argocd"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "b"}}


@dataclass
class ApiServer:
    """Takes every object, unless it is told what to answer."""

    answer: Response = field(default_factory=lambda: json_response(200, {"kind": "Secret"}))
    requests: list[Request] = field(default_factory=list)

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        return self.answer


@pytest.fixture
def api() -> ApiServer:
    return ApiServer()


@pytest.fixture
def server(api: ApiServer) -> Iterator[Server]:
    with Server(api, name="kubernetes") as running:
        yield running


@pytest.fixture
def applier(server: Server) -> Applier:
    access = ClusterAccess(server.url, token=TOKEN)
    return Applier(access, "hub", lambda: 0.0, secrets=(PASSED_ON,), patience=20.0)


def failure(applier: Applier) -> EdpError:
    with pytest.raises(EdpError) as caught:
        applier.apply(a_secret())
    text = f"{caught.value.message} {caught.value.hint}"
    assert TOKEN not in text
    assert PASSED_ON not in text
    return caught.value


def test_a_secret_is_applied_at_its_place_as_our_field_manager(
    applier: Applier, api: ApiServer
) -> None:
    applier.apply(a_secret())

    (request,) = api.requests
    assert request.method == "PATCH"
    assert request.path == "/api/v1/namespaces/argocd/secrets/cluster-dev-cluster"
    assert (request.first("fieldManager"), request.first("force")) == ("edp", "true")
    assert request.header("content-type") == "application/apply-patch+yaml"
    assert request.header("authorization") == f"Bearer {TOKEN}"


def test_the_texts_of_a_secret_are_sent_as_its_data(applier: Applier, api: ApiServer) -> None:
    applier.apply(a_secret())

    sent = json.loads(api.requests[0].body)
    assert base64.b64decode(sent["data"]["config"]).decode() == PASSED_ON
    assert "stringData" not in sent
    assert sent["metadata"] == a_secret()["metadata"]


def test_a_configmap_is_sent_as_it_is(applier: Applier, api: ApiServer) -> None:
    api.answer = json_response(201, {"kind": "ConfigMap"})

    applier.apply(a_map())

    assert api.requests[0].path == "/api/v1/namespaces/argocd/configmaps/facts-dev-cluster"
    assert json.loads(api.requests[0].body) == a_map()


@pytest.mark.parametrize(
    "body",
    [
        a_secret(name="../../pods/x"),
        a_secret(namespace="a/b"),
        a_secret(name=""),
        {**a_map(), "kind": "Pod"},
    ],
)
def test_a_name_that_leads_elsewhere_is_not_sent(
    applier: Applier, api: ApiServer, body: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInputError):
        applier.apply(body)

    assert api.requests == []


@pytest.mark.parametrize(
    ("status", "kind", "hint"),
    [
        (400, InvalidInputError, ""),
        (401, UnavailableError, "renew the token"),
        (403, UnavailableError, '"patch" and "create" on secrets'),
        (404, UnavailableError, "is Argo CD installed"),
        (409, ConflictError, "look who changed it"),
        (422, InvalidInputError, ""),
        (500, UnavailableError, ""),
        (302, UnavailableError, ""),
    ],
)
def test_what_the_api_server_says_is_told_without_the_tokens(
    applier: Applier, api: ApiServer, status: int, kind: type[EdpError], hint: str
) -> None:
    in_base64 = base64.b64encode(PASSED_ON.encode()).decode()
    message = f"no: {TOKEN} {PASSED_ON} {in_base64}"
    api.answer = json_response(status, {"kind": "Status", "message": message})

    error = failure(applier)

    assert type(error) is kind
    assert f"answer {status}: no: [redacted]" in error.message
    assert in_base64 not in error.message
    assert hint in error.hint


def test_a_redirect_is_not_followed(applier: Applier, api: ApiServer, server: Server) -> None:
    api.answer = Response(307, {"Location": f"{server.url}/elsewhere"}, b"")

    failure(applier)

    assert len(api.requests) == 1


@pytest.mark.parametrize("kind", ["html", "empty", "gzip-bomb", "cut"])
def test_what_is_not_the_object_is_not_taken_for_success(
    applier: Applier, server: Server, kind: str
) -> None:
    server.faults.add(Fault(kind))  # type: ignore[arg-type]  # one of its literals

    assert "answer" in failure(applier).message


def test_a_connection_that_breaks_is_not_taken_for_success(
    applier: Applier, server: Server
) -> None:
    server.faults.add(Fault("reset"))

    assert "no answer" in failure(applier).message


def test_an_api_server_that_is_silent_is_not_waited_for(
    applier: Applier, api: ApiServer, server: Server
) -> None:
    with Silence() as silent:
        slow = replace(applier, access=ClusterAccess(silent.url, token=TOKEN), patience=0.2)

        assert "no whole answer in time" in failure(slow).message


def test_the_token_is_not_in_the_log(applier: Applier, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        applier.apply(a_secret())

    assert "apply path=" in caplog.text
    assert TOKEN not in caplog.text
    assert PASSED_ON not in caplog.text
    assert TOKEN not in repr(applier)
    assert PASSED_ON not in repr(applier)


def test_a_server_that_the_authority_vouches_for_is_trusted(
    applier: Applier, tmp_path: Path
) -> None:
    with Silence(tls=True, answers=True) as server:
        authority = (TLS / "ca.crt").read_text(encoding="ascii")
        access = ClusterAccess(server.url, token=TOKEN, authority=authority)

        replace(applier, access=access).apply(a_secret())

        assert server.heard == [f"Bearer {TOKEN}"]


def test_a_server_that_nobody_vouches_for_hears_nothing(applier: Applier) -> None:
    with Silence(tls=True, answers=True) as server:
        access = ClusterAccess(server.url, token=TOKEN)

        error = failure(replace(applier, access=access))

        assert "no trusted connection" in error.message
        assert server.heard == []


class Silence:
    """A server that hears a request and says nothing, or only that all is well."""

    def __init__(self, *, tls: bool = False, answers: bool = False) -> None:
        heard: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_PATCH(self) -> None:
                heard.append(self.headers["Authorization"])
                self.rfile.read(int(self.headers["Content-Length"]))
                if answers:
                    self.send_response(200)
                    self.send_header("Content-Length", "17")
                    self.end_headers()
                    self.wfile.write(b'{"kind":"Secret"}')
                else:
                    self.rfile.read(1)

            def log_message(self, *_: object) -> None:
                pass

        self.heard = heard
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(TLS / "server.crt", TLS / "server.key")
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_address[1]}"
        self._thread = Thread(target=lambda: self._server.serve_forever(0.02), daemon=True)

    def __enter__(self) -> "Silence":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
