"""One tree of errors, named by what the caller can do about them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Where:
    """Which call failed; the path carries no query and no token."""

    method: str
    path: str


class ForgejoError(Exception):
    """Anything that went wrong between the caller and Forgejo.

    `status` is the HTTP status if there was an answer, `where` the call if one was made.
    """

    def __init__(
        self, message: str, *, status: int | None = None, where: Where | None = None
    ) -> None:
        """Keep the facts apart from the text, so that callers need not parse it."""
        super().__init__(message)
        self.status = status
        self.where = where

    @property
    def message(self) -> str:
        """What happened, without the call."""
        return str(self.args[0])

    def reword(self, message: str) -> None:
        """Replace the text, also where `repr` and pickles take it from."""
        self.args = (message,)

    def __str__(self) -> str:
        """Say which call failed, with which status, and why."""
        call = f"{self.where.method} {self.where.path}: " if self.where else ""
        status = f"{self.status} " if self.status is not None else ""
        return f"{call}{status}{self.message}"


class ArgumentError(ForgejoError, ValueError):
    """An argument can never be right; nothing was sent."""


class AuthenticationError(ForgejoError):
    """401: the token is missing, wrong or expired."""


class ForbiddenError(ForgejoError):
    """403: this user may not do this."""


class ScopeError(ForbiddenError):
    """403: the token lacks a scope; `scopes` names what would be enough."""

    def __init__(
        self,
        message: str,
        *,
        scopes: tuple[str, ...],
        status: int | None = None,
        where: Where | None = None,
    ) -> None:
        """Remember the scopes that the server asked for."""
        super().__init__(message, status=status, where=where)
        self.scopes = scopes


class NotFoundError(ForgejoError):
    """404 by Forgejo itself: it does not exist, or this user cannot see it."""


class UnsupportedError(ForgejoError):
    """This server has no such endpoint or method: an older version, or a wrong base URL."""


class MovedError(ForgejoError):
    """3xx that is not followed: the repository was renamed, or something else answered."""


class ConflictError(ForgejoError):
    """The present state contradicts the call: read it again and decide again."""


class AlreadyExistsError(ConflictError):
    """It exists already; for a pull request, `number` is the one that is open."""

    def __init__(
        self,
        message: str,
        *,
        number: int | None = None,
        status: int | None = None,
        where: Where | None = None,
    ) -> None:
        """Remember the number of the pull request that is in the way."""
        super().__init__(message, status=status, where=where)
        self.number = number


class LostRaceError(ConflictError):
    """Somebody else moved the branch at the same moment; nothing of ours was written."""


class HeadOutOfDateError(ConflictError):
    """The head of the pull request is not the commit that was to be merged."""


class MergeConflictError(ConflictError):
    """Git cannot merge this by itself."""


class ValidationError(ForgejoError):
    """400, 412 or 422: the server understood the call and refuses its content."""


class NotAllowedToMergeError(ForgejoError):
    """405 of a merge: a rule forbids it now; `reason` is the server's text."""

    def __init__(
        self, reason: str, *, status: int | None = None, where: Where | None = None
    ) -> None:
        """Keep the reason by itself, for reports."""
        super().__init__(f"not allowed to merge: {reason}", status=status, where=where)
        self.reason = reason


class TryAgainLaterError(ForgejoError):
    """405 of a merge: mergeability is unknown yet, or there is a conflict, or no difference.

    Poll the pull request with a deadline; give up if `mergeable` stays false or
    `changed_files` is 0.
    """


class AlreadyMergedError(ForgejoError):
    """It is merged already, perhaps at this moment by somebody else, perhaps other content."""


class MergedButBranchKeptError(ForgejoError):
    """The merge happened; only the head branch could not be deleted, it is protected."""


class ArchivedError(ForgejoError):
    """423: the repository is archived."""


class ServerError(ForgejoError):
    """5xx of a read, after all tries; may also be a plain user error such as an unknown ref.

    `retry_after` in seconds if the server or a proxy said.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        status: int | None = None,
        where: Where | None = None,
    ) -> None:
        """Remember how long the server asked to wait."""
        super().__init__(message, status=status, where=where)
        self.retry_after = retry_after


class UnavailableError(ForgejoError):
    """No answer: not reachable, timed out, cut off, or too many requests.

    `never_sent` is true when the request certainly had no effect.
    """

    def __init__(
        self,
        message: str,
        *,
        never_sent: bool = False,
        status: int | None = None,
        where: Where | None = None,
    ) -> None:
        """Remember whether the server can have acted on it."""
        super().__init__(message, status=status, where=where)
        self.never_sent = never_sent


class UntrustedServerError(UnavailableError):
    """The server's TLS certificate is not trusted; trying again will not help."""


class TooManyRequestsError(UnavailableError):
    """429: refused before anything was done; `retry_after` in seconds if the server said."""

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        status: int | None = None,
        where: Where | None = None,
    ) -> None:
        """Remember how long the server asked to wait."""
        super().__init__(message, never_sent=True, status=status, where=where)
        self.retry_after = retry_after


class AmbiguousError(ForgejoError):
    """A write whose outcome is unknown: look again before doing it again."""


class NotForgejoError(ForgejoError):
    """The answer is not one of Forgejo's API: a login page, a cut body, a missing key."""


class IncompleteListError(ForgejoError):
    """A list could not be read whole; never take what was read for all there is."""


class TooLargeError(ForgejoError):
    """The answer is larger than this client accepts."""
