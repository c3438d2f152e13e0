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
from edp.core.terraform.plan_report import RootReport
from edp.core.terraform.told import Told, count_fitting, tell
from edp.text import code, fence, markdown

__all__ = [
    "PlanRun",
    "ReviewedPlans",
    "RootReport",
    "comment",
    "compose",
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
    told = [tell(report, secrets=secrets, budget=budget) for report in reports]
    return compose(told, run, budget=budget)


def compose(found: Iterable[Told], run: PlanRun, *, budget: int = BUDGET) -> str:
    """The same from what several jobs tell."""
    ordered = sorted(found, key=lambda told: (told.risk, told.root))
    top = [_title(run), *_headline(ordered)]
    rows = [_row(told) for told in ordered]
    header = _header(ordered, run, _hash([*top, *rows], ordered), budget)
    room = budget - _size(header, *top) - _FOOTER
    shown, left = _table(rows, room)
    details, missing = _details(ordered, room - _size(*shown), run.url)
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


def _header(found: Sequence[Told], run: PlanRun, content: str, budget: int) -> str:
    digests = tuple((told.root, told.digest) for told in found if told.digest)
    line = header_line(ReviewedPlans(run.repository, run.pull, run.head, digests, content), run.key)
    if _size(line) <= budget // 2:
        return line
    # Too many to be reviewed in one comment: nobody will be able to apply what it says.
    return header_line(ReviewedPlans(run.repository, run.pull, run.head, (), content), b"")


def _hash(texts: Sequence[str], found: Sequence[Told]) -> str:
    digest = hashlib.sha256()
    for told in found:
        texts = [*texts, told.digest, str(told.more), *told.lines]
    for text in texts:
        digest.update(text.encode(errors="replace") + b"\n")
    return digest.hexdigest()[:32]


def _title(run: PlanRun) -> str:
    return f"### Terraform plan of {code(run.head[:12])}\n"


def _headline(found: Sequence[Told]) -> list[str]:
    """Destroyed and replaced objects in words, so that nobody overlooks them."""
    if not found:
        return ["No Terraform root is affected.\n"]
    bad = [text for told in found for text in _dangers(told)]
    lines = [f"* {text}" for text in bad[:_BULLETS]]
    more = [f"* and {len(bad) - _BULLETS} more in the table"] if len(bad) > _BULLETS else []
    return ["**Look twice:**", "", *lines, *more, ""] if bad else []


def _dangers(told: Told) -> list[str]:
    if told.is_deleted:
        return [f"**{told.root}** was deleted: {told.remark}"]
    counts = (
        (told.count(Action.DESTROY), "destroys {}"),
        (told.count(Action.REPLACE), "destroys {} and creates again"),
        (told.count(Action.FORGET), "leaves {} behind without a state"),
    )
    said = [words.format(_objects(count)) for count, words in counts if count]
    return [f"**{told.root}** {', '.join(said)}"] if said else []


def _objects(count: int) -> str:
    return f"**{count} object{'' if count == 1 else 's'}**"


_TABLE_HEAD: Final = (
    "| Terraform root | state | destroy | replace | update | create | |",
    "|---|---|--:|--:|--:|--:|---|",
)


def _row(told: Told) -> str:
    counts = (str(told.count(action) or "") for action in _COUNTED)
    shown = told.state if told.is_known and not told.is_deleted else f"**{told.state}**"
    return f"| {' | '.join([str(told.root), shown, *counts, markdown(told.remark)])} |"


def _table(rows: Sequence[str], room: int) -> tuple[list[str], int]:
    """The rows that fit, and how many do not."""
    if not rows:
        return [], 0
    fitting = count_fitting(rows, room - _size(*_TABLE_HEAD, ""))
    return [*_TABLE_HEAD, *rows[:fitting], ""], len(rows) - fitting


def _details(found: Iterable[Told], room: int, url: str) -> tuple[list[str], list[Told]]:
    """As many details as fit, by risk, and the Terraform roots of which there are none."""
    shown: list[str] = []
    missing: list[Told] = []
    for told in found:
        block = _block(told, room - _size(*shown), url)
        if block:
            shown.append(block)
        elif told.lines:
            missing.append(told)
    return shown, missing


def _block(told: Told, room: int, url: str) -> str:
    """The details of one, cut at whole lines; "" if there is nothing, or no room for any of it."""
    begin = f"<details><summary>{told.root}: {told.summary}</summary>\n"
    ticks = 2 * max(3, 1 + max(map(_longest_run, told.lines), default=0))
    frame = _size(begin, "diff", "", "", "</details>", "") + ticks + 2 * _size(_more(9**9, url))
    fitting = count_fitting(told.lines, room - frame)
    if not fitting:
        return ""
    left = len(told.lines) - fitting + told.more
    more = [f"\n{_more(left, url)}"] if left else []
    body = fence("\n".join(told.lines[:fitting]), "diff")
    return "\n".join([begin, body, *more, "\n</details>\n"])


def _longest_run(line: str) -> int:
    return max(map(len, re.findall("`+", line)), default=0)


def _more(count: int, url: str) -> str:
    return f"… and {count} more: {_link(url)}."


def _link(url: str) -> str:
    return f"[the run]({url})" if _URL.fullmatch(url) else "the run's log"


def _footer(left: int, missing: Sequence[Told], url: str) -> list[str]:
    lines = []
    if left:
        lines.append(f"Terraform roots that did not fit: {left}, {_link(url)}.\n")
    if missing:
        names = ", ".join(str(told.root) for told in missing[: _BULLETS // 2])
        rest = len(missing) - _BULLETS // 2
        more = f" and of {rest} more" if rest > 0 else ""
        lines.append(f"No room for the details of {names}{more}: {_link(url)}.\n")
    return [*lines, f"Made by {_link(url)}."]
