"""Planning pull requests: the one that the work tree is of, or all open ones by a trusted job."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

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
from edp.commands.terraform.publishing import publish, tell_all
from edp.commands.terraform.reporting import reports_of
from edp.commands.terraform.subject import Subject, subject_of_commits, write_files
from edp.commands.terraform.telling import (
    CHECKED,
    document_of,
    exit_codes,
    show_reports,
    totals,
)
from edp.core.promotion.snapshot import graph_of
from edp.core.repository.layout import GRAPH_PATH
from edp.core.terraform.plan_comment import ReviewedPlans, is_plan_comment, read_header
from edp.core.terraform.plan_json import UnreadablePlanError
from edp.core.terraform.plan_report import RootReport
from edp.core.terraform.reports import report_broken
from edp.core.terraform.roots import TerraformRoot
from edp.core.terraform.scope import Scope
from edp.core.terraform.told import Origin, Told, read_told, told_bytes
from edp.errors import BusyError, ConflictError, InvalidInputError

_FORK: Final = "of a fork: planning runs what the pull request says, so it is not planned"
_NO_KEY: Final = "this job has no EDP_PLAN_KEY: the files were checked, nothing was planned"


@dataclass(frozen=True, slots=True)
class Wish:
    """How to plan."""

    at_once: int
    is_static: bool
    dry_run: bool


# --- the pull request that the work tree is of


def reports_of_pull(
    app: App, tree: WorkTree, subject: Subject, number: int, wish: Wish
) -> tuple[RootReport, ...]:
    """Plan the work tree, and tell the pull request."""
    with open_forge(app) as forge:
        plans = PlanForge(forge, _bot(tree))
        pull = plans.pull(number)
        _require_head(tree, pull)
        reason = CHECKED if wish.is_static else _why_not(app, pull)
        reports = reports_of(app, subject, at_once=wish.at_once, not_planned=reason)
        # The automatic token of a fork's run can write nothing.
        if not wish.dry_run and not pull.is_from_fork:
            publish(app, plans, pull, tell_all(app, reports))
    return reports


def write_results(app: App, tree: WorkTree, reports: Sequence[RootReport], folder: Path) -> None:
    """Leave signed documents for the job that puts the comment together."""
    key = _require_key(app)
    origin = _origin(app, tree)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for told in tell_all(app, reports):
        (folder / _file_name(told.root)).write_bytes(told_bytes(told, origin, key))


def publish_results(
    app: App, tree: WorkTree, subject: Subject, number: int, folder: Path
) -> tuple[Told, ...]:
    """Put the comment together from what other jobs have left; a job that left nothing failed."""
    key, origin = _require_key(app), _origin(app, tree)
    roots = [reach.root for reach in subject.scope.reaches]
    roots += [one.root for one in subject.scope.deleted]
    found = tuple(_read_result(app, folder / _file_name(root), root, origin, key) for root in roots)
    with open_forge(app) as forge:
        plans = PlanForge(forge, _bot(tree))
        pull = plans.pull(number)
        _require_head(tree, pull)
        publish(app, plans, pull, found)
    return found


def _read_result(app: App, file: Path, root: TerraformRoot, origin: Origin, key: bytes) -> Told:
    try:
        return read_told(file.read_bytes(), origin, key)
    except (OSError, UnreadablePlanError) as exc:
        reason = exc.message if isinstance(exc, UnreadablePlanError) else "its job left no result"
        (told,) = tell_all(app, [report_broken(root, reason)])
        return told


def _file_name(root: TerraformRoot) -> str:
    return f"{root.environment}--{root.name}.json"


def _origin(app: App, tree: WorkTree) -> Origin:
    head = tree.require_git().resolve("HEAD")
    return Origin(app.settings.require_repository(), head or "")


def _require_key(app: App) -> bytes:
    if not app.settings.plan_key:
        raise InvalidInputError("results are signed: no key", hint="set EDP_PLAN_KEY")
    return app.settings.plan_key.encode()


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


def plan_open(app: App, wish: Wish, number: int | None) -> int:
    """Plan what is open and not planned yet; `number` is the only one, None are all."""
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
        reason = CHECKED if wish.is_static else ""
        reports = reports_of(app, subject, at_once=wish.at_once, not_planned=reason)
    if not reports and not is_plan_comment(told):
        return None
    if not wish.dry_run:
        publish(app, plans, pull, tell_all(app, reports))
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
    codes = set(exit_codes(report for reports in found.values() for report in reports))
    return BusyError.exit_code if codes == {BusyError.exit_code} else 0
