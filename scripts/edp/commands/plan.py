"""`edp plan`: what the Terraform roots that a change affects would do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import click

from edp.app import App
from edp.clients.forge_plans import PlanForge, PlanPull
from edp.clients.worktree import WorkTree
from edp.commands.promotion.clients import (
    Clients,
    open_clients,
    open_forge,
    refuse_if_paused,
)
from edp.commands.promotion.look import read_graph_of
from edp.commands.promotion.ordinary import head_ref
from edp.commands.terraform.job import is_set_up
from edp.commands.terraform.reporting import reports_of
from edp.commands.terraform.subject import (
    Subject,
    subject_of_commits,
    subject_of_folder,
    write_files,
)
from edp.commands.terraform.telling import (
    document_of,
    publish,
    show_reports,
    totals,
    write_outputs,
)
from edp.core.promotion.snapshot import graph_of
from edp.core.repository.layout import GRAPH_PATH
from edp.core.terraform.classify import RootState
from edp.core.terraform.plan_comment import ReviewedPlans, is_plan_comment, read_header
from edp.core.terraform.plan_document import Action
from edp.core.terraform.plan_report import RootReport
from edp.core.terraform.reports import is_refused
from edp.core.terraform.scope import Scope
from edp.errors import (
    BusyError,
    ConflictError,
    InvalidInputError,
    RefusedError,
    UnavailableError,
)

_FORK: Final = "of a fork: planning runs what the pull request says, so it is not planned"
_NO_KEY: Final = "this job has no EDP_PLAN_KEY: the files were checked, nothing was planned"
_ASKED: Final = "only the files were checked"
DIFFERENCES: Final = 10
_BY_RANK: Final = (
    InvalidInputError.exit_code,
    UnavailableError.exit_code,
    RefusedError.exit_code,
    BusyError.exit_code,
)


@dataclass(frozen=True, slots=True)
class Wish:
    """How to plan."""

    at_once: int
    is_static: bool
    dry_run: bool


@click.command("plan")
@click.option("--base", metavar="REV", help="Plan what has changed since this revision.")
@click.option("--root", "names", multiple=True, metavar="ENV/ROOT", help="Plan this one. Repeat.")
@click.option("--pull-request", "number", type=click.IntRange(1), help="Tell this pull request.")
@click.option("--open", "is_open", is_flag=True, help="Plan every open pull request that needs it.")
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
    is_open: bool,
    matrix: bool,
    static: bool,
    exit_code: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Plan the Terraform roots that the work tree's change affects.

    Without --base and --root all of them are planned. What may not be used at all stops a Terraform
    root before it is initialised. Policy is that of the base: no change allows itself. With --open
    the work tree is not looked at: a trusted job plans the newest commits of pull requests of the
    repository itself, as far as their comment is about an older one.
    """
    app = app.writing(as_json=as_json)
    wish = Wish(parallel, static, dry_run)
    if is_open:
        return _plan_open(app, wish, number)
    tree = WorkTree.open(app.repo, environment=app.settings.process_environment)
    subject = subject_of_folder(tree, base, names)
    if matrix:
        return _print_matrix(app, subject.scope)
    if number is not None:
        reports = _reports_of_pull(app, tree, subject, number, wish)
    else:
        reasons = _ASKED if static else ""
        reports = reports_of(app, subject, at_once=parallel, not_planned=reasons)
    return _finish(app, reports, exit_code=exit_code)


def _print_matrix(app: App, scope: Scope) -> int:
    """What runners are to share, and what they need not plan."""
    include = [{"root": str(reach.root)} for reach in scope.reaches]
    document = {"include": include}
    write_outputs(app, {"matrix": document, "count": len(include)})
    for one in include:
        app.output.line(one["root"])
    app.output.document({"matrix": document, "count": len(include)})
    return 0


# --- the pull request that the work tree is of


def _reports_of_pull(
    app: App, tree: WorkTree, subject: Subject, number: int, wish: Wish
) -> tuple[RootReport, ...]:
    with open_forge(app) as forge:
        plans = PlanForge(forge, _bot(tree))
        pull = plans.pull(number)
        _require_head(tree, pull)
        reason = _ASKED if wish.is_static else _why_not(app, pull)
        reports = reports_of(app, subject, at_once=wish.at_once, not_planned=reason)
        # The automatic token of a fork's run can write nothing.
        if not wish.dry_run and not pull.is_from_fork:
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


