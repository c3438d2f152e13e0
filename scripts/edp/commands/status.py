"""`edp status`: versions and their health, stack by environment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import click

from edp.app import App
from edp.commands.promotion.run import start
from edp.commands.promotion.show import SCHEMA
from edp.core.health.verdict import Health
from edp.core.promotion.evidence import Evidence
from edp.core.promotion.facts import Facts
from edp.core.promotion.pairs import Pair
from edp.core.times import format_duration, format_iso

SIGNS: Mapping[Health, str] = {
    Health.GREEN: "✓",
    Health.FAILED: "✗",
    Health.WAITING: "…",
    Health.UNKNOWN: "?",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One stack in one environment."""

    pair: Pair
    version: str
    evidence: Evidence | None
    problem: str = ""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def command(app: App, *, as_json: bool) -> int:
    """Show every stack in every environment, and the promotions on their way."""
    app = app.writing(as_json=as_json)
    with start(app, None, is_lenient=True) as run:
        facts = run.observe_all()
        cells = list(_cells(facts))
        paused = app.settings.paused
    app.output.document(_document(facts, cells, paused))
    if paused:
        app.output.line(f"paused: {paused}")
    app.output.table(_table(facts, cells))
    for line in (*_troubles(cells), *_promotions(facts), *_silent(facts)):
        app.output.line(line)
    return 0


def _cells(facts: Facts) -> Iterable[Cell]:
    for pair, pin in sorted(facts.pins.items()):
        # Of a silent Argo CD the ledger's word may be old: unknown is not healthy.
        is_silent = facts.graph.environments[pair.environment].argocd in facts.unreachable
        known = facts.evidence.get((pair.stack, pin.version, pair.environment))
        evidence = None if is_silent else known
        problem = "" if facts.release(pair.stack, pin.version) else "has no tag"
        yield Cell(pair, pin.version, evidence, problem)
    for pair, problem in sorted(facts.unreadable.items()):
        yield Cell(pair, "", None, problem)


def _table(facts: Facts, cells: Iterable[Cell]) -> list[list[str]]:
    environments = list(facts.graph.in_order())
    by_pair = {cell.pair: cell for cell in cells}
    rows = [["", *environments]]
    for stack in sorted({pair.stack for pair in by_pair}):
        shown = [_text(facts, by_pair.get(Pair(stack, name))) for name in environments]
        rows.append([stack, *shown])
    return rows


def _text(facts: Facts, cell: Cell | None) -> str:
    if cell is None:
        return "-"
    if cell.problem:
        return f"{cell.version or 'unreadable'} !"
    evidence = cell.evidence
    sign = SIGNS[evidence.health if evidence else Health.UNKNOWN]
    return f"{cell.version} {sign}{_age(facts, evidence)}"


def _age(facts: Facts, evidence: Evidence | None) -> str:
    """How long something has been wrong."""
    if evidence is None or evidence.is_green or evidence.memory.health_since is None:
        return ""
    since = facts.now - evidence.memory.health_since
    return f" {format_duration(since)}" if evidence.health is Health.FAILED else ""


def _troubles(cells: Iterable[Cell]) -> Iterable[str]:
    for cell in cells:
        if cell.problem:
            yield f"{cell.pair}: {cell.problem}"
        elif cell.evidence is not None and cell.evidence.health is Health.FAILED:
            yield f"{cell.pair}: {cell.evidence.reason}"


def _promotions(facts: Facts) -> Iterable[str]:
    for _, pulls in sorted(facts.pulls.items()):
        yield f"#{pulls[0].number} {pulls[0].title}"


def _silent(facts: Facts) -> Iterable[str]:
    for name, problem in sorted(facts.unreachable.items()):
        yield f"Argo CD {name} gave no answer: {problem}"


def _document(facts: Facts, cells: Iterable[Cell], paused: str) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "base": facts.base,
        "paused": paused or None,
        "environments": list(facts.graph.in_order()),
        "pins": [_cell_document(cell) for cell in cells],
        "promotions": [
            {"stack": pair.stack, "environment": pair.environment, "pull": pulls[0].number}
            for pair, pulls in sorted(facts.pulls.items())
        ],
        "unreachable": dict(facts.unreachable),
    }


def _cell_document(cell: Cell) -> dict[str, object]:
    evidence = cell.evidence
    since = evidence.healthy_since if evidence else None
    return {
        "stack": cell.pair.stack,
        "environment": cell.pair.environment,
        "version": cell.version or None,
        "health": (evidence.health if evidence else Health.UNKNOWN).value,
        "healthySince": format_iso(since) if since else None,
        "reason": cell.problem or (evidence.reason if evidence else ""),
    }
