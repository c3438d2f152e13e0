"""What is told of one Terraform root, without secrets: a row, details, and the digest of its plan.

Where several runners share the work it travels between jobs as a document, signed with the key of
trusted jobs: whoever puts the comment together believes nothing else.
"""

import hashlib
import hmac
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from edp.core.terraform.classify import RootState
from edp.core.terraform.plan_document import Action
from edp.core.terraform.plan_json import UnreadablePlanError, decode, encode
from edp.core.terraform.plan_policy import Ruling
from edp.core.terraform.plan_report import RootReport, counts_of, lines_of, remark_on, state_of
from edp.core.terraform.plan_secrets import without_values
from edp.core.terraform.reports import is_refused
from edp.core.terraform.roots import TerraformRoot, parse_root
from edp.text import one_line, redact

_PURPOSE: Final = b"edp told 1\n"


@dataclass(frozen=True, slots=True)
class Told:
    """Harmless texts and counts; `lines` are the details, `more` are those that were left out."""

    root: TerraformRoot
    risk: int
    state: str
    is_known: bool
    """Whether a plan says anything of it."""
    is_deleted: bool
    is_refused: bool
    is_waiting: bool
    """For a lock, or for the label that lets objects be destroyed."""
    counts: Mapping[Action, int]
    summary: str
    remark: str
    lines: tuple[str, ...]
    more: int
    digest: str
    """Empty if nobody could review it."""

    def count(self, action: Action) -> int:
        """How many objects this happens to."""
        return self.counts.get(action, 0)


@dataclass(frozen=True, slots=True)
class Origin:
    """What a document is about: the commit that was planned."""

    repository: str
    head: str


def tell(report: RootReport, *, secrets: Collection[str], budget: int) -> Told:
    """Secrets go before anything is cut, so that no cut leaves a half of one."""
    raw = [line.replace("\n", " ") for line in lines_of(report)]
    fitting = count_fitting(raw, budget)
    text = _clean("\n".join(raw[:fitting]), report, secrets)
    is_reviewable = bool(report.digest) and report.verdict.is_known
    return Told(
        root=report.root,
        risk=report.risk,
        state=state_of(report),
        is_known=report.verdict.is_known,
        is_deleted=report.is_deleted,
        is_refused=is_refused(report),
        is_waiting=_is_waiting(report),
        counts={action: count for action in Action if (count := report.count(action))},
        summary=counts_of(report) or state_of(report),
        remark=_clean(remark_on(report), report, secrets),
        lines=tuple(one_line(line) for line in text.split("\n") if line.strip()),
        more=len(raw) - fitting,
        digest=report.digest if is_reviewable else "",
    )


def _is_waiting(report: RootReport) -> bool:
    needs_label = any(finding.ruling is Ruling.NEEDS_LABEL for finding in report.findings)
    return needs_label or report.verdict.state is RootState.BUSY


def count_fitting(lines: Sequence[str], room: int) -> int:
    """How many whole lines fit into so many bytes."""
    for number, line in enumerate(lines):
        room -= len(line.encode(errors="replace")) + 1
        if room < 0:
            return number
    return len(lines)


def _clean(text: str, report: RootReport, secrets: Collection[str]) -> str:
    return redact(without_values(text, report.sensitive), secrets)


def told_bytes(told: Told, origin: Origin, key: bytes) -> bytes:
    """The signed document."""
    fields = {
        "repository": origin.repository,
        "head": origin.head,
        "root": str(told.root),
        "risk": told.risk,
        "state": told.state,
        "known": told.is_known,
        "deleted": told.is_deleted,
        "refused": told.is_refused,
        "waiting": told.is_waiting,
        "counts": {str(action): count for action, count in told.counts.items()},
        "summary": told.summary,
        "remark": told.remark,
        "lines": list(told.lines),
        "more": told.more,
        "digest": told.digest,
    }
    return encode({"told": fields, "mac": _mac(fields, key)}) + b"\n"


def read_told(content: bytes, origin: Origin, key: bytes) -> Told:
    """The inverse; UnreadablePlanError for what no trusted job wrote about this commit."""
    document = decode(content)
    fields, mac = document.get("told"), document.get("mac")
    if not isinstance(fields, dict) or not isinstance(mac, str):
        raise UnreadablePlanError("it is no result of a plan")
    if not hmac.compare_digest(_mac(fields, key).encode(), mac.encode(errors="replace")):
        raise UnreadablePlanError("it was not signed with EDP_PLAN_KEY")
    if (fields.get("repository"), fields.get("head")) != (origin.repository, origin.head):
        raise UnreadablePlanError("it is about another commit")
    return _told(fields)


def _mac(fields: Mapping[str, object], key: bytes) -> str:
    return hmac.new(key, _PURPOSE + encode(fields), hashlib.sha256).hexdigest()


def _told(fields: Mapping[str, object]) -> Told:
    """Of fields that are ours, for the signature says so."""
    root = parse_root(str(fields["root"]))
    counts, lines, risk, more = (fields[key] for key in ("counts", "lines", "risk", "more"))
    is_ours = isinstance(counts, dict) and isinstance(lines, list)
    if root is None or not is_ours or not isinstance(risk, int) or not isinstance(more, int):
        raise UnreadablePlanError("it was written by another version of edp")
    assert isinstance(counts, dict)  # noqa: S101 (for mypy)
    assert isinstance(lines, list)  # noqa: S101 (for mypy)
    return Told(
        root=root,
        risk=risk,
        state=str(fields["state"]),
        is_known=fields["known"] is True,
        is_deleted=fields["deleted"] is True,
        is_refused=fields["refused"] is True,
        is_waiting=fields["waiting"] is True,
        counts={Action(name): int(count) for name, count in counts.items()},
        summary=str(fields["summary"]),
        remark=str(fields["remark"]),
        lines=tuple(map(str, lines)),
        more=more,
        digest=str(fields["digest"]),
    )
