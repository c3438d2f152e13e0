"""Telling pull requests: the plans of their Terraform roots, and what became of them."""

from collections.abc import Sequence
from typing import Final

from edp.app import App
from edp.clients.forge_plans import PlanForge, PlanPull
from edp.commands.terraform.applying import Ending
from edp.commands.terraform.telling import clean
from edp.core.terraform.plan_comment import BUDGET, PlanRun, comment, compose
from edp.core.terraform.plan_report import RootReport
from edp.core.terraform.told import Told, tell
from edp.text import code, markdown, one_line
from forgejo.statuses import StatusState

RESULTS: Final = "<!-- edp:applied -->"


def publish(app: App, forge: PlanForge, pull: PlanPull, found: Sequence[Told]) -> None:
    """The comment first, then the statuses: who sees them can read what they are about."""
    settings = app.settings
    run = PlanRun(
        settings.require_repository(),
        pull.number,
        pull.head,
        settings.run_url,
        settings.plan_key.encode(),
    )
    # Without anything to tell, only what was told before is corrected.
    if found or forge.plan_comment(pull.number):
        forge.put_comment(pull.number, compose(found, run))
    known = forge.forge.statuses(pull.head)
    for told in found:
        state, text = status_of(told)
        url = settings.run_url
        forge.put_status(pull.head, told.root, state=state, text=text, known=known, url=url)


def tell_all(app: App, reports: Sequence[RootReport]) -> list[Told]:
    """What is told of each, without the job's secrets."""
    return [tell(report, secrets=app.settings.secrets, budget=BUDGET) for report in reports]


def status_of(told: Told) -> tuple[StatusState, str]:
    """The commit status of one Terraform root."""
    counts = told.summary if told.summary != told.state else ""
    said = ", ".join(filter(None, (counts, told.remark)))
    text = one_line(": ".join(filter(None, (told.state, said))), 250)
    if told.is_refused:
        return "failure", text
    return ("pending" if told.is_waiting else "success"), text


def tell_results(app: App, forge: PlanForge, endings: Sequence[Ending]) -> None:
    """One comment on each reviewed pull request: what became of its Terraform roots."""
    by_pull: dict[int, list[Ending]] = {}
    for one in endings:
        if one.reviewed.pull and one.report is not None:
            by_pull.setdefault(one.reviewed.pull, []).append(one)
    for number, found in sorted(by_pull.items()):
        lines = [
            RESULTS,
            "### Terraform: what became of it",
            "",
            "| root | result | |",
            "|---|---|---|",
        ]
        for one in found:
            reason = markdown(clean(app, one.report, one.reason))
            lines.append(f"| {one.root} | {one.word} | {reason} |")
        for one in found:
            if one.word == "not applied" and one.report is not None and one.report.digest:
                lines += _difference(app, one.report)
        forge.put_results(number, "\n".join(lines) + "\n", marker=RESULTS)


def _difference(app: App, report: RootReport) -> list[str]:
    """What would change now, and how a person lets exactly that through."""
    text = comment([report], PlanRun("", 0, report.digest, ""), secrets=app.settings.secrets)
    # Without its first lines it is no plan comment, which somebody might believe.
    shown = text.split("\n")[2:]
    command = f"edp apply --root {report.root} --accept {report.digest[:16]}"
    how = f"To apply exactly this: {code(command)}, or the workflow `terraform`."
    return ["", *shown, "", how]
