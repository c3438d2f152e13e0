"""A promotion in the sandbox goes through what the recording of a real one went through."""

import json
from itertools import groupby
from pathlib import Path
from typing import Any

from argocd_world import ArgoWorld, Git, tag_of

from edp.core.health.verdict import Health

Document = dict[str, Any]
RECORDED = Path(__file__).parents[2] / "data" / "argocd"
Words = tuple[str | bool, ...]


def words(document: Document, new_pin: str) -> Words:
    """What a reader sees of one write, without times and commits."""
    status = document.get("status", {})
    sync, operation = status.get("sync", {}), status.get("operationState", {})
    compared = sync.get("comparedTo", {}).get("source", {})
    return (
        document["spec"]["source"]["targetRevision"] == new_pin,
        compared.get("targetRevision") == new_pin,
        sync.get("status", ""),
        status.get("health", {}).get("status", ""),
        operation.get("phase", ""),
        "operation" in document,
    )


def sequence(documents: list[Document], new_pin: str) -> list[Words]:
    return [key for key, _ in groupby(words(document, new_pin) for document in documents)]


def recorded(timeline: str, name: str) -> list[Document]:
    document = json.loads((RECORDED / f"{timeline}.json").read_text())
    events = [event for event in document["timeline"] if "object" in event]
    return [e["object"] for e in events if e["object"]["metadata"]["name"] == name]


def shape(value: object) -> object:
    """The structure of a document: its keys, without values, whatever the length of lists."""
    if isinstance(value, dict):
        return {key: shape(value[key]) for key in sorted(value)}
    return "list" if isinstance(value, list) else type(value).__name__


def test_a_promotion_passes_through_the_recorded_states(world: ArgoWorld) -> None:
    world.git.release("web", "1.1.0")
    before = world.argocd.objects.version
    first = world.document("test-web")

    world.git.pin("test", "web", "1.1.0")
    world.argocd.main_moved()
    world.run(60)

    seen = sequence([first, *world.writes("test-web", before)], tag_of("web", "1.1.0"))
    assert seen == sequence(recorded("timeline-promotion", "test-web"), "web-1.1.0")


def test_its_root_passes_through_the_recorded_states(world: ArgoWorld) -> None:
    world.git.release("web", "1.1.0")
    before = world.argocd.objects.version
    first = world.document("root-test")

    world.git.pin("test", "web", "1.1.0")
    world.argocd.main_moved()
    world.run(60)

    seen = sequence([first, *world.writes("root-test", before)], "main")
    # The recorded root heals itself once more in vain, and another recorded one does not.
    assert seen == sequence(recorded("timeline-identical-manifests", "root-test"), "main")


def test_a_first_sync_passes_through_the_recorded_states(git: Git) -> None:
    world = ArgoWorld(git)

    world.deploy("test")

    pin = tag_of("queue", "1.0.0")
    seen = sequence(world.writes("test-queue"), pin)
    assert seen == sequence(recorded("timeline-first-sync", "test-queue"), "queue-1.0.0")


def test_a_promotion_is_green_exactly_at_its_last_transition(world: ArgoWorld) -> None:
    commit = world.git.release("web", "1.1.0")
    watched = world.watched("test-web", "web", "1.1.0", commit)
    world.git.pin("test", "web", "1.1.0")
    world.argocd.main_moved()

    assert watched.follow(30) == [Health.WAITING, Health.GREEN]
    (turned,) = watched.turned
    since = world.status("test-web")["health"]["lastTransitionTime"]
    assert since == turned.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_healthy_application_has_the_recorded_fields(world: ArgoWorld) -> None:
    real = recorded("timeline-promotion", "test-web")[0]

    ours = world.document("test-web")

    assert shape(ours["status"]) == shape(real["status"])
    wanted = set(real["metadata"]) - {"labels"}
    assert set(ours["metadata"]) == wanted
    for member in ("history", "resources"):
        assert set(ours["status"][member][0]) == set(real["status"][member][0])


def test_revision_is_the_commit_and_never_the_tag_object(world: ArgoWorld) -> None:
    commit = world.git.store.peeled("refs/tags/web/v1.0.0")

    assert world.git.store.tag("web/v1.0.0") != commit
    assert world.status("test-web")["sync"]["revision"] == commit


