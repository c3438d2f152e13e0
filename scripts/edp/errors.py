"""The error tree: a class only where somebody catches it, an exit code for every class."""

from collections.abc import Sequence


class EdpError(Exception):
    """Something a person can act on: what failed, then what to do."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InvalidInputError(EdpError):
    """Wrong usage, invalid configuration or repository content."""

    exit_code = 2


class RefusedError(EdpError):
    """The one thing asked for is refused by policy."""

    exit_code = 3


class UnavailableError(EdpError):
    """Another system failed or could not be reached; running again is right."""

    exit_code = 4


class ConflictError(EdpError):
    """Someone else changed the same thing; look before running again."""

    exit_code = 5


class BusyError(EdpError):
    """Locked or busy; running again later is right."""

    exit_code = 6


_PRECEDENCE = (2, 5, 4, 6, 3, 1)


def exit_code_of_several(codes: Sequence[int]) -> int:
    """The exit code of a run in which several things failed: 2 before 5 before 4 before 6."""
    failures = [code for code in codes if code]
    return min(failures, key=_PRECEDENCE.index) if failures else 0
