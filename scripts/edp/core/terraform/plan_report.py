"""What is told about one Terraform root: a row, a line of counts, and a line for each change."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from edp.core.terraform.classify import RootState, Verdict
from edp.core.terraform.diagnostics import Diagnostic, LockInfo
from edp.core.terraform.plan_attributes import ChangedAttribute
from edp.core.terraform.plan_document import Action, PlanDocument, ResourceChange
from edp.core.terraform.plan_policy import Finding, Ruling
from edp.core.terraform.roots import TerraformRoot

_SIGNS: Final = {
    Action.DESTROY: "-",
    Action.REPLACE: "-/+",
    Action.FORGET: "-",
    Action.UPDATE: "~",
    Action.CREATE: "+",
    Action.IMPORT: "=>",
    Action.MOVE: "->",
    Action.READ: "<=",
}
_RISKS: Final = tuple(Action)


@dataclass(frozen=True, slots=True)
class RootReport:
    """One Terraform root in a comment. `digest` is "" where no job had the key."""

    root: TerraformRoot
    verdict: Verdict
    plan: PlanDocument | None = None
    digest: str = ""
    findings: tuple[Finding, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    was_run: bool = True
    """Whether Terraform was started, or stopped by what the files say."""
    is_deleted: bool = False
    orphaned: int | None = None
    """How many resources a deleted one still owns; None if nobody could tell."""
    sensitive: frozenset[str] = field(default=frozenset(), repr=False)
    """Values that its plan marks as sensitive: they are taken out of what is told about it."""

    @property
    def changes(self) -> tuple[ResourceChange, ...]:
        """The changes of a plan that says anything, the most dangerous first."""
        if self.plan is None or not self.verdict.is_known:
            return ()
        return tuple(sorted(self.plan.changes, key=_danger))

    def count(self, action: Action) -> int:
        """How many objects this happens to."""
        return sum(1 for change in self.changes if change.action is action)

    @property
    def risk(self) -> int:
        """Where it stands in the comment: what destroys comes first, what is quiet last."""
        if self.is_deleted:
            return _RISKS.index(Action.FORGET)
        if not self.verdict.is_known:
            return _RISKS.index(Action.UPDATE)
        worst = min((_RISKS.index(change.action) for change in self.changes), default=len(_RISKS))
        return worst + (worst >= _RISKS.index(Action.UPDATE))


def _danger(change: ResourceChange) -> tuple[int, str]:
    return _RISKS.index(change.action), change.address


def state_of(report: RootReport) -> str:
    """One word or two."""
    return "deleted" if report.is_deleted else report.verdict.state.value


def remark_on(report: RootReport) -> str:
    """What else there is to say in a row; raw text."""
    if report.is_deleted:
        return _orphans(report.orphaned)
    if report.verdict.state is RootState.BUSY:
        return holder(report.verdict.lock)
    if not report.verdict.is_known:
        return report.verdict.reason
    parts = (*_rulings(report.findings), *_quiet_counts(report))
    return ", ".join(f"{words}: {count}" for count, words in parts if count)


def _orphans(count: int | None) -> str:
    if count is None:
        return "the resources that it still owns would be orphaned"
    return f"{count} resource{'' if count == 1 else 's'} would be orphaned"


def holder(lock: LockInfo | None) -> str:
    """Who holds a lock, since when and what for, as far as Terraform tells."""
    if lock is None:
        return "its state is locked"
    parts = (
        ("by", lock.who),
        ("since", lock.created),
        ("for", lock.operation),
        ("with the note", lock.info),
        ("under the id", lock.id),
    )
    return " ".join(["locked", *(f"{word} {value}" for word, value in parts if value)])


def _rulings(findings: Iterable[Finding]) -> tuple[tuple[int, str], ...]:
    counts = Counter(finding.ruling for finding in findings)
    return (
        (counts[Ruling.REFUSED], "refused by policy"),
        (counts[Ruling.NEEDS_LABEL], "waiting for a label"),
    )


def _quiet_counts(report: RootReport) -> tuple[tuple[int, str], ...]:
    verdict, plan = report.verdict, report.plan
    return (
        (report.count(Action.FORGET), "forgotten"),
        (sum(change.is_imported for change in report.changes), "imported"),
        (report.count(Action.MOVE), "moved"),
        (len(plan.outputs) if plan else 0, "changed outputs"),
        (len(plan.deferred) if plan else 0, "deferred"),
        (len(plan.invocations) if plan else 0, "provider actions"),
        (verdict.count(RootState.DRIFT), "drifted"),
        (verdict.count(RootState.IGNORED_DRIFT), "drifted and ignored"),
        (len(verdict.failed_checks), "failed checks"),
    )


def counts_of(report: RootReport) -> str:
    """`1 to destroy, 2 to create`, the most dangerous first."""
    actions = (action for action in Action if action is not Action.NOTHING)
    counts = ((report.count(action), action) for action in actions)
    return ", ".join(f"{count} to {action}" for count, action in counts if count)


def lines_of(report: RootReport) -> Iterator[str]:
    """Everything that there is to say, as raw lines: the important first."""
    for finding in report.findings:
        yield f"! {finding.ruling}: {finding.address} {finding.message}"
    if report.verdict.state is not RootState.BUSY:
        for diagnostic in report.diagnostics:
            yield from _of_diagnostic(diagnostic)
    if report.verdict.is_known and report.plan is not None:
        yield from map(_of_change, report.changes)
        yield from _of_the_rest(report.plan)
    for address, state in sorted(report.verdict.addresses.items()):
        if state in {RootState.DRIFT, RootState.IGNORED_DRIFT}:
            yield f"! {state}: {address} was changed outside of Terraform"
    yield from (f"! check failed: {text}" for text in report.verdict.failed_checks)


def _of_diagnostic(diagnostic: Diagnostic) -> Iterator[str]:
    yield f"! {'error' if diagnostic.is_error else 'warning'}: {diagnostic}"
    yield from (f"| {line}" for line in diagnostic.detail.splitlines() if line.strip())


def _of_the_rest(plan: PlanDocument) -> Iterator[str]:
    yield from (f"{_SIGNS[output.action]} output {output.name}" for output in plan.outputs)
    yield from (f"? {address}: comes in a later plan" for address in plan.deferred)
    yield from (f"> {address}: starts this provider action" for address in plan.invocations)


def _of_change(change: ResourceChange) -> str:
    sign = (
        "+/-" if change.creates_first and change.action is Action.REPLACE else _SIGNS[change.action]
    )
    remarks = "; ".join(filter(None, _remarks(change)))
    return f"{sign} {change.address}: {change.action}" + (f"; {remarks}" if remarks else "")


def _remarks(change: ResourceChange) -> Iterator[str]:
    if change.action is Action.REPLACE:
        yield "created first" if change.creates_first else "destroyed first"
    if change.deposed:
        yield f"the deposed object {change.deposed}"
    if change.previous_address:
        yield f"was {change.previous_address}"
    if change.is_imported and change.action is not Action.IMPORT:
        yield "imported"
    yield change.reason.replace("_", " ")
    yield _attributes(change)


def _attributes(change: ResourceChange) -> str:
    """Of a new object only what may be shown: all of it is new."""
    is_new = change.action in {Action.CREATE, Action.READ}
    told = (one for one in change.attributes if one.after or not is_new)
    return ", ".join(map(_attribute, told))


def _attribute(attribute: ChangedAttribute) -> str:
    marks = [
        "sensitive" if attribute.is_sensitive else "",
        "known after apply" if attribute.is_unknown else "",
        "forces replacement" if attribute.forces_replacement else "",
    ]
    values = f" {attribute.before} → {attribute.after}" if attribute.after else ""
    said = ", ".join(filter(None, marks))
    return f"{attribute.name}{values}" + (f" ({said})" if said else "")
