"""Labels of a repository, and which of them an issue or pull request has."""

import re
from typing import Any

from sandbox.forge.api_repos import REPO
from sandbox.forge.call import Call, Endpoint, all_issues, no_content
from sandbox.forge.forms import Field, Form
from sandbox.forge.records import Issue, Label
from sandbox.forge.refusal import RefusalError
from sandbox.forge.shapes import label_shape
from sandbox.http_messages import Response

NEW_LABEL = Form(
    "CreateLabelOption",
    (Field("name", required=True), Field("color", required=True), Field("description")),
)
LABELS = Form("IssueLabelsOption", (Field("labels", "any"),))
COLOR = re.compile(r"#[0-9a-fA-F]{6}")


def list_labels(call: Call) -> Response:
    found = sorted(call.repository.labels, key=lambda label: label.name)
    return call.page(found, lambda label: label_shape(call, label))


def create_label(call: Call) -> Response:
    """A name may be taken any number of times."""
    form = call.form(NEW_LABEL)
    color = "#" + form["color"].strip().removeprefix("#")
    if not COLOR.fullmatch(color):
        raise RefusalError(422, f"bad color code: {color}")
    label = call.forge.create_label(call.repository.full_name, form["name"], color[1:].lower())
    label.description = form.get("description", "")
    return call.json(201, label_shape(call, label))


def delete_label(call: Call) -> Response:
    """Deleting what is not there succeeds too."""
    number, repository = call.number("id"), call.repository
    repository.labels = [label for label in repository.labels if label.id != number]
    for issue in all_issues(repository):
        issue.labels = [label for label in issue.labels if label.id != number]
    return no_content()


# --- of one issue


def list_issue_labels(call: Call) -> Response:
    return _answer(call, call.issue())


def add_labels(call: Call) -> Response:
    """By ids or by names; unknown ones are dropped silently."""
    issue, wanted = _writable_issue(call), _wanted(call)
    issue.labels += [label for label in wanted if label not in issue.labels]
    return _answer(call, issue)


def replace_labels(call: Call) -> Response:
    issue, wanted = _writable_issue(call), _wanted(call)
    issue.labels = wanted
    return _answer(call, issue)


def remove_label(call: Call) -> Response:
    """By id or by name; one that is not set is no error, an unknown one is."""
    issue, name = _writable_issue(call), call.params["label"]
    found = [label for label in call.repository.labels if name in (str(label.id), label.name)]
    if not found:
        place = f"label_id: {int(name) if name.isdigit() else 0}"
        raise RefusalError(
            422, f"label does not exist [{place}, org_id: {call.repository.owner.id}]"
        )
    issue.labels = [label for label in issue.labels if label is not found[0]]
    return no_content()


def _writable_issue(call: Call) -> Issue:
    issue = call.issue()
    if not call.may_write():
        raise RefusalError(403, "write permission is required")
    issue.updated = call.forge.now()
    return issue


def _wanted(call: Call) -> list[Label]:
    given: list[Any] = call.form(LABELS).get("labels", [])
    kinds = {type(item) for item in given}
    if len(kinds) > 1 or not kinds <= {int, str}:
        raise RefusalError(400, "labels should be an array of strings or integers")
    return [label for label in call.repository.labels if label.id in given or label.name in given]


def _answer(call: Call, issue: Issue) -> Response:
    return call.json(200, [label_shape(call, label) for label in issue.labels])


ISSUE_LABELS = REPO + "/issues/{number}/labels"
ENDPOINTS = [
    Endpoint("GET", REPO + "/labels", list_labels, group="issue"),
    Endpoint("POST", REPO + "/labels", create_label, group="issue", need="write"),
    Endpoint("DELETE", REPO + "/labels/{id}", delete_label, group="issue", need="write"),
    Endpoint("GET", ISSUE_LABELS, list_issue_labels, group="issue"),
    Endpoint("POST", ISSUE_LABELS, add_labels, group="issue", need="login"),
    Endpoint("PUT", ISSUE_LABELS, replace_labels, group="issue", need="login"),
    Endpoint("DELETE", ISSUE_LABELS + "/{label}", remove_label, group="issue", need="login"),
]
