"""Pull requests: found, listed, edited, and what they change."""

from collections.abc import Callable
from typing import Any

from sandbox.forge import pushes
from sandbox.forge.access import may
from sandbox.forge.api_new_pulls import assignees_of, labels_of, milestone_of
from sandbox.forge.api_repos import REPO
from sandbox.forge.call import Call, Endpoint
from sandbox.forge.forms import Field, Form
from sandbox.forge.merging import check_pending, is_mergeable
from sandbox.forge.paging import commit_headers, page_of
from sandbox.forge.records import PullRequest, User
from sandbox.forge.refusal import EmptyRefusalError, RefusalError, not_found, server_error
from sandbox.forge.shapes import pull_shape
from sandbox.forge.shapes_git import commit_shape, pull_file_shape
from sandbox.forge.titles import cut_title
from sandbox.http_messages import Response

EDIT_PULL = Form(
    "EditPullRequestOption",
    (
        Field("title"),
        Field("body"),
        Field("base"),
        Field("state"),
        Field("labels", "[]int64"),
        Field("assignees", "[]string"),
        Field("milestone", "int64"),
    ),
)
SORTS: dict[str, tuple[Callable[[PullRequest], Any], bool]] = {
    "oldest": (lambda pull: pull.number, False),
    "recentupdate": (lambda pull: (pull.issue.updated, pull.number), True),
    "leastupdate": (lambda pull: (pull.issue.updated, -pull.number), False),
    "mostcomment": (lambda pull: (len(pull.issue.comments), pull.number), True),
}


def shape(call: Call, pull: PullRequest) -> dict[str, Any]:
    return pull_shape(call, pull, mergeable=is_mergeable(call.forge, call.repository, pull))


def get_pull(call: Call) -> Response:
    return call.json(200, shape(call, call.pull()))


def get_pull_by_ends(call: Call) -> Response:
    """The first pull request there ever was for base and head, open or not."""
    base, head = call.params["base"], call.params["head"]
    for pull in call.repository.pulls:
        own = pull.head_repository is call.repository
        if own and (pull.base_branch, pull.head_branch) == (base, head):
            return call.json(200, shape(call, pull))
    raise not_found()


def list_pulls(call: Call) -> Response:
    """All states unless asked for `open` or `closed`; labels are ids, joined by OR."""
    found = _matching(call)
    sort, backwards = SORTS.get(call.request.first("sort"), (lambda pull: pull.number, True))
    found.sort(key=sort, reverse=backwards)
    return call.page(found, lambda pull: shape(call, pull) | {"merged_by": None})


def _matching(call: Call) -> list[PullRequest]:
    first, pulls = call.request.first, list(call.repository.pulls)
    state, base, head = first("state"), first("base"), first("head")
    if state in ("open", "closed"):
        pulls = [pull for pull in pulls if pull.issue.state == state]
    if base:
        pulls = [pull for pull in pulls if pull.base_branch == base]
    if head:
        pulls = [pull for pull in pulls if pull.head_branch == head]
    if first("poster"):
        poster = _poster(call, first("poster"))
        pulls = [pull for pull in pulls if pull.issue.poster is poster]
    if first("milestone"):
        wanted = int(first("milestone"))
        pulls = [p for p in pulls if p.issue.milestone and p.issue.milestone.id == wanted]
    return _labelled(pulls, call.request.query.get("labels", []))


def _poster(call: Call, login: str) -> User:
    user = call.forge.users.get(login.lower())
    if user is None:
        raise RefusalError(400, f"user does not exist [uid: 0, name: {login}]")
    return user


def _labelled(pulls: list[PullRequest], labels: list[str]) -> list[PullRequest]:
    """A pull request with two of the labels comes (and counts) twice."""
    if not labels:
        return pulls
    if not all(label.isdigit() for label in labels):
        raise server_error("strconv.ParseInt: invalid syntax")
    ids = {int(label) for label in labels}
    return [pull for pull in pulls for label in pull.issue.labels if label.id in ids]


def list_files(call: Call) -> Response:
    pull = call.pull()
    changes = call.repository.store.changes(pull.merge_base, pull.head_sha)
    page = page_of(call.request)
    headers = commit_headers(call.request, call.root, page, len(changes))
    shapes = [pull_file_shape(call, change, pull.head_sha) for change in page.cut(changes)]
    return call.json(200, shapes, headers)


def list_commits(call: Call) -> Response:
    pull = call.pull()
    shas = call.repository.store.log(f"{pull.merge_base}..{pull.head_sha}")
    page = page_of(call.request)
    headers = commit_headers(call.request, call.root, page, len(shas))
    return call.json(200, [commit_shape(call, sha) for sha in page.cut(shas)], headers)


def get_pull_of_commit(call: Call) -> Response:
    sha = call.params["sha"]
    for pull in call.repository.pulls:
        if pull.merge_commit == sha:
            return call.json(200, shape(call, pull))
    numbers = "id: 0, issue_id: 0, head_repo_id: 0"
    ends = f"base_repo_id: {call.repository.id}, head_branch: , base_branch: "
    raise RefusalError(404, f"pull request does not exist [{numbers}, {ends}]")


# --- editing


def edit_pull(call: Call) -> Response:
    """Answers 201; reopening a duplicate and retargeting to the own head are let through."""
    form = call.form(EDIT_PULL)
    pull = call.pull()
    if pull.issue.poster is not call.user and not may(call.user, "write", call.repository):
        raise EmptyRefusalError(403)
    pull.issue.title = cut_title(form.get("title") or pull.issue.title)
    pull.issue.body = form.get("body", pull.issue.body)
    if "labels" in form:
        pull.issue.labels = labels_of(call.repository, form["labels"])
    if "assignees" in form:
        pull.issue.assignees = assignees_of(call, form["assignees"])
    if "milestone" in form:
        pull.issue.milestone = milestone_of(call.repository, form["milestone"])
    if form.get("state"):
        _set_state(call, pull, form["state"])
    if form.get("base") and form["base"] != pull.base_branch:
        _retarget(call, pull, form["base"])
    pull.issue.updated = call.forge.now()
    return call.json(201, shape(call, pull))


def _set_state(call: Call, pull: PullRequest, state: str) -> None:
    if pull.merged_at is not None:
        text = "cannot change state of this pull request, it was already merged"
        raise RefusalError(412, text)
    if state == "open":
        pull.issue.closed = None
        check_pending(call.forge, pull)
    elif state == "closed" and pull.is_open:
        pushes.close(call.forge, pull)


def _retarget(call: Call, pull: PullRequest, base: str) -> None:
    repository = call.repository
    if base not in repository.branch_rows:
        raise RefusalError(404, f"new base '{base}' not exist")
    if not pull.is_open:
        place = f"repo_id: {repository.id}, index: {pull.number}"
        raise RefusalError(422, f"issue is closed [id: {pull.issue.id}, {place}]")
    pull.base_branch = base
    pull.merge_base = repository.store.merge_base(repository.branch_rows[base], pull.head_sha)
    check_pending(call.forge, pull)


ENDPOINTS = [
    Endpoint("GET", REPO + "/pulls/{base}/{head}", get_pull_by_ends),
    Endpoint("GET", REPO + "/pulls", list_pulls),
    Endpoint("GET", REPO + "/pulls/{number}", get_pull),
    Endpoint("PATCH", REPO + "/pulls/{number}", edit_pull, need="login"),
    Endpoint("GET", REPO + "/pulls/{number}/files", list_files),
    Endpoint("GET", REPO + "/pulls/{number}/commits", list_commits),
    Endpoint("GET", REPO + "/commits/{sha}/pull", get_pull_of_commit),
]
