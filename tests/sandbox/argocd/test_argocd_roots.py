"""Root Applications: what they make, change, remove, refuse and put back."""

import pytest
from argocd_world import ArgoWorld, Git, application, environment, tag_of

from edp.core.health.application import project_application
from edp.core.health.verdict import Health, judge_root


def vouches(world: ArgoWorld, root: str, child: str, promotion: str) -> str:
    """Why the root does not vouch for the child at a commit of main; "" if it does."""
    return judge_root(
        project_application(world.document(root)),
        child=child,
        contains_promotion=lambda sha: world.git.store.is_ancestor(promotion, sha),
    )


def test_environments_of_one_argocd_are_kept_apart_by_their_prefix(git: Git) -> None:
    world = ArgoWorld(git, name="prod")

    world.deploy("prod/eu1", "prod/us1")

    assert world.argocd.objects.names() == [
        "prod-eu1-queue",
        "prod-eu1-web",
        "prod-us1-queue",
        "prod-us1-web",
        "root-prod-eu1",
        "root-prod-us1",
    ]
    tracking = world.document("prod-us1-web")["metadata"]["annotations"]
    assert tracking["argocd.argoproj.io/tracking-id"] == (
        "root-prod-us1:argoproj.io/Application:argocd/prod-us1-web"
    )


def test_a_promotion_of_one_environment_leaves_the_other_alone(git: Git) -> None:
    world = ArgoWorld(git, name="prod")
    world.deploy("prod/eu1", "prod/us1")
    git.release("web", "1.1.0")
    before = world.argocd.objects.version

    git.pin("prod/eu1", "web", "1.1.0")
    world.argocd.main_moved()
    world.run(30)

    assert world.writes("prod-us1-web", before) == []
    assert world.status("prod-eu1-web")["health"]["status"] == "Healthy"


def test_a_root_lists_its_children_at_the_commit_of_main(world: ArgoWorld) -> None:
    status = world.status("root-test")

    assert status["sync"]["revision"] == world.git.main()
    assert status["resources"] == [
        {
            "group": "argoproj.io",
            "kind": "Application",
            "name": name,
            "namespace": "argocd",
            "status": "Synced",
            "version": "v1alpha1",
        }
        for name in ("test-queue", "test-web")
    ]


def test_a_root_vouches_for_a_promotion_after_its_sync(world: ArgoWorld) -> None:
    world.git.release("web", "1.1.0")
    promotion = world.git.pin("test", "web", "1.1.0")
    at_once = vouches(world, "root-test", "test-web", promotion)

    world.argocd.main_moved()
    world.run(5)

    assert "without the promotion" in at_once
    assert vouches(world, "root-test", "test-web", promotion) == ""


def test_a_commit_elsewhere_moves_the_root_without_a_sync(world: ArgoWorld) -> None:
    old = world.status("root-test")["operationState"]

    commit = world.git.commit({"docs/readme.md": "text\n"})
    world.argocd.main_moved()
    world.run(5)

    assert world.status("root-test")["sync"]["revision"] == commit
    assert world.status("root-test")["operationState"] == old


def test_a_removed_stack_is_pruned(world: ArgoWorld) -> None:
    before = world.argocd.objects.version

    world.git.commit(
        {
            "environments/test/queue.yaml": None,
            "environments/test/kustomization.yaml": environment("test", "../", ("web",)),
        }
    )
    world.argocd.main_moved()
    world.run(5)

    seen = [doc["metadata"].get("deletionTimestamp") for doc in world.writes("test-queue", before)]
    assert all(seen)
    assert world.argocd.objects.get("test-queue") is None
    (entry,) = world.status("root-test")["resources"]
    assert (entry["name"], entry["status"]) == ("test-web", "Synced")
    words = [doc["status"]["health"]["status"] for doc in world.writes("root-test", before)]
    assert "Progressing" in words
    assert words[-1] == "Healthy"


def test_an_application_being_deleted_is_not_green(world: ArgoWorld) -> None:
    commit = world.git.store.peeled("refs/tags/queue/v1.0.0") or ""
    watched = world.watched("test-queue", "queue", "1.0.0", commit)
    watched.judge()

    world.argocd.delete("test-queue")
    watched.judge()

    assert watched.seen == [Health.GREEN, Health.WAITING]


def test_a_deleted_application_is_made_again(world: ArgoWorld) -> None:
    uid = world.document("test-queue")["metadata"]["uid"]

    world.argocd.delete("test-queue")
    world.run(60)

    assert world.document("test-queue")["metadata"]["uid"] != uid
    assert world.status("test-queue")["health"]["status"] == "Healthy"


def test_an_added_stack_arrives(world: ArgoWorld) -> None:
    commit = world.git.commit(
        {
            "stacks/cache/kustomization.yaml": "resources: []\n",
            "environments/test/cache.yaml": application("cache", tag_of("cache", "0.1.0")),
            "environments/test/kustomization.yaml": environment(
                "test", "../", ("web", "queue", "cache")
            ),
        }
    )
    world.git.tag("cache/v0.1.0", commit)
    world.argocd.main_moved()
    watched = world.watched("test-cache", "cache", "0.1.0", commit)

    assert watched.follow(25) == [Health.WAITING, Health.GREEN]


