"""Runs of workflows in the sandbox: started by a dispatch or by a test, and moved on by hand."""

import json
from typing import Any

import pytest
from forge_world import World

from sandbox.forge.records import Repository

EDP = "/repos/platform/edp"
PROMOTE = """
name: promote
on: workflow_dispatch
jobs:
  plan: {runs-on: docker}
  apply: {name: Apply it, runs-on: [docker, big], needs: plan}
"""


@pytest.fixture
def served(world: World) -> Repository:
    made = world.repository("edp")
    world.commit(made, {".forgejo/workflows/promote.yml": PROMOTE})
    return made


def dispatch(world: World, ref: str = "main") -> int:
    body = {"ref": ref, "inputs": {"stack": "web"}, "return_run_info": True}
    made = world.call("bot", "POST", f"{EDP}/actions/workflows/promote.yml/dispatches", body)
    assert made.status == 201
    return int(made.json["id"])


def shown(world: World, run: int) -> Any:
    return world.call("bot", "GET", f"{EDP}/actions/runs/{run}").json


def jobs(world: World, run: int) -> dict[str, str]:
    listed = world.call("bot", "GET", f"{EDP}/actions/runs/{run}/jobs").json
    return {job["name"]: job["status"] for job in listed}


def test_a_dispatched_run_waits_and_its_second_job_is_blocked(
    world: World, served: Repository
) -> None:
    run = dispatch(world)

    told = shown(world, run)
    assert (told["title"], told["status"], told["prettyref"]) == ("promote", "waiting", "main")
    assert told["commit_sha"] == served.store.branch("main")
    assert told["html_url"].endswith("/platform/edp/actions/runs/1")
    assert jobs(world, run) == {"plan": "waiting", "Apply it": "blocked"}


def test_the_event_of_a_run_has_its_inputs(world: World, served: Repository) -> None:
    run = dispatch(world)

    event = json.loads(shown(world, run)["event_payload"])

    assert event["inputs"] == {"stack": "web"}
    assert event["ref"] == "refs/heads/main"
    assert event["workflow"] == ".forgejo/workflows/promote.yml"
    assert event["sender"]["login"] == "edp-bot"
    assert event["repository"]["full_name"] == served.full_name


def test_a_run_of_a_tag_outlives_it(world: World, served: Repository) -> None:
    world.forge.seed_ref(served.full_name, "refs/tags/v1", "main")
    run = dispatch(world, "v1")
    before = shown(world, run)

    world.forge.seed_ref(served.full_name, "refs/tags/v1", None)

    assert (before["prettyref"], before["is_ref_deleted"]) == ("v1", False)
    assert shown(world, run)["is_ref_deleted"] is True


def test_a_run_of_a_commit_is_shown_with_it(world: World, served: Repository) -> None:
    commit = str(served.store.branch("main"))

    assert shown(world, dispatch(world, commit))["prettyref"] == commit


def test_runs_are_numbered_by_repository_and_identified_by_forge(
    world: World, served: Repository
) -> None:
    other = world.repository("other")
    elsewhere = world.forge.add_run(other.full_name, status="success")

    here = dispatch(world)

    assert here != elsewhere
    assert shown(world, here)["index_in_repo"] == 1
    assert world.call("bot", "GET", f"{EDP}/actions/runs/{elsewhere}").status == 404


def test_a_seeded_run_has_the_jobs_and_statuses_it_was_given(
    world: World, served: Repository
) -> None:
    run = world.forge.add_run(
        served.full_name,
        status="failure",
        jobs=(("unit", "failure"), ("lint", "running")),
        workflow="verify.yml",
    )

    assert shown(world, run)["status"] == "failure"
    assert shown(world, run)["workflow_id"] == "verify.yml"
    assert jobs(world, run) == {"unit": "failure", "lint": "running"}


def test_a_run_moves_on_with_all_of_its_jobs_or_with_some(world: World, served: Repository) -> None:
    run = dispatch(world)

    world.forge.change_run(run, "failure", jobs={"plan": "failure"})
    told = jobs(world, run)
    world.forge.change_run(run, "cancelled")

    assert told == {"plan": "failure", "Apply it": "blocked"}
    assert set(jobs(world, run).values()) == {"cancelled"}
    assert shown(world, run)["status"] == "cancelled"


def test_a_run_lasts_from_its_start_to_its_stop(world: World, served: Repository) -> None:
    run = dispatch(world)
    waiting = shown(world, run)

    world.forge.change_run(run, "running")
    world.clock.tick(3)
    running = shown(world, run)
    world.clock.tick(2)
    world.forge.change_run(run, "success")
    world.clock.tick(60)

    over = shown(world, run)
    never = "1970-01-01T00:00:00Z"
    assert (waiting["started"], waiting["stopped"], running["stopped"]) == (never, never, never)
    assert "duration" not in waiting
    assert (running["duration"], over["duration"]) == (3 * 10**9, 5 * 10**9)
    assert over["started"] < over["stopped"] == over["updated"]


def test_a_run_that_is_cancelled_while_it_waits_never_started(
    world: World, served: Repository
) -> None:
    run = dispatch(world)

    world.forge.change_run(run, "cancelled")

    assert shown(world, run)["started"] == "1970-01-01T00:00:00Z"
    assert shown(world, run)["stopped"] > shown(world, run)["started"]


@pytest.mark.parametrize("below", ["", "/jobs"])
def test_an_unknown_run_is_not_found(world: World, served: Repository, below: str) -> None:
    answer = world.call("bot", "GET", f"{EDP}/actions/runs/77{below}")

    assert answer.status == 404
    assert answer.json["message"] == "run with id 77: resource does not exist"


def test_a_run_or_job_that_is_unknown_cannot_be_moved_on(world: World, served: Repository) -> None:
    run = dispatch(world)

    with pytest.raises(KeyError):
        world.forge.change_run(77, "success")
    with pytest.raises(KeyError):
        world.forge.change_run(run, "success", jobs={"nope": "success"})


def test_runs_of_a_private_repository_are_hidden_from_others(world: World) -> None:
    made = world.repository("hidden", private=True)
    run = world.forge.add_run(made.full_name, status="running")
    where = f"/repos/{made.full_name}/actions/runs/{run}"

    assert world.call("bot", "GET", where).status == 200
    assert world.call("bob", "GET", where).status == 404
    assert world.call("bot_issue_only", "GET", where).status == 403


def test_a_run_may_be_seeded_where_nothing_was_committed(world: World) -> None:
    made = world.repository("bare", empty=True)

    run = world.forge.add_run(made.full_name, status="waiting")

    told = world.call("bot", "GET", f"/repos/{made.full_name}/actions/runs/{run}").json
    assert (told["commit_sha"], told["is_ref_deleted"]) == ("0" * 40, True)