# --- all pull requests, by a trusted job


def _plan_open(app: App, wish: Wish, number: int | None) -> int:
    refuse_if_paused(app, dry_run=wish.dry_run)
    if not is_set_up(app):
        app.output.document({"schema": 1, "pulls": []})
        return 0
    with open_forge(app) as forge:
        base = forge.base()
        listing = forge.read_pull(number) if number else forge.read_open_pulls()
        pulls = [one for one in listing.ordinary("") if not one.is_from_fork]
        heads = tuple(head_ref(one.number) for one in pulls)
        with open_clients(app, forge, base, stack="", also=heads) as clients:
            main, graph = read_graph_of(clients)
            plans = PlanForge(forge, graph.bots.bot)
            found = {
                one.number: reports
                for one in pulls
                if (reports := _plan_one(app, plans, clients, main, one.number, wish)) is not None
            }
    return _finish_all(app, found)


def _plan_one(
    app: App, plans: PlanForge, clients: Clients, main: str, number: int, wish: Wish
) -> tuple[RootReport, ...] | None:
    """None if its comment is about its newest commit, or if there is nothing to tell."""
    pull, git = plans.pull(number), clients.git
    if git.refs().get(head_ref(number)) != pull.head:
        return None  # it moved since this run began
    told = plans.plan_comment(number)
    with TemporaryDirectory(prefix="edp-terraform-", ignore_cleanup_errors=True) as folder:
        subject = subject_of_commits(git, main, pull.head, Path(folder))
        if _is_told(read_header(told, app.settings.plan_key.encode()), pull, subject.scope):
            return None
        write_files(subject, pull.head)
        reason = _ASKED if wish.is_static else ""
        reports = reports_of(app, subject, at_once=wish.at_once, not_planned=reason)
    if not reports and not is_plan_comment(told):
        return None
    if not wish.dry_run:
        publish(app, plans, pull, reports)
    return reports


def _is_told(header: ReviewedPlans | None, pull: PlanPull, scope: Scope) -> bool:
    """Whether the comment has a plan of all that can be planned, at the newest commit."""
    if header is None or header.head != pull.head:
        return False
    return all(header.digest_of(root) for root, bad in scope.problems.items() if not bad)


def _finish_all(app: App, found: dict[int, tuple[RootReport, ...]]) -> int:
    for number, reports in sorted(found.items()):
        app.output.line(f"#{number}")
        show_reports(app, reports)
    if not found:
        app.output.line("nothing to do")
    app.output.document(
        {
            "schema": 1,
            "pulls": [
                {
                    "pull": number,
                    "roots": [document_of(app, one) for one in reports],
                    "totals": totals(reports),
                }
                for number, reports in sorted(found.items())
            ],
        }
    )
    # What is wrong with a pull request is told there; only what may pass by itself is told here.
    codes = set(_codes(report for reports in found.values() for report in reports))
    return BusyError.exit_code if codes == {BusyError.exit_code} else 0


# --- the result


def _finish(app: App, reports: Sequence[RootReport], *, exit_code: bool) -> int:
    show_reports(app, reports)
    has_changes = any(report.changes for report in reports)
    roots = [document_of(app, report) for report in reports]
    app.output.document({"schema": 1, "roots": roots, "totals": totals(reports)})
    gone = (Action.DESTROY, Action.REPLACE)
    write_outputs(
        app,
        {
            "changes": has_changes,
            "roots": [str(report.root) for report in reports],
            "destroys": sum(report.count(one) for report in reports for one in gone),
        },
    )
    codes = set(_codes(reports))
    worst = next((code for code in _BY_RANK if code in codes), 0)
    return worst or (DIFFERENCES if exit_code and has_changes else 0)


def _codes(reports: Sequence[RootReport] | Iterator[RootReport]) -> Iterator[int]:
    """The exit codes of what cannot be applied like this; each was shown already."""
    for report in reports:
        if report.verdict.state is RootState.BROKEN:
            error = UnavailableError if report.was_run else InvalidInputError
            yield error.exit_code
        elif report.verdict.state is RootState.BUSY:
            yield BusyError.exit_code
        elif is_refused(report):
            yield RefusedError.exit_code
