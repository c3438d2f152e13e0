"""`edp reconcile`: bring every promotion to what graph, gates, holds and freezes say."""

import click

from edp.app import App
from edp.commands.promotion.clients import refuse_if_paused
from edp.commands.promotion.run import start
from edp.commands.promotion.show import show_decisions


@click.command()
@click.option("--dry-run", is_flag=True, help="Decide and show, write nothing anywhere.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def command(app: App, *, dry_run: bool, as_json: bool) -> int:
    """Open, refresh, merge and close promotions, and record what was observed."""
    app = app.writing(as_json=as_json)
    refuse_if_paused(app, dry_run=dry_run)
    with start(app, None) as run:
        if dry_run:
            decisions = run.decide()
        else:
            decisions = run.carry_out(merges=True)
            run.record()
        base = run.look.facts.base
        return show_decisions(app.output, base, decisions, run.outcomes, dry_run=dry_run)
