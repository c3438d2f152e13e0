"""How the runs of workflows get on, as a real server told it."""

from typing import Any

import httpx
import pytest
from forgejo_recordings import client, exchange, repository

import forgejo
from forgejo import Repository, WorkflowJob, WorkflowRun, has_ended

DISPATCHED, UNKNOWN, CANCELLED = 24, 26, 38
WHILE_OTHERS_WAIT, AT_THE_END = 1, 4


def told(scenario: str, index: int) -> Repository:
    """A repository whose next answer is a recorded one."""
    return repository(client(lambda _request: exchange(scenario, index).answer()))


def jobs(*statuses: str) -> tuple[WorkflowJob, ...]:
    return tuple(
        WorkflowJob(number, f"j{number}", status) for number, status in enumerate(statuses, 1)
    )


def test_a_dispatched_run_waits_for_a_runner() -> None:
    run = told("50", DISPATCHED).get_workflow_run(10)

    assert run == WorkflowRun(
        id=10,
        run_number=10,
        title=".forgejo/workflows/nodispatch.yml",
        status="waiting",
        event="workflow_dispatch",
        workflow_file="nodispatch.yml",
        ref="main",
        commit_sha="b3621e653b17862baa217e665243f583bdeb975b",
        html_url="http://forgejo.example/platform/disp/actions/runs/10",
    )


def test_a_cancelled_run_says_so() -> None:
    assert told("50", CANCELLED).get_workflow_run(10).status == "cancelled"


def test_the_number_of_a_run_is_not_its_id() -> None:
    run = told("52", 7).get_workflow_run(95)

    assert (run.id, run.run_number, run.status, run.title) == (95, 3, "success", "dump")
    assert run.html_url.endswith("/actions/runs/3")


def test_the_event_of_a_push_is_read_as_that_of_a_dispatch() -> None:
    pushed = exchange("59", 0).body["workflow_runs"][0]
    repo = repository(client(lambda _request: httpx.Response(200, json=pushed)))

    run = repo.get_workflow_run(114)

    assert (run.event, run.status) == ("push", "failure")


def test_an_unknown_run_is_not_found() -> None:
    with pytest.raises(forgejo.NotFoundError, match="run with id 999999"):
        told("50", UNKNOWN).get_workflow_run(999999)


def test_a_server_without_these_endpoints_does_not_support_them() -> None:
    page = httpx.Response(404, text="404 page not found\n", headers={"content-type": "text/plain"})
    repo = repository(client(lambda _request: page))

    with pytest.raises(forgejo.UnsupportedError):
        repo.get_workflow_run(1)
    with pytest.raises(forgejo.UnsupportedError):
        repo.get_workflow_jobs(1)


def test_jobs_have_names_and_statuses() -> None:
    found = told("54", 3).get_workflow_jobs(11)

    assert found == (WorkflowJob(11, "j", "cancelled"), WorkflowJob(12, "after", "cancelled"))
    assert has_ended(found)


def test_a_failed_run_has_not_ended_while_other_jobs_wait() -> None:
    failed = told("59", WHILE_OTHERS_WAIT).get_workflow_jobs(114)
    over = told("59", AT_THE_END).get_workflow_jobs(114)

    assert {job.status for job in failed} == {"success", "failure", "blocked", "waiting"}
    assert {job.status for job in over} == {"success", "failure", "skipped"}
    assert not has_ended(failed)
    assert has_ended(over)


@pytest.mark.parametrize("status", ["success", "failure", "cancelled", "skipped"])
def test_a_job_may_end_in_four_ways(status: str) -> None:
    assert has_ended(jobs("success", status))


@pytest.mark.parametrize("status", ["waiting", "blocked", "running", "unknown"])
def test_one_job_that_goes_on_keeps_the_run_going(status: str) -> None:
    assert not has_ended(jobs("success", status))


def test_no_jobs_are_no_end() -> None:
    assert not has_ended(())


@pytest.mark.parametrize("body", [None, {}, {"jobs": []}, [None], [{"id": 1, "name": "a"}]])
def test_jobs_of_another_form_are_refused(body: Any) -> None:
    repo = repository(client(lambda _request: httpx.Response(200, json=body)))

    with pytest.raises(forgejo.NotForgejoError):
        repo.get_workflow_jobs(1)


@pytest.mark.parametrize("run_id", [0, -1, True])
def test_an_id_that_no_run_has_is_refused_before_sending(run_id: int) -> None:
    repo = told("50", DISPATCHED)

    with pytest.raises(forgejo.ArgumentError):
        repo.get_workflow_run(run_id)
    with pytest.raises(forgejo.ArgumentError):
        repo.get_workflow_jobs(run_id)
