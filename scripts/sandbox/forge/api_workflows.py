"""Dispatching workflows, which hands runs to listeners, and reading how runs get on."""

from typing import Any

import yaml

from sandbox.forge import runs
from sandbox.forge.api_repos import REPO
from sandbox.forge.call import Call, Endpoint, no_content
from sandbox.forge.forms import Field, Form
from sandbox.forge.records import Cause, Dispatch, Job, Run, RunStatus
from sandbox.forge.refusal import RefusalError, server_error
from sandbox.forge.runs import FOLDER
from sandbox.forge.shapes_runs import job_shape, run_shape
from sandbox.http_messages import Response

DISPATCH = Form(
    "DispatchWorkflowOption",
    (Field("ref"), Field("inputs", "any"), Field("return_run_info", "bool")),
)


def dispatch(call: Call) -> Response:
    """Starts a run; options, formats and undeclared inputs are not checked."""
    form = call.form(DISPATCH)
    inputs = _texts(form.get("inputs") or {})
    if not form.get("ref"):
        raise RefusalError(400, "ref is empty")
    name, commit = call.params["name"], _commit(call, form["ref"])
    workflow = _workflow(call, name, commit)
    _check_required(workflow, inputs)
    title = str(workflow.get("name") or FOLDER + name)
    cause = Cause(name, title, _full_ref(call, form["ref"]), commit, call.user, inputs)
    run = _start(call, cause, workflow, form["ref"])
    if not form.get("return_run_info"):
        return no_content()
    names = list(_part(workflow, "jobs"))
    return call.json(201, {"id": run.id, "run_number": run.number, "jobs": names})


def _start(call: Call, cause: Cause, workflow: dict[str, Any], ref: str) -> Run:
    run = runs.start(call.forge, call.repository, cause, _jobs(call, workflow))
    full_name, by = call.repository.full_name, call.user.login
    made = Dispatch(full_name, cause.workflow, ref, cause.inputs, run.id, by)
    call.forge.dispatched(made)
    return run


def _full_ref(call: Call, ref: str) -> str:
    """A branch or tag by its whole name; a commit stays as it is."""
    store = call.repository.store
    if store.branch(ref) is not None:
        return f"refs/heads/{ref}"
    return f"refs/tags/{ref}" if store.tag(ref) is not None else ref


def _jobs(call: Call, workflow: dict[str, Any]) -> list[Job]:
    """One job for each that the file names, also for a matrix."""
    made = []
    for key in _part(workflow, "jobs"):
        facts = _part(_part(workflow, "jobs"), key)
        needs = _listed(facts.get("needs"))
        name, runs_on = str(facts.get("name") or key), _listed(facts.get("runs-on"))
        status: RunStatus = "blocked" if needs else "waiting"
        made.append(Job(call.forge.next_id("job"), name, status, needs, runs_on))
    return made


def _listed(value: Any) -> tuple[str, ...]:
    """What YAML has as one text or a list of them."""
    found = value if isinstance(value, list) else [value]
    return tuple(str(item) for item in found if item)


def _texts(inputs: Any) -> dict[str, str]:
    for value in inputs.values():
        if isinstance(value, bool):
            bad = "t" if value else "f"
            raise RefusalError(422, f"[]: invalid character '{bad}' looking for beginning of value")
        if not isinstance(value, str):
            target = "Go struct field DispatchWorkflowOption.Inputs of type string"
            raise RefusalError(422, f"[]: json: cannot unmarshal number into {target}")
    return dict(inputs)


def _commit(call: Call, ref: str) -> str:
    sha = call.repository.store.commit_of(ref)
    if sha is not None:
        return sha
    if ref.startswith("refs/"):
        raise RefusalError(404, f"object does not exist [id: {ref}, rel_path: ]")
    raise server_error(f"could not expand reference '{ref}'")


def _workflow(call: Call, name: str, commit: str) -> dict[str, Any]:
    store = call.repository.store
    entry = None if "/" in name else store.entry(commit, FOLDER + name)
    if entry is None:
        raise server_error("workflow not found")
    try:
        workflow = yaml.load(store.blob(entry.sha), yaml.BaseLoader)  # noqa: S506 - texts only
    except yaml.YAMLError as error:
        raise server_error(str(error)) from None
    return workflow if isinstance(workflow, dict) else {}


def _part(mapping: Any, key: str) -> dict[str, Any]:
    part = mapping.get(key) if isinstance(mapping, dict) else None
    return part if isinstance(part, dict) else {}


def _check_required(workflow: dict[str, Any], inputs: dict[str, str]) -> None:
    declared = _part(_part(_part(workflow, "on"), "workflow_dispatch"), "inputs")
    for name, facts in declared.items():
        if _part(declared, name).get("required") != "true":
            continue
        if not inputs.get(name, facts.get("default", "")):
            raise RefusalError(400, f"input required for '{facts.get('description') or name}'")


def show_run(call: Call) -> Response:
    return call.json(200, run_shape(call, _run(call)))


def list_jobs(call: Call) -> Response:
    """All jobs of a run, on one page."""
    run = _run(call)
    return call.json(200, [job_shape(call, run, job) for job in run.jobs])


def _run(call: Call) -> Run:
    run_id = call.number("run")
    run = runs.find([call.repository], run_id)
    if run is None:
        raise RefusalError(404, f"run with id {run_id}: resource does not exist")
    return run


ENDPOINTS = [
    Endpoint("POST", REPO + "/actions/workflows/{name}/dispatches", dispatch, need="write"),
    Endpoint("GET", REPO + "/actions/runs/{run}", show_run),
    Endpoint("GET", REPO + "/actions/runs/{run}/jobs", list_jobs),
]
