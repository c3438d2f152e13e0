"""Merging a pull request, asking whether it is merged, and bringing its head up to date."""

from sandbox.forge import merging, scheduled_merges, updating
from sandbox.forge.access import may
from sandbox.forge.api_repos import REPO
from sandbox.forge.call import Call, Endpoint, find_pull, no_content
from sandbox.forge.forms import Field, Form
from sandbox.forge.records import MergeRequest, PullRequest
from sandbox.forge.refusal import EmptyRefusalError, RefusalError, not_found
from sandbox.http_messages import Response

STYLES = ("merge", "rebase", "rebase-merge", "squash", "fast-forward-only", "manually-merged")
MERGE = Form(
    "MergePullRequestForm",
    (
        Field("Do", required=True),
        Field("MergeTitleField"),
        Field("MergeMessageField"),
        Field("head_commit_id"),
        Field("delete_branch_after_merge", "bool"),
        Field("merge_when_checks_succeed", "bool"),
        Field("force_merge", "bool"),
    ),
)


def numbered_pull(call: Call) -> PullRequest:
    """The pull request, missing in the words that merges and reviews use."""
    found = find_pull(call.repository, call.number())
    if found is None:
        ends = f"base_repo_id: {call.repository.id}, head_branch: , base_branch: "
        text = f"pull request does not exist [id: 0, issue_id: 0, head_repo_id: 0, {ends}]"
        raise not_found(text, message="GetPullRequestByIndex")
    return found


def merge_pull(call: Call) -> Response:
    form = call.form(MERGE)
    if form["Do"] not in STYLES:
        raise RefusalError(422, "[Do]: In")
    pull = numbered_pull(call)
    wish = MergeRequest(
        form["Do"],
        title=form.get("MergeTitleField", ""),
        message=form.get("MergeMessageField", ""),
        head_commit=form.get("head_commit_id", ""),
        delete_branch=form.get("delete_branch_after_merge", False),
        force=form.get("force_merge", False),
    )
    if form.get("merge_when_checks_succeed"):
        scheduled_merges.schedule(call.repository, pull, call.user, wish)
        return Response(201)
    merging.merge(call.forge, call.repository, pull, call.user, wish)
    return Response(200)


def is_merged(call: Call) -> Response:
    if call.pull().merged_at is None:
        raise not_found()
    return no_content()


def cancel_scheduled_merge(call: Call) -> Response:
    scheduled_merges.cancel(call.pull())
    return no_content()


def update_pull(call: Call) -> Response:
    """Brings the base into the head; a style other than rebase is a merge."""
    pull = call.pull()
    if not pull.is_open:
        raise RefusalError(422, "%!s(<nil>)")
    if not may(call.user, "write", pull.head_repository):
        raise EmptyRefusalError(403)
    style = "rebase" if call.request.first("style") == "rebase" else "merge"
    updating.update_head(call.forge, call.repository, pull, call.user, style)
    return Response(200)


ENDPOINTS = [
    Endpoint("GET", REPO + "/pulls/{number}/merge", is_merged),
    Endpoint("POST", REPO + "/pulls/{number}/merge", merge_pull, need="login"),
    Endpoint("DELETE", REPO + "/pulls/{number}/merge", cancel_scheduled_merge, need="login"),
    Endpoint("POST", REPO + "/pulls/{number}/update", update_pull, need="login"),
]
