"""Pull requests."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Literal

from forgejo.exceptions import NotFoundError
from forgejo.fields import Fields, Json
from forgejo.git_data import ChangedFile, Commit, parse_changed_file, parse_commit
from forgejo.issues import IssueComment, State, create_comment, list_comments
from forgejo.labels import Label, add_labels, parse_labels, remove_label
from forgejo.merge_answers import merge_refusal
from forgejo.paging import PaginatedList, Source, paginated
from forgejo.paths import Query, full_sha, positive, ref_name
from forgejo.place import Place, given
from forgejo.retry import CallKind
from forgejo.reviews import Review, ReviewEvent, create_review, dismiss_review, list_reviews
from forgejo.session import Call
from forgejo.users import User, optional_user, parse_user

MergeStyle = Literal["merge", "rebase", "rebase-merge", "squash", "fast-forward-only"]


@dataclass(frozen=True)
class PullRequestBranch:
    """The head or base of a pull request.

    `label` is the branch name even after the branch was deleted, while `ref` then becomes
    `refs/pull/<n>/head`. It is the bare name for forks too: compare `repo_id` to be sure.
    """

    label: str
    ref: str
    sha: str
    repo_id: int


@dataclass(frozen=True)
class PullRequest:
    """A pull request; a merged one has `state == "closed"` and `merged`.

    `mergeable` is also false while the server has not checked yet. `merge_commit_sha` is set
    once it is merged. `changed_files` is None if the server does not tell.
    """

    place: Place = field(repr=False)
    id: int
    number: int
    title: str
    body: str
    state: str
    draft: bool
    user: User
    labels: tuple[Label, ...]
    head: PullRequestBranch
    base: PullRequestBranch
    merge_base: str
    mergeable: bool
    merged: bool
    merged_at: datetime | None
    merged_by: User | None
    merge_commit_sha: str | None
    changed_files: int | None
    html_url: str
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None

    def edit(
        self,
        *,
        title: str | None = None,
        body: str | None = None,
        state: State | None = None,
        base: str | None = None,
    ) -> "PullRequest":
        """Change what is given; returns the pull request as it is now.

        Raises NotFoundError (also an unknown base), ForbiddenError, ValidationError (closed
        or merged), AmbiguousError. PATCH /repos/{owner}/{repo}/pulls/{index}
        """
        new_base = None if base is None else ref_name(base)
        changes = given(title=title, body=body, state=state, base=new_base)
        return self.place.change("PATCH", self._below, changes, partial(parse_pull, self.place))

    def close(self) -> "PullRequest":
        """Close it; closing twice is no error. Errors and endpoint as `edit`."""
        return self.edit(state="closed")

    def get_files(self) -> PaginatedList[ChangedFile]:
        """The files it changes.

        Raises NotFoundError, IncompleteListError.
        GET /repos/{owner}/{repo}/pulls/{index}/files
        """
        path = f"{self.place.path}{self._below}/files"
        source = Source(
            self.place.session, path, parse_changed_file, lambda changed: changed.filename
        )
        return paginated(source)

    def get_commits(self) -> PaginatedList[Commit]:
        """Its commits.

        Raises NotFoundError, IncompleteListError.
        GET /repos/{owner}/{repo}/pulls/{index}/commits
        """
        path = f"{self.place.path}{self._below}/commits"
        query: Query = (("verification", "false"), ("files", "false"))
        source = Source(self.place.session, path, parse_commit, lambda commit: commit.sha)
        return paginated(source, query)

    def merge(
        self,
        *,
        head_commit_id: str,
        style: MergeStyle = "merge",
        title: str | None = None,
        message: str | None = None,
        delete_branch: bool = False,
    ) -> None:
        """Merge exactly the commit `head_commit_id` (whole id); read it again for the result.

        Raises HeadOutOfDateError, LostRaceError (the base moved), MergeConflictError,
        TryAgainLaterError, NotAllowedToMergeError (with its reason), AlreadyMergedError,
        MergedButBranchKeptError (it did merge), NotFoundError (closed, or no such one),
        ValidationError, AmbiguousError (a 500 too: it can follow a merge).
        POST /repos/{owner}/{repo}/pulls/{index}/merge
        """
        body = given(
            Do=style,
            head_commit_id=full_sha(head_commit_id),
            MergeTitleField=title,
            MergeMessageField=message,
            delete_branch_after_merge=delete_branch,
        )
        self.place.run("POST", f"{self._below}/merge", body, merge_refusal)

    def is_merged(self) -> bool:
        """Whether it was merged; false also if it does not exist any more.

        Raises AuthenticationError, UnavailableError.
        GET /repos/{owner}/{repo}/pulls/{index}/merge
        """
        path = f"{self.place.path}{self._below}/merge"
        try:
            self.place.session.run(Call("GET", path, CallKind.READ))
        except NotFoundError:
            return False
        return True

    def get_reviews(self) -> PaginatedList[Review]:
        """All reviews and requests for reviews, oldest first.

        Raises NotFoundError, IncompleteListError.
        GET /repos/{owner}/{repo}/pulls/{index}/reviews
        """
        return list_reviews(self.place, self.number)

    def create_review(
        self, *, event: ReviewEvent, commit_id: str | None = None, body: str = ""
    ) -> Review:
        """Approve, request changes (needs a body) or comment (needs a body).

        `commit_id` is the whole id of the commit that was looked at. Raises ValidationError
        (one's own pull request, no body), NotFoundError, AmbiguousError (an unknown commit
        is a 500). POST /repos/{owner}/{repo}/pulls/{index}/reviews
        """
        return create_review(self.place, self.number, event, commit_id=commit_id, body=body)

    def dismiss_review(self, review_id: int, *, message: str) -> Review:
        """Dismiss a review; needs an administrator of the repository.

        Raises ForbiddenError, NotFoundError, AmbiguousError.
        POST /repos/{owner}/{repo}/pulls/{index}/reviews/{id}/dismissals
        """
        return dismiss_review(self.place, self.number, review_id, message)

    def get_issue_comments(self) -> PaginatedList[IssueComment]:
        """All comments, oldest first.

        Raises NotFoundError, IncompleteListError.
        GET /repos/{owner}/{repo}/issues/{index}/comments
        """
        return list_comments(self.place, self.number)

    def create_issue_comment(self, body: str) -> IssueComment:
        """Comment; returns the comment.

        Raises NotFoundError, ForbiddenError, ValidationError (empty text), AmbiguousError.
        POST /repos/{owner}/{repo}/issues/{index}/comments
        """
        return create_comment(self.place, self.number, body)

    def add_to_labels(self, *ids: int) -> tuple[Label, ...]:
        """Add labels by id; returns all labels it has now.

        Raises ValidationError if the repository has no label of such an id, NotFoundError,
        ScopeError (the token needs write:issue), AmbiguousError.
        POST /repos/{owner}/{repo}/issues/{index}/labels
        """
        return add_labels(self.place, self.number, ids)

    def remove_from_labels(self, label_id: int) -> None:
        """Take a label off; one that is not set is no error.

        Raises ValidationError if there is no such label, NotFoundError, AmbiguousError.
        DELETE /repos/{owner}/{repo}/issues/{index}/labels/{id}
        """
        remove_label(self.place, self.number, label_id)

    @property
    def _below(self) -> str:
        return f"/pulls/{positive(self.number, 'pull request')}"


def parse_pull(place: Place, value: Json) -> PullRequest:
    """Read a pull request that knows where it lives."""
    fields = Fields.of(value, "pull request")
    return PullRequest(
        place=place,
        id=fields.integer("id"),
        number=fields.integer("number"),
        title=fields.text("title"),
        body=fields.text("body"),
        state=fields.text("state"),
        draft=fields.flag("draft"),
        user=parse_user(fields.values.get("user")),
        labels=parse_labels(fields),
        head=_parse_branch(fields.child("head", "head of a pull request")),
        base=_parse_branch(fields.child("base", "base of a pull request")),
        merge_base=fields.sha_if_any("merge_base"),
        mergeable=fields.flag("mergeable"),
        merged=fields.flag("merged"),
        merged_at=fields.optional_moment("merged_at"),
        merged_by=optional_user(fields, "merged_by"),
        merge_commit_sha=fields.optional("merge_commit_sha", fields.sha_if_any),
        changed_files=fields.optional("changed_files", fields.integer),
        html_url=fields.text("html_url"),
        created_at=fields.moment("created_at"),
        updated_at=fields.moment("updated_at"),
        closed_at=fields.optional_moment("closed_at"),
    )


def _parse_branch(fields: Fields) -> PullRequestBranch:
    return PullRequestBranch(
        fields.text("label"),
        fields.text("ref"),
        fields.sha_if_any("sha"),
        fields.integer("repo_id"),
    )
