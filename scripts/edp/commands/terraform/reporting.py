"""Reports of all Terraform roots of a change: planned, stopped by what their files say, deleted."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from edp.app import App
from edp.clients.terraform_trees import export, tree_of_commit
from edp.commands.terraform.planning import Planner, planner
from edp.commands.terraform.subject import Subject
from edp.core.terraform.affected import Affected
from edp.core.terraform.plan_report import RootReport
from edp.core.terraform.reach import Reach, Tree, TreeReader
from edp.core.terraform.reports import (
    Rules,
    report_of_deleted,
    report_of_problems,
    report_unplanned,
)
from edp.core.terraform.roots import TerraformRoot


def reports_of(
    app: App, subject: Subject, *, at_once: int, not_planned: str = ""
) -> tuple[RootReport, ...]:
    """One for each Terraform root, in the order in which they would be applied.

    `not_planned` is why no Terraform is started at all.
    """
    scope = subject.scope
    for root, reasons in scope.reasons.items():
        for reason in reasons:
            app.output.detail(f"{root}: {reason}")
    found = {
        root: report_of_problems(root, problems)
        for root, problems in scope.problems.items()
        if problems
    }
    ready = [reach for reach in scope.reaches if reach.root not in found]
    deleted = tuple(_deleted(one, None) for one in scope.deleted)
    if not_planned:
        found |= {reach.root: report_unplanned(reach.root, not_planned) for reach in ready}
    elif ready or deleted:
        planned, deleted = _planned(app, subject, ready, at_once=at_once)
        found |= planned
    return (*(found[reach.root] for reach in scope.reaches), *deleted)


def _planned(
    app: App, subject: Subject, ready: Sequence[Reach], *, at_once: int
) -> tuple[dict[TerraformRoot, RootReport], tuple[RootReport, ...]]:
    rules = Rules(subject.policy, app.settings.plan_key.encode())
    with planner(app, subject.folder, rules) as plans:
        planned = plans.plan_all(ready, at_once=at_once)
        deleted = _owned_by_deleted(plans, subject) if subject.scope.deleted else ()
        return {one.report.root: one.report for one in planned}, deleted


def _owned_by_deleted(plans: Planner, subject: Subject) -> tuple[RootReport, ...]:
    """What the removed ones still own is asked of their state, with the files as they were."""
    git = subject.require_git()
    before = tree_of_commit(git, subject.before)
    with TemporaryDirectory(prefix="edp-terraform-", ignore_cleanup_errors=True) as folder:
        export(git, subject.before, Path(folder), below=["terraform"])
        past = replace(plans, folder=Path(folder), private=plans.private / "before")
        return tuple(_asked(past, before, one) for one in subject.scope.deleted)


def _asked(past: Planner, before: Tree, one: Affected) -> RootReport:
    if one.successor is not None:
        return _deleted(one, None)
    return _deleted(one, past.owned(TreeReader(before).reach(one.root)))


def _deleted(one: Affected, orphaned: int | None) -> RootReport:
    return report_of_deleted(one.root, orphaned=orphaned, successor=one.successor)
