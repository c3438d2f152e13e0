"""Commit statuses: anything is stored, and the combined state covers one page only."""

from typing import Any

from sandbox.forge.api_repos import REPO
from sandbox.forge.call import Call, Endpoint
from sandbox.forge.forms import Field, Form
from sandbox.forge.paging import list_headers, page_of
from sandbox.forge.protection import combined_state, latest_statuses
from sandbox.forge.records import Status
from sandbox.forge.refusal import not_found
from sandbox.forge.shapes import status_shape
from sandbox.forge.shapes_accounts import repository_shape
from sandbox.http_messages import Response

NEW_STATUS = Form(
    "CreateStatusOption",
    (Field("state"), Field("context"), Field("description"), Field("target_url")),
)
NO_STATUS: dict[str, Any] = {
    "state": "", "sha": "", "total_count": 0, "statuses": None, "repository": None,
    "commit_url": "", "url": "",
}  # fmt: skip
OLDEST_FIRST = ("oldest", "leastindex")


def create_status(call: Call) -> Response:
    form = call.form(NEW_STATUS)
    sha = call.repository.store.commit_of(call.params["sha"])
    if sha is None:
        raise not_found(message=call.params["sha"])
    name, context, state = call.repository.full_name, form.get("context", ""), form.get("state", "")
    status = call.forge.post_status(name, sha, context, state, creator=call.user)
    status.description = form.get("description", "")
    status.target_url = form.get("target_url", "")
    return call.json(201, status_shape(call, status))


def list_statuses(call: Call) -> Response:
    """Every status ever posted; without `page` the limit is ignored."""
    sha = call.repository.store.commit_of(call.params["ref"])
    if sha is None:
        raise not_found(message=call.params["ref"])
    found = _ordered(call, [known for known in call.repository.statuses if known.sha == sha])
    page = page_of(call.request)
    shown = page.cut(found) if call.request.first("page") else found
    headers = list_headers(call.request, call.root, page, len(found))
    return call.json(200, [status_shape(call, status) for status in shown], headers)


def _ordered(call: Call, statuses: list[Status]) -> list[Status]:
    """The newest second first; within one second in the order they came."""
    wanted = call.request.first("state")
    chosen = [status for status in statuses if wanted in ("", status.state)]
    newest_first = call.request.first("sort") not in OLDEST_FIRST
    return sorted(chosen, key=lambda status: int(status.created.timestamp()), reverse=newest_first)


def combined_status(call: Call) -> Response:
    """The worst of one page of the newest statuses; an unknown ref looks like none at all."""
    sha = call.repository.store.commit_of(call.params["ref"])
    latest = latest_statuses(call.repository, sha) if sha else []
    latest.sort(key=lambda status: status.id)
    page = page_of(call.request)
    shown = page.cut(list(reversed(latest)))[::-1]
    if not shown:
        return call.json(200, NO_STATUS)
    headers = list_headers(call.request, call.root, page, len(latest))
    headers.pop("Link", None)
    return call.json(200, _combination(call, str(sha), shown), headers)


def _combination(call: Call, sha: str, shown: list[Status]) -> dict[str, Any]:
    return {
        "state": combined_state(shown),
        "sha": sha,
        "total_count": len(shown),
        "statuses": [status_shape(call, status) for status in shown],
        "repository": repository_shape(call, call.repository),
        "commit_url": "",
        "url": "",
    }


ENDPOINTS = [
    Endpoint("POST", REPO + "/statuses/{sha}", create_status, need="write"),
    Endpoint("GET", REPO + "/statuses/{ref}", list_statuses),
    Endpoint("GET", REPO + "/commits/{ref}/statuses", list_statuses),
    Endpoint("GET", REPO + "/commits/{ref}/status", combined_status),
]
