"""Every error of the forge's client gets its exit code."""

from collections.abc import Iterator

import pytest

import forgejo
from edp.clients import forge_errors
from edp.clients.forge_errors import (
    LostMergeRaceError,
    NeedsApprovalError,
    translate,
    translated,
)
from edp.errors import ConflictError, EdpError, RefusedError, UnavailableError
from forgejo import exceptions


def every_error(kind: type[forgejo.ForgejoError]) -> Iterator[type[forgejo.ForgejoError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from every_error(below)


CODES = {
    "AlreadyExistsError": 5,
    "AlreadyMergedError": 5,
    "AmbiguousError": 4,
    "ArchivedError": 3,
    "ArgumentError": 2,
    "AuthenticationError": 2,
    "ConflictError": 5,
    "ForbiddenError": 2,
    "ForgejoError": 4,
    "HeadOutOfDateError": 5,
    "IncompleteListError": 4,
    "LostRaceError": 5,
    "MergeConflictError": 5,
    "MergedButBranchKeptError": 4,
    "MovedError": 2,
    "NotAllowedToMergeError": 4,
    "NotForgejoError": 4,
    "NotFoundError": 2,
    "ScopeError": 2,
    "ServerError": 4,
    "TooLargeError": 4,
    "TooManyRequestsError": 4,
    "TryAgainLaterError": 4,
    "UnavailableError": 4,
    "UnsupportedError": 2,
    "UntrustedServerError": 2,
    "ValidationError": 2,
}


def test_every_error_of_the_client_is_known_here() -> None:
    own = {
        kind for kind in every_error(forgejo.ForgejoError) if kind.__module__ == exceptions.__name__
    }

    assert {kind.__name__ for kind in own} == set(CODES)


@pytest.mark.parametrize(("name", "code"), CODES.items())
def test_an_error_gets_its_exit_code_and_says_what_was_done(name: str, code: int) -> None:
    kind = getattr(exceptions, name)
    details = {"scopes": ("write:issue",)} if name == "ScopeError" else {}

    found = translate(kind("it\nbroke", **details), "reading #7")

    assert (found.exit_code, type(found).__module__) == (code, "edp.errors")
    assert found.message.startswith("reading #7: ")
    assert "\n" not in found.message
    assert found.hint or name == "ValidationError"


def test_the_cause_is_kept_and_our_own_errors_pass() -> None:
    with pytest.raises(UnavailableError) as caught, translated("reading"):
        raise exceptions.ServerError("out of order", status=503)
    assert isinstance(caught.value.__cause__, exceptions.ServerError)

    with pytest.raises(RefusedError, match="no"), translated("reading"):
        raise RefusedError("no")


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("Not all required status checks successful", LostMergeRaceError),
        ("Does not have enough approvals", NeedsApprovalError),
        ("There are requested changes", RefusedError),
    ],
)
def test_the_reason_of_a_refused_merge_says_what_to_do(reason: str, kind: type[EdpError]) -> None:
    found = forge_errors.not_allowed_to_merge(7, reason)

    assert type(found) is kind
    assert found.message == f"#7 is not merged: {reason}"


def test_a_conflict_asks_to_look() -> None:
    found = translate(exceptions.ConflictError("x"), "y")

    assert isinstance(found, ConflictError)
    assert found.hint == "look, then run again"
