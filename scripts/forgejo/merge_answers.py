"""What each refusal of a merge means: a pure function over Forgejo's texts."""

import re

from forgejo.exceptions import (
    AlreadyMergedError,
    ForgejoError,
    HeadOutOfDateError,
    MergedButBranchKeptError,
    NotAllowedToMergeError,
    TryAgainLaterError,
)
from forgejo.responses import Refusal, merge_conflict

_REASON = re.compile(r"not allowed to merge \[reason: (.*)\]", re.S)


def merge_refusal(refusal: Refusal) -> ForgejoError | None:
    """The error of a refused merge, or None if the general rules decide."""
    if refusal.status == 403 and refusal.message == "the head branch is protected":
        text = "merged, but its head branch is protected and was kept"
        return MergedButBranchKeptError(text, status=403, where=refusal.where)
    if refusal.status == 405:
        return _not_now(refusal)
    if refusal.status == 409:
        return _conflict(refusal)
    return None


def _not_now(refusal: Refusal) -> ForgejoError | None:
    status, where, message = refusal.status, refusal.where, refusal.message
    if not isinstance(refusal.body, dict) or "message" not in refusal.body:
        return None
    if message == "":
        return AlreadyMergedError("already merged", status=status, where=where)
    if message == "Please try again later":
        return TryAgainLaterError(message, status=status, where=where)
    reason = _REASON.search(message)
    text = reason.group(1) if reason else message
    return NotAllowedToMergeError(text, status=status, where=where)


def _conflict(refusal: Refusal) -> ForgejoError | None:
    if refusal.message == "head out of date":
        return HeadOutOfDateError(refusal.message, status=409, where=refusal.where)
    if isinstance(refusal.body, dict) and {"ID", "IssueID", "HeadRepoID"} <= refusal.body.keys():
        text = "somebody merged it at the same moment"
        return AlreadyMergedError(text, status=409, where=refusal.where)
    return merge_conflict(refusal)
