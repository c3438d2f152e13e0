"""`edp promote`: open or refresh one promotion pull request."""

import click

from edp.app import App
from edp.commands.promotion.clients import refuse_if_paused
from edp.commands.promotion.run import Run, start
from edp.commands.promotion.show import show_decisions
from edp.core.names import require_name, require_version
from edp.core.promotion.decide import Decision, Step
from edp.core.promotion.facts import BranchContent, Facts
from edp.core.promotion.needs import argocds_of
from edp.core.promotion.pairs import Pair
from edp.core.promotion.sources import effective_sources
from edp.core.promotion.texts import status_of
from edp.errors import ConflictError, InvalidInputError, RefusedError, UnavailableError
from edp.text import did_you_mean


@click.command()
@click.argument("stack")
@click.option("--to", "environment", required=True, help="The environment that gets the version.")
@click.option("--version", help="Exactly this version. [default: the best one]")
@click.option("--again", is_flag=True, help="Though a person closed this promotion before.")
@click.option("--dry-run", is_flag=True, help="Decide and show, write nothing anywhere.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def command(  # noqa: PLR0913 (one parameter for each option)
    app: App,
    *,
    stack: str,
    environment: str,
    version: str | None,
    again: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Open or refresh the pull request that brings STACK to an environment."""
    app = app.writing(as_json=as_json)
    pair = Pair(require_name(stack, what="STACK"), require_name(environment, what="--to"))
    wanted = {pair: require_version(version, what="--version")} if version else {}
    refuse_if_paused(app, dry_run=dry_run)
    with start(app, pair) as run:
        run.wanted = wanted
        require_known(run, pair)
        if again:
            run.allow_again(pair, version, dry_run=dry_run)
        if dry_run:
            decisions = run.decide()
        else:
            decisions = run.carry_out(merges=False)
            run.record()
        base = run.look.facts.base
        code = show_decisions(app.output, base, decisions, run.outcomes, dry_run=dry_run)
        return code or _verdict(run, decisions[0])


def require_known(run: Run, pair: Pair) -> None:
    """InvalidInputError for an environment or a stack that there is not."""
    facts = run.look.facts
    known = facts.graph.environments
    if pair.environment not in known:
        hint = did_you_mean(pair.environment, known) or f"there are {', '.join(sorted(known))}"
        raise InvalidInputError(f'there is no environment "{pair.environment}"', hint=hint)
    if not facts.releases.get(pair.stack) and pair.stack not in facts.stacks:
        raise InvalidInputError(
            f'there is no stack "{pair.stack}" on the default branch', hint="ls stacks"
        )


def _verdict(run: Run, decision: Decision) -> int:
    """Raise what the caller must know when there is no pull request for what was asked."""
    proposal = run.look.facts.proposals.get(decision.pair)
    if proposal is not None and proposal.content is BranchContent.FOREIGN:
        raise ConflictError(
            f"the promotion of {decision.pair} is left alone: {proposal.reason}",
            hint="delete the branch to let edp start again",
        )
    if decision.pair in run.look.facts.unreadable:
        raise InvalidInputError(decision.reason, hint="edp validate")
    if decision.step is Step.WAIT:
        said = f"{decision.pair}: {status_of(decision)}"
        if _waits_for_an_answer(run.look.facts, decision):
            raise UnavailableError(said, hint="run again")
        hint = f"edp explain {decision.pair.stack} {decision.pair.environment}"
        raise RefusedError(said, hint=hint)
    return 0


def _waits_for_an_answer(facts: Facts, decision: Decision) -> bool:
    """Whether all that is in the way is the silence of an Argo CD that runs the version."""
    in_the_way = decision.stands_in_the_way
    if any(gate.refused for gate in in_the_way if gate.name != "healthy"):
        return False
    if not any(gate.name == "healthy" for gate in in_the_way):
        return False
    stack = decision.pair.stack
    pins = (
        facts.pins[Pair(stack, source)]
        for source in effective_sources(facts.graph, facts.pins, decision.pair)
    )
    asked = argocds_of(facts.graph, (pin.pair for pin in pins if pin.version == decision.version))
    return any(name in facts.unreachable for name in asked)
