"""`edp unlock`: a person takes away the lock that a dead run has left."""

from dataclasses import replace

import click

from edp.app import App
from edp.commands.promotion.clients import refuse_if_paused
from edp.commands.terraform.job import Job, trusted_job
from edp.core.terraform.diagnostics import LockInfo
from edp.core.terraform.plan_report import holder
from edp.core.terraform.records import Record, Result
from edp.core.terraform.roots import TerraformRoot
from edp.core.terraform.scope import parse_roots
from edp.errors import ConflictError, RefusedError, UnavailableError


@click.command("unlock")
@click.argument("root")
@click.option("--id", "lock_id", required=True, metavar="ID", help="The lock, as plan shows it.")
@click.option("--dry-run", is_flag=True, help="Show who holds it; take nothing away.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def command(app: App, root: str, lock_id: str, *, dry_run: bool, as_json: bool) -> int:
    """Take away exactly this lock of a Terraform root (ENV/ROOT).

    Look first whether the run that holds it is dead: a live one would go on without it.
    """
    app = app.writing(as_json=as_json)
    refuse_if_paused(app, dry_run=dry_run)
    (wanted,) = parse_roots([root])
    with trusted_job(app, lock_seconds=0, dry_run=dry_run) as job:
        lock = _lock(job, wanted)
        if lock is not None and not dry_run:
            _take_away(job, wanted, lock, lock_id)
    said = holder(lock) if lock is not None else "is not locked"
    done = lock is not None and not dry_run
    app.output.line(f"{wanted}: {'unlocked; it was ' if done else ''}{said}")
    app.output.document(
        {"schema": 1, "dryRun": dry_run, "root": str(wanted), "holder": said, "unlocked": done}
    )
    return 0


def _lock(job: Job, root: TerraformRoot) -> LockInfo | None:
    """Who holds the state now; asked by a plan, since Terraform has no other question for it."""
    terraform = job.planner.terraform(job.reach(root))
    for outcome in (terraform.init(), terraform.plan("lock")):
        if outcome.is_busy:
            return outcome.lock or LockInfo("")
        if outcome.has_failed:
            raise UnavailableError(f"{root}: {outcome.describe()}")
    return None


def _take_away(job: Job, root: TerraformRoot, lock: LockInfo, lock_id: str) -> None:
    if lock.id != lock_id:
        # Terraform itself would not compare: some backends unlock whatever the id.
        raise ConflictError(
            f"{root}: the lock is {lock.id or 'without an id'} now, not {lock_id[:80]}",
            hint="look who holds it: edp unlock --dry-run",
        )
    record = job.ledger.read().records.get(root)
    _require_dead(job, record)
    done = job.planner.terraform(job.reach(root)).force_unlock(lock_id)
    if done.has_failed:
        raise UnavailableError(f"{root}: {done.describe()}")
    if record is not None and record.result is Result.RUNNING:
        by = job.app.settings.actor or "a person"
        reason = f"its lock was taken away by {by}"
        job.ledger.write(
            [replace(record, result=Result.FAILED, reason=reason, ended_at=job.app.now())]
        )


def _require_dead(job: Job, record: Record | None) -> None:
    """RefusedError while the run that began the newest apply still lives."""
    if record is None or record.result is not Result.RUNNING:
        return
    if job.forge.has_run_ended(record.run) is False:
        raise RefusedError(
            f"{record.root}: run {record.run} is still at it", hint="wait for it, or cancel it"
        )
