"""`edp apply`: what was merged is applied, environment by environment."""

from collections.abc import Sequence

import click

from edp.app import App
from edp.commands.promotion.clients import refuse_if_paused
from edp.commands.terraform.applying import ApplyRun, Ending
from edp.commands.terraform.job import is_set_up, trusted_job
from edp.commands.terraform.publishing import tell_results
from edp.commands.terraform.telling import clean
from edp.core.terraform.letting import SHORTEST_DIGEST
from edp.core.terraform.scope import parse_roots
from edp.errors import (
    BusyError,
    InvalidInputError,
    RefusedError,
    UnavailableError,
)

_CODES = {
    "broken": UnavailableError.exit_code,
    "failed": UnavailableError.exit_code,
    "errored": UnavailableError.exit_code,
    "busy": BusyError.exit_code,
    "not applied": RefusedError.exit_code,
    "refused": RefusedError.exit_code,
}
_BY_RANK = (UnavailableError.exit_code, RefusedError.exit_code, BusyError.exit_code)


@click.command("apply")
@click.option("--root", "names", multiple=True, metavar="ENV/ROOT", help="Only this one. Repeat.")
@click.option("--accept", default="", metavar="DIGEST", help="Let exactly this plan through.")
@click.option("--parallel", type=click.IntRange(1, 32), default=4, show_default=True)
@click.option(
    "--lock-timeout",
    "lock_seconds",
    type=click.IntRange(0, 3600),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for a state that somebody else holds.",
)
@click.option("--dry-run", is_flag=True, help="Plan and decide; apply and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def command(  # noqa: PLR0913 (the options of the command line)
    app: App,
    names: tuple[str, ...],
    accept: str,
    parallel: int,
    lock_seconds: int,
    *,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Apply what the default branch says, one environment after the other.

    Each Terraform root is planned again; it is applied only if that plan is the one that was
    reviewed on its pull request, or the one whose digest a person names.
    """
    app = app.writing(as_json=as_json)
    refuse_if_paused(app, dry_run=dry_run)
    roots = frozenset(parse_roots(names))
    if accept and (len(roots) != 1 or len(accept) < SHORTEST_DIGEST):
        raise InvalidInputError(
            "--accept is about one plan of one Terraform root",
            hint=f"write --root ENV/ROOT and at least {SHORTEST_DIGEST} characters of the digest",
        )
    if not is_set_up(app):
        app.output.document({"schema": 1, "dryRun": dry_run, "base": "", "roots": []})
        return InvalidInputError.exit_code if names else 0
    with trusted_job(app, lock_seconds=lock_seconds, dry_run=dry_run) as job:
        for root in roots:
            job.reach(root)
        run = ApplyRun(
            app=app,
            forge=job.forge,
            main=job.main,
            ledger=job.ledger,
            planner=job.planner,
            applies=job.ledger.read(),
            only=roots,
            accepted=accept,
            at_once=parallel,
            dry_run=dry_run,
        )
        endings = run.carry_out()
        if not dry_run:
            job.ledger.write_summary(run.summary())
            tell_results(app, job.forge, endings)
    return _finish(app, endings, head=job.main.head, dry_run=dry_run)


def _finish(app: App, endings: Sequence[Ending], *, head: str, dry_run: bool) -> int:
    for one in endings:
        said = f"{one.root}: {one.word}" + (f": {one.reason}" if one.reason else "")
        app.output.line(clean(app, one.report, said))
        if one.word == "not applied" and one.report and one.report.digest:
            app.output.line(f"  its plan: {one.report.digest}")
    if not endings:
        app.output.line("there are no Terraform roots")
    app.output.document(
        {
            "schema": 1,
            "dryRun": dry_run,
            "base": head,
            "roots": [
                {
                    "root": str(one.root),
                    "result": one.word,
                    "reason": clean(app, one.report, one.reason),
                    "digest": one.report.digest if one.report else "",
                    "pull": one.reviewed.pull or None,
                }
                for one in endings
            ],
        }
    )
    codes = {_CODES[one.word] for one in endings if one.word in _CODES}
    return next((code for code in _BY_RANK if code in codes), 0)