def test_identical_manifests_run_no_sync(world: ArgoWorld) -> None:
    old = world.status("test-web")["operationState"]
    world.git.commit({"README.md": "elsewhere\n"})
    commit = world.git.tag("web/v1.0.1")
    watched = world.watched("test-web", "web", "1.0.1", commit)

    world.git.pin("test", "web", "1.0.1")
    world.argocd.main_moved()
    verdicts = watched.follow(3)

    assert world.status("test-web")["operationState"] == old
    assert world.status("test-web")["sync"]["revision"] == commit
    assert verdicts == [Health.WAITING, Health.GREEN]


def test_a_missing_tag_is_a_comparison_error_with_healthy_health(world: ArgoWorld) -> None:
    world.git.pin("test", "queue", "9.9.9")
    world.argocd.main_moved()
    world.run(5)

    status = world.status("test-queue")
    real = recorded("timeline-missing-tag", "dev-queue")[-1]["status"]
    assert shape(status) == shape(real)
    assert status["sync"]["revision"] == "refs/tags/queue/v9.9.9"
    assert status["health"]["status"] == "Healthy"
    (condition,) = status["conditions"]
    assert condition["message"] == real["conditions"][0]["message"].replace(
        "queue-9.9.9", "refs/tags/queue/v9.9.9"
    )


def test_a_missing_tag_fails_once_a_second_comparison_shows_it(world: ArgoWorld) -> None:
    world.git.pin("test", "queue", "9.9.9")
    world.argocd.main_moved()
    world.run(5)
    watched = world.watched("test-queue", "queue", "9.9.9", "0" * 40)

    watched.judge()
    world.run(world.argocd.pace.poll + 1)
    watched.judge()

    assert watched.seen == [Health.WAITING, Health.FAILED]


def test_without_a_webhook_a_push_is_noticed_by_polling(world: ArgoWorld) -> None:
    world.git.release("web", "1.1.0")
    world.git.pin("test", "web", "1.1.0")

    world.run(1)
    pin_at_first = world.document("test-web")["spec"]["source"]["targetRevision"]
    world.run(world.argocd.pace.poll)
    world.run(1)

    assert pin_at_first == tag_of("web", "1.0.0")
    assert world.document("test-web")["spec"]["source"]["targetRevision"] == tag_of("web", "1.1.0")


def test_polling_keeps_the_comparison_fresh_and_changes_nothing_else(world: ArgoWorld) -> None:
    before = world.status("test-web")

    world.run(24 * 3600)

    after = world.status("test-web")
    assert after["reconciledAt"] == "2026-11-24T01:26:59Z"
    assert {**after, "reconciledAt": before["reconciledAt"]} == before


def test_a_moved_tag_deploys_itself_and_is_not_green(world: ArgoWorld) -> None:
    commit = world.git.store.peeled("refs/tags/web/v1.0.0") or ""
    watched = world.watched("test-web", "web", "1.0.0", commit)
    assert watched.judge().health is Health.GREEN

    moved = world.git.tag("web/v1.0.0", world.git.commit({"stacks/web/version": "other\n"}))
    world.run(world.argocd.pace.poll)
    world.run(30)

    assert world.status("test-web")["sync"]["revision"] == moved
    assert watched.judge().health is Health.WAITING


def test_a_branch_wins_over_a_tag_of_the_same_short_name(world: ArgoWorld) -> None:
    other = world.git.commit({"stacks/web/version": "branch\n"}, branch="web/v1.0.0")
    text = world.document("test-web")["spec"]["source"]["path"]

    world.git.commit({"environments/test/web.yaml": short_pin("web/v1.0.0", text)})
    world.argocd.main_moved()
    world.run(5)

    assert world.status("test-web")["sync"]["revision"] == other


def short_pin(name: str, path: str) -> str:
    return (
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: web\n"
        f"spec:\n  source: {{path: {path}, targetRevision: {name}}}\n"
        "  destination: {namespace: web}\n"
    )


def test_two_runs_of_the_same_history_write_the_same(git: Git) -> None:
    one, other = ArgoWorld(git), ArgoWorld(git)

    one.deploy("test")
    other.argocd.add_root("root-test", "environments/test")
    for _ in other.steps(60):
        """Small steps and one leap must make no difference."""

    assert one.writes("test-web") == other.writes("test-web")
