"""`edp validate`: whether the tree is well-formed and consistent, without asking any server."""

from dataclasses import asdict, dataclass, replace
from typing import Final

import click

from edp.app import App
from edp.clients.worktree import WorkTree
from edp.core.release.versions import Tag, parse_tag_name
from edp.core.repository.problems import describe
from edp.core.validation.facts import Change, Facts, Releases, Report
from edp.core.validation.reader import Reader
from edp.core.validation.stacks import released
from edp.core.validation.tree import check_tree, read_stacks

_NO_TAGS: Final = (
    "this clone has no release tags: pins and released files were not compared with them"
    " (git fetch --tags)"
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished validation."""

    report: Report
    notes: tuple[str, ...]


@click.command("validate")
@click.option("--base", metavar="REV", help="Check only what has changed since this revision.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def command(app: App, base: str | None, *, as_json: bool) -> int:
    """Check that the tree is well-formed and consistent.

    All problems at once, with file and line. Nothing is fetched: releases are the tags that this
    clone has.
    """
    app = app.writing(as_json=as_json)
    begin = app.monotonic()
    tree = WorkTree.open(app.repo, environment=app.settings.process_environment)
    outcome = validate(tree, base=base)
    show(app, outcome, seconds=app.monotonic() - begin)
    return 2 if outcome.report.problems else 0


def validate(tree: WorkTree, *, base: str | None = None) -> Outcome:
    """Everything, or with `base` what has changed since the work tree left that revision."""
    change = _change(tree, base) if base is not None else None
    entries = tree.entries()
    releases = _releases(tree)
    reader = Reader(Facts(entries, tree.read, releases, change))
    stacks = read_stacks(reader)
    tagged = tuple(released(stacks, releases)) if releases is not None else ()
    changed = tree.changed_since_release(tagged)
    return Outcome(check_tree(reader, stacks, changed), () if releases else (_NO_TAGS,))


def _change(tree: WorkTree, base: str) -> Change:
    commit = tree.merge_base(base)
    return Change(tree.changed_paths(commit), lambda path: tree.read_at(commit, path))


def _releases(tree: WorkTree) -> Releases | None:
    """The release tags of the clone; None without a single one."""
    found = {}
    for tag in tree.git.tags() if tree.git is not None else ():
        name = parse_tag_name(tag.ref.removeprefix("refs/tags/"))
        if name is not None:
            found[name] = Tag(*name, tag.target, tag.kind == "tag", tag.tagger_email)
    return Releases(found) if found else None


def show(app: App, outcome: Outcome, *, seconds: float) -> None:
    """The problems as the result, all else for people."""
    report, problems = outcome.report, outcome.report.in_order()
    for note in outcome.notes:
        app.output.note(f"note: {note}")
    if report.warnings:
        app.output.note(
            describe(replace(one, message=f"warning: {one.message}") for one in report.warnings)
        )
    if problems:
        app.output.line(describe(problems))
    app.output.line(f"{_count(len(problems))} in {_files(report.files)} ({seconds:.1f} s)")
    app.output.document(
        {
            "problems": [asdict(problem) for problem in problems],
            "warnings": [asdict(warning) for warning in sorted(report.warnings)],
            "notes": list(outcome.notes),
            "files": report.files,
            "seconds": round(seconds, 3),
        }
    )


def _count(number: int) -> str:
    return {0: "no problems", 1: "1 problem"}.get(number, f"{number} problems")


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number} files"
