"""The one comment about all plans of a pull request, inside a budget of bytes.

A table of all Terraform roots comes first, what destroys on top, then details by risk. No value is
shown that nobody has allowed, and nothing that Terraform says is markup.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from edp.core.terraform.plan_document import Action
from edp.core.terraform.plan_header import (
    ReviewedPlans,
    content_of,
    header_line,
    is_plan_comment,
    read_header,
)
from edp.core.terraform.plan_report import (
    RootReport,
    counts_of,
    lines_of,
    remark_on,
    state_of,
)
from edp.core.terraform.plan_secrets import without_values
from edp.text import code, fence, markdown, one_line, redact

__all__ = [
    "PlanRun",
    "ReviewedPlans",
    "RootReport",
    "comment",
    "is_plan_comment",
    "needs_edit",
    "read_header",
]

BUDGET: Final = 60_000
_URL: Final = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&*+,;=%-]{1,500}")
_COUNTED: Final = (Action.DESTROY, Action.REPLACE, Action.UPDATE, Action.CREATE)
_FOOTER: Final = 1500
"""Bytes kept for what is said when something does not fit."""
_BULLETS: Final = 10


@dataclass(frozen=True, slots=True)
class PlanRun:
    """Where the plans were made."""

    repository: str
    pull: int
    head: str
    url: str
    key: bytes = b""
    """Of trusted jobs; without it nobody will believe the comment."""


@dataclass(frozen=True, slots=True)
class _Section:
    """The details of one Terraform root: lines that are harmless inside a fence."""

    report: RootReport
    lines: tuple[str, ...]
    more: int


def comment(
    reports: Iterable[RootReport],
    run: PlanRun,
    *,
    secrets: Collection[str] = (),
    budget: int = BUDGET,
) -> str:
    """The whole comment. A Terraform root that is not in `reports` is not in it either.

    `secrets` are the few that the job has itself: they are taken out in every form.
    """
    ordered = sorted(reports, key=lambda report: (report.risk, report.root))
    top = [_title(run), *_headline(ordered)]
    rows = [_row(report, secrets) for report in ordered]
    sections = [_section(report, secrets, budget) for report in ordered]
    header = _header(ordered, run, _hash([*top, *rows], sections), budget)
    room = budget - _size(header, *top) - _FOOTER
    shown, left = _table(rows, room)
    details, missing = _details(sections, room - _size(*shown), run.url)
    footer = _footer(left, missing, run.url)
    return _valid("\n".join([header, *top, *shown, *details, *footer])) + "\n"


def needs_edit(old: str, new: str) -> bool:
    """True unless both say the same of the same commit; the link to the run does not count."""
    return not content_of(new) or content_of(old) != content_of(new)


def _valid(text: str) -> str:
    """Without lone halves of a character, which no encoding takes."""
    return text.encode(errors="replace").decode()


def _size(*lines: str) -> int:
    return sum(len(line.encode(errors="replace")) + 1 for line in lines)


def _header(reports: Sequence[RootReport], run: PlanRun, content: str, budget: int) -> str:
    digests = tuple((report.root, report.digest) for report in reports if _is_reviewable(report))
    line = header_line(ReviewedPlans(run.repository, run.pull, run.head, digests, content), run.key)
    if _size(line) <= budget // 2:
        return line
    # Too many to be reviewed in one comment: nobody will be able to apply what it says.
    return header_line(ReviewedPlans(run.repository, run.pull, run.head, (), content), b"")


def _is_reviewable(report: RootReport) -> bool:
    return bool(report.digest) and report.verdict.is_known


def _hash(texts: Sequence[str], sections: Sequence[_Section]) -> str:
    digest = hashlib.sha256()
    for section in sections:
        texts = [*texts, section.report.digest, str(section.more), *section.lines]
    for text in texts:
        digest.update(text.encode(errors="replace") + b"\n")
    return digest.hexdigest()[:32]


def _title(run: PlanRun) -> str:
    return f"### Terraform plan of {code(run.head[:12])}\n"


def _headline(reports: Sequence[RootReport]) -> list[str]:
    """Destroyed and replaced objects in words, so that nobody overlooks them."""
    if not reports:
        return ["No Terraform root is affected.\n"]
    bad = [text for report in reports for text in _dangers(report)]
    lines = [f"* {text}" for text in bad[:_BULLETS]]
    more = [f"* and {len(bad) - _BULLETS} more in the table"] if len(bad) > _BULLETS else []
    return ["**Look twice:**", "", *lines, *more, ""] if bad else []


def _dangers(report: RootReport) -> list[str]:
    if report.is_deleted:
        return [f"**{report.root}** was deleted: {remark_on(report)}"]
    counts = (
        (report.count(Action.DESTROY), "destroys {}"),
        (report.count(Action.REPLACE), "destroys {} and creates again"),
        (report.count(Action.FORGET), "leaves {} behind without a state"),
    )
    said = [words.format(_objects(count)) for count, words in counts if count]
    return [f"**{report.root}** {', '.join(said)}"] if said else []


def _objects(count: int) -> str:
    return f"**{count} object{'' if count == 1 else 's'}**"


_TABLE_HEAD: Final = (
    "| Terraform root | state | destroy | replace | update | create | |",
    "|---|---|--:|--:|--:|--:|---|",
)


def _row(report: RootReport, secrets: Collection[str]) -> str:
    counts = (str(report.count(action) or "") for action in _COUNTED)
    remark = markdown(_clean(remark_on(report), report, secrets))
    state = state_of(report)
    shown = state if report.verdict.is_known and not report.is_deleted else f"**{state}**"
    return f"| {' | '.join([str(report.root), shown, *counts, remark])} |"


def _table(rows: Sequence[str], room: int) -> tuple[list[str], int]:
    """The rows that fit, and how many do not."""
    if not rows:
        return [], 0
    fitting = _fitting(rows, room - _size(*_TABLE_HEAD, ""))
    return [*_TABLE_HEAD, *rows[:fitting], ""], len(rows) - fitting


def _fitting(lines: Sequence[str], room: int) -> int:
    """How many whole lines fit."""
    for number, line in enumerate(lines):
        room -= _size(line)
        if room < 0:
            return number
    return len(lines)


def _section(report: RootReport, secrets: Collection[str], budget: int) -> _Section:
    """Secrets go before anything is cut, so that no cut leaves a half of one."""
    raw = [line.replace("\n", " ") for line in lines_of(report)]
    fitting = _fitting(raw, budget)
    lines = _clean("\n".join(raw[:fitting]), report, secrets).split("\n")
    shown = tuple(one_line(line) for line in lines if line.strip())
    return _Section(report, shown, len(raw) - fitting)


def _clean(text: str, report: RootReport, secrets: Collection[str]) -> str:
    return redact(without_values(text, report.sensitive), secrets)


def _details(
    sections: Iterable[_Section], room: int, url: str
) -> tuple[list[str], list[RootReport]]:
    """As many details as fit, by risk, and the Terraform roots of which there are none."""
    shown: list[str] = []
    missing: list[RootReport] = []
    for section in sections:
        block = _block(section, room - _size(*shown), url)
        if block:
            shown.append(block)
        elif section.lines:
            missing.append(section.report)
    return shown, missing


def _block(section: _Section, room: int, url: str) -> str:
    """The details of one, cut at whole lines; "" if there is nothing, or no room for any of it."""
    counts = counts_of(section.report) or state_of(section.report)
    begin = f"<details><summary>{section.report.root}: {counts}</summary>\n"
    ticks = 2 * max(3, 1 + max(map(_longest_run, section.lines), default=0))
    frame = _size(begin, "diff", "", "", "</details>", "") + ticks + 2 * _size(_more(9**9, url))
    fitting = _fitting(section.lines, room - frame)
    if not fitting:
        return ""
    left = len(section.lines) - fitting + section.more
    more = [f"\n{_more(left, url)}"] if left else []
    body = fence("\n".join(section.lines[:fitting]), "diff")
    return "\n".join([begin, body, *more, "\n</details>\n"])


def _longest_run(line: str) -> int:
    return max(map(len, re.findall("`+", line)), default=0)


def _more(count: int, url: str) -> str:
    return f"… and {count} more: {_link(url)}."


def _link(url: str) -> str:
    return f"[the run]({url})" if _URL.fullmatch(url) else "the run's log"


def _footer(left: int, missing: Sequence[RootReport], url: str) -> list[str]:
    lines = []
    if left:
        lines.append(f"Terraform roots that did not fit: {left}, {_link(url)}.\n")
    if missing:
        names = ", ".join(str(report.root) for report in missing[: _BULLETS // 2])
        rest = len(missing) - _BULLETS // 2
        more = f" and of {rest} more" if rest > 0 else ""
        lines.append(f"No room for the details of {names}{more}: {_link(url)}.\n")
    return [*lines, f"Made by {_link(url)}."]
