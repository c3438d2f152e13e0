"""`edp plan`: what the Terraform roots that a change affects would do."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from edp.app import App
from edp.clients.worktree import WorkTree
from edp.commands.terraform.reporting import reports_of
from edp.commands.terraform.subject import Subject, subject_of_folder
from edp.commands.terraform.telling import (
    CHECKED,
    document_of,
    exit_codes,
    show_reports,
    totals,
    write_outputs,
)
from edp.core.terraform.plan_document import Action
from edp.core.terraform.plan_report import RootReport
from edp.core.terraform.scope import Scope
from edp.errors import BusyError, InvalidInputError, RefusedError, UnavailableError

DIFFERENCES: Final = 10
_FOLDER: Final = click.Path(path_type=Path, file_okay=False)
_BY_RANK: Final = (
    InvalidInputError.exit_code,
    UnavailableError.exit_code,
    RefusedError.exit_code,
    BusyError.exit_code,
)


@click.command("plan")
@click.option("--base", metavar="REV", help="Plan what has changed since this revision.")
@click.option("--root", "names", multiple=True, metavar="ENV/ROOT", help="Plan this one. Repeat.")
@click.option("--pull-request", "number", type=click.IntRange(1), help="Tell this pull request.")
@click.option("--open", "is_open", is_flag=True, help="Plan every open pull request that needs it.")
@click.option("--matrix", is_flag=True, help="Print the affected Terraform roots for `fromJSON`.")
@click.option("--results", type=_FOLDER, metavar="DIR", help="Leave signed results in a folder.")
@click.option("--from-results", type=_FOLDER, metavar="DIR", help="Tell what other jobs left.")
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
    results: Path | None,
    from_results: Path | None,
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
    if is_open:
        from edp.commands.terraform.pull_plans import Wish, plan_open

        return plan_open(app, Wish(parallel, static, dry_run), number)
    tree = WorkTree.open(app.repo, environment=app.settings.process_environment)
    subject = subject_of_folder(tree, base, names)
    if matrix:
        return _print_matrix(app, subject.scope)
    if from_results is not None:
        return _tell_results(app, tree, subject, number, from_results)
    if number is not None:
        from edp.commands.terraform.pull_plans import Wish, reports_of_pull

        reports = reports_of_pull(app, tree, subject, number, Wish(parallel, static, dry_run))
    else:
        reasons = CHECKED if static else ""
        reports = reports_of(app, subject, at_once=parallel, not_planned=reasons)
    if results is not None:
        from edp.commands.terraform.pull_plans import write_results

        write_results(app, tree, reports, results)
    return _finish(app, reports, exit_code=exit_code)


def _tell_results(
    app: App, tree: WorkTree, subject: Subject, number: int | None, folder: Path
) -> int:
    if number is None:
        raise InvalidInputError("--from-results tells a pull request", hint="add --pull-request N")
    from edp.commands.terraform.pull_plans import publish_results

    found = publish_results(app, tree, subject, number, folder)
    for told in found:
        app.output.line(f"{told.root}: {told.summary}")
    roots = [{"root": str(told.root), "state": told.state} for told in found]
    app.output.document({"schema": 1, "roots": roots})
    return UnavailableError.exit_code if any(told.is_refused for told in found) else 0


def _print_matrix(app: App, scope: Scope) -> int:
    """What runners are to share, and what they need not plan."""
    include = [{"root": str(reach.root)} for reach in scope.reaches]
    document = {"include": include}
    write_outputs(app, {"matrix": document, "count": len(include)})
    for one in include:
        app.output.line(one["root"])
    app.output.document({"matrix": document, "count": len(include)})
    return 0


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
    codes = set(exit_codes(reports))
    worst = next((code for code in _BY_RANK if code in codes), 0)
    return worst or (DIFFERENCES if exit_code and has_changes else 0)
