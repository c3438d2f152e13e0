"""What Terraform says when something is wrong, and who holds the lock of a state.

It says it in two forms: one JSON object a line (`-json`), or paragraphs that begin with `Error:`
or `Warning:`, with a rule down the left side where there is a terminal.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from edp.text import neutralise, one_line

_HEADING: Final = re.compile(r"(Error|Warning): (.*)")
_RULE: Final = re.compile(r"[ \t]*[│╷╵] ?")
_PLACE: Final = re.compile(r"^\s+on (.{1,300}?) line (\d{1,9})", re.MULTILINE)
_LOCK: Final = "Error acquiring the state lock"
_LOCK_FIELD: Final = re.compile(
    r"^  (ID|Path|Operation|Who|Version|Created|Info):(.*)$", re.MULTILINE
)
_HTTP_HELD: Final = re.compile(r"HTTP remote state already locked(?::\s*ID=(\S*))?")
_LONGEST: Final = 2000
_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One error or warning, harmless to show once secrets are redacted."""

    is_error: bool
    summary: str
    detail: str = ""
    path: str = ""
    line: int = 0
    address: str = ""

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.path else self.address
        return ": ".join(part for part in (place, self.summary) if part)


@dataclass(frozen=True, slots=True)
class LockInfo:
    """The lock that is held. Of a lock in an HTTP backend Terraform tells nothing but the id.

    (Its message has a whole "Lock Info" there too, but that is the one which was asked for.)
    """

    id: str
    operation: str = ""
    who: str = ""
    created: str = ""
    info: str = ""
    path: str = ""
    version: str = ""


def diagnostics_in(text: str) -> tuple[Diagnostic, ...]:
    """All errors and warnings of stderr, or of the lines of `-json`: errors first, 200 at most.

    Terraform says them in any order; here the same ones always come in the same.
    """
    found = list(_of_json(text))
    plain = [line for line in text.split("\n") if not line.startswith('{"')]
    found += _of_paragraphs(neutralise("\n".join(plain)).split("\n"))
    return tuple(sorted(set(found), key=_rank)[:_MOST])


def _rank(one: Diagnostic) -> tuple[bool, str, int, str, str]:
    return not one.is_error, one.path, one.line, one.summary, one.detail


def errors_in(text: str) -> tuple[Diagnostic, ...]:
    """The errors alone. Any of them is a failure, whatever the exit code."""
    return tuple(one for one in diagnostics_in(text) if one.is_error)


def _of_json(text: str) -> Iterator[Diagnostic]:
    for line in text.split("\n"):
        if line.startswith('{"'):
            yield from _of_event(line)


def _of_event(line: str) -> Iterator[Diagnostic]:
    """An event that says "error" is one, even if nothing else of it can be read."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict):
        if '"@level":"error"' in line:
            yield Diagnostic(is_error=True, summary="an error that cannot be read")
        return
    found = event.get("diagnostic")
    content = found if isinstance(found, dict) else {"summary": event.get("@message")}
    is_error = "error" in (event.get("@level"), content.get("severity"))
    if is_error or event.get("type") == "diagnostic":
        yield _diagnostic(content, is_error=is_error)


def _diagnostic(content: dict[str, object], *, is_error: bool) -> Diagnostic:
    place = content.get("range")
    place = place if isinstance(place, dict) else {}
    start = place.get("start")
    line = start.get("line") if isinstance(start, dict) else 0
    return Diagnostic(
        is_error=is_error,
        summary=one_line(_text(content.get("summary"))) or "an error without a text",
        detail=_bounded(neutralise(_text(content.get("detail")))),
        path=one_line(_text(place.get("filename"))),
        line=line if isinstance(line, int) else 0,
        address=one_line(_text(content.get("address"))),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _of_paragraphs(lines: Iterable[str]) -> list[Diagnostic]:
    paragraphs: list[list[str]] = []
    for line in (_RULE.sub("", line, count=1) for line in lines):
        if _HEADING.match(line):
            paragraphs.append([line])
        elif paragraphs and len(paragraphs[-1]) < _MOST:
            paragraphs[-1].append(line)
    return [_of_paragraph(paragraph) for paragraph in paragraphs]


def _of_paragraph(lines: Sequence[str]) -> Diagnostic:
    kind, _, summary = lines[0].partition(": ")
    detail = "\n".join(lines[1:]).strip("\n")
    place = _PLACE.search(detail)
    return Diagnostic(
        is_error=kind == "Error",
        summary=one_line(summary) or "an error without a text",
        detail=_bounded(detail),
        path=one_line(place[1]) if place else "",
        line=int(place[2]) if place else 0,
    )


def _bounded(detail: str) -> str:
    """The beginning, and nothing of the state that a dying Terraform may dump after its errors."""
    text = re.split(r"^\{", detail, maxsplit=1, flags=re.MULTILINE)[0]
    return (text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…").rstrip()


def read_lock(diagnostics: Iterable[Diagnostic]) -> LockInfo | None:
    """The lock that somebody else holds; None if nothing failed because of one."""
    held = (_held(one.detail) for one in diagnostics if one.is_error and one.summary == _LOCK)
    return next((lock for lock in held if lock), None)


def is_only_busy(diagnostics: Iterable[Diagnostic]) -> bool:
    """True if a held lock is all that is wrong; a backend that fails is not busy."""
    errors = [one for one in diagnostics if one.is_error]
    return bool(errors) and all(read_lock([one]) for one in errors)


def _held(detail: str) -> LockInfo | None:
    over_http = _HTTP_HELD.search(detail)
    if over_http:
        return LockInfo(one_line(over_http[1] or "", 80))
    if "Lock Info:" not in detail:
        return None
    block = detail.partition("Lock Info:")[2]
    fields = {name.lower(): one_line(value, 200) for name, value in _LOCK_FIELD.findall(block)}
    return LockInfo(**fields) if fields.get("id") else None
