"""When a call is tried again: a pure policy."""

import enum
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from forgejo.exceptions import (
    AmbiguousError,
    ForgejoError,
    NotForgejoError,
    ServerError,
    TooLargeError,
    TooManyRequestsError,
    UnavailableError,
    UntrustedServerError,
)

_FIRST_DELAY = 0.5
_LONGEST_DELAY = 20.0
_LONGEST_RETRY_AFTER = 60.0
_TRIES_AFTER_500 = 3  # Forgejo answers 500 to plain user errors, such as an unknown ref
_TRIES_AFTER_NONSENSE = 6  # a proxy that restarts recovers in seconds, a wrong URL never
_CAUSE_UNKNOWN = 500


class CallKind(enum.Enum):
    """What a repetition of the call would mean."""

    READ = "read"
    CONDITIONAL = "conditional write"
    CREATE = "create"
    TERMINAL = "terminal"


@dataclass(frozen=True)
class Attempt:
    """How far a call has come: its tries so far and the seconds since the first began."""

    kind: CallKind
    tries: int
    elapsed: float


def delay_before_next(
    attempt: Attempt, error: ForgejoError, *, budget: float, random: float
) -> float | None:
    """Seconds to wait before the next try, or None to give up; `random` is in [0, 1)."""
    if not _is_worth_another_try(attempt, error):
        return None
    asked = error.retry_after if isinstance(error, TooManyRequestsError | ServerError) else None
    backoff = min(_LONGEST_DELAY, _FIRST_DELAY * 2.0 ** min(attempt.tries - 1, 10)) * random
    delay = backoff if asked is None else min(asked, _LONGEST_RETRY_AFTER)
    return delay if attempt.elapsed + delay < budget else None


def _is_worth_another_try(attempt: Attempt, error: ForgejoError) -> bool:
    if isinstance(error, UntrustedServerError) or attempt.kind is CallKind.TERMINAL:
        return False
    if isinstance(error, UnavailableError) and error.never_sent:
        return True
    return attempt.kind is CallKind.READ and _is_passing(attempt, error)


def _is_passing(attempt: Attempt, error: ForgejoError) -> bool:
    if isinstance(error, ServerError) and error.status == _CAUSE_UNKNOWN:
        return attempt.tries < _TRIES_AFTER_500
    if isinstance(error, NotForgejoError):
        return attempt.tries < _TRIES_AFTER_NONSENSE
    return isinstance(error, UnavailableError | ServerError)


def final_error(kind: CallKind, error: ForgejoError) -> ForgejoError:
    """The error to raise after the last try: a write with an unknown outcome is ambiguous."""
    is_unknown = isinstance(error, ServerError | NotForgejoError | TooLargeError) or (
        isinstance(error, UnavailableError) and not error.never_sent
    )
    if kind is CallKind.READ or not is_unknown:
        return error
    advice = "look for it" if kind is CallKind.CREATE else "read the state again"
    text = f"outcome unknown ({error.message}); {advice} before doing it again"
    return AmbiguousError(text, status=error.status, where=error.where)


def retry_after_seconds(header: str | None, now: datetime) -> float | None:
    """Read a Retry-After header: whole seconds or an HTTP date; None if it says nothing."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())
