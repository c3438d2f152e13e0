"""`edp drift`: where reality is not what was merged and applied."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import click

from edp.app import App
from edp.clients.terraform_trees import export, tree_of_commit
from edp.commands.terraform.job import Job, is_set_up, trusted_job
from edp.commands.terraform.ledger import Applies
from edp.commands.terraform.main_tree import require_kept_state
from edp.commands.terraform.telling import clean, document_of, totals, write_outputs
from edp.core.terraform.classify import RootState
from edp.core.terraform.plan_report import RootReport, counts_of, remark_on, state_of
from edp.core.terraform.reach import TreeReader
from edp.core.terraform.records import Record
from edp.core.terraform.reports import (
    report_of_deleted,
    report_of_problems,
    report_unplanned,
)
from edp.core.terraform.scope import parse_roots
from edp.errors import BusyError, RefusedError, UnavailableError

DIFFERENCES: Final = 10


@dataclass(frozen=True, slots=True)
class Found:
    """A Terraform root as it is."""

    report: RootReport
    is_applied: bool
    """Whether the newest apply was of the files as they are now."""

    @property
    def has_drifted(self) -> bool:
        """Reality differs from what was applied, or something was left without an owner."""
        orphans = self.report.is_deleted and bool(self.report.orphaned)
        return orphans or self.report.verdict.state is RootState.DRIFT or self._is_unexplained

    @property
    def _is_unexplained(self) -> bool:
        """Something is pending though all of it was applied."""
        return self.is_applied and self.report.verdict.state is RootState.PENDING


@click.command("drift")
@click.option("--root", "names", multiple=True, metavar="ENV/ROOT", help="Only this one. Repeat.")
@click.option("--parallel", type=click.IntRange(1, 32), default=4, show_default=True)
@click.option("--exit-code", is_flag=True, help="End with 10 if anything has drifted.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def command(
    app: App, names: tuple[str, ...], parallel: int, *, exit_code: bool, as_json: bool
) -> int:
    """Compare the Terraform roots of the default branch with reality; nothing is written.

    Drifted, pending (merged, not applied), ignored, failed checks, orphaned, broken and busy are
    told apart. What is busy or broken says nothing, least of all that it is clean.
    """
    app = app.writing(as_json=as_json)
    roots = frozenset(parse_roots(names))
    if app.settings.run_id and not is_set_up(app):
        app.output.document({"schema": 1, "roots": [], "totals": {}})
        return 0
    with trusted_job(app, lock_seconds=0, dry_run=True) as job:
        for root in roots:
            job.reach(root)
        applies = job.ledger.read()
        found = [
            one
            for one in (*_present(job, applies, at_once=parallel), *_orphans(job, applies))
            if not roots or one.report.root in roots
        ]
    return _finish(app, found, exit_code=exit_code)


def _present(job: Job, applies: Applies, *, at_once: int) -> Sequence[Found]:
    reports: dict[object, RootReport] = {}
    ready = []
    for reach in job.main.scope.reaches:
        problems = job.main.scope.problems[reach.root]
        if problems:
            reports[reach.root] = report_of_problems(reach.root, problems)
            continue
        try:
            require_kept_state(reach, is_job=bool(job.app.settings.run_id))
        except RefusedError as exc:
            reports[reach.root] = report_unplanned(reach.root, exc.message)
            continue
        ready.append(reach)
    for one in job.planner.plan_all(ready, at_once=at_once):
        reports[one.report.root] = one.report
    inputs = job.main.inputs()
    return [
        Found(reports[reach.root], _is_applied(applies.records.get(reach.root), inputs[reach.root]))
        for reach in job.main.scope.reaches
    ]


def _is_applied(record: Record | None, inputs: str) -> bool:
    return record is not None and record.inputs == inputs and record.is_clean


def _orphans(job: Job, applies: Applies) -> Sequence[Found]:
    """What was applied once, is not on the default branch any more, and still owns something."""
    gone = [record for root, record in applies.records.items() if root not in job.main.reaches]
    return [found for record in gone if (found := _orphan(job, record)) is not None]


def _orphan(job: Job, record: Record) -> Found | None:
    """Its state is asked with the files that it was applied from."""
    git = job.clients.git
    reader = TreeReader(tree_of_commit(git, record.commit))
    if record.root not in reader.roots:
        return None
    with TemporaryDirectory(prefix="edp-terraform-", ignore_cleanup_errors=True) as folder:
        export(git, record.commit, Path(folder), below=["terraform"])
        private = job.planner.private / "before"
        past = replace(job.planner, folder=Path(folder), private=private)
        owned = past.owned(reader.reach(record.root))
    if owned == 0:
        return None
    report = report_of_deleted(record.root, orphaned=owned, successor=None)
    return Found(report, is_applied=False)


def _finish(app: App, found: Sequence[Found], *, exit_code: bool) -> int:
    for one in found:
        report = one.report
        said = ", ".join(filter(None, (_word(one), counts_of(report), remark_on(report))))
        app.output.line(clean(app, report, f"{report.root}: {said}"))
        for text in (*_drifted(report), *report.verdict.failed_checks):
            app.output.line(f"  {clean(app, report, text)}")
    reports = [one.report for one in found]
    app.output.document(
        {
            "schema": 1,
            "roots": [
                {**document_of(app, one.report), "drifted": one.has_drifted} for one in found
            ],
            "totals": totals(reports),
        }
    )
    has_drifted = any(one.has_drifted for one in found)
    write_outputs(app, {"drift": has_drifted})
    states = {report.verdict.state for report in reports}
    if RootState.BROKEN in states:
        return UnavailableError.exit_code
    if exit_code and has_drifted:
        return DIFFERENCES
    return BusyError.exit_code if RootState.BUSY in states else 0


def _word(one: Found) -> str:
    if one.report.is_deleted:
        return "orphaned"
    return "drift" if one.has_drifted else state_of(one.report)


def _drifted(report: RootReport) -> Sequence[str]:
    return [
        f"{address} was changed outside of Terraform"
        for address, state in sorted(report.verdict.addresses.items())
        if state is RootState.DRIFT
    ]
