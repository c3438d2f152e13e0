"""`edp plan`: what the Terraform roots that a change affects would do."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from edp.app import App
from edp.clients.forge_plans import PlanForge, PlanPull
from edp.clients.terraform_trees import export, tree_of_commit, tree_of_folder
from edp.clients.worktree import WorkTree
from edp.commands.promotion.clients import open_forge
from edp.commands.terraform.planning import Planner, planner
from edp.commands.terraform.telling import (
    document_of,
    publish,
    show_reports,
    totals,
    write_outputs,
)
from edp.core.promotion.snapshot import graph_of
from edp.core.repository.layout import GRAPH_PATH
from edp.core.terraform.affected import Affected
from edp.core.terraform.classify import RootState
from edp.core.terraform.plan_document import Action
from edp.core.terraform.plan_report import RootReport
from edp.core.terraform.policy_file import PolicyFile
from edp.core.terraform.reach import Tree, TreeReader
from edp.core.terraform.reports import (
    Rules,
    is_refused,
    report_of_deleted,
    report_of_problems,
    report_unplanned,
)
from edp.core.terraform.scope import (
    Scope,
    parse_roots,
    policy_of,
    scope_of_change,
    scope_of_roots,
)
from edp.errors import (
    BusyError,
    ConflictError,
    InvalidInputError,
    RefusedError,
    UnavailableError,
)

_FORK = "of a fork: planning runs what the pull request says, so it is not planned"
_NO_KEY = "this job has no EDP_PLAN_KEY: the files were checked, nothing was planned"
_ASKED = "only the files were checked"
DIFFERENCES = 10
_BY_RANK = (
    InvalidInputError.exit_code,
    UnavailableError.exit_code,
    RefusedError.exit_code,
    BusyError.exit_code,
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is planned: Terraform roots, the tree that they are in, the tree before."""

    tree: WorkTree
    scope: Scope
    policy: PolicyFile
    """Of the tree before the change: no change allows itself anything."""
    before: str
    """The commit that the change began at; empty where Terraform roots were named."""


