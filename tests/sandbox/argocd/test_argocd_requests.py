"""Selectors, patches and bad input at the Kubernetes API of a sandbox Argo CD."""

from collections.abc import Callable

import pytest
from argocd_http import APPLICATIONS, call
from argocd_world import ArgoWorld

from sandbox.web import Server

WEB = f"{APPLICATIONS}/test-web"
JSON_PATCH = "application/json-patch+json"
LABELS = {"test-web": {"tier": "front", "team": "a"}, "test-queue": {"tier": "back"}}


@pytest.fixture
def server(serve: Callable[..., dict[str, Server]], world: ArgoWorld) -> Server:
    server = serve(test=world.argocd)["test"]
    for name, labels in LABELS.items():
        body = {"metadata": {"labels": labels}}
        call(server, f"{APPLICATIONS}/{name}", method="PATCH", body=body)
    return server


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("tier%3Dfront", ["test-web"]),
        ("tier%3D%3Dback", ["test-queue"]),
        ("tier", ["test-queue", "test-web"]),
        ("tier,!team", ["test-queue"]),
        ("tier!%3Dfront", ["root-test", "test-queue"]),
        ("tier%20in%20(front,back)", ["test-queue", "test-web"]),
        ("tier%20notin%20(front,back)", ["root-test"]),
        ("tier%3Dfront,team%3Db", []),
    ],
)
def test_label_selectors(server: Server, selector: str, expected: list[str]) -> None:
    items = call(server, f"{APPLICATIONS}?labelSelector={selector}").body["items"]

    assert [item["metadata"]["name"] for item in items] == expected


@pytest.mark.parametrize(
    "query",
    [
        "labelSelector=a%3D%3D%3Db",
        "fieldSelector=nonsense",
        "fieldSelector=spec.project%3Dedp",
        "limit=many",
        "continue=%21%21%21",
        "continue=e30",
    ],
)
def test_a_query_that_makes_no_sense_is_a_bad_request(server: Server, query: str) -> None:
    answer = call(server, f"{APPLICATIONS}?{query}")

    assert (answer.status, answer.body["reason"]) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("step", "status"),
    [
        ({"op": "add", "path": "/metadata/annotations/a~1b", "value": "x"}, 200),
        ({"op": "add", "path": "/metadata/finalizers/-", "value": "x"}, 200),
        ({"op": "replace", "path": "/metadata/finalizers/0", "value": "x"}, 200),
        ({"op": "remove", "path": "/metadata/finalizers/0"}, 200),
        ({"op": "remove", "path": "/metadata/nothing"}, 422),
        ({"op": "replace", "path": "/metadata/nothing", "value": "x"}, 422),
        ({"op": "move", "path": "/metadata/labels", "from": "/metadata/annotations"}, 422),
        ({"path": "/metadata/labels"}, 422),
    ],
)
def test_json_patches(server: Server, step: dict[str, str], status: int) -> None:
    answer = call(server, WEB, method="PATCH", body=[step], content_type=JSON_PATCH)

    assert answer.status == status, answer.text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"metadata": None}, 400),
        ({"spec": None}, 422),
        ({"spec": {"source": {"targetRevision": 1.0}}}, 422),
        ({"metadata": {"name": "another", "uid": "x"}}, 200),
        ("{", 400),
    ],
)
def test_merge_patches_that_would_break_an_application(
    server: Server, body: object, status: int
) -> None:
    answer = call(server, WEB, method="PATCH", body=body)

    assert answer.status == status, answer.text
    assert call(server, WEB).body["metadata"]["name"] == "test-web"


@pytest.mark.parametrize("body", [[], {"metadata": "x"}, {"metadata": {"name": "x"}}])
def test_what_is_no_application_is_not_created(server: Server, body: object) -> None:
    answer = call(server, APPLICATIONS, method="POST", body=body, content_type="application/json")

    assert answer.status in (400, 422)
    assert answer.body["kind"] == "Status"


def test_a_dry_run_changes_nothing(server: Server, world: ArgoWorld) -> None:
    before = world.document("test-web")

    answer = call(
        server, f"{WEB}?dryRun=All", method="PATCH", body={"spec": {"project": "another"}}
    )

    assert answer.body["spec"]["project"] == "another"
    assert world.document("test-web") == before


def test_a_replacement_keeps_what_identifies_the_application(
    server: Server, world: ArgoWorld
) -> None:
    old = world.document("test-web")
    new = {"metadata": {"name": "test-web"}, "spec": old["spec"] | {"project": "another"}}

    answer = call(server, WEB, method="PUT", body=new, content_type="application/json")

    assert answer.status == 200
    assert answer.body["metadata"]["uid"] == old["metadata"]["uid"]
    assert world.document("test-web")["spec"]["project"] == "another"


def test_a_watch_from_the_future_waits_for_nothing(server: Server) -> None:
    answer = call(server, f"{APPLICATIONS}?watch=1&resourceVersion=99999999")

    assert answer.status == 504


def test_a_watch_of_an_absent_namespace_is_empty(server: Server) -> None:
    path = APPLICATIONS.replace("/argocd/", "/absent/")

    assert call(server, f"{path}?watch=1&timeoutSeconds=1").lines == []


def test_a_review_without_a_question_is_refused(server: Server) -> None:
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"

    answer = call(server, path, method="POST", body={}, content_type="application/json")

    assert answer.status == 400
