"""Starting Forgejo Actions workflows."""

from collections.abc import Mapping
from dataclasses import dataclass

from forgejo.exceptions import ArgumentError
from forgejo.fields import Fields, Json
from forgejo.paths import ref_name, segment
from forgejo.place import Body, Place
from forgejo.retry import CallKind
from forgejo.session import Call, Reply


@dataclass(frozen=True)
class DispatchedRun:
    """The run that a dispatch started; `run_number` counts per workflow repository."""

    id: int
    run_number: int
    jobs: tuple[str, ...]


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
    return place.session.fetch_if_any(call, _parse_run)


def _parse_run(reply: Reply) -> DispatchedRun:
    fields = Fields.of(reply.json, "dispatched run")
    return DispatchedRun(fields.integer("id"), fields.integer("run_number"), fields.texts("jobs"))
