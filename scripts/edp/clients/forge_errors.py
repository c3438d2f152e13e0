"""Forgejo's errors as ours: the exit code, and what a person can do about it."""

from collections.abc import Iterator
from contextlib import contextmanager

import forgejo
from edp.errors import (
    BusyError,
    ConflictError,
    EdpError,
    InvalidInputError,
    RefusedError,
    UnavailableError,
)
from edp.text import one_line


class StillCheckingError(BusyError):
    """The forge has not decided yet whether the pull request can be merged."""


class LostMergeRaceError(ConflictError):
    """The merge did not happen because something moved: read it again and decide again."""


class NeedsApprovalError(RefusedError):
    """The forge misses an approval, perhaps one that it has dismissed a moment ago."""


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn the client's errors into ours; `what` says what was being done."""
    try:
        yield
    except forgejo.ForgejoError as exc:
        raise translate(exc, what) from exc


def translate(exc: forgejo.ForgejoError, what: str) -> EdpError:
    """The error with its exit code and what a person can do about it."""
    message = f"{what}: {one_line(str(exc))}"
    if isinstance(exc, forgejo.ArchivedError):
        return RefusedError(message, hint="the repository is archived: unarchive it")
    for kinds, make, hint in _TRANSLATIONS:
        if isinstance(exc, kinds):
            return make(message, hint=hint)
    return UnavailableError(message, hint="run again")


_TRANSLATIONS: tuple[tuple[tuple[type[forgejo.ForgejoError], ...], type[EdpError], str], ...] = (
    (
        (forgejo.AuthenticationError,),
        InvalidInputError,
        "the token is wrong or expired: check EDP_TOKEN and EDP_GATE_TOKEN",
    ),
    (
        (forgejo.ScopeError,),
        InvalidInputError,
        "make a token with the scopes write:repository and write:issue",
    ),
    (
        (forgejo.ForbiddenError, forgejo.NotFoundError),
        InvalidInputError,
        "check EDP_REPOSITORY and what the token's user may do there",
    ),
    (
        (forgejo.MovedError, forgejo.UnsupportedError, forgejo.ArgumentError),
        InvalidInputError,
        "check EDP_FORGEJO_URL and EDP_REPOSITORY",
    ),
    (
        (forgejo.UntrustedServerError,),
        InvalidInputError,
        "name the authority's certificates in EDP_CA_BUNDLE",
    ),
    ((forgejo.ConflictError, forgejo.AlreadyMergedError), ConflictError, "look, then run again"),
    ((forgejo.ValidationError,), InvalidInputError, ""),
)


def not_allowed_to_merge(number: int, reason: str) -> EdpError:
    """What the reason in a refused merge means for the run."""
    text = f"#{number} is not merged: {one_line(reason)}"
    if "status checks" in reason:
        return LostMergeRaceError(text)
    if "enough approvals" in reason:
        return NeedsApprovalError(text, hint="approve it again")
    return RefusedError(text)
