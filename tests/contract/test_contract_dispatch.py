"""Starting workflows, and asking how their runs get on."""

import pytest
from contract_world import Desk

import forgejo
from forgejo import CommitTarget, has_ended

WORKFLOW = b"""name: promote
on:
  workflow_dispatch:
    inputs:
      stack:
        description: the stack
        required: true
jobs:
  promote:
    runs-on: nowhere
    steps:
      - run: echo
"""


@pytest.fixture
def desk_with_workflow(desk: Desk) -> Desk:
    target = CommitTarget("add a workflow", branch="main")
    desk.repo.create_file(".forgejo/workflows/promote.yaml", WORKFLOW, target=target)
    return desk


def test_a_run_is_started_and_named(desk_with_workflow: Desk) -> None:
    repo = desk_with_workflow.repo

    runs = [
        repo.dispatch_workflow("promote.yaml", ref="main", inputs={"stack": "web"})
        for _ in range(2)
    ]

    first, second = runs
    assert first is not None
    assert second is not None
    assert first.id != second.id
    assert second.run_number > first.run_number
    assert first.jobs == ("promote",)


def test_a_run_waits_where_no_runner_takes_it(desk_with_workflow: Desk) -> None:
    repo = desk_with_workflow.repo
    started = repo.dispatch_workflow("promote.yaml", ref="main", inputs={"stack": "web"})
    assert started is not None

    run = repo.get_workflow_run(started.id)
    jobs = repo.get_workflow_jobs(started.id)

    assert (run.id, run.run_number) == (started.id, started.run_number)
    assert (run.status, run.event, run.ref) == ("waiting", "workflow_dispatch", "main")
    assert run.workflow_file == "promote.yaml"
    assert run.commit_sha == repo.get_branch("main").commit.id
    assert run.html_url.endswith(f"/actions/runs/{run.run_number}")
    assert [(job.name, job.status) for job in jobs] == [("promote", "waiting")]
    assert not has_ended(jobs)


def test_an_unknown_run_is_not_found(desk: Desk) -> None:
    with pytest.raises(forgejo.NotFoundError):
        desk.repo.get_workflow_run(999_999)


def test_a_required_input_is_missed(desk_with_workflow: Desk) -> None:
    with pytest.raises(forgejo.ValidationError, match="the stack"):
        desk_with_workflow.repo.dispatch_workflow("promote.yaml", ref="main")


def test_an_unknown_file_is_ambiguous_and_an_unknown_ref_is_not_found(
    desk_with_workflow: Desk,
) -> None:
    repo = desk_with_workflow.repo

    with pytest.raises(forgejo.AmbiguousError):
        repo.dispatch_workflow("nope.yaml", ref="main")
    with pytest.raises(forgejo.NotFoundError):
        repo.dispatch_workflow("promote.yaml", ref="refs/heads/nope", inputs={"stack": "web"})
