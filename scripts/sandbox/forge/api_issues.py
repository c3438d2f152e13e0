"""Issues: made, edited, listed with the filters' traps, pinned."""

from sandbox.forge import pushes
from sandbox.forge.api_new_pulls import labels_of
from sandbox.forge.api_repos import REPO
from sandbox.forge.call import Call, Endpoint, all_issues, no_content
from sandbox.forge.forms import Field, Form
from sandbox.forge.records import Issue
from sandbox.forge.refusal import EmptyRefusalError, RefusalError, not_found
from sandbox.forge.shapes import issue_shape
from sandbox.forge.titles import cut_title
from sandbox.http_messages import Response

NEW_ISSUE = Form(
    "CreateIssueOption",
    (Field("title", required=True), Field("body"), Field("labels", "[]int64")),
)
EDIT_ISSUE = Form("EditIssueOption", (Field("title"), Field("body"), Field("state")))
MOST_PINS = 3
UNSUPPORTED = ("q", "milestones", "since", "before", "assigned_by", "mentioned_by")


def get_issue(call: Call) -> Response:
    return call.json(200, issue_shape(call, call.issue()))


def create_issue(call: Call) -> Response:
    """A reader's labels are dropped silently."""
    form, forge, repository = call.form(NEW_ISSUE), call.forge, call.repository
    now = forge.now()
    issue = Issue(
        forge.next_id("issue"),
        repository.next_number(),
        call.user,
        cut_title(form["title"]),
        form.get("body", ""),
        now,
        now,
    )
    if call.may_write():
        issue.labels = labels_of(repository, form.get("labels", []))
    repository.issues.append(issue)
    return call.json(201, issue_shape(call, issue))


def edit_issue(call: Call) -> Response:
    """Answers 201; of the states only `open` and `closed` do anything."""
    form, issue = call.form(EDIT_ISSUE), call.issue()
    if issue.poster is not call.user and not call.may_write():
        raise EmptyRefusalError(403)
    issue.title = cut_title(form.get("title") or issue.title)
    issue.body = form.get("body", issue.body)
    if form.get("state") in ("open", "closed"):
        _set_state(call, issue, form["state"])
    issue.updated = call.forge.now()
    return call.json(201, issue_shape(call, issue))


def _set_state(call: Call, issue: Issue, state: str) -> None:
    pull = next((pull for pull in call.repository.pulls if pull.issue is issue), None)
    if pull is not None and pull.merged_at is not None:
        text = "cannot change state of this pull request, it was already merged"
        raise RefusalError(412, text)
    if pull is not None and state == "closed" and pull.is_open:
        pushes.close(call.forge, pull)
    elif state == "open":
        issue.closed = None
    else:
        issue.closed = issue.closed or call.forge.now()


# --- lists


def list_issues(call: Call) -> Response:
    """Open ones unless asked; labels are names, joined by AND, and unknown names do not count."""
    for name in UNSUPPORTED:
        if call.request.first(name):
            raise RefusalError(501, f"the sandbox does not implement the filter {name!r}")
    found = [issue for issue in all_issues(call.repository) if _is_wanted(call, issue)]
    found.sort(key=lambda issue: issue.number, reverse=True)
    return call.page(found, lambda issue: issue_shape(call, issue))


def _is_wanted(call: Call, issue: Issue) -> bool:
    first = call.request.first
    is_pull = not any(issue is known for known in call.repository.issues)
    state = first("state") or "open"
    if state not in ("all", issue.state):
        return False
    if first("type") and is_pull != (first("type") == "pulls"):
        return False
    if first("created_by") and issue.poster.login.lower() != _poster(call, first("created_by")):
        return False
    given = set(first("labels").split(","))
    known = {label.name for label in call.repository.labels}
    return given & known <= {label.name for label in issue.labels}


def _poster(call: Call, login: str) -> str:
    if login.lower() not in call.forge.users:
        raise not_found(f"user does not exist [uid: 0, name: {login}]")
    return login.lower()


# --- pins


def _pinned(call: Call) -> list[Issue]:
    pinned = [issue for issue in call.repository.issues if issue.pin_order]
    return sorted(pinned, key=lambda issue: issue.pin_order)


def list_pinned(call: Call) -> Response:
    return call.json(200, [issue_shape(call, issue) for issue in _pinned(call)])


def pin(call: Call) -> Response:
    issue, pinned = call.issue(), _pinned(call)
    if issue in pinned:
        return no_content()
    if len(pinned) == MOST_PINS:
        raise not_found()
    issue.pin_order = len(pinned) + 1
    return no_content()


def unpin(call: Call) -> Response:
    call.issue().pin_order = 0
    for order, issue in enumerate(_pinned(call), 1):
        issue.pin_order = order
    return no_content()


ISSUE = REPO + "/issues/{number}"
ENDPOINTS = [
    Endpoint("GET", REPO + "/issues", list_issues, group="issue"),
    Endpoint("POST", REPO + "/issues", create_issue, group="issue", need="login"),
    Endpoint("GET", REPO + "/issues/pinned", list_pinned, group="issue"),
    Endpoint("GET", ISSUE, get_issue, group="issue"),
    Endpoint("PATCH", ISSUE, edit_issue, group="issue", need="login"),
    Endpoint("POST", ISSUE + "/pin", pin, group="issue", need="admin"),
    Endpoint("DELETE", ISSUE + "/pin", unpin, group="issue", need="admin"),
]
