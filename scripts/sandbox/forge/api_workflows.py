"""Dispatching workflows: what is checked, and what is not; runs are handed to listeners."""

from typing import Any

import yaml

from sandbox.forge.api_repos import REPO
from sandbox.forge.call import Call, Endpoint, no_content
from sandbox.forge.forms import Field, Form
from sandbox.forge.records import Dispatch
from sandbox.forge.refusal import RefusalError, server_error
from sandbox.http_messages import Response

DISPATCH = Form(
    "DispatchWorkflowOption",
    (Field("ref"), Field("inputs", "any"), Field("return_run_info", "bool")),
)
FOLDER = ".forgejo/workflows/"


def dispatch(call: Call) -> Response:
    """Starts a run; options, formats and undeclared inputs are not checked."""
    form = call.form(DISPATCH)
    inputs = _texts(form.get("inputs") or {})
    if not form.get("ref"):
        raise RefusalError(400, "ref is empty")
    name = call.params["name"]
    workflow = _workflow(call, name, _commit(call, form["ref"]))
    _check_required(workflow, inputs)
    run = call.forge.next_id("run")
    made = Dispatch(call.repository.full_name, name, form["ref"], inputs, run, call.user.login)
    call.forge.dispatched(made)
    if not form.get("return_run_info"):
        return no_content()
    number = sum(known.repository == made.repository for known in call.forge.dispatches)
    return call.json(201, {"id": run, "run_number": number, "jobs": list(_part(workflow, "jobs"))})


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


ENDPOINTS = [
    Endpoint("POST", REPO + "/actions/workflows/{name}/dispatches", dispatch, need="write"),
]
