"""Decisions and what was done about them, for people and for programs."""

from collections.abc import Iterable

from edp.commands.promotion.apply import Outcomes
from edp.core.promotion.decide import Decision, Step
from edp.core.promotion.gate import Gate
from edp.core.promotion.texts import status_of
from edp.core.times import format_iso
from edp.errors import exit_code_of_several
from edp.output import Output

SCHEMA = 1


def decision_document(decision: Decision, outcomes: Outcomes) -> dict[str, object]:
    """One decision as data; the keys are stable."""
    problem = outcomes.problems.get(decision.pair)
    return {
        "stack": decision.pair.stack,
        "environment": decision.pair.environment,
        "step": decision.step.value,
        "present": decision.present,
        "version": decision.version,
        "pull": decision.pull.number if decision.pull else None,
        "reason": decision.reason,
        "gates": [gate_document(gate) for gate in decision.gates],
        "done": outcomes.done.get(decision.pair, []),
        "problem": problem.message if problem else None,
    }


def gate_document(gate: Gate) -> dict[str, object]:
    """One gate as data; `changesAt` is ISO 8601 in UTC, or null."""
    changes_at = format_iso(gate.changes_at) if gate.changes_at else None
    return {
        "name": gate.name, "state": gate.state.value, "reason": gate.reason,
        "changesAt": changes_at,
    }  # fmt: skip


def show_decisions(
    output: Output, base: str, decisions: Iterable[Decision], outcomes: Outcomes, *, dry_run: bool
) -> int:
    """Print everything that is not simply up to date; returns the exit code of the run."""
    decisions = tuple(decisions)
    documents = [decision_document(decision, outcomes) for decision in decisions]
    output.document({"schema": SCHEMA, "base": base, "dryRun": dry_run, "decisions": documents})
    shown = [one for one in decisions if one.step is not Step.NOTHING or one.pair in outcomes.done]
    for decision in shown:
        for line in _lines(decision, outcomes):
            output.line(line)
    for pair, problem in sorted(outcomes.problems.items()):
        _complain(output, f"{pair}: {problem.message}", problem.hint)
    for failure in outcomes.failures:
        _complain(output, failure.message, failure.hint)
    errors = [*outcomes.problems.values(), *outcomes.failures]
    if not shown and not errors:
        output.line("nothing to do")
    return exit_code_of_several([error.exit_code for error in errors])


def _complain(output: Output, message: str, hint: str) -> None:
    output.note(message)
    for line in hint.splitlines():
        output.note(f"  {line}")


def _lines(decision: Decision, outcomes: Outcomes) -> Iterable[str]:
    stack, environment = decision.pair
    done = outcomes.done.get(decision.pair, [])
    change = f"{decision.present or 'nothing'} -> {decision.version}" if decision.version else ""
    number = f"#{decision.pull.number} " if decision.pull else ""
    if decision.step is Step.NOTHING:
        yield f"{stack} {environment}: {'; '.join(done)}"
        return
    yield f"{stack} {environment}: {number}{decision.step.value} {change}".rstrip()
    for text in done:
        yield f"  done: {text}"
    if decision.step is not Step.MERGE:
        yield f"  {status_of(decision)}"
