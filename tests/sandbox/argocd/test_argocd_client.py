"""The official Kubernetes client at work on a sandbox Argo CD."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import kubernetes
import pytest
import urllib3
import yaml
from argocd_world import ArgoWorld, Git, application, environment, tag_of

from sandbox.argocd import FAST, accounts_of, kubeconfig
from sandbox.web import Server

Document = dict[str, Any]
Serve = Callable[..., dict[str, Server]]
APPLICATIONS = ("argoproj.io", "v1alpha1", "argocd", "applications")
REFRESH = {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}}
TIMEOUT = (5, 5)


@pytest.fixture
def server(serve: Serve, world: ArgoWorld) -> Server:
    return serve(test=world.argocd)["test"]


def client_of(server: Server, folder: Path, account: int = 1) -> Any:
    """A client that read a kubeconfig; account 0 reads, 1 may patch, 2 may everything."""
    path = folder / "kubeconfig"
    path.write_text(kubeconfig({"test": server}, {"test": accounts_of("test")[account].token}))
    found = kubernetes.config.new_client_from_config(str(path), context="test")
    found.configuration.retries = False
    return kubernetes.client.CustomObjectsApi(found)


@pytest.fixture
def api(server: Server, tmp_path: Path) -> Iterator[Any]:
    api = client_of(server, tmp_path)
    yield api
    api.api_client.close()


def test_it_lists_applications(api: Any) -> None:
    found = api.list_namespaced_custom_object(*APPLICATIONS, _request_timeout=TIMEOUT)

    names = [item["metadata"]["name"] for item in found["items"]]
    assert names == ["root-test", "test-queue", "test-web"]


def test_it_gets_an_application(api: Any, world: ArgoWorld) -> None:
    found = api.get_namespaced_custom_object(*APPLICATIONS, "test-web", _request_timeout=TIMEOUT)

    assert found == world.document("test-web")


def test_an_absent_application_is_an_api_exception(api: Any) -> None:
    with pytest.raises(kubernetes.client.ApiException) as caught:
        api.get_namespaced_custom_object(*APPLICATIONS, "absent", _request_timeout=TIMEOUT)

    assert caught.value.status == 404
    assert 'applications.argoproj.io \\"absent\\" not found' in caught.value.body


def test_a_refresh_is_acknowledged_by_the_removal_of_its_annotation(
    api: Any, world: ArgoWorld
) -> None:
    before = world.status("test-web")["reconciledAt"]
    patched = api.patch_namespaced_custom_object(*APPLICATIONS, "test-web", REFRESH)

    world.run(2)

    assert "argocd.argoproj.io/refresh" in patched["metadata"]["annotations"]
    found = api.get_namespaced_custom_object(*APPLICATIONS, "test-web")
    assert "argocd.argoproj.io/refresh" not in found["metadata"]["annotations"]
    assert found["status"]["reconciledAt"] > before


def test_a_refresh_of_the_root_makes_it_see_a_push(api: Any, world: ArgoWorld) -> None:
    world.git.release("web", "1.1.0")
    world.git.pin("test", "web", "1.1.0")

    api.patch_namespaced_custom_object(*APPLICATIONS, "root-test", REFRESH)
    world.run(30)

    found = api.get_namespaced_custom_object(*APPLICATIONS, "test-web")
    assert found["spec"]["source"]["targetRevision"] == tag_of("web", "1.1.0")
    assert found["status"]["health"]["status"] == "Healthy"


def test_a_list_as_patch_is_refused(api: Any) -> None:
    with pytest.raises(kubernetes.client.ApiException) as caught:
        api.patch_namespaced_custom_object(*APPLICATIONS, "test-web", [{"op": "remove"}])

    assert caught.value.status == 400


def sync_request(revision: str) -> Document:
    return {"operation": {"initiatedBy": {"username": "edp"}, "sync": {"revision": revision}}}


def test_a_requested_sync_runs_and_ends(api: Any, world: ArgoWorld) -> None:
    revision = world.status("test-web")["sync"]["revision"]

    api.patch_namespaced_custom_object(*APPLICATIONS, "test-web", sync_request(revision))
    world.run(0.1)
    running = world.document("test-web")
    world.run(2)
    ended = world.document("test-web")

    assert running["status"]["operationState"]["phase"] == "Running"
    assert running["operation"]["initiatedBy"] == {"username": "edp"}
    assert "operation" not in ended
    state = ended["status"]["operationState"]
    assert (state["phase"], state["syncResult"]["revision"]) == ("Succeeded", revision)


def test_a_second_operation_is_dropped(api: Any, world: ArgoWorld) -> None:
    first = world.status("test-web")["sync"]["revision"]
    api.patch_namespaced_custom_object(*APPLICATIONS, "test-web", sync_request(first))
    world.run(0.1)

    api.patch_namespaced_custom_object(*APPLICATIONS, "test-web", sync_request(world.git.main()))
    world.run(5)

    assert "operation" not in world.document("test-web")
    assert world.status("test-web")["operationState"]["syncResult"]["revision"] == first


def test_a_sync_of_an_unknown_revision_is_an_error(api: Any, world: ArgoWorld) -> None:
    api.patch_namespaced_custom_object(*APPLICATIONS, "test-web", sync_request("nowhere"))
    world.run(2)

    state = world.status("test-web")["operationState"]
    assert state["phase"] == "Error"
    assert "nowhere" in state["message"]


@pytest.mark.parametrize("extra", [{"dryRun": True}, {"resources": [{"kind": "Service"}]}])
def test_dry_and_partial_syncs_succeed_and_deploy_nothing(
    api: Any, world: ArgoWorld, extra: Document
) -> None:
    other = world.git.commit({"stacks/web/version": "other\n"})
    request = sync_request(other)
    request["operation"]["sync"].update(extra)

    api.patch_namespaced_custom_object(*APPLICATIONS, "test-web", request)
    world.run(5)

    status = world.status("test-web")
    assert status["operationState"]["phase"] == "Succeeded"
    assert status["sync"]["status"] == "Synced"
    assert [entry["revision"] for entry in status["history"]] == [status["sync"]["revision"]]


def test_a_running_sync_is_terminated(server: Server, world: ArgoWorld, tmp_path: Path) -> None:
    api = client_of(server, tmp_path)
    api.patch_namespaced_custom_object(*APPLICATIONS, "test-web", sync_request(world.git.main()))
    world.run(0.1)
    path = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/test-web"
    patch = [{"op": "replace", "path": "/status/operationState/phase", "value": "Terminating"}]

    with api.api_client as client:
        client.call_api(
            "PATCH",
            client.configuration.host + path,
            {
                "Content-Type": "application/json-patch+json",
                "Authorization": f"Bearer {accounts_of('test')[1].token}",
            },
            patch,
        )
    phase = world.status("test-web")["operationState"]["phase"]
    world.run(1)

    assert phase == "Terminating"
    state = world.status("test-web")["operationState"]
    assert (state["phase"], state["message"]) == ("Failed", "Operation terminated")


def test_a_stale_resource_version_is_a_conflict(api: Any) -> None:
    patch = {"metadata": {"resourceVersion": "1", **REFRESH["metadata"]}}

    with pytest.raises(kubernetes.client.ApiException) as caught:
        api.patch_namespaced_custom_object(*APPLICATIONS, "test-web", patch)

    assert (caught.value.status, caught.value.reason) == (409, "Conflict")


def test_a_reader_may_not_refresh(server: Server, tmp_path: Path) -> None:
    with client_of(server, tmp_path, account=0).api_client as client:
        api = kubernetes.client.CustomObjectsApi(client)
        found = api.list_namespaced_custom_object(*APPLICATIONS)
        with pytest.raises(kubernetes.client.ApiException) as caught:
            api.patch_namespaced_custom_object(*APPLICATIONS, "test-web", REFRESH)

    assert len(found["items"]) == 3
    assert caught.value.status == 403


def test_it_watches_a_promotion(api: Any, world: ArgoWorld) -> None:
    found = api.list_namespaced_custom_object(*APPLICATIONS)
    world.git.release("web", "1.1.0")
    world.git.pin("test", "web", "1.1.0")
    world.argocd.main_moved()
    world.run(30)

    stream = kubernetes.watch.Watch().stream(
        api.list_namespaced_custom_object,
        *APPLICATIONS,
        resource_version=found["metadata"]["resourceVersion"],
        field_selector="metadata.name=test-web",
        timeout_seconds=1,
    )
    words = [event["object"]["status"]["health"]["status"] for event in stream]

    assert list(dict.fromkeys(words)) == ["Healthy", "Progressing"]
    assert words[-1] == "Healthy"


def test_an_expired_watch_is_gone(api: Any) -> None:
    stream = kubernetes.watch.Watch().stream(
        api.list_namespaced_custom_object, *APPLICATIONS, resource_version="1", timeout_seconds=1
    )

    with pytest.raises(kubernetes.client.ApiException) as caught:
        list(stream)

    assert caught.value.status == 410


def test_nothing_is_lost_when_the_past_is_compacted_between_pages(
    api: Any, world: ArgoWorld
) -> None:
    first = api.list_namespaced_custom_object(*APPLICATIONS, limit=1)
    world.argocd.objects.compact()
    world.argocd.objects.edit("test-web", lambda doc: doc["metadata"].update(labels={"a": "b"}))

    with pytest.raises(kubernetes.client.ApiException) as caught:
        api.list_namespaced_custom_object(
            *APPLICATIONS, limit=1, _continue=first["metadata"]["continue"]
        )

    status = yaml.safe_load(caught.value.body)
    assert (caught.value.status, status["reason"]) == (410, "Expired")
    rest = api.list_namespaced_custom_object(
        *APPLICATIONS, _continue=status["metadata"]["continue"]
    )
    assert [item["metadata"]["name"] for item in rest["items"]] == ["test-queue", "test-web"]


def many_stacks(git: Git, count: int) -> None:
    names = tuple(f"stack-{number:03}" for number in range(count))
    git.commit(
        {
            "environments/test/kustomization.yaml": environment("test", "../", names),
            **{
                f"environments/test/{name}.yaml": application(name, tag_of(name, "1.0.0"))
                for name in names
            },
            **{f"stacks/{name}/kustomization.yaml": "resources: []\n" for name in names},
        }
    )
    commit = git.main()
    lines = "".join(f"create refs/tags/{name}/v1.0.0 {commit}\n" for name in names)
    git.store.git("update-ref", "--stdin", stdin=lines.encode())


def test_two_hundred_applications_come_in_consistent_pages(
    git: Git, serve: Serve, tmp_path: Path
) -> None:
    many_stacks(git, 199)
    world = ArgoWorld(git, pace=FAST)
    world.deploy("test")
    server = serve(test=world.argocd)["test"]

    with client_of(server, tmp_path).api_client as client:
        api = kubernetes.client.CustomObjectsApi(client)
        pages = [api.list_namespaced_custom_object(*APPLICATIONS, limit=60)]
        world.argocd.objects.delete("test-stack-150")
        while token := pages[-1]["metadata"]["continue"]:
            pages.append(
                api.list_namespaced_custom_object(*APPLICATIONS, limit=60, _continue=token)
            )

    assert [len(page["items"]) for page in pages] == [60, 60, 60, 20]
    assert [page["metadata"].get("remainingItemCount") for page in pages] == [140, 80, 20, None]
    assert len({page["metadata"]["resourceVersion"] for page in pages}) == 1
    items = [item for page in pages for item in page["items"]]
    assert {item["status"]["health"]["status"] for item in items} == {"Healthy"}


def test_an_unreachable_argocd_is_a_network_error(api: Any, world: ArgoWorld) -> None:
    world.argocd.unreachable()

    with pytest.raises(urllib3.exceptions.HTTPError):
        api.list_namespaced_custom_object(*APPLICATIONS, _request_timeout=TIMEOUT)

    world.argocd.reachable()
    assert api.list_namespaced_custom_object(*APPLICATIONS, _request_timeout=TIMEOUT)["items"]


def test_an_argocd_may_hang(api: Any, world: ArgoWorld) -> None:
    world.argocd.unreachable("hang")

    with pytest.raises(urllib3.exceptions.HTTPError):
        api.list_namespaced_custom_object(*APPLICATIONS, _request_timeout=(5, 0.2))
