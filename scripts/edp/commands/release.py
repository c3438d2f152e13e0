"""`edp release`: tag the stack versions that are new on the default branch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import click

from edp.app import App
from edp.clients.git import GitRepository, Person, PushOutcome, RefUpdate
from edp.commands.promotion import releases
from edp.commands.promotion.clients import (
    Clients,
    open_clients,
    open_forge,
    refuse_if_paused,
)
from edp.commands.promotion.main_branch import MainBranch, read_main
from edp.core.names import tag_name
from edp.core.promotion.snapshot import graph_of
from edp.core.release.versions import Introduction, ReleasePlan, plan_release
from edp.core.repository.layout import GRAPH_PATH
from edp.errors import ConflictError, exit_code_of_several

_AT_ONCE: Final = 500
"""Tags in one push: enough for a first release of everything, small enough for one request."""


@dataclass(frozen=True, slots=True)
class Tagged:
    """What became of the missing tags."""

    made: tuple[Introduction, ...]
    refused: tuple[str, ...]


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what would be tagged, write nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def command(app: App, *, dry_run: bool, as_json: bool) -> int:
    """Tag every version at the commit of the default branch that introduced it."""
    app = app.writing(as_json=as_json)
    refuse_if_paused(app, dry_run=dry_run)
    plan, tagged = release(app, dry_run=dry_run)
    return _show(app, plan, tagged, dry_run=dry_run)


def release(app: App, *, dry_run: bool = False) -> tuple[ReleasePlan, Tagged]:
    """Make the missing tags, unless it is a dry run; says what there is and what was made."""
    with open_forge(app) as forge, open_clients(app, forge, forge.base()) as clients:
        main = read_main(clients.git, clients.base.branch, None)
        email = _tagger_email(clients.git, main)
        plan = plan_releases(clients, main, email=email)
        tagged = Tagged((), ())
        if not dry_run:
            tagged = make_tags(app, clients.git, plan.missing, email=email)
    return plan, tagged


def _tagger_email(git: GitRepository, main: MainBranch) -> str:
    blob = main.blobs.get(GRAPH_PATH, "")
    git.fetch_blobs([blob] if blob else [])
    content = git.read_blobs([blob]) if blob else {}
    return graph_of(main.blobs, content).bots.email


def plan_releases(clients: Clients, main: MainBranch, *, email: str) -> ReleasePlan:
    """Hold every tag to the commit that introduced its version, and find those that lack one."""
    git = clients.git
    changes = releases.stack_file_changes(main, None)
    wanted = releases.blobs_of(changes)
    git.fetch_blobs(wanted)
    introduced = releases.introduced(changes, git.read_blobs(wanted))
    return plan_release(introduced, releases.read_tags(git, None), tagger_email=email)


def make_tags(
    app: App, git: GitRepository, missing: Sequence[Introduction], *, email: str
) -> Tagged:
    """Push annotated tags; one that somebody else makes at the same moment is looked at again."""
    made: list[Introduction] = []
    refused: list[str] = []
    for start in range(0, len(missing), _AT_ONCE):
        part = missing[start : start + _AT_ONCE]
        updates = {one: _update(app, git, one, email=email) for one in part}
        for one, result in zip(part, git.push(list(updates.values())), strict=True):
            name = tag_name(one.stack, one.version)
            if result.outcome is PushOutcome.OK:
                made.append(one)
            elif result.outcome is PushOutcome.REJECTED:
                refused.append(f"tag {name} was refused: {result.reason}")
    return Tagged(tuple(made), tuple(refused))


def _update(app: App, git: GitRepository, one: Introduction, *, email: str) -> RefUpdate:
    name = tag_name(one.stack, one.version)
    message = f"Release {one.stack} {one.version}\n"
    tag = git.write_tag(name, one.commit, message, tagger=Person("edp", email), at=app.now())
    return RefUpdate(f"refs/tags/{name}", tag, "")


def _show(app: App, plan: ReleasePlan, tagged: Tagged, *, dry_run: bool) -> int:
    shown = plan.missing if dry_run else tagged.made
    app.output.document(
        {
            "schema": 1,
            "dryRun": dry_run,
            "tagged": [_document(one) for one in shown],
            "released": plan.existing,
            "conflicts": [*plan.conflicts, *tagged.refused],
        }
    )
    for one in shown:
        verb = "would tag" if dry_run else "tagged"
        app.output.line(f"{verb} {tag_name(one.stack, one.version)} at {one.commit[:8]}")
    problems = [*plan.conflicts, *tagged.refused]
    for problem in problems:
        app.output.note(problem)
    if problems:
        app.output.note("  such a version is never promoted: release another one")
    elif not shown:
        app.output.line(f"nothing to do: {plan.existing} versions are tagged")
    codes = [ConflictError.exit_code] if problems else []
    return exit_code_of_several(codes)


def _document(one: Introduction) -> Mapping[str, str]:
    return {"stack": one.stack, "version": one.version, "commit": one.commit}
