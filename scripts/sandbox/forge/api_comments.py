"""Comments of issues and pull requests; their list is never paged."""

from sandbox.forge.api_repos import REPO
from sandbox.forge.call import Call, Endpoint, all_issues, no_content
from sandbox.forge.forms import Field, Form
from sandbox.forge.records import Comment, Issue
from sandbox.forge.refusal import EmptyRefusalError, not_found
from sandbox.forge.shapes import comment_shape
from sandbox.http_messages import Response

COMMENT = Form("CreateIssueCommentOption", (Field("body", required=True),))


def list_comments(call: Call) -> Response:
    issue = call.issue()
    shapes = [comment_shape(call, issue, comment) for comment in issue.comments]
    return call.json(200, shapes, {"X-Total-Count": str(len(shapes))})


def create_comment(call: Call) -> Response:
    form, issue, now = call.form(COMMENT), call.issue(), call.forge.now()
    comment = Comment(call.forge.next_id("comment"), call.user, form["body"], now, now)
    issue.comments.append(comment)
    issue.updated = now
    return call.json(201, comment_shape(call, issue, comment))


def get_comment(call: Call) -> Response:
    return call.json(200, comment_shape(call, *_found(call)))


def edit_comment(call: Call) -> Response:
    """Any writer may edit anybody's comment."""
    form, (issue, comment) = call.form(COMMENT), _found(call)
    _check_right(call, comment)
    comment.body, comment.updated = form["body"], call.forge.now()
    return call.json(200, comment_shape(call, issue, comment))


def delete_comment(call: Call) -> Response:
    issue, comment = _found(call)
    _check_right(call, comment)
    issue.comments.remove(comment)
    return no_content()


def _check_right(call: Call, comment: Comment) -> None:
    if comment.poster is not call.user and not call.may_write():
        raise EmptyRefusalError(403)


def _found(call: Call) -> tuple[Issue, Comment]:
    number = call.number("id")
    for issue in all_issues(call.repository):
        for comment in issue.comments:
            if comment.id == number:
                return issue, comment
    raise not_found(f"comment does not exist [id: {number}, issue_id: 0]")


COMMENTS = REPO + "/issues/{number}/comments"
SINGLE = REPO + "/issues/comments/{id}"
ENDPOINTS = [
    Endpoint("GET", COMMENTS, list_comments, group="issue"),
    Endpoint("POST", COMMENTS, create_comment, group="issue", need="login"),
    Endpoint("GET", SINGLE, get_comment, group="issue"),
    Endpoint("PATCH", SINGLE, edit_comment, group="issue", need="login"),
    Endpoint("DELETE", SINGLE, delete_comment, group="issue", need="login"),
]
