"""Runs of workflows: remembered when they are started, moved on by tests; nothing runs here."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from sandbox.forge.git_store import ZERO
from sandbox.forge.records import Cause, Job, Repository, Run, RunStatus

if TYPE_CHECKING:
    from sandbox.forge.state import Forge

FOLDER = ".forgejo/workflows/"
UNBEGUN: tuple[RunStatus, ...] = ("waiting", "blocked")
DONE: tuple[RunStatus, ...] = ("success", "failure")


def start(
    forge: "Forge",
    repository: Repository,
    cause: Cause,
    jobs: Iterable[Job],
    status: RunStatus = "waiting",
) -> Run:
    """A new run with the next number of the repository."""
    now = forge.now()
    number = len(repository.runs) + 1
    made = Run(forge.next_id("run"), number, cause, "waiting", list(jobs), now, now)
    _move(made, status, forge)
    repository.runs.append(made)
    return made


def seed(
    forge: "Forge",
    repository: Repository,
    file: str,
    status: RunStatus,
    jobs: Iterable[tuple[str, RunStatus]],
) -> Run:
    """A run that the owner dispatched on the default branch, whether that has the file or not."""
    branch = repository.default_branch
    commit = repository.store.branch(branch) or ZERO
    cause = Cause(file, FOLDER + file, f"refs/heads/{branch}", commit, repository.owner)
    made = [Job(forge.next_id("job"), name, state) for name, state in jobs]
    return start(forge, repository, cause, made, status)


def change(
    forge: "Forge", run_id: int, status: RunStatus, jobs: Mapping[str, RunStatus] | None
) -> None:
    """Moves a run on, with the jobs that are named, or with all of them if none are."""
    run = find(forge.repositories.values(), run_id)
    if run is None:
        raise KeyError(run_id)
    changes = dict.fromkeys((job.name for job in run.jobs), status) if jobs is None else jobs
    by_name = {job.name: job for job in run.jobs}
    for name, changed in changes.items():
        by_name[name].status = changed
    _move(run, status, forge)


def find(repositories: Iterable[Repository], run_id: int) -> Run | None:
    runs = (run for repository in repositories for run in repository.runs)
    return next((run for run in runs if run.id == run_id), None)


def _move(run: Run, status: RunStatus, forge: "Forge") -> None:
    """A run that is cancelled or skipped before it began has no start, as recorded."""
    run.status, run.updated = status, forge.now()
    if status == "running" or status in DONE:
        run.started = run.started or run.updated
    if status != "running" and status not in UNBEGUN:
        run.stopped = run.stopped or run.updated
