"""Reviews of pull requests."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from forgejo.exceptions import ArgumentError, ValidationError
from forgejo.fields import Fields, Json
from forgejo.paging import PaginatedList, Source, paginated
from forgejo.paths import full_sha, positive
from forgejo.place import Body, Place
from forgejo.users import User, optional_user

ReviewEvent = Literal["APPROVED", "REQUEST_CHANGES", "COMMENT"]


@dataclass(frozen=True)
class Review:
    """A review. `user` is None for a request to a team.

    `state` is `APPROVED`, `REQUEST_CHANGES`, `COMMENT`, `PENDING` (a draft) or
    `REQUEST_REVIEW`; `official` means that it counts for branch protection, `stale` that the
    head moved after it.
    """

    id: int
    user: User | None
    state: str
    body: str
    commit_id: str
    official: bool
    stale: bool
    dismissed: bool
    submitted_at: datetime
    updated_at: datetime | None
    html_url: str


def parse_review(value: Json) -> Review:
    """Read a review."""
    fields = Fields.of(value, "review")
    return Review(
        id=fields.integer("id"),
        user=optional_user(fields, "user"),
        state=fields.text("state"),
        body=fields.text("body"),
        commit_id=fields.sha_if_any("commit_id"),
        official=fields.flag("official"),
        stale=fields.flag("stale"),
        dismissed=fields.flag("dismissed"),
        submitted_at=fields.moment("submitted_at"),
        updated_at=fields.optional_moment("updated_at"),
        html_url=fields.text("html_url"),
    )


def _below(number: int) -> str:
    return f"/pulls/{positive(number, 'pull request')}/reviews"


def list_reviews(place: Place, number: int) -> PaginatedList[Review]:
    """All reviews and requests for reviews, oldest first."""
    path = f"{place.path}{_below(number)}"
    return paginated(Source(place.session, path, parse_review, lambda review: review.id))


def create_review(
    place: Place, number: int, event: ReviewEvent, *, commit_id: str | None, body: str
) -> Review:
    """Review a pull request; a review that Forgejo kept as a draft is an error."""
    if event not in get_args(ReviewEvent):
        raise ArgumentError(f"{event!r} is not the event of a review: use APPROVED, not APPROVE")
    sent: Body = {"event": event, "body": body}
    if commit_id is not None:
        sent["commit_id"] = full_sha(commit_id)
    review = place.create(_below(number), sent, parse_review)
    if review.state != event:
        raise ValidationError(f"Forgejo stored the review as {review.state}, not as {event}")
    return review


def dismiss_review(place: Place, number: int, review_id: int, message: str) -> Review:
    """Dismiss a review."""
    below = f"{_below(number)}/{positive(review_id, 'review')}/dismissals"
    return place.change("POST", below, {"message": message}, parse_review)
