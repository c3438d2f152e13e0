"""`edp reconcile`: bring every promotion to what graph, gates, holds and freezes say."""

import click

from edp.app import App
from edp.commands.promotion.clients import open_clients, open_forge, refuse_if_paused
from edp.commands.promotion.look import read_graph_of
from edp.commands.promotion.ordinary import OrdinaryJudge, head_ref
from edp.commands.promotion.run import start
from edp.commands.promotion.show import SCHEMA, show_decisions


@click.command()
@click.option(
    "--pull-request",
    "number",
    type=click.IntRange(1, 2**31),
    help="Only judge this one, which is no promotion, and post its edp/policy.",
)
@click.option("--dry-run", is_flag=True, help="Decide and show, write nothing anywhere.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def command(app: App, *, number: int | None, dry_run: bool, as_json: bool) -> int:
    """Open, refresh, merge and close promotions, and record what was observed."""
    app = app.writing(as_json=as_json)
    refuse_if_paused(app, dry_run=dry_run)
    if number is not None:
        return _judge_one(app, number, dry_run=dry_run)
    with start(app, None) as run:
        if dry_run:
            decisions = run.decide()
        else:
            decisions = run.carry_out(merges=True)
            run.judge_forks()
            run.record()
        base = run.look.facts.base
        return show_decisions(app.output, base, decisions, run.outcomes, dry_run=dry_run)


def _judge_one(app: App, number: int, *, dry_run: bool) -> int:
    """An ordinary pull request: the status says whether it gets around a gate, not the exit."""
    with open_forge(app) as forge:
        base, listing = forge.base(), forge.read_pull(number)
        with open_clients(app, forge, base, also=(head_ref(number),)) as clients:
            head, graph = read_graph_of(clients)
            pulls = listing.ordinary(graph.bots.bot)
            judge = OrdinaryJudge(app, forge, clients.git, graph, head)
            verdicts = [(pull, judge.judge(pull)) for pull in pulls]
            if not dry_run:
                for pull, verdict in verdicts:
                    judge.post(pull, verdict)
    found = [
        {"pull": pull.number, "head": pull.head, "state": verdict.state, "reason": verdict.text}
        for pull, verdict in verdicts
    ]
    app.output.document({"schema": SCHEMA, "dryRun": dry_run, "policy": found})
    for pull, verdict in verdicts:
        app.output.line(f"#{pull.number}: edp/policy {verdict.state}: {verdict.text}")
    if not verdicts:
        app.output.line(f"nothing to do: #{number} is a promotion, or is not open")
    return 0
