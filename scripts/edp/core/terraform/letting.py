"""What is let through: the plan that people have reviewed, and no other."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from edp.core.promotion.facts import Review
from edp.core.promotion.reviews import is_counted, latest_verdicts
from edp.core.repository.promotion_graph import Bots
from edp.core.terraform.change_digest import are_equal
from edp.core.terraform.plan_policy import Ruling
from edp.core.terraform.plan_report import RootReport
from edp.core.terraform.records import Record, Result

ALLOW_DESTROY: Final = "edp/allow-destroy"
"""The label by which an allowed person lets objects be destroyed."""
SHORTEST_DIGEST: Final = 12


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The pull request that the newest change of a Terraform root came with."""

    pull: int = 0
    """0 if it came without one."""
    by: str = ""
    digest: str = ""
    """Of the plan that stood on it when it was merged; empty if none can be believed."""
    approvers: tuple[str, ...] = ()
    refusing: tuple[str, ...] = ()
    """Who asked for changes last."""
    labels: tuple[str, ...] = ()


def approvers(reviews: Iterable[Review], *, head: str, bots: Bots) -> tuple[str, ...]:
    """Who approves a pull request by their latest review, officially, on its last commit."""
    found = latest_verdicts(reviews, others_than=bots)
    return tuple(sorted(one.login.lower() for one in found if is_counted(one, head)))


def refusing(reviews: Iterable[Review], *, bots: Bots) -> tuple[str, ...]:
    """Whose latest review officially asks for changes."""
    found = latest_verdicts(reviews, others_than=bots)
    return tuple(
        sorted(
            one.login.lower()
            for one in found
            if one.state == "REQUEST_CHANGES" and one.official and not one.dismissed
        )
    )


def allows_destroys(reviewed: Reviewed, allowed: Collection[str] | None) -> bool:
    """Whether the label is there and, where people are named, one of them approved."""
    if ALLOW_DESTROY not in reviewed.labels:
        return False
    names = None if allowed is None else {login.lower() for login in allowed}
    return names is None or any(login in names for login in reviewed.approvers)


def missing_approvals(reviewed: Reviewed, needed: int) -> str:
    """What a change of a Terraform root waits for before anything else; "" if for nothing."""
    if reviewed.refusing:
        return f"changes requested by {', '.join(reviewed.refusing)}"
    given = len(reviewed.approvers)
    return f"approvals: {given} of {needed}" if given < needed else ""


def why_not(
    report: RootReport,
    marks: Collection[str],
    *,
    reviewed: Reviewed,
    accepted: str,
    record: Record | None,
    inputs: str,
) -> str:
    """Why a fresh plan may not be applied; "" if it may."""
    refused = [one for one in report.findings if one.ruling is Ruling.REFUSED]
    if refused:
        return f"refused by policy: {refused[0].address} {refused[0].message}"
    unlabelled = [one for one in report.findings if one.ruling is Ruling.NEEDS_LABEL]
    if unlabelled:
        return f"waits for the label {ALLOW_DESTROY}: {unlabelled[0].address} would be gone"
    if accepted:
        is_it = len(accepted) >= SHORTEST_DIGEST and report.digest.startswith(accepted.lower())
        return "" if is_it else f"the plan is now {report.digest[:16]}, not {accepted[:16]}"
    if are_equal(report.digest, reviewed.digest) or _is_rest(marks, record, inputs):
        return ""
    if not reviewed.digest:
        return "nobody has reviewed a plan of it"
    return "the plan is not the one that was reviewed"


def _is_rest(marks: Collection[str], record: Record | None, inputs: str) -> bool:
    """Whether it is what an apply of the same files that was let through did not get to."""
    if record is None or record.inputs != inputs:
        return False
    was_cut = record.result in (Result.RUNNING, Result.FAILED)
    return was_cut and bool(marks) and set(marks) <= set(record.rest)
