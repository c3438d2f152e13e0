"""Issues, and the comments that issues and pull requests have in common."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Literal

from forgejo.fields import Fields, Json
from forgejo.labels import Label, add_labels, parse_labels, remove_label
from forgejo.paging import PaginatedList, Source, paginated
from forgejo.paths import Query, positive
from forgejo.place import Body, Place, given
from forgejo.users import User, parse_user

State = Literal["open", "closed"]
StateFilter = Literal["open", "closed", "all"]


@dataclass(frozen=True)
class IssueComment:
    """A comment on an issue or pull request; any writer may have edited it."""

    place: Place = field(repr=False)
    id: int
    body: str
    user: User
    html_url: str
    created_at: datetime
    updated_at: datetime

    def edit(self, body: str) -> "IssueComment":
        """Replace the text; returns the comment as it is now.

        Raises NotFoundError if it is gone, ForbiddenError, ValidationError (empty text),
        AmbiguousError. PATCH /repos/{owner}/{repo}/issues/comments/{id}
        """
        below = f"/issues/comments/{positive(self.id, 'comment')}"
        return self.place.change("PATCH", below, {"body": body}, partial(parse_comment, self.place))

    def delete(self) -> None:
        """Delete the comment.

        Raises NotFoundError if it is gone already, ForbiddenError, AmbiguousError.
        DELETE /repos/{owner}/{repo}/issues/comments/{id}
        """
        self.place.run("DELETE", f"/issues/comments/{positive(self.id, 'comment')}")


def parse_comment(place: Place, value: Json) -> IssueComment:
    """Read a comment that knows where it lives."""
    fields = Fields.of(value, "comment")
    return IssueComment(
        place=place,
        id=fields.integer("id"),
        body=fields.text("body"),
        user=parse_user(fields.values.get("user")),
        html_url=fields.text("html_url"),
        created_at=fields.moment("created_at"),
        updated_at=fields.moment("updated_at"),
    )


def list_comments(place: Place, number: int) -> PaginatedList[IssueComment]:
    """All comments, oldest first; Forgejo sends them all at once, whatever is asked."""
    path = f"{place.path}/issues/{positive(number, 'issue')}/comments"
    source = Source(place.session, path, partial(parse_comment, place), lambda comment: comment.id)
    return paginated(source, is_paged=False)


def create_comment(place: Place, number: int, body: str) -> IssueComment:
    """Comment on an issue or pull request."""
    below = f"/issues/{positive(number, 'issue')}/comments"
    return place.create(below, {"body": body}, partial(parse_comment, place))


@dataclass(frozen=True)
class Issue:
    """An issue; `state` is `open` or `closed`."""

    place: Place = field(repr=False)
    id: int
    number: int
    title: str
    body: str
    state: str
    user: User
    labels: tuple[Label, ...]
    is_pull_request: bool
    html_url: str
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None

    def edit(
        self, *, title: str | None = None, body: str | None = None, state: State | None = None
    ) -> "Issue":
        """Change what is given; returns the issue as it is now.

        Raises NotFoundError, ForbiddenError, ValidationError, AmbiguousError.
        PATCH /repos/{owner}/{repo}/issues/{index}
        """
        changes = given(title=title, body=body, state=state)
        return edit_issue(self.place, self.number, changes)

    def close(self) -> "Issue":
        """Close it; closing twice is no error. Errors and endpoint as `edit`."""
        return self.edit(state="closed")

    def get_comments(self) -> PaginatedList[IssueComment]:
        """All comments, oldest first.

        Raises NotFoundError, IncompleteListError.
        GET /repos/{owner}/{repo}/issues/{index}/comments
        """
        return list_comments(self.place, self.number)

    def create_comment(self, body: str) -> IssueComment:
        """Comment; returns the comment.

        Raises NotFoundError, ForbiddenError, ValidationError (empty text), AmbiguousError.
        POST /repos/{owner}/{repo}/issues/{index}/comments
        """
        return create_comment(self.place, self.number, body)

    def add_to_labels(self, *ids: int) -> tuple[Label, ...]:
        """Add labels by id; returns all labels it has now.

        Raises ValidationError if the repository has no label of such an id, NotFoundError,
        ForbiddenError, AmbiguousError. POST /repos/{owner}/{repo}/issues/{index}/labels
        """
        return add_labels(self.place, self.number, ids)

    def remove_from_labels(self, label_id: int) -> None:
        """Take a label off; one that is not set is no error.

        Raises ValidationError if there is no such label, NotFoundError, AmbiguousError.
        DELETE /repos/{owner}/{repo}/issues/{index}/labels/{id}
        """
        remove_label(self.place, self.number, label_id)


def parse_issue(place: Place, value: Json) -> Issue:
    """Read an issue that knows where it lives."""
    fields = Fields.of(value, "issue")
    return Issue(
        place=place,
        id=fields.integer("id"),
        number=fields.integer("number"),
        title=fields.text("title"),
        body=fields.text("body"),
        state=fields.text("state"),
        user=parse_user(fields.values.get("user")),
        labels=parse_labels(fields),
        is_pull_request=fields.values.get("pull_request") is not None,
        html_url=fields.text("html_url"),
        created_at=fields.moment("created_at"),
        updated_at=fields.moment("updated_at"),
        closed_at=fields.optional_moment("closed_at"),
    )


def get_issue(place: Place, number: int) -> Issue:
    """One issue or pull request."""
    return place.get(f"/issues/{positive(number, 'issue')}", partial(parse_issue, place))


def create_issue(place: Place, title: str, *, body: str, labels: tuple[int, ...]) -> Issue:
    """Open an issue."""
    sent: Body = {"title": title, "body": body, "labels": list(labels)}
    return place.create("/issues", sent, partial(parse_issue, place))


def edit_issue(place: Place, number: int, changes: Body) -> Issue:
    """Change an issue."""
    below = f"/issues/{positive(number, 'issue')}"
    return place.change("PATCH", below, changes, partial(parse_issue, place))


def list_issues(
    place: Place, *, state: StateFilter, labels: tuple[str, ...], created_by: str | None
) -> PaginatedList[Issue]:
    """Issues that have all these labels; filtered here too, for unknown names disable theirs."""
    query: Query = (("type", "issues"), ("state", state))
    if labels:
        query = (*query, ("labels", ",".join(labels)))
    if created_by is not None:
        query = (*query, ("created_by", created_by))

    def keep(issue: Issue) -> bool:
        names = {label.name for label in issue.labels}
        is_asked_for = state in ("all", issue.state) and names.issuperset(labels)
        return is_asked_for and not issue.is_pull_request and _is_by(issue.user, created_by)

    source = Source(
        place.session, f"{place.path}/issues", partial(parse_issue, place), lambda issue: issue.id
    )
    return paginated(source, query, keep=keep)


def _is_by(user: User, login: str | None) -> bool:
    return login is None or user.login.lower() == login.lower()
