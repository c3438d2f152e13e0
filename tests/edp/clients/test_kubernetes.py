"""Reading an Argo CD's Applications through a real socket."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from kubernetes_api import (
    TOKEN,
    ArgoCD,
    Clock,
    application,
    clusters,
    kubeconfig,
    page,
    recorded_answer,
    serving,
)

from edp.clients.kubernetes import LARGEST_PAGE, PAGE_SIZE, Clusters
from edp.errors import InvalidInputError, UnavailableError
from sandbox.web import Fault, Response, Server, json_response


@pytest.fixture
def argocd() -> ArgoCD:
    return ArgoCD()


@pytest.fixture
def server(argocd: ArgoCD) -> Iterator[Server]:
    with serving(argocd) as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reader(tmp_path: Path, server: Server, clock: Clock) -> Clusters:
    return clusters(kubeconfig(tmp_path, server.url), clock)


def test_applications_come_by_name_as_projections(reader: Clusters) -> None:
    found = reader.list_applications("dev", "argocd")

    assert set(found) == {"keycloak"}
    assert found["keycloak"].target_revision == "refs/tags/keycloak/v1.0.0"


def test_one_list_reads_all_pages(reader: Clusters, argocd: ArgoCD) -> None:
    argocd.pages = [[application(f"app-{n}-{i}") for i in range(3)] for n in range(4)]

    found = reader.list_applications("dev", "argocd")

    assert len(found) == 12
    assert [one.first("continue") for one in argocd.requests] == ["", "1", "2", "3"]
    assert {one.first("limit") for one in argocd.requests} == {str(PAGE_SIZE)}


def test_of_many_applications_only_those_asked_for_are_kept(
    reader: Clusters, argocd: ArgoCD
) -> None:
    argocd.pages = [[application(f"app-{n}-{i}") for i in range(3)] for n in range(4)]

    found = reader.list_applications("dev", "argocd", {"app-0-1", "app-3-2", "app-9-9"})

    assert set(found) == {"app-0-1", "app-3-2"}
    assert [one.first("continue") for one in argocd.requests] == ["", "1", "2", "3"]


def test_an_absent_namespace_is_empty_like_a_real_one(reader: Clusters) -> None:
    assert reader.list_applications("dev", "absent") == {}


def test_recorded_pages_are_read(reader: Clusters, argocd: ArgoCD) -> None:
    argocd.instead = [
        recorded_answer("kubernetes-list", "LIST, label selector, limit 1"),
        recorded_answer("kubernetes-list", "LIST, next page"),
        json_response(200, page([application("last")])),
    ]

    found = reader.list_applications("dev", "argocd")

    assert set(found) == {"dev-web", "prod-queue", "last"}
    assert found["dev-web"].health_status == "Healthy"


def test_an_expired_snapshot_is_read_again_from_the_first_page(
    reader: Clusters, argocd: ArgoCD
) -> None:
    expired = recorded_answer(
        "kubernetes-list",
        "LIST page with a continue token whose resourceVersion was compacted (the answer carries a"
        " token to go on from now, inconsistently)",
    )
    argocd.instead = [json_response(200, page([application("gone")], "1")), expired]

    found = reader.list_applications("dev", "argocd")

    assert set(found) == {"keycloak"}
    assert [one.first("continue") for one in argocd.requests] == ["", "1", ""]


def test_a_snapshot_that_expires_twice_is_no_answer(reader: Clusters, argocd: ArgoCD) -> None:
    argocd.instead = [Response(410, {}, b"{}"), Response(410, {}, b"{}")]

    with pytest.raises(UnavailableError, match="faster than it can be read"):
        reader.list_applications("dev", "argocd")
    assert len(argocd.requests) == 2


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_passing_failure_is_tried_again(
    reader: Clusters, argocd: ArgoCD, clock: Clock, status: int
) -> None:
    argocd.instead = [Response(status), Response(status)]

    found = reader.list_applications("dev", "argocd")

    assert set(found) == {"keycloak"}
    assert clock.slept == [1.0, 3.0]


def test_the_third_failure_is_the_last_one(reader: Clusters, argocd: ArgoCD) -> None:
    argocd.instead = [Response(503, {}, b"overloaded")] * 3

    with pytest.raises(UnavailableError, match=r'context "dev": answer 503: overloaded'):
        reader.list_applications("dev", "argocd")
    assert len(argocd.requests) == 3


def test_no_pause_outlives_the_deadline(
    tmp_path: Path, server: Server, argocd: ArgoCD, clock: Clock
) -> None:
    argocd.instead = [Response(503)] * 3
    reader = clusters(kubeconfig(tmp_path, server.url), clock, patience=2.0)

    with pytest.raises(UnavailableError, match="answer 503"):
        reader.list_applications("dev", "argocd")
    assert clock.slept == [1.0]


@pytest.mark.parametrize(
    ("about", "text", "hint"),
    [
        ("wrong token", "answer 401: Unauthorized", "token"),
        ("authenticated but not allowed: list", "answer 403: applications.argoproj.io", "list"),
        ("no credentials", "system:anonymous", "list"),
        ("API group whose CRD is not installed", "answer 404: 404 page not found", "installed"),
        ("field selector on a custom field", "answer 400: field label not supported", ""),
    ],
)
def test_a_recorded_refusal_is_explained_and_not_repeated(
    reader: Clusters, argocd: ArgoCD, about: str, text: str, hint: str
) -> None:
    argocd.instead = [recorded_answer("kubernetes-errors", about)]

    with pytest.raises(UnavailableError) as caught:
        reader.list_applications("dev", "argocd")

    assert text in caught.value.message
    assert hint in caught.value.hint
    assert len(argocd.requests) == 1


def test_an_echoed_token_is_not_repeated(reader: Clusters, argocd: ArgoCD) -> None:
    argocd.instead = [json_response(401, {"message": f"bad token {TOKEN}\x1b[31m"})]

    with pytest.raises(UnavailableError) as caught:
        reader.list_applications("dev", "argocd")

    assert TOKEN not in str(caught.value)
    assert caught.value.message.isprintable()


def test_a_redirect_is_not_followed(reader: Clusters, argocd: ArgoCD) -> None:
    argocd.instead = [Response(302, {"Location": "http://127.0.0.1:1/steal"})]

    with pytest.raises(UnavailableError, match="answer 302"):
        reader.list_applications("dev", "argocd")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>sign in</html>",
        b"\xff\xfe",
        b"[" * 100_000,
        b"[]",
        b"null",
        b"{}",
        b'{"kind": "ApplicationList", "items": []}',
        b'{"kind": "ApplicationList", "items": {}, "metadata": {}}',
        b'{"kind": "ApplicationList", "items": [], "metadata": {"continue": 7}}',
        b'{"kind": "ApplicationList", "items": [], "metadata": {"continue": null}}',
        b'{"kind": "SecretList", "items": [], "metadata": {}}',
    ],
)
def test_what_is_no_list_of_applications_is_no_answer(
    reader: Clusters, argocd: ArgoCD, body: bytes
) -> None:
    argocd.instead = [Response(200, {}, body)]

    with pytest.raises(UnavailableError, match=r"is not JSON|no list of Applications"):
        reader.list_applications("dev", "argocd")


@pytest.mark.parametrize(
    "item",
    [None, "keycloak", 7, [], {}, {"metadata": {"name": 7}}, application("x", kind="AppProject")],
)
def test_what_is_no_application_is_left_out(reader: Clusters, argocd: ArgoCD, item: object) -> None:
    argocd.pages = [[item, application("keycloak")]]

    assert set(reader.list_applications("dev", "argocd")) == {"keycloak"}


def test_a_page_that_is_too_large_is_given_up(reader: Clusters, argocd: ArgoCD) -> None:
    def blanks() -> Iterator[bytes]:
        for _ in range(LARGEST_PAGE // 2**20 + 2):
            yield b" " * 2**20

    argocd.instead = [Response(200, {}, blanks())]

    with pytest.raises(UnavailableError, match="a page of more than"):
        reader.list_applications("dev", "argocd")


def test_a_packed_bomb_is_given_up(reader: Clusters, server: Server) -> None:
    server.faults.add(Fault("gzip-bomb"))

    with pytest.raises(UnavailableError, match="a page of more than"):
        reader.list_applications("dev", "argocd")


def test_a_long_error_is_cut(reader: Clusters, argocd: ArgoCD) -> None:
    argocd.instead = [Response(403, {}, b"no " * 100_000)]

    with pytest.raises(UnavailableError) as caught:
        reader.list_applications("dev", "argocd")

    assert len(caught.value.message) <= 300


@pytest.mark.parametrize("kind", ["reset", "cut"])
def test_a_broken_connection_is_tried_again(
    reader: Clusters, server: Server, clock: Clock, kind: str
) -> None:
    server.faults.add(Fault(kind))  # type: ignore[arg-type]  # one of its literals

    assert set(reader.list_applications("dev", "argocd")) == {"keycloak"}
    assert clock.slept == [1.0]


def test_a_server_that_is_gone_is_unavailable(tmp_path: Path, clock: Clock) -> None:
    with serving(ArgoCD()) as stopped:
        config = kubeconfig(tmp_path, stopped.url)

    with pytest.raises(UnavailableError, match="no answer"):
        clusters(config, clock).list_applications("dev", "argocd")
    assert clock.slept == [1.0, 3.0]


@pytest.mark.parametrize("kind", ["hang", "drip"])
def test_an_answer_that_never_ends_is_given_up(tmp_path: Path, server: Server, kind: str) -> None:
    server.faults.add(Fault(kind, seconds=0.1 if kind == "drip" else None))  # type: ignore[arg-type]
    reader = clusters(kubeconfig(tmp_path, server.url), patience=0.3)

    with pytest.raises(UnavailableError, match=r"no whole answer in time|timed out"):
        reader.list_applications("dev", "argocd")


def test_pages_together_have_one_deadline(tmp_path: Path, server: Server, argocd: ArgoCD) -> None:
    argocd.pages = [[] for _ in range(1000)]
    reader = clusters(kubeconfig(tmp_path, server.url), Clock(tick=1.0), patience=30.0)

    with pytest.raises(UnavailableError, match="no whole answer in time"):
        reader.list_applications("dev", "argocd")
    assert 1 < len(argocd.requests) < 30


def test_nobody_waits_for_a_thread_that_was_left_behind(tmp_path: Path, server: Server) -> None:
    server.faults.add(Fault("hang"))
    reader = clusters(kubeconfig(tmp_path, server.url), patience=0.1)

    with pytest.raises(UnavailableError):
        reader.list_applications("dev", "argocd")

    left = [one for one in threading.enumerate() if one.name == "edp-kubernetes"]
    assert all(one.daemon for one in left)


def test_proxy_variables_are_ignored(reader: Clusters, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert set(reader.list_applications("dev", "argocd")) == {"keycloak"}


def test_a_bad_namespace_never_reaches_a_url(reader: Clusters, argocd: ArgoCD) -> None:
    with pytest.raises(InvalidInputError, match="namespace"):
        reader.list_applications("dev", "argocd/secrets?x=")
    assert argocd.requests == []


def run_python(program: str) -> "subprocess.CompletedProcess[str]":
    arguments = [sys.executable, "-c", program]
    return subprocess.run(arguments, check=False, capture_output=True, text=True)


def test_without_the_package_a_hint_says_what_to_install() -> None:
    program = """
import sys
sys.modules["kubernetes"] = None
from edp.clients.kubernetes import require_package
from edp.errors import InvalidInputError
try:
    require_package()
except InvalidInputError as exc:
    print(exc.hint)
"""
    done = run_python(program)

    assert done.stdout == 'pip install "edp[kubernetes]"\n', done.stderr


def test_importing_the_client_loads_no_heavy_package() -> None:
    program = (
        "import sys, edp.clients.kubernetes; print({'kubernetes', 'urllib3'} & set(sys.modules))"
    )
    done = run_python(program)

    assert done.stdout == "set()\n", done.stderr


def test_the_whole_answer_is_gone_after_projection(reader: Clusters, argocd: ArgoCD) -> None:
    argocd.pages = [[application("keycloak", status={"history": ["large" * 1000]})]]

    found = reader.list_applications("dev", "argocd")

    assert "large" not in json.dumps([repr(one) for one in found.values()])
