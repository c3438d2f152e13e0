"""What a Terraform command came to: values, and reading what it says while it runs."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from edp.clients.process import Completed, last_lines
from edp.core.terraform.diagnostics import (
    Diagnostic,
    LockInfo,
    diagnostics_in,
    is_only_busy,
    read_lock,
)
from edp.text import one_line, redact

_MOST = 4


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of a running apply."""

    kind: str
    """`apply_start`, `apply_progress`, `apply_complete` or `apply_errored`."""
    address: str
    action: str
    seconds: float


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A saved plan in a private folder, and what it was when Terraform had written it."""

    path: Path
    sha256: str

    def is_unchanged(self) -> bool:
        """Whether the file is still a regular one with the same content."""
        return (
            not self.path.is_symlink() and self.path.is_file() and self.sha256 == digest(self.path)
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command came to. Diagnostics have no secrets; the outputs may."""

    command: str
    code: int
    diagnostics: tuple[Diagnostic, ...] = ()
    stdout: bytes = field(default=b"", repr=False)
    stderr: bytes = field(default=b"", repr=False)
    good_codes: tuple[int, ...] = (0,)
    why_stopped: str = ""
    """Why it was interrupted; empty if it ended by itself."""
    rescued: Path | None = None
    """The state that Terraform could not upload."""
    plan: PlanFile | None = None

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """Each one is a failure, whatever the code: Terraform 1.15 plans on after some of them."""
        return tuple(one for one in self.diagnostics if one.is_error)

    @property
    def has_failed(self) -> bool:
        """Whether anything at all went wrong."""
        return bool(self.errors or self.why_stopped or self.code not in self.good_codes)

    @property
    def has_changes(self) -> bool:
        """Whether a plan has changes, or a check has found work."""
        return not self.has_failed and self.code != 0

    @property
    def lock(self) -> LockInfo | None:
        """The lock that somebody else holds, if that is why it failed."""
        return read_lock(self.errors)

    @property
    def is_busy(self) -> bool:
        """Whether nothing is wrong but the lock that somebody else holds."""
        return not self.why_stopped and is_only_busy(self.errors)

    def describe(self, limit: int = 600) -> str:
        """Command, code and the first errors, in one harmless line."""
        said = "; ".join(str(one) for one in self.errors[:_MOST])
        ended = self.why_stopped or f"terraform {self.command}: exit {self.code}"
        return one_line(f"{ended}: {said}" if said else ended, limit)


def digest(file: Path) -> str:
    """The SHA-256 of a file."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def read_diagnostics(outputs: Sequence[bytes], secrets: Iterable[str]) -> tuple[Diagnostic, ...]:
    """The diagnostics of whole outputs, redacted: a secret may come in two pieces."""
    known = tuple(secrets)
    found = [one for raw in outputs for one in diagnostics_in(raw.decode(errors="replace"))]
    return tuple(dict.fromkeys(_clean(one, known) for one in found))


def failure_of(done: Completed, secrets: Iterable[str]) -> Diagnostic:
    """What a command said that failed without a diagnostic, as some do."""
    said = last_lines(done.stderr, secrets)
    return Diagnostic(is_error=True, summary=said or "it said nothing")


def read_progress(line: bytes, secrets: Iterable[str]) -> Progress | None:
    """A step of an apply, if the line tells one."""
    if b'"type":"apply_' not in line:
        return None
    try:
        event = json.loads(line)
        hook = event["hook"]
        return Progress(
            kind=one_line(str(event["type"]), 40),
            address=one_line(redact(str(hook["resource"]["addr"]), secrets)),
            action=one_line(str(hook["action"]), 40),
            seconds=float(hook.get("elapsed_seconds", 0)),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def events_of_validation(stdout: bytes) -> bytes:
    """The diagnostics of `validate -json`, one a line as other commands give them."""
    try:
        found = json.loads(stdout)["diagnostics"]
        lines = [
            {"@level": one["severity"], "type": "diagnostic", "diagnostic": one} for one in found
        ]
    except (ValueError, KeyError, TypeError):
        return stdout
    return "\n".join(json.dumps(line, separators=(",", ":")) for line in lines).encode()


def _clean(one: Diagnostic, secrets: tuple[str, ...]) -> Diagnostic:
    return replace(
        one,
        summary=redact(one.summary, secrets),
        detail=redact(one.detail, secrets),
        path=redact(one.path, secrets),
        address=redact(one.address, secrets),
    )
