"""Servers, kubeconfigs, watches that end, and the real clock."""

import contextlib
import http.client
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import yaml
from argocd_http import ADMIN, APPLICATIONS, call
from argocd_world import REPO_URL, ArgoWorld, Clock, Git

from sandbox.argocd import FAST, ArgoCD, kubeconfig
from sandbox.web import Server

Serve = Callable[..., dict[str, Server]]


def test_one_server_per_argocd_and_one_context_per_server(serve: Serve, git: Git) -> None:
    argocds = {
        context: ArgoCD(name, git.store.path, clock=Clock(), repo_url=REPO_URL)
        for context, name in (("test", "test"), ("prod-hub", "prod"))
    }
    servers = serve(**argocds)

    config = yaml.safe_load(kubeconfig(servers, {"test": "one", "prod-hub": "other"}))

    assert [entry["cluster"]["server"] for entry in config["clusters"]] == [
        servers["test"].url,
        servers["prod-hub"].url,
    ]
    assert [entry["user"]["token"] for entry in config["users"]] == ["one", "other"]
    assert {entry["context"]["namespace"] for entry in config["contexts"]} == {"argocd"}


def test_each_request_sees_the_present(serve: Serve, world: ArgoWorld) -> None:
    server = serve(test=world.argocd)["test"]
    with_commit = world.git.commit({"docs/a.md": "text\n"})
    world.argocd.main_moved()

    world.clock.forward(5)
    answer = call(server, f"{APPLICATIONS}/root-test")

    assert answer.body["status"]["sync"]["revision"] == with_commit


def test_an_open_watch_ends_when_the_server_stops(serve: Serve, world: ArgoWorld) -> None:
    server = serve(test=world.argocd)["test"]

    def watch() -> None:
        with contextlib.suppress(http.client.HTTPException, OSError):  # cut at any moment
            call(server, f"{APPLICATIONS}?watch=true&resourceVersion=0")

    watching = threading.Thread(target=watch)
    has_begun = threading.Event()
    server.before_effect = lambda *_: has_begun.set()
    watching.start()
    has_begun.wait(5)

    server.stop()
    watching.join(5)

    assert not watching.is_alive()


def test_the_server_says_what_it_serves(serve: Serve, world: ArgoWorld) -> None:
    server = serve(test=world.argocd)["test"]

    group = call(server, "/apis/argoproj.io/v1alpha1").body
    version = call(server, "/version", token=None).body
    ready = call(server, "/readyz", token=None)

    assert [resource["name"] for resource in group["resources"]] == ["applications"]
    assert version["gitVersion"] == "v1.36.1"
    assert (ready.status, ready.text) == (200, "ok")


def test_an_administrator_creates_and_removes_applications(serve: Serve, world: ArgoWorld) -> None:
    server = serve(test=world.argocd)["test"]
    source = {"path": "environments/prod/eu1", "repoURL": REPO_URL, "targetRevision": "main"}
    root = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "root-prod-eu1"},
        "spec": {
            "destination": {"namespace": "argocd", "server": "https://kubernetes.default.svc"},
            "project": "root",
            "source": source,
            "syncPolicy": {"automated": {"prune": True, "selfHeal": True}},
        },
    }

    created = call(server, APPLICATIONS, method="POST", body=root, content_type="application/json")
    world.run(60)
    status = call(server, f"{APPLICATIONS}/prod-eu1-web").body["status"]
    removed = call(server, f"{APPLICATIONS}/root-prod-eu1", method="DELETE")
    gone = call(server, f"{APPLICATIONS}/root-prod-eu1")

    assert (created.status, removed.status, gone.status) == (201, 200, 404)
    assert status["health"]["status"] == "Healthy"


def test_in_real_time_a_fast_argocd_deploys_within_a_moment(serve: Serve, git: Git) -> None:
    argocd = ArgoCD("test", git.store.path, clock=lambda: datetime.now(UTC), pace=FAST)
    argocd.add_root("root-test", "environments/test")
    server = serve(test=argocd)["test"]

    for _ in range(5000):
        items = call(server, APPLICATIONS, token=ADMIN.token).body["items"]
        words = [item.get("status", {}).get("health", {}).get("status") for item in items]
        if words == ["Healthy"] * 3:
            break

    assert all(item["status"]["sync"]["status"] == "Synced" for item in items)


def test_writers_at_the_same_time_lose_nothing(serve: Serve, world: ArgoWorld) -> None:
    server = serve(test=world.argocd)["test"]

    def write(thread: int) -> None:
        for number in range(10):
            patch = {"metadata": {"annotations": {f"example.test/{thread}-{number}": "x"}}}
            call(server, f"{APPLICATIONS}/test-web", method="PATCH", body=patch)

    threads = [threading.Thread(target=write, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    annotations = world.document("test-web")["metadata"]["annotations"]
    assert sum(name.startswith("example.test/") for name in annotations) == 40
