"""Reviews of pull requests: official, stale and dismissed as the real server has them."""

from typing import Any

from sandbox.forge.access import may
from sandbox.forge.api_merge import numbered_pull
from sandbox.forge.api_repos import REPO
from sandbox.forge.call import Call, Endpoint
from sandbox.forge.forms import Field, Form
from sandbox.forge.paging import list_headers, page_of
from sandbox.forge.protection import is_official
from sandbox.forge.records import PullRequest, Review
from sandbox.forge.refusal import RefusalError, not_found, server_error
from sandbox.forge.shapes import review_shape
from sandbox.http_messages import Response

NEW_REVIEW = Form(
    "CreatePullReviewOptions",
    (Field("event"), Field("body"), Field("commit_id"), Field("comments", "any")),
)
DISMISSAL = Form("DismissPullReviewOptions", (Field("message"), Field("priors", "bool")))
VERDICTS = ("APPROVED", "REQUEST_CHANGES")
EVENTS = (*VERDICTS, "COMMENT")


def list_reviews(call: Call) -> Response:
    """Drafts are shown to their authors only."""
    pull = numbered_pull(call)
    page = page_of(call.request)
    headers = list_headers(call.request, call.root, page, len(pull.reviews))
    shown = [
        review
        for review in page.cut(pull.reviews)
        if review.state != "PENDING" or review.reviewer is call.caller.user
    ]
    return call.json(200, [review_shape(call, pull, review) for review in shown], headers)


def get_review(call: Call) -> Response:
    pull, review = _found(call)
    return call.json(200, review_shape(call, pull, review))


def create_review(call: Call) -> Response:
    """An unknown event becomes a draft, silently."""
    form, pull = call.form(NEW_REVIEW), numbered_pull(call)
    event = form.get("event", "")
    comments = form.get("comments") or []
    _check(call, pull, event, has_text=bool(form.get("body")), has_comments=bool(comments))
    commit = form.get("commit_id") or pull.head_sha
    if call.repository.store.object_type(commit) != "commit":
        raise server_error(f"object does not exist [id: {commit}, rel_path: ]")
    review = _submitted(call, pull, event, form)
    review.commit_id, review.stale = commit, commit != pull.head_sha
    review.comments_count += len(comments)
    return call.json(200, review_shape(call, pull, review))


def _check(
    call: Call, pull: PullRequest, event: str, *, has_text: bool, has_comments: bool
) -> None:
    if event in VERDICTS and pull.issue.poster is call.user:
        verb = "approve" if event == "APPROVED" else "reject"
        raise RefusalError(422, f"{verb} your own pull is not allowed")
    if event == "APPROVED" or has_text:
        return
    if event != "COMMENT":
        raise RefusalError(422, f"review event {event} requires a body")
    if not has_comments:
        raise RefusalError(422, "review event COMMENT requires a body or a comment")


def _submitted(call: Call, pull: PullRequest, event: str, form: dict[str, Any]) -> Review:
    """A new review, or the reviewer's draft sent off.

    A new verdict dismisses the reviewer's earlier ones; a draft sent off leaves them undismissed.
    """
    own = [review for review in pull.reviews if review.reviewer is call.user]
    draft = next((review for review in own if review.state == "PENDING"), None)
    review = draft or _new_review(call, pull)
    if draft is None and event in VERDICTS:
        for earlier in own:
            earlier.dismissed = earlier.dismissed or earlier.state in VERDICTS
    official = event in VERDICTS and is_official(call.user, call.repository, pull.base_branch)
    if official:
        for earlier in own:
            earlier.official = False
    review.state = event if event in EVENTS else "PENDING"
    review.official, review.body = official, form.get("body", "")
    if event in EVENTS and call.user in pull.requested:
        pull.requested.remove(call.user)
    return review


def _new_review(call: Call, pull: PullRequest) -> Review:
    forge, now = call.forge, call.forge.now()
    review = Review(
        forge.next_id("review"),
        forge.next_id("comment"),
        call.user,
        "PENDING",
        "",
        pull.head_sha,
        official=False,
        submitted=now,
        updated=now,
    )
    pull.reviews.append(review)
    return review


def dismiss(call: Call) -> Response:
    return _set_dismissed(call, dismissed=True)


def restore(call: Call) -> Response:
    return _set_dismissed(call, dismissed=False)


def _set_dismissed(call: Call, *, dismissed: bool) -> Response:
    pull, review = _found(call)
    if not may(call.user, "admin", call.repository):
        raise RefusalError(403, "Must be repo admin")
    if review.state not in VERDICTS:
        text = "not need to dismiss this review because it's type is not Approve or change request"
        raise RefusalError(403, text)
    review.dismissed, review.updated = dismissed, call.forge.now()
    return call.json(200, review_shape(call, pull, review))


def _found(call: Call) -> tuple[PullRequest, Review]:
    pull, number = numbered_pull(call), call.number("id")
    for review in pull.reviews:
        if review.id == number:
            return pull, review
    raise not_found(f"review does not exist [id: {number}]", message="GetReviewByID")


REVIEWS = REPO + "/pulls/{number}/reviews"
ENDPOINTS = [
    Endpoint("GET", REVIEWS, list_reviews),
    Endpoint("POST", REVIEWS, create_review, need="login"),
    Endpoint("GET", REVIEWS + "/{id}", get_review),
    Endpoint("POST", REVIEWS + "/{id}/dismissals", dismiss, need="login"),
    Endpoint("POST", REVIEWS + "/{id}/undismissals", restore, need="login"),
]
