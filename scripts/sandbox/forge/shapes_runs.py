"""JSON as Forgejo writes it: runs of workflows and their jobs."""

import json
import uuid

from sandbox.forge.call import Call
from sandbox.forge.records import Job, Run
from sandbox.forge.runs import FOLDER, UNBEGUN
from sandbox.forge.shapes_accounts import (
    EPOCH,
    Json,
    maybe_stamp,
    repository_shape,
    stamp,
    user_shape,
)

NOBODYS = {"admin": False, "push": False, "pull": False}


def run_shape(call: Call, run: Run) -> Json:
    """A dispatched run, so `event` is empty; a duration of nothing is left out."""
    cause = run.cause
    shape = {
        "id": run.id,
        "title": cause.title,
        "repository": repository_shape(call, call.repository),
        "workflow_id": cause.workflow,
        "index_in_repo": run.number,
        "trigger_user": user_shape(call, cause.by, itself=True),
        "ScheduleID": 0,
        "prettyref": cause.ref.removeprefix("refs/heads/").removeprefix("refs/tags/"),
        "is_ref_deleted": call.repository.store.commit_of(cause.ref) is None,
        "commit_sha": cause.commit,
        "is_fork_pull_request": False,
        "need_approval": False,
        "approved_by": 0,
        "event": "",
        "event_payload": _payload(call, run),
        "trigger_event": "workflow_dispatch",
        "status": run.status,
        "started": maybe_stamp(run.started) or EPOCH,
        "stopped": maybe_stamp(run.stopped) or EPOCH,
        "created": stamp(run.created),
        "updated": stamp(run.updated),
        "html_url": f"{call.root}/{call.repository.full_name}/actions/runs/{run.number}",
    }
    seconds = _seconds(call, run)
    return shape | ({"duration": seconds * 1_000_000_000} if seconds else {})


def _payload(call: Call, run: Run) -> str:
    """What the workflow sees as its event; nobody in particular looks at the repository in it."""
    payload = {
        "inputs": run.cause.inputs,
        "ref": run.cause.ref,
        "repository": repository_shape(call, call.repository) | {"permissions": NOBODYS},
        "sender": user_shape(call, run.cause.by),
        "workflow": FOLDER + run.cause.workflow,
    }
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False)


def _seconds(call: Call, run: Run) -> int:
    if run.started is None:
        return 0
    return int(((run.stopped or call.forge.now()) - run.started).total_seconds())


def job_shape(call: Call, run: Run, job: Job) -> Json:
    repository = call.repository
    handle = uuid.uuid5(uuid.NAMESPACE_URL, f"{call.api}/actions/jobs/{job.id}")
    return {
        "id": job.id,
        "run_id": run.id,
        "attempt": 1,
        "handle": str(handle),
        "repo_id": repository.id,
        "owner_id": repository.owner.id,
        "name": job.name,
        "needs": list(job.needs) or None,
        "runs_on": list(job.runs_on),
        "task_id": 0 if job.status in UNBEGUN else job.id,
        "status": job.status,
    }
