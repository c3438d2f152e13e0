"""Starting Forgejo Actions workflows, and how their runs get on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from forgejo.exceptions import ArgumentError
from forgejo.fields import Fields, Json, as_list
from forgejo.paths import positive, ref_name, segment
from forgejo.place import Body, Place
from forgejo.retry import CallKind
from forgejo.session import Call, Reply


@dataclass(frozen=True)
class DispatchedRun:
    """The run that a dispatch started; `run_number` counts per workflow repository."""

    id: int
    run_number: int
    jobs: tuple[str, ...]


@dataclass(frozen=True)
class WorkflowRun:
    """A run as it was when it was asked for; its address has the `run_number`, not the `id`.

    `status` is waiting, blocked, running, success, failure, cancelled or skipped. It says
    `failure` as soon as one job failed, while others still wait or run: whether a run is over
    is only told by its jobs, see `has_ended`. `ref` is short: `main`, `v1.0.0`, or `#1` for a
    pull request. `title` is the workflow's name or path, or the title of the pushed commit.
    """

    id: int
    run_number: int
    title: str
    status: str
    event: str
    workflow_file: str
    ref: str
    commit_sha: str
    html_url: str


@dataclass(frozen=True)
class WorkflowJob:
    """A job of a run; `status` is one of the words that a run has."""

    id: int
    name: str
    status: str


_ENDED = frozenset({"success", "failure", "cancelled", "skipped"})


def has_ended(jobs: Sequence[WorkflowJob]) -> bool:
    """Whether a run is over: each of its jobs succeeded, failed, was cancelled or skipped.

    No jobs at all are no end.
    """
    return bool(jobs) and all(job.status in _ENDED for job in jobs)


def dispatch_workflow(
    place: Place, file: str, ref: str, inputs: Mapping[str, str]
) -> DispatchedRun | None:
    """Start a workflow; a second call starts a second run, so this is never repeated."""
    if "/" in file:
        raise ArgumentError(f"{file!r}: expected the name of a file in .forgejo/workflows")
    sent: dict[str, Json] = {**inputs}
    body: Body = {"ref": ref_name(ref), "inputs": sent, "return_run_info": True}
    path = f"{place.path}/actions/workflows/{segment(file)}/dispatches"
    call = Call("POST", path, CallKind.TERMINAL, body=body)
    return place.session.fetch_if_any(call, _parse_dispatched)


def _parse_dispatched(reply: Reply) -> DispatchedRun:
    fields = Fields.of(reply.json, "dispatched run")
    return DispatchedRun(fields.integer("id"), fields.integer("run_number"), fields.texts("jobs"))


def get_run(place: Place, run_id: int) -> WorkflowRun:
    """One run."""
    return place.get(_run_path(run_id), _parse_run)


def list_jobs(place: Place, run_id: int) -> tuple[WorkflowJob, ...]:
    """All jobs of a run; Forgejo does not page them."""
    return place.get(f"{_run_path(run_id)}/jobs", _parse_jobs)


def _run_path(run_id: int) -> str:
    return f"/actions/runs/{positive(run_id, 'workflow run')}"


def _parse_run(value: Json) -> WorkflowRun:
    """`event` is empty for dispatched runs, so it is read from `trigger_event`."""
    fields = Fields.of(value, "workflow run")
    return WorkflowRun(
        id=fields.integer("id"),
        run_number=fields.integer("index_in_repo"),
        title=fields.text("title"),
        status=fields.text("status"),
        event=fields.text("trigger_event"),
        workflow_file=fields.text("workflow_id"),
        ref=fields.text("prettyref"),
        commit_sha=fields.sha("commit_sha"),
        html_url=fields.text("html_url"),
    )


def _parse_jobs(value: Json) -> tuple[WorkflowJob, ...]:
    return tuple(_parse_job(job) for job in as_list(value, "workflow jobs"))


def _parse_job(value: Json) -> WorkflowJob:
    fields = Fields.of(value, "workflow job")
    return WorkflowJob(fields.integer("id"), fields.text("name"), fields.text("status"))
