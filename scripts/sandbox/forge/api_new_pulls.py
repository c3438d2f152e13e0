"""Opening a pull request: the parts it names, its duplicates, and the request itself."""

from datetime import timedelta
from typing import Any

from sandbox.forge import pushes
from sandbox.forge.api_repos import REPO
from sandbox.forge.call import Call, Endpoint
from sandbox.forge.forms import Field, Form
from sandbox.forge.merging import conflicts
from sandbox.forge.records import Issue, Label, Milestone, PullRequest, Repository, User
from sandbox.forge.refusal import RefusalError, not_found, server_error
from sandbox.forge.shapes import pull_shape
from sandbox.forge.titles import cut_title
from sandbox.http_messages import Response

NEW_PULL = Form(
    "CreatePullRequestOption",
    (
        Field("head", required=True),
        Field("base", required=True),
        Field("title", required=True),
        Field("body"),
        Field("labels", "[]int64"),
        Field("assignee"),
        Field("assignees", "[]string"),
        Field("milestone", "int64"),
    ),
)


def labels_of(repository: Repository, ids: list[int]) -> list[Label]:
    """Unknown ids are dropped silently."""
    return [label for label in repository.labels if label.id in ids]


def assignees_of(call: Call, logins: list[str]) -> list[User]:
    for login in logins:
        if login.lower() not in call.forge.users:
            name = f"user does not exist [uid: 0, name: {login}]"
            raise RefusalError(422, f"Assignee does not exist: [name: {name}]")
    return [call.forge.user(login) for login in logins]


def milestone_of(repository: Repository, number: int | None) -> Milestone | None:
    if not number:
        return None
    found = next((known for known in repository.milestones if known.id == number), None)
    if found is None:
        raise not_found()
    return found


def _head_of(call: Call, head: str) -> tuple[Repository, str]:
    """The repository and branch a head names: `branch` or `owner:branch`."""
    owner, colon, branch = head.rpartition(":")
    target = call.repository
    if not colon or owner.lower() == target.owner.login.lower():
        return target, branch
    for known in call.forge.repositories.values():
        if known.owner.login.lower() == owner.lower() and known.fork_of is target:
            return known, branch
    name = target.full_name
    fork = f"{owner} does not have a fork of {name} and {name} is not a fork of"
    raise not_found(f"{fork} a repository from {owner}")


def _check_branch(repository: Repository, name: str, side: str) -> None:
    if name in repository.branch_rows:
        return
    if repository.store.commit_of(name) is not None:
        raise server_error(f"branch does not exist [name: {name}]")
    text = f"could not find '{name}' to be a commit, branch or tag in the {side} repository"
    raise not_found(f"{text} {repository.full_name}")


def _check_duplicate(call: Call, source: Repository, head: str, base: str) -> None:
    seen = call.forge.now() - timedelta(seconds=call.forge.duplicate_window)
    for pull in call.repository.pulls:
        same = (pull.head_repository, pull.head_branch, pull.base_branch) == (source, head, base)
        if same and pull.is_open and pull.issue.created <= seen:
            raise RefusalError(
                409,
                "pull request already exists for these targets "
                f"[id: {pull.id}, issue_id: {pull.number}, head_repo_id: {source.id}, "
                f"base_repo_id: {call.repository.id}, head_branch: {head}, base_branch: {base}]",
            )


def create_pull(call: Call) -> Response:
    form = call.form(NEW_PULL)
    repository = call.repository
    source, head = _head_of(call, form["head"])
    base = form["base"]
    if source is repository and head == base:
        raise RefusalError(
            422, "Invalid PullRequest: There are no changes between the head and the base"
        )
    _check_branch(repository, base, "base")
    _check_branch(source, head, "head")
    _check_duplicate(call, source, head, base)
    pull = _new_pull(call, form, source, head)
    repository.pulls.append(pull)
    pushes.take_head(repository, pull)
    clean = not pull.is_draft and conflicts(repository, pull) is None
    return call.json(201, pull_shape(call, pull, mergeable=clean))


def _new_pull(call: Call, form: dict[str, Any], source: Repository, head: str) -> PullRequest:
    forge, repository = call.forge, call.repository
    labels = labels_of(repository, form.get("labels", []))
    logins = form.get("assignees") or ([form["assignee"]] if form.get("assignee") else [])
    people = assignees_of(call, logins)
    milestone = milestone_of(repository, form.get("milestone"))
    head_sha = source.branch_rows[head]
    base_sha = repository.branch_rows[form["base"]]
    if source is not repository:
        repository.store.fetch(source.store, f"refs/heads/{head}", f"refs/sandbox/fetched/{head}")
    now = forge.now()
    number = repository.next_number()
    title, text = cut_title(form["title"]), form.get("body", "")
    issue = Issue(forge.next_id("issue"), number, call.user, title, text, now, now)
    issue.labels = labels if call.may_write() else []
    issue.assignees, issue.milestone = people, milestone
    merge_base = repository.store.merge_base(base_sha, head_sha)
    identity = forge.next_id("pull")
    return PullRequest(identity, issue, source, head, head_sha, form["base"], merge_base, now)


ENDPOINTS = [Endpoint("POST", REPO + "/pulls", create_pull, need="login")]
