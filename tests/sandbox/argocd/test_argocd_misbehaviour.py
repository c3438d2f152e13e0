"""Each misbehaviour shows as in the recordings, and the gate judges it for what it is."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from argocd_world import TIMEOUT, ArgoWorld, Watched

from edp.core.health.verdict import Health

Document = dict[str, Any]
RECORDED = Path(__file__).parents[2] / "data" / "argocd"


def recorded_status(name: str) -> Document:
    document = json.loads((RECORDED / f"{name}.json").read_text())
    status: Document = document["object"]["status"]
    return status


def promote(world: ArgoWorld, version: str = "1.1.0") -> Watched:
    commit = world.git.release("web", version)
    world.git.pin("test", "web", version)
    world.argocd.main_moved()
    return world.watched("test-web", "web", version, commit)


def present(world: ArgoWorld) -> Watched:
    commit = world.git.store.peeled("refs/tags/web/v1.0.0") or ""
    return world.watched("test-web", "web", "1.0.0", commit)


def test_a_version_that_never_comes_up_is_degraded_at_its_deadline(world: ArgoWorld) -> None:
    world.argocd.degrade_next("test-web")

    watched = promote(world)

    assert watched.follow(30) == [Health.WAITING, Health.FAILED]
    health = world.status("test-web")["health"]
    assert set(health) == set(recorded_status("app-degraded")["health"])
    assert health["message"] == "Caused by apps/Deployment:web/web"


def test_only_that_version_is_degraded(world: ArgoWorld) -> None:
    world.argocd.degrade_next("test-web")
    promote(world)
    world.run(60)

    back = promote(world, "1.0.1")

    assert back.follow(30)[-1] is Health.GREEN


def test_going_back_to_a_degraded_version_degrades_again(world: ArgoWorld) -> None:
    world.argocd.degrade_next("test-web")
    watched = promote(world)
    world.run(60)
    world.git.pin("test", "web", "1.0.0")
    world.argocd.main_moved()
    world.run(60)

    world.git.pin("test", "web", "1.1.0")
    world.argocd.main_moved()

    assert watched.follow(30)[-1] is Health.FAILED


def test_what_is_deployed_may_break_at_once(world: ArgoWorld) -> None:
    watched = present(world)
    watched.judge()

    world.argocd.degrade("test-web", message="the pods crash")
    world.argocd.advance()
    verdict = watched.judge()

    assert watched.seen == [Health.GREEN, Health.FAILED]
    assert "the pods crash" in verdict.reason


def test_a_promotion_away_from_a_broken_version_is_never_judged_failed(world: ArgoWorld) -> None:
    world.argocd.degrade("test-web")

    watched = promote(world)

    assert watched.follow(30) == [Health.WAITING, Health.GREEN]


def test_progressing_for_good_fails_at_the_deadline(world: ArgoWorld) -> None:
    world.argocd.progress_forever("test-web")
    watched = promote(world)
    world.run(60)
    waiting = watched.judge()

    world.run(TIMEOUT.total_seconds())

    assert waiting.health is Health.WAITING
    assert world.status("test-web")["health"]["status"] == "Progressing"
    assert watched.judge().health is Health.FAILED


def test_suspended_waits_for_a_person_for_ever(world: ArgoWorld) -> None:
    watched = present(world)

    world.argocd.suspend("test-web")
    world.argocd.advance()
    first = watched.judge()
    world.run(10 * TIMEOUT.total_seconds())

    assert "waits for a person" in first.reason
    assert watched.judge().health is Health.WAITING
    recorded = recorded_status("app-suspended")["health"]
    assert set(world.status("test-web")["health"]) == set(recorded)


def test_missing_objects_are_out_of_sync_and_missing(world: ArgoWorld) -> None:
    watched = present(world)

    world.argocd.missing("test-web")
    world.run(5)

    status = world.status("test-web")
    assert (status["sync"]["status"], status["health"]["status"]) == ("OutOfSync", "Missing")
    assert watched.judge().health is Health.WAITING


def test_a_comparison_error_stays_healthy_and_fails_at_the_second_look(world: ArgoWorld) -> None:
    watched = present(world)

    world.argocd.comparison_error("test-web", "Failed to load target state: git is down")
    world.argocd.advance()
    watched.judge()
    world.run(world.argocd.pace.poll + 1)
    verdict = watched.judge()

    assert world.status("test-web")["health"]["status"] == "Healthy"
    assert watched.seen == [Health.WAITING, Health.FAILED]
    assert "git is down" in verdict.reason


def test_a_failing_sync_is_retried_and_then_left_alone(world: ArgoWorld) -> None:
    world.argocd.fail_sync("test-web", 'Deployment.apps "web" is invalid')
    before = world.argocd.objects.version

    watched = promote(world)
    seen = watched.follow(30)

    assert seen == [Health.WAITING, Health.FAILED]
    status, recorded = world.status("test-web"), recorded_status("app-sync-failed")
    assert set(status["operationState"]) == set(recorded["operationState"])
    assert status["operationState"]["message"].endswith(" (retried 2 times).")
    assert status["conditions"][0]["message"].startswith("Failed last sync attempt to [")
    assert status["health"]["status"] == "Healthy"
    states = [d["status"].get("operationState", {}) for d in world.writes("test-web", before)]
    # Between two tries it is Running and yet has a time at which it finished.
    assert any(s.get("phase") == "Running" and "finishedAt" in s for s in states)


def test_a_first_sync_that_fails_is_healthy_all_the_same(world: ArgoWorld) -> None:
    world.argocd.delete("test-queue")
    world.argocd.fail_sync("test-queue", "no")

    world.run(60)

    status = world.status("test-queue")
    assert status["operationState"]["phase"] == "Failed"
    assert (status["sync"]["status"], status["health"]["status"]) == ("OutOfSync", "Healthy")


def test_a_frozen_controller_leaves_refreshes_unanswered(world: ArgoWorld) -> None:
    watched = present(world)
    world.argocd.freeze()
    old = world.document("test-web")
    world.argocd.objects.edit("test-web", request_refresh)
    world.argocd.written("test-web", old)

    seen = [watched.judge().health]
    world.run(61)
    seen.append(watched.judge().health)

    assert seen == [Health.WAITING, Health.UNKNOWN]
    assert world.status("test-web") == old["status"]


def test_a_thawed_controller_goes_on_where_it_stopped(world: ArgoWorld) -> None:
    commit = world.git.release("web", "1.1.0")
    world.git.pin("test", "web", "1.1.0")
    world.argocd.main_moved()
    world.argocd.freeze()
    world.run(600)
    frozen = world.document("test-web")["spec"]["source"]["targetRevision"]

    world.argocd.thaw()
    world.run(30)

    assert frozen == "refs/tags/web/v1.0.0"
    status = world.status("test-web")
    assert (status["sync"]["revision"], status["health"]["status"]) == (commit, "Healthy")
    assert status["operationState"]["startedAt"] == "2026-11-23T01:37:00Z"


def request_refresh(document: Document) -> None:
    document["metadata"]["annotations"]["argocd.argoproj.io/refresh"] = "normal"


def test_a_status_that_nobody_updates_grows_stale(world: ArgoWorld) -> None:
    watched = present(world)
    world.argocd.freeze()

    world.run(timedelta(minutes=11).total_seconds())

    assert watched.judge().health is Health.UNKNOWN


@pytest.mark.parametrize("trouble", ["degrade", "progress_forever", "suspend", "missing"])
def test_an_application_recovers(world: ArgoWorld, trouble: str) -> None:
    watched = present(world)
    getattr(world.argocd, trouble)("test-web")
    world.run(30)
    ill = watched.judge().health

    world.argocd.recover("test-web")
    world.run(30)

    assert ill is not Health.GREEN
    assert watched.judge().health is Health.GREEN


def test_after_recovery_a_failed_sync_is_tried_again(world: ArgoWorld) -> None:
    world.argocd.fail_sync("test-web", "no")
    watched = promote(world)
    world.run(60)

    world.argocd.recover("test-web")
    world.run(30)

    assert watched.judge().health is Health.GREEN
