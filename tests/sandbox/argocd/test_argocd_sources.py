"""Sources beyond one tag of this repository: several, a chart, another repository."""

import json
from pathlib import Path
from typing import Any

from argocd_world import REPO_URL, STALE_AFTER, TIMEOUT, ArgoWorld

from edp.core.health.application import project_application
from edp.core.health.verdict import Expected, Health, judge

Document = dict[str, Any]
RECORDED = Path(__file__).parents[2] / "data" / "argocd"
WEB = {"path": "stacks/web", "repoURL": REPO_URL, "targetRevision": "refs/tags/web/v1.0.0"}


def create(world: ArgoWorld, **sources: object) -> Document:
    """An automated Application that no root owns, a minute after its creation."""
    spec = {
        "destination": {"namespace": "several", "server": "https://kubernetes.default.svc"},
        "project": "edp",
        **sources,
        "syncPolicy": {"automated": {}},
    }
    document = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "several"},
        "spec": spec,
    }
    world.argocd.objects.create(document, world.clock.now)
    world.argocd.written("several", None)
    world.run(60)
    return world.document("several")


def recorded_status(name: str) -> Document:
    document = json.loads((RECORDED / f"{name}.json").read_text())
    status: Document = document["object"]["status"]
    return status


def test_two_paths_at_two_revisions_are_synced_and_judged(world: ArgoWorld) -> None:
    other = {"path": "stacks/queue", "repoURL": REPO_URL, "targetRevision": "main"}
    commit = world.git.store.peeled("refs/tags/web/v1.0.0") or ""

    document = create(world, sources=[WEB, other])

    status, recorded = document["status"], recorded_status("app-multi-source-two-paths")
    assert status["sync"]["revisions"] == [commit, world.git.main()]
    for member in ("sync", "operationState"):
        assert set(status[member]) == set(recorded[member])
    results = [found["operationState"]["syncResult"] for found in (status, recorded)]
    assert set(results[0]) == set(results[1])
    assert status["sourceTypes"] == ["Kustomize", "Helm"]
    expected = Expected("refs/tags/web/v1.0.0", commit, TIMEOUT)
    verdict = judge(
        project_application(document),
        expected,
        now=world.clock.now,
        stale_after=STALE_AFTER,
    )
    assert verdict.health is Health.GREEN


def test_values_of_another_revision_of_the_same_repository_are_refused(world: ArgoWorld) -> None:
    world.git.commit({"values.yaml": "a: 1\n"})
    values = {"ref": "values", "repoURL": REPO_URL, "targetRevision": "main"}

    document = create(world, sources=[WEB, values])

    (condition,) = document["status"]["conditions"]
    (recorded,) = recorded_status("app-comparison-error-multi-source-same-repo")["conditions"]
    beginning = recorded["message"].partition("($values")[0]
    assert condition["message"].startswith(beginning)
    assert set(document["status"]["sync"]) >= {"comparedTo", "status"}


def test_another_repository_cannot_be_found(world: ArgoWorld) -> None:
    elsewhere = {**WEB, "repoURL": "https://git.example.test/platform/absent.git"}

    document = create(world, source=elsewhere)

    (condition,) = document["status"]["conditions"]
    (recorded,) = recorded_status("app-comparison-error-repo")["conditions"]
    assert condition["message"].startswith(recorded["message"])


def test_a_path_that_does_not_exist_is_a_comparison_error(world: ArgoWorld) -> None:
    document = create(world, source={**WEB, "path": "cases/does-not-exist"})

    (condition,) = document["status"]["conditions"]
    (recorded,) = recorded_status("app-comparison-error-path")["conditions"]
    assert condition["message"] == recorded["message"]


def test_the_revision_of_a_chart_is_its_version(world: ArgoWorld) -> None:
    chart = {"chart": "redis", "repoURL": "https://charts.example.test", "targetRevision": "1.2.3"}

    document = create(world, source=chart)

    assert document["status"]["sync"]["revision"] == "1.2.3"
    assert document["status"]["health"]["status"] == "Healthy"


def test_without_automated_sync_a_new_application_stays_out_of_sync(world: ArgoWorld) -> None:
    create(world, source=WEB)
    world.argocd.objects.edit("several", lambda doc: doc["spec"].pop("syncPolicy"))
    moved = world.git.tag("web/v1.0.0", world.git.commit({"stacks/web/version": "other\n"}))

    world.run(world.argocd.pace.poll)
    world.run(5)

    status = world.status("several")
    assert (status["sync"]["status"], status["sync"]["revision"]) == ("OutOfSync", moved)
    assert status["health"]["status"] == "Healthy"
    assert "operation" not in world.document("several")
