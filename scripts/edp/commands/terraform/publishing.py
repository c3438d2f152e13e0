"""Telling pull requests: the plans of their Terraform roots, and what became of them."""

from collections.abc import Sequence
from typing import Final

from edp.app import App
from edp.clients.forge_plans import PlanForge, PlanPull
from edp.commands.terraform.applying import Ending
from edp.commands.terraform.telling import clean
from edp.core.terraform.classify import RootState
from edp.core.terraform.plan_comment import PlanRun, comment
from edp.core.terraform.plan_policy import Ruling
from edp.core.terraform.plan_report import RootReport, counts_of, remark_on, state_of
from edp.core.terraform.reports import is_refused
from edp.text import code, markdown, one_line
from forgejo.statuses import StatusState

RESULTS: Final = "<!-- edp:applied -->"


def publish(app: App, forge: PlanForge, pull: PlanPull, reports: Sequence[RootReport]) -> None:
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
    if reports or forge.plan_comment(pull.number):
        forge.put_comment(pull.number, comment(reports, run, secrets=settings.secrets))
    known = forge.forge.statuses(pull.head)
    for report in reports:
        state, text = status_of(report)
        forge.put_status(
            pull.head,
            report.root,
            state=state,
            text=clean(app, report, text),
            known=known,
            url=settings.run_url,
        )


def status_of(report: RootReport) -> tuple[StatusState, str]:
    """The commit status of one Terraform root."""
    said = ", ".join(filter(None, (counts_of(report), remark_on(report))))
    text = one_line(": ".join(filter(None, (state_of(report), said))), 250)
    if is_refused(report):
        return "failure", text
    if any(finding.ruling is Ruling.NEEDS_LABEL for finding in report.findings):
        return "pending", text
    if report.verdict.state is RootState.BUSY:
        return "pending", text
    return "success", text


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
