"""Each workflow, run by the real `act` against the sandbox with the real `edp`."""

import small_platform
from act_runs import Trigger
from workflow_world import WorkflowWorld

from sandbox.platform import FULL_NAME

WEB = "environments/dev/web.yaml"
YANK = b"apiVersion: edp/v1\nreason: loses orders\nby: bob\n"


def release_web(world: WorkflowWorld, *versions: str) -> None:
    """New versions on `main`, tagged like everything that is pinned."""
    for version in versions:
        files = small_platform.stack_files("web", version)
        world.platform.forge.seed_files(FULL_NAME, files, message=f"web {version}")
    world.edp("release")


def test_a_push_to_main_is_released_and_then_reconciled(world: WorkflowWorld) -> None:
    files = small_platform.stack_files("web", "1.1.0")
    world.platform.forge.seed_files(FULL_NAME, files, message="web 1.1.0")

    done = world.run(Trigger("push", "main"))

    assert (done.code, done.jobs) == (
        0,
        {"release": "success", "reconcile": "success", "apply": "success"},
    ), done.text
    assert {"refs/tags/web/v1.0.0", "refs/tags/web/v1.1.0"} <= world.refs.keys()
    assert "refs/heads/promote/web/dev" in world.refs


def test_a_dispatch_opens_the_promotion_that_was_asked_for(world: WorkflowWorld) -> None:
    release_web(world, "1.1.0", "1.2.0")
    inputs = {"stack": "web", "environment": "dev", "version": "1.1.0", "again": "false"}
    before = world.refs

    dry = world.run(Trigger("workflow_dispatch", "promote", inputs={**inputs, "dry_run": "true"}))
    untouched = world.refs
    done = world.run(Trigger("workflow_dispatch", "promote", inputs={**inputs, "dry_run": "false"}))

    assert (dry.code, untouched) == (0, before), dry.text
    assert (done.code, done.jobs) == (0, {"promote": "success"}), done.text
    with world.seen_by("alice") as repository:
        (pull,) = repository.get_pulls()
        pinned = repository.get_file(WEB, ref=pull.head.sha).content
    assert pull.head.ref == "promote/web/dev"
    assert b"refs/tags/web/v1.1.0" in pinned


def test_the_schedule_merges_what_may_be_merged(world: WorkflowWorld) -> None:
    release_web(world, "1.1.0")
    world.edp("promote", "web", "--to", "dev")
    head = world.refs["refs/heads/promote/web/dev"]
    world.report_checks(head)

    done = world.run(Trigger("schedule", "reconcile"))

    assert (done.code, done.jobs) == (0, {"reconcile": "success"}), done.text
    with world.seen_by("alice") as repository:
        assert b"refs/tags/web/v1.1.0" in repository.get_file(WEB).content


def test_a_pause_stops_the_writers_before_they_write(world: WorkflowWorld) -> None:
    before = world.refs

    done = world.run(Trigger("push", "main", variables={"EDP_PAUSED": "moving house"}))

    assert (done.code, done.jobs) == (1, {"release": "failure"}), done.text
    assert "exit status 3" in done.text
    assert world.refs == before


def test_a_good_pull_request_ends_well(world: WorkflowWorld) -> None:
    """It keeps a pin that was withdrawn, which only a look at the base's files can tell."""
    world.edp("release")
    pinned = small_platform.application("web", "1.0.0")
    on_main = {"environments/yanked/web/1.0.0.yaml": YANK, WEB: pinned + b"# before\n"}
    world.platform.forge.seed_files(FULL_NAME, on_main)

    pull = world.propose({WEB: pinned + b"# after\n", **small_platform.stack_files("web", "1.1.0")})
    done = world.run_for_pull(pull)

    wanted = dict.fromkeys(("validate", "terraform", "policy", "done"), "success")
    assert (done.code, done.jobs) == (0, wanted), done.text
    assert world.statuses(pull.head.sha)["edp/policy"] == "success"


def test_a_broken_pull_request_fails_in_the_job_that_is_required(world: WorkflowWorld) -> None:
    world.edp("release")
    pull = world.propose({WEB: small_platform.application("web", "9.9.9")})

    done = world.run_for_pull(pull)

    assert done.code == 1, done.text
    assert done.jobs == {
        "validate": "failure",
        "terraform": "success",
        "policy": "success",
        "done": "failure",
    }
    assert "exit status 2" in done.text


def test_a_fork_is_validated_and_nothing_is_posted(world: WorkflowWorld) -> None:
    world.edp("release")
    pull = world.propose(small_platform.stack_files("web", "1.1.0"))

    done = world.run_for_pull(pull, full_name="mallory/edp")

    wanted = dict.fromkeys(("validate", "terraform", "done"), "success")
    assert (done.code, done.jobs) == (0, wanted), done.text
    assert "edp/policy" not in world.statuses(pull.head.sha)