def test_taking_everything_away_is_refused(world: ArgoWorld) -> None:
    text = environment("test", "../", ()).replace("resources:\n", "resources: []\n")

    world.git.commit({"environments/test/kustomization.yaml": text})
    world.argocd.main_moved()
    world.run(10)

    assert {"test-queue", "test-web"} < set(world.argocd.objects.names())
    (condition,) = world.status("root-test")["conditions"]
    assert condition["type"] == "SyncError"
    assert condition["message"] == (
        f"Skipping sync attempt to [{world.git.main()}]: auto-sync will wipe out all resources"
    )


def test_a_broken_overlay_leaves_the_children_green(world: ArgoWorld) -> None:
    commit = world.git.store.peeled("refs/tags/web/v1.0.0") or ""
    watched = world.watched("test-web", "web", "1.0.0", commit)

    broken = world.git.commit({"environments/test/queue.yaml": None})
    world.argocd.main_moved()
    world.run(5)

    status = world.status("root-test")
    (condition,) = status["conditions"]
    assert condition["message"].startswith(
        "Failed to load target state: failed to generate manifest for source 1 of 1: rpc error:"
        " code = Unknown desc = `kustomize build <path to cached source>/environments/test` failed"
        " exit status 1: Error: accumulating "
    )
    assert "/tmp" not in condition["message"]
    assert (status["sync"]["revision"], status["sync"]["status"]) == ("main", "Unknown")
    assert status["health"]["status"] == "Healthy"
    assert watched.judge().health is Health.GREEN
    assert "ComparisonError" in vouches(world, "root-test", "test-web", broken)


def test_a_mended_overlay_is_taken(world: ArgoWorld) -> None:
    world.git.commit({"environments/test/queue.yaml": None})
    world.argocd.main_moved()
    world.run(5)

    world.git.pin("test", "queue", "1.0.0")
    world.argocd.main_moved()
    world.run(5)

    assert "conditions" not in world.status("root-test")
    assert world.status("root-test")["sync"]["revision"] == world.git.main()


def number_as_pin(world: ArgoWorld) -> None:
    text = application("queue", "1.0")
    world.git.commit({"environments/test/queue.yaml": text})
    world.argocd.main_moved()


def test_a_refused_child_keeps_the_root_retrying_but_not_its_siblings(world: ArgoWorld) -> None:
    commit = world.git.release("web", "1.1.0")
    world.git.pin("test", "web", "1.1.0")
    number_as_pin(world)
    watched = world.watched("test-web", "web", "1.1.0", commit)

    world.run(25)

    state = world.status("root-test")["operationState"]
    assert (state["phase"], state["retryCount"] > 0) == ("Running", True)
    assert 'targetRevision in body must be of type string: "integer"' in state["message"]
    assert world.document("test-queue")["spec"]["source"]["targetRevision"] == tag_of(
        "queue", "1.0.0"
    )
    assert watched.judge().health is Health.GREEN


def test_a_retrying_root_takes_the_commit_that_mends_it(world: ArgoWorld) -> None:
    number_as_pin(world)
    world.run(3)

    world.git.pin("test", "queue", "1.0.0")
    world.run(10)

    assert world.status("root-test")["operationState"]["phase"] == "Succeeded"


def test_an_edited_child_is_put_back_after_the_other_version_was_rolled_out(
    world: ArgoWorld,
) -> None:
    commit = world.git.store.peeled("refs/tags/web/v1.0.0") or ""
    other = world.git.release("web", "0.9.0")
    watched = world.watched("test-web", "web", "1.0.0", commit)
    before = world.argocd.objects.version
    old = world.document("test-web")

    def edit(document: dict[str, dict[str, dict[str, str]]]) -> None:
        document["spec"]["source"]["targetRevision"] = tag_of("web", "0.9.0")

    world.argocd.objects.edit("test-web", edit)
    world.argocd.written("test-web", old)
    verdicts = watched.follow(30)

    deployed = [entry["revision"] for entry in world.status("test-web")["history"]]
    assert deployed == [commit, other, commit]
    assert any("operation" in document for document in world.writes("root-test", before))
    assert verdicts == [Health.WAITING, Health.GREEN]


@pytest.mark.parametrize("folder", ["environments/absent", "environments"])
def test_a_folder_that_is_no_environment_is_a_comparison_error(git: Git, folder: str) -> None:
    world = ArgoWorld(git)

    world.argocd.add_root("root-absent", folder)
    world.run(5)

    assert world.status("root-absent")["conditions"][0]["type"] == "ComparisonError"


def test_an_environment_may_have_been_there_for_long(git: Git) -> None:
    world = ArgoWorld(git)
    an_hour_ago = world.clock.now.replace(hour=0)

    world.argocd.add_root("root-test", "environments/test", since=an_hour_ago)
    world.argocd.advance()

    assert world.status("test-web")["health"] == {
        "lastTransitionTime": "2026-11-23T00:26:19Z",
        "status": "Healthy",
    }