@click.command("plan")
@click.option("--base", metavar="REV", help="Plan what has changed since this revision.")
@click.option("--root", "names", multiple=True, metavar="ENV/ROOT", help="Plan this one. Repeat.")
@click.option("--pull-request", "number", type=click.IntRange(1), help="Tell this pull request.")
@click.option("--matrix", is_flag=True, help="Print the affected Terraform roots for `fromJSON`.")
@click.option("--static", is_flag=True, help="Check the files alone; start no Terraform.")
@click.option("--parallel", type=click.IntRange(1, 32), default=4, show_default=True)
@click.option("--exit-code", is_flag=True, help="End with 10 if anything would change.")
@click.option("--dry-run", is_flag=True, help="Write no comment and no status.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def command(  # noqa: PLR0913 (the options of the command line)
    app: App,
    base: str | None,
    names: tuple[str, ...],
    number: int | None,
    parallel: int,
    *,
    matrix: bool,
    static: bool,
    exit_code: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Plan the Terraform roots that the work tree's change affects.

    Without --base and --root all of them are planned. What may not be used at all stops a Terraform
    root before it is initialised. Policy is that of the base: no change allows itself.
    """
    app = app.writing(as_json=as_json)
    tree = WorkTree.open(app.repo, environment=app.settings.process_environment)
    subject = _subject(tree, base, names)
    if matrix:
        _print_matrix(app, subject.scope)
        return 0
    if number is None:
        reports = _reports(app, subject, at_once=parallel, not_planned=_ASKED if static else "")
    else:
        reports = _reports_of_pull(
            app, subject, number, at_once=parallel, is_static=static, dry_run=dry_run
        )
    return _finish(app, reports, exit_code=exit_code)


def _subject(tree: WorkTree, base: str | None, names: Sequence[str]) -> Subject:
    after = tree_of_folder(tree)
    if base is None:
        policy = policy_of(after)
        return Subject(tree, scope_of_roots(after, parse_roots(names), policy), policy, "")
    commit = tree.merge_base(base)
    before = tree_of_commit(tree.require_git(), commit)
    policy = policy_of(before)
    if names:
        return Subject(tree, scope_of_roots(after, parse_roots(names), policy), policy, "")
    changed = tree.changed_paths(commit, (".",))
    return Subject(tree, scope_of_change(before, after, changed, policy), policy, commit)


def _print_matrix(app: App, scope: Scope) -> None:
    """What runners are to share, and what they need not plan."""
    include = [{"root": str(reach.root)} for reach in scope.reaches]
    document = {"include": include}
    write_outputs(app, {"matrix": document, "count": len(include)})
    if app.output.as_json:
        app.output.document({"matrix": document, "count": len(include)})
    for one in include:
        app.output.line(one["root"])


def _reports_of_pull(
    app: App,
    subject: Subject,
    number: int,
    *,
    at_once: int,
    is_static: bool,
    dry_run: bool,
) -> tuple[RootReport, ...]:
    with open_forge(app) as forge:
        plans = PlanForge(forge, _bot(subject.tree))
        pull = plans.pull(number)
        _require_head(subject.tree, pull)
        reason = _ASKED if is_static else _why_not(app, pull)
        reports = _reports(app, subject, at_once=at_once, not_planned=reason)
        # The automatic token of a fork's run can write nothing.
        if not dry_run and not pull.is_from_fork:
            publish(app, plans, pull, reports)
    return reports


def _require_head(tree: WorkTree, pull: PlanPull) -> None:
    """What is told of a pull request must be about its newest commit, and nothing but that."""
    head = tree.require_git().resolve("HEAD")
    if head != pull.head:
        raise ConflictError(
            f"#{pull.number} is at {pull.head[:8]}, the work tree at {(head or 'nothing')[:8]}",
            hint="check out the pull request's newest commit; its own run tells of it",
        )
    changed = sorted(tree.changed_paths(head, (".",)))
    if changed:
        raise InvalidInputError(
            f"{changed[0]} is not as the pull request has it", hint="commit it, or take it back"
        )


def _why_not(app: App, pull: PlanPull) -> str:
    if pull.is_from_fork:
        return _FORK
    return "" if app.settings.plan_key else _NO_KEY


def _bot(tree: WorkTree) -> str:
    graph = tree.read(GRAPH_PATH)
    return graph_of({GRAPH_PATH: "graph"}, {"graph": graph}).bots.bot


def _reports(
    app: App, subject: Subject, *, at_once: int, not_planned: str
) -> tuple[RootReport, ...]:
    """One for each Terraform root, in the order in which they would be applied."""
    scope = subject.scope
    found = {
        root: report_of_problems(root, problems)
        for root, problems in scope.problems.items()
        if problems
    }
    ready = [reach for reach in scope.reaches if reach.root not in found]
    if not_planned:
        found |= {reach.root: report_unplanned(reach.root, not_planned) for reach in ready}
    elif ready or scope.deleted:
        rules = Rules(subject.policy, app.settings.plan_key.encode())
        with planner(app, subject.tree.root, rules) as plans:
            planned = plans.plan_all(ready, at_once=at_once)
            found |= {one.report.root: one.report for one in planned}
            deleted = _deleted(plans, subject)
    if not_planned or not (ready or scope.deleted):
        deleted = tuple(_told_deleted(one, None) for one in scope.deleted)
    return (*(found[reach.root] for reach in scope.reaches), *deleted)


def _deleted(plans: Planner, subject: Subject) -> tuple[RootReport, ...]:
    """What the removed ones still own is asked of their state, with the files as they were."""
    if not subject.scope.deleted:
        return ()
    git = subject.tree.require_git()
    before = tree_of_commit(git, subject.before)
    with TemporaryDirectory(prefix="edp-terraform-", ignore_cleanup_errors=True) as folder:
        export(git, subject.before, Path(folder), below=["terraform"])
        past = Planner(
            plans.app, plans.binary, Path(folder), plans.private / "before", plans.keeper,
            plans.rules,
        )  # fmt: skip
        return tuple(_report_deleted(past, before, one) for one in subject.scope.deleted)


def _report_deleted(past: Planner, before: Tree, one: Affected) -> RootReport:
    if one.successor is not None:
        return _told_deleted(one, None)
    return _told_deleted(one, past.owned(TreeReader(before).reach(one.root)))


def _told_deleted(one: Affected, orphaned: int | None) -> RootReport:
    return report_of_deleted(one.root, orphaned=orphaned, successor=one.successor)


def _finish(app: App, reports: Sequence[RootReport], *, exit_code: bool) -> int:
    show_reports(app, reports)
    has_changes = any(report.changes for report in reports)
    roots = [document_of(app, report) for report in reports]
    app.output.document({"roots": roots, "totals": totals(reports)})
    write_outputs(
        app,
        {
            "changes": has_changes,
            "roots": [str(report.root) for report in reports],
            "destroys": sum(
                report.count(action)
                for report in reports
                for action in (Action.DESTROY, Action.REPLACE)
            ),
        },
    )
    return code_of(reports) or (DIFFERENCES if exit_code and has_changes else 0)


def code_of(reports: Sequence[RootReport]) -> int:
    """The exit code of what cannot be applied like this; each was shown already."""
    codes = {code for report in reports if (code := _code(report))}
    return next((code for code in _BY_RANK if code in codes), 0)


def _code(report: RootReport) -> int:
    if report.verdict.state is RootState.BROKEN:
        return UnavailableError.exit_code if report.was_run else InvalidInputError.exit_code
    if report.verdict.state is RootState.BUSY:
        return BusyError.exit_code
    return RefusedError.exit_code if is_refused(report) else 0
