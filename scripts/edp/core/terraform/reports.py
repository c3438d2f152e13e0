"""From what was found out about a Terraform root to what is told about it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from edp.core.repository.problems import Problem, shown
from edp.core.terraform.change_digest import change_digest
from edp.core.terraform.classify import PlanOutcome, RootState, Verdict, classify
from edp.core.terraform.diagnostics import Diagnostic
from edp.core.terraform.plan_document import PlanDocument
from edp.core.terraform.plan_policy import Finding, Ruling, check_plan
from edp.core.terraform.plan_report import RootReport
from edp.core.terraform.policy_file import PolicyFile
from edp.core.terraform.roots import TerraformRoot


@dataclass(frozen=True, slots=True)
class Rules:
    """What a plan is judged by. Without `key` there is no digest that anybody could believe."""

    policy: PolicyFile
    key: bytes = field(default=b"", repr=False)
    allowed_destroys: bool = False


def report_of_problems(root: TerraformRoot, problems: Sequence[Problem]) -> RootReport:
    """A Terraform root that may not even be initialised."""
    found = tuple(
        Diagnostic(
            is_error=True,
            summary=_sentence(one),
            detail=one.hint,
            path=one.path if one.path.isprintable() else shown(one.path),
            line=one.line,
        )
        for one in problems
    )
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    verdict = Verdict(RootState.BROKEN, f"{found[0]}{more}")
    return RootReport(root, verdict, diagnostics=found, was_run=False)


def _sentence(problem: Problem) -> str:
    return ": ".join(part for part in (problem.where, problem.message) if part)


def report_broken(root: TerraformRoot, reason: str) -> RootReport:
    """A Terraform root of which nothing is known."""
    return RootReport(root, Verdict(RootState.BROKEN, reason))


def report_unplanned(root: TerraformRoot, reason: str) -> RootReport:
    """A Terraform root whose files are in order, and that was not planned."""
    return RootReport(root, Verdict(RootState.UNPLANNED, reason), was_run=False)


def report_of_deleted(
    root: TerraformRoot, *, orphaned: int | None, successor: TerraformRoot | None
) -> RootReport:
    """A Terraform root that is gone; whoever goes on with its state owns what it owned."""
    verdict = Verdict(RootState.UNPLANNED, f"is {successor} now" if successor else "")
    return RootReport(root, verdict, is_deleted=True, orphaned=0 if successor else orphaned)


def report_of_plan(
    root: TerraformRoot,
    outcome: PlanOutcome,
    rules: Rules,
    *,
    ignored: Collection[str] = (),
    sensitive: frozenset[str] = frozenset(),
) -> RootReport:
    """A Terraform root that Terraform was run on."""
    verdict = classify(outcome, ignored)
    plan = outcome.plan if verdict.is_known else None
    return RootReport(
        root,
        verdict,
        plan,
        digest=change_digest(plan, rules.key) if plan and rules.key else "",
        findings=_findings(plan, rules),
        diagnostics=outcome.diagnostics,
        sensitive=sensitive,
    )


def _findings(plan: PlanDocument | None, rules: Rules) -> tuple[Finding, ...]:
    if plan is None:
        return ()
    return check_plan(plan, rules.policy, allowed_destroys=rules.allowed_destroys)


def is_refused(report: RootReport) -> bool:
    """Whether it can never be applied like this: broken, or against the policy."""
    is_against = any(finding.ruling is Ruling.REFUSED for finding in report.findings)
    return is_against or report.verdict.state is RootState.BROKEN
