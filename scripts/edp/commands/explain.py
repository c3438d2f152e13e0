"""`edp explain`: why a version is or is not in an environment."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import click

from edp.app import App
from edp.commands.promote import require_known
from edp.commands.promotion.run import Run, start
from edp.commands.promotion.show import SCHEMA, gate_document
from edp.core.names import require_name, require_version
from edp.core.promotion.choice import best, candidates, choose, is_eligible
from edp.core.promotion.facts import Facts
from edp.core.promotion.gate import Candidate, Gate, State
from edp.core.promotion.gates import evaluate
from edp.core.promotion.needs import argocds_of
from edp.core.promotion.pairs import Pair
from edp.core.promotion.sources import effective_sources
from edp.core.promotion.texts import SIGNS
from edp.core.times import format_duration, format_iso, format_time


@dataclass(frozen=True, slots=True)
class Explanation:
    """One version and one environment, with every gate."""

    facts: Facts
    pair: Pair
    version: str | None
    gates: tuple[Gate, ...]
    since: datetime | None
    """When the environment's file last changed."""
    alternative: str | None
    """Another version that could go now."""

    @property
    def is_there(self) -> bool:
        """Whether the environment asks for that very version."""
        pin = self.facts.pins.get(self.pair)
        return pin is not None and pin.version == self.version


@click.command()
@click.argument("stack")
@click.argument("environment")
@click.argument("version", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def command(app: App, *, stack: str, environment: str, version: str | None, as_json: bool) -> int:
    """Show every gate of STACK's next version (or of VERSION) in ENVIRONMENT; changes nothing."""
    app = app.writing(as_json=as_json)
    name = require_name(environment, what="ENVIRONMENT")
    pair = Pair(require_name(stack, what="STACK"), name)
    if version is not None:
        require_version(version, what="VERSION")
    with start(app, pair, is_lenient=True) as run:
        require_known(run, pair)
        found = explain(run, pair, version)
    app.output.document(_document(found))
    for line in _lines(found):
        app.output.line(line)
    return 0


def explain(run: Run, pair: Pair, version: str | None) -> Explanation:
    """Evaluate every gate, whatever another one says."""
    run.decide()  # asks what people closed, where that matters
    facts, since = run.look.facts, run.changed_at(pair)
    if pair in facts.unreadable:
        # What runs there is not known, so no version is newer or older.
        return Explanation(facts, pair, version, (), since, None)
    proposal = facts.proposals.get(pair)
    newer = candidates(facts, pair)
    known = version or (proposal.version if proposal else "") or choose(facts, pair)
    chosen = known or (newer[0] if newer else None)
    gates = evaluate(facts, Candidate(pair, chosen)) if chosen else ()
    eligible = [other for other in newer if other != chosen and is_eligible(facts, pair, other)]
    return Explanation(
        facts=facts,
        pair=pair,
        version=chosen,
        gates=gates,
        since=since,
        alternative=best(facts, pair, eligible) if any(not gate.passed for gate in gates) else None,
    )


def _lines(found: Explanation) -> Iterable[str]:
    yield _headline(found)
    if found.pair in found.facts.unreadable:
        yield f"  {found.facts.unreadable[found.pair]}"
    if found.gates:
        yield ""
        width = max(len(gate.name) for gate in found.gates)
        for gate in found.gates:
            yield f"  {SIGNS[gate.state]} {gate.name.ljust(width)}  {gate.reason}"
    if found.gates and not found.is_there:
        yield ""
        yield _next(found)
    if found.alternative:
        stack, environment = found.pair
        yield f"{found.alternative} is eligible, too:"
        yield f"  edp promote {stack} --to {environment} --version {found.alternative}"
    yield from _ages(found)


def _headline(found: Explanation) -> str:
    stack, environment = found.pair
    pin = found.facts.pins.get(found.pair)
    since = f" since {_ago(found)}" if found.since else ""
    runs = f"runs {pin.version}{since}" if pin else "does not have it"
    if found.pair in found.facts.unreadable:
        return f"{stack} in {environment}: what runs there cannot be told."
    if found.version is None:
        return f"{stack} in {environment}: {runs}, and there is no newer release."
    if found.is_there:
        return f"{stack} {found.version} is in {environment}{since}."
    pull = found.facts.pull(found.pair)
    request = f" Pull request #{pull.number}." if pull else " There is no pull request."
    return f"{stack} {found.version} is not in {environment} ({runs}).{request}"


def _ago(found: Explanation) -> str:
    if found.since is None:
        return ""
    return format_duration(found.facts.now - found.since)


def _next(found: Explanation) -> str:
    bad = [gate for gate in found.gates if not gate.passed]
    refused = [gate for gate in bad if gate.state is State.REFUSED]
    if not bad:
        return "Next: nothing stands in the way; the next reconcile goes on."
    if refused:
        return f"Next: somebody must see to what is refused: {_names(refused)}."
    moments = [gate.changes_at for gate in bad if gate.changes_at is not None]
    untimed = [gate for gate in bad if gate.changes_at is None]
    steps = ([_names(untimed)] if untimed else []) + (
        [f"nothing before {format_time(max(moments))}"] if moments else []
    )
    return f"Next: {', then '.join(steps)}."


def _names(gates: Iterable[Gate]) -> str:
    return ", ".join(gate.name for gate in gates)


def _ages(found: Explanation) -> Iterable[str]:
    """How old the facts of silent Argo CDs are."""
    facts, pair = found.facts, found.pair
    pairs = [Pair(pair.stack, name) for name in (*_sources(found), pair.environment)]
    for name in argocds_of(facts.graph, pairs):
        if name in facts.unreachable:
            yield f"Argo CD {name} gave no answer: {facts.unreachable[name]}"
    for other in pairs:
        argocd = facts.graph.environments[other.environment].argocd
        evidence = _newest(facts, other)
        if argocd in facts.unreachable and evidence is not None:
            yield f"  {other.environment}: what is said was seen {format_time(evidence)}"


def _sources(found: Explanation) -> tuple[str, ...]:
    return effective_sources(found.facts.graph, found.facts.pins, found.pair)


def _newest(facts: Facts, pair: Pair) -> datetime | None:
    times = [
        evidence.observed_at
        for key, evidence in facts.evidence.items()
        if (key[0], key[2]) == tuple(pair)
    ]
    return max(times, default=None)


def _document(found: Explanation) -> dict[str, object]:
    pin = found.facts.pins.get(found.pair)
    pull = found.facts.pull(found.pair)
    return {
        "schema": SCHEMA,
        "stack": found.pair.stack,
        "environment": found.pair.environment,
        "present": pin.version if pin else None,
        "since": format_iso(found.since) if found.since else None,
        "version": found.version,
        "pull": pull.number if pull else None,
        "gates": [gate_document(gate) for gate in found.gates],
        "alternative": found.alternative,
        "unreachable": dict(found.facts.unreachable),
    }
