"""From (status, headers, body) to data or the right error: pure functions."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from forgejo.exceptions import (
    AlreadyExistsError,
    ArchivedError,
    AuthenticationError,
    ConflictError,
    ForbiddenError,
    ForgejoError,
    LostRaceError,
    MergeConflictError,
    MovedError,
    NotForgejoError,
    NotFoundError,
    ScopeError,
    ServerError,
    TooManyRequestsError,
    UnavailableError,
    UnsupportedError,
    ValidationError,
    Where,
)
from forgejo.fields import Json, decode
from forgejo.redaction import Redactor
from forgejo.retry import retry_after_seconds

_LOST_RACE = re.compile(r"cannot lock ref|non-fast-forward|PushOutOfDate|push out of date", re.I)
_EXISTS = re.compile(r"already exist", re.I)
_SCOPES = re.compile(r"required scope\(s\): \[([^\]]*)\]")
_ISSUE = re.compile(r"\bissue_id: (\d+)")


@dataclass(frozen=True)
class Answer:
    """What came over the wire; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes = field(repr=False)

    @property
    def is_json(self) -> bool:
        """Whether the server declares JSON."""
        media_type = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return media_type == "application/json"


@dataclass(frozen=True)
class Refusal:
    """A 4xx or 5xx of Forgejo, taken apart; `message` and `details` are redacted."""

    status: int
    message: str
    details: tuple[str, ...]
    body: Json
    is_json: bool
    where: Where
    raw: str = field(repr=False)  # what the rules look at: not redacted, not cut

    @property
    def text(self) -> str:
        """What to tell people."""
        said = " ".join(part for part in (self.message, *self.details) if part)
        return said or "the server gave no reason"


Special = Callable[[Refusal], ForgejoError | None]


@dataclass(frozen=True)
class Judge:
    """What is needed to turn the answer to one call into data or an error."""

    where: Where
    redactor: Redactor
    now: datetime
    special: Special | None = None  # knows the refusals of one endpoint better


def json_of(answer: Answer, judge: Judge) -> Json:
    """The JSON of a successful answer; everything else is raised as an error."""
    raise_unless_successful(answer, judge)
    if not answer.is_json:
        kind = answer.headers.get("content-type", "no content type")
        text = judge.redactor.clean(f"expected JSON, found {kind}", limit=120)
        raise NotForgejoError(text, status=answer.status, where=judge.where)
    return decode(answer.body)


def nothing_of(answer: Answer, judge: Judge) -> None:
    """Check that an answer says yes and nothing more; a login page is no yes."""
    raise_unless_successful(answer, judge)
    if answer.status not in (200, 204) or answer.body:
        text = "expected an empty answer, found something else"
        raise NotForgejoError(text, status=answer.status, where=judge.where)


def raise_unless_successful(answer: Answer, judge: Judge) -> None:
    """Raise the error that fits the status."""
    status = answer.status
    if status in (200, 201, 202, 204):
        return
    if 300 <= status < 400:
        text = "moved: the repository was renamed, or this is not the API"
        raise MovedError(text, status=status, where=judge.where)
    if status < 400:
        raise NotForgejoError("unexpected status", status=status, where=judge.where)
    refusal = _refusal(answer, judge)
    special = judge.special(refusal) if judge.special and refusal.is_json else None
    raise special or _error(refusal, answer, judge.now)


def _refusal(answer: Answer, judge: Judge) -> Refusal:
    body: Json = None
    is_json = answer.is_json
    if is_json:
        try:
            body = decode(answer.body)
        except NotForgejoError:
            is_json = False
    content = body if isinstance(body, dict) else {}
    message, details = content.get("message"), content.get("errors")
    texts = details if isinstance(details, list) else []
    raw = message if isinstance(message, str) else ""
    return Refusal(
        status=answer.status,
        message=judge.redactor.clean(raw),
        details=tuple(judge.redactor.clean(item) for item in texts if isinstance(item, str)),
        body=body,
        is_json=is_json,
        where=judge.where,
        raw=raw,
    )


def _error(refusal: Refusal, answer: Answer, now: datetime) -> ForgejoError:
    status, text, where = refusal.status, refusal.text, refusal.where
    if _LOST_RACE.search(refusal.raw) and status in (403, 409, 500):
        return LostRaceError(text, status=status, where=where)
    wait = retry_after_seconds(answer.headers.get("retry-after"), now)
    if status == 429:
        return TooManyRequestsError(text, retry_after=wait, status=status, where=where)
    if status >= 500:
        return ServerError(text, retry_after=wait, status=status, where=where)
    if status == 404:
        return _missing(refusal, answer)
    return _plain_error(refusal)


def _plain_error(refusal: Refusal) -> ForgejoError:
    status, text, where = refusal.status, refusal.text, refusal.where
    if _EXISTS.search(refusal.raw) and status in (403, 409, 422):
        return _exists(refusal)
    if status == 403:
        return _forbidden(refusal)
    return _BY_STATUS.get(status, ValidationError)(text, status=status, where=where)


_BY_STATUS: dict[int, type[ForgejoError]] = {
    401: AuthenticationError,
    405: UnsupportedError,
    408: UnavailableError,
    409: ConflictError,
    423: ArchivedError,
}


def _missing(refusal: Refusal, answer: Answer) -> ForgejoError:
    """Only Forgejo's own 404 says that something does not exist."""
    status, where = refusal.status, refusal.where
    if refusal.is_json:
        return NotFoundError(refusal.text, status=status, where=where)
    if answer.body.strip() == b"404 page not found":
        return UnsupportedError("no such endpoint on this server", status=status, where=where)
    return NotForgejoError("this 404 is not Forgejo's", status=status, where=where)


def _exists(refusal: Refusal) -> ForgejoError:
    issue = _ISSUE.search(refusal.raw)
    number = int(issue.group(1)) if issue else None
    status, where = refusal.status, refusal.where
    return AlreadyExistsError(refusal.text, number=number, status=status, where=where)


def _forbidden(refusal: Refusal) -> ForgejoError:
    scopes = _SCOPES.search(refusal.message)
    status, where = refusal.status, refusal.where
    if scopes:
        names = tuple(scopes.group(1).replace(",", " ").split())
        return ScopeError(refusal.text, scopes=names, status=status, where=where)
    return ForbiddenError(refusal.text, status=status, where=where)


def merge_conflict(refusal: Refusal) -> ForgejoError | None:
    """The conflict that a merge or an update of a branch ran into."""
    is_conflict = isinstance(refusal.body, dict) and {"StdOut", "StdErr"} <= refusal.body.keys()
    if refusal.status == 409 and (is_conflict or "because of conflict" in refusal.raw):
        return MergeConflictError("merge conflict", status=409, where=refusal.where)
    return None
