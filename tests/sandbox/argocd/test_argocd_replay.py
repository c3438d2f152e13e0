"""The recorded exchanges with a real Kubernetes API, repeated with the sandbox's."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from argocd_http import ADMIN, APPLICATIONS, Answer, call
from argocd_world import REPO_URL, ArgoWorld, copied

from sandbox.argocd import Account, start_argocd
from sandbox.argocd.access import READ
from sandbox.web import Server

Document = dict[str, Any]
RECORDED = Path(__file__).parents[2] / "data" / "argocd"
NOBODY = Account("token-of-nobody", "nobody-user", frozenset())
READER = Account("token-of-the-reader", "reader", READ)
REFRESHER = Account("token-of-the-refresher", "reader", READ | {"patch"})
# Tokens of pages are the server's own; paging has its own test.
OWN_TOKENS = {
    "LIST, next page",
    (
        "LIST page with a continue token older than the last compaction, still served from the API"
        " server's cache"
    ),
}
MANUAL: Document = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Application",
    "metadata": {"name": "manual", "annotations": {"example.test/touch": "1"}},
    "spec": {
        "destination": {"namespace": "case-manual", "server": "https://kubernetes.default.svc"},
        "project": "edp",
        "source": {"path": "stacks/web", "repoURL": REPO_URL, "targetRevision": "main"},
        "syncPolicy": {"syncOptions": ["CreateNamespace=true"]},
    },
}


def exchanges(name: str) -> list[Any]:
    found = json.loads((RECORDED / f"{name}.json").read_text())["exchanges"]
    return [
        pytest.param(exchange, id=exchange["about"])
        for exchange in found
        if exchange["about"] not in OWN_TOKENS
    ]


@pytest.fixture(scope="module")
def world(argocd_template: Path, tmp_path_factory: pytest.TempPathFactory) -> ArgoWorld:
    world = ArgoWorld(copied(argocd_template, tmp_path_factory.mktemp("replay") / "edp.git"))
    world.deploy("test")
    return world


@pytest.fixture(scope="module")
def server(world: ArgoWorld) -> Iterator[Server]:
    accounts = (ADMIN, NOBODY, READER, REFRESHER)
    (server,) = start_argocd({"test": world.argocd}, {"test": accounts}).values()
    with_label = {"metadata": {"labels": {"edp.example.test/environment": "test"}}}
    for name in ("test-queue", "test-web"):
        call(server, f"{APPLICATIONS}/{name}", method="PATCH", body=with_label)
    call(server, APPLICATIONS, method="POST", body=MANUAL, content_type="application/json")
    world.run(2)
    yield server
    server.stop()


def token(exchange: Document) -> str | None:
    about, auth = exchange["about"], exchange["request"].get("auth")
    if auth is None:
        return ADMIN.token
    if auth == "none":
        return None
    if "wrong token" in about:
        return "not-a-token"
    if "not allowed" in about:
        return NOBODY.token
    return (REFRESHER if "the verb patch" in about or "same verb" in about else READER).token


def repeat(server: Server, exchange: Document) -> Answer:
    request = exchange["request"]
    may_patch = exchange["about"] != "refresh needs the verb patch"
    chosen = token(exchange) if may_patch else READER.token
    return call(
        server,
        request["path"],
        method=request["method"],
        token=chosen,
        body=request.get("body"),
        content_type=request.get("contentType", ""),
    )


def without_numbers(body: object) -> object:
    """What depends on how many writes there were before."""
    if isinstance(body, dict):
        return {key: without_numbers(value) for key, value in body.items()}
    if isinstance(body, list):
        return [without_numbers(value) for value in body]
    text = re.sub(r'Invalid value: "\{.*\}": strict', "Invalid value: strict", str(body))
    return re.sub(r"current: \d+", "current: N", text)


ERRORS = (
    exchanges("kubernetes-errors") + exchanges("kubernetes-list") + exchanges("kubernetes-rbac")
)


@pytest.mark.parametrize("exchange", ERRORS)
def test_a_recorded_request_gets_the_recorded_answer(server: Server, exchange: Document) -> None:
    recorded = exchange["response"]

    answer = repeat(server, exchange)

    assert answer.status == recorded["status"], answer.text
    if answer.status >= 300:
        assert without_numbers(answer.body) == without_numbers(recorded["body"])
    elif "kind" in recorded["body"]:
        assert answer.body["kind"] == recorded["body"]["kind"]
        assert set(answer.body) >= set(recorded["body"]) - {"status"}


def test_the_lists_have_the_recorded_metadata(server: Server) -> None:
    page, whole, absent = (
        call(server, f"{APPLICATIONS}?labelSelector=edp.example.test%2Fenvironment&limit=1"),
        call(server, APPLICATIONS),
        call(server, APPLICATIONS.replace("argocd/", "absent/")),
    )

    assert set(page.body["metadata"]) == {"continue", "resourceVersion"}
    assert page.body["metadata"]["continue"]
    assert whole.body["metadata"]["continue"] == ""
    assert (absent.body["items"], absent.status) == ([], 200)


def test_a_watch_from_an_expired_version_is_one_error_event(server: Server) -> None:
    (exchange, _) = exchanges("kubernetes-watch")
    recorded = exchange.values[0]["response"]

    answer = call(server, exchange.values[0]["request"]["path"])

    assert answer.status == 200
    (ours,), (theirs,) = answer.lines, recorded["lines"]
    numbers = r"\(\d+\)"
    assert re.sub(numbers, "", json.dumps(ours)) == re.sub(numbers, "", json.dumps(theirs))


def test_a_watch_shows_a_refresh_and_ends_with_a_bookmark(server: Server, world: ArgoWorld) -> None:
    version = call(server, APPLICATIONS).body["metadata"]["resourceVersion"]
    refresh = {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}}
    call(server, f"{APPLICATIONS}/manual", method="PATCH", body=refresh)
    world.run(2)

    answer = call(
        server,
        f"{APPLICATIONS}?watch=1&allowWatchBookmarks=true&fieldSelector=metadata.name%3Dmanual"
        f"&resourceVersion={version}&timeoutSeconds=1",
    )

    assert [line["type"] for line in answer.lines] == ["MODIFIED"] * 3 + ["BOOKMARK"]
    seen = [
        "refresh" in str(line["object"]["metadata"]["annotations"]) for line in answer.lines[:3]
    ]
    assert seen == [True, True, False]
    assert set(answer.lines[3]["object"]) == {"apiVersion", "kind", "metadata"}


def test_a_watch_of_everything_begins_with_what_there_is(server: Server) -> None:
    answer = call(server, f"{APPLICATIONS}?watch=true&timeoutSeconds=1")

    names = [line["object"]["metadata"]["name"] for line in answer.lines]
    assert names == ["manual", "root-test", "test-queue", "test-web"]
    assert {line["type"] for line in answer.lines} == {"ADDED"}


def test_unknown_paths_are_plain_text(server: Server) -> None:
    answer = call(server, "/apis/example.org/v1/things")

    assert (answer.status, answer.text) == (404, "404 page not found\n")
    assert answer.content_type.startswith("text/plain")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/apis/argoproj.io/v1alpha1/namespaces/argocd/appprojects/edp"),
        ("GET", "/api/v1/namespaces/argocd/secrets"),
        ("PATCH", APPLICATIONS),
        ("DELETE", APPLICATIONS),
    ],
)
def test_what_is_not_served_is_said_clearly(server: Server, method: str, path: str) -> None:
    answer = call(server, path, method=method)

    assert answer.status in (404, 501)
    assert answer.body["kind"] == "Status"
    if answer.status == 501:
        assert f"the sandbox does not serve {method} {path}" in answer.body["message"]


def test_a_token_is_never_shown(server: Server) -> None:
    answer = call(server, APPLICATIONS, token="s3cret-token")

    assert "s3cret-token" not in answer.text
    assert ADMIN.token not in repr(ADMIN)
