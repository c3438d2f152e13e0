"""`edp recover`: a state that could not be stored is brought back to its backend."""

from dataclasses import replace
from pathlib import Path

import click

from edp.app import App
from edp.commands.promotion.clients import refuse_if_paused
from edp.commands.terraform.job import Job, trusted_job
from edp.core.terraform.records import Result
from edp.core.terraform.roots import TerraformRoot
from edp.core.terraform.saved_plan import count_resources
from edp.core.terraform.scope import parse_roots
from edp.errors import ConflictError, InvalidInputError, UnavailableError


@click.command("recover")
@click.argument("root")
@click.option(
    "--state",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The kept state. [default: the newest one in EDP_STATE_DIR]",
)
@click.option("--dry-run", is_flag=True, help="Show what would be stored; store nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def command(app: App, root: str, state: Path | None, *, dry_run: bool, as_json: bool) -> int:
    """Store the state that an apply of a Terraform root (ENV/ROOT) had to keep aside.

    The backend refuses one that is older than its own, or of something else.
    """
    app = app.writing(as_json=as_json)
    refuse_if_paused(app, dry_run=dry_run)
    (wanted,) = parse_roots([root])
    place = state or _newest(app.settings.state_folder, wanted)
    count = count_resources(_content(place))
    if not dry_run:
        with trusted_job(app, lock_seconds=60, dry_run=False) as job:
            _store(job, wanted, place)
        if state is None:
            place.unlink()
    word = "would be stored" if dry_run else "stored"
    app.output.line(f"{wanted}: the state with {count} objects {word}")
    app.output.document(
        {"schema": 1, "dryRun": dry_run, "root": str(wanted), "objects": count, "state": str(place)}
    )
    return 0


def _newest(folder: Path, root: TerraformRoot) -> Path:
    place = folder / root.environment / root.name
    found = sorted(place.glob("*errored.tfstate"), key=lambda one: one.stat().st_mtime)
    if not found:
        raise InvalidInputError(
            f"{root}: no state is kept in {place}",
            hint="run it where the apply ran, or name the file with --state",
        )
    return found[-1]


def _content(place: Path) -> bytes:
    try:
        return place.read_bytes()
    except OSError as exc:
        raise InvalidInputError(f"{place}: cannot be read: {exc.strerror}") from exc


def _store(job: Job, root: TerraformRoot, place: Path) -> None:
    terraform = job.planner.terraform(job.reach(root))
    began = terraform.init()
    if began.has_failed:
        raise UnavailableError(f"{root}: {began.describe()}")
    done = terraform.state_push(place.absolute())
    if done.has_failed and not done.is_busy and done.errors:
        raise ConflictError(
            f"{root}: the backend does not take it: {done.describe()}",
            hint="compare it with `terraform state pull`; nothing was changed",
        )
    if done.has_failed:
        raise UnavailableError(f"{root}: {done.describe()}")
    record = job.ledger.read().records.get(root)
    if record is not None and record.result is Result.ERRORED:
        kept = replace(record, result=Result.FAILED, reason="its state was brought back")
        job.ledger.write([kept])
