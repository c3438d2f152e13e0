"""Telling people and other jobs what plans came to: tables, JSON, step outputs, the forge."""

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from edp.app import App
from edp.clients.forge_plans import PlanForge, PlanPull
from edp.core.terraform.classify import RootState
from edp.core.terraform.plan_comment import PlanRun, RootReport, comment
from edp.core.terraform.plan_document import Action
from edp.core.terraform.plan_policy import Ruling
from edp.core.terraform.plan_report import counts_of, remark_on, state_of
from edp.core.terraform.plan_secrets import without_values
from edp.core.terraform.reports import is_refused
from edp.errors import InvalidInputError
from edp.text import code, markdown, one_line, redact
from forgejo.statuses import StatusState

if TYPE_CHECKING:
    from edp.commands.terraform.applying import Ending

RESULTS: Final = "<!-- edp:applied -->"
_COUNTED: Final = tuple(action for action in Action if action is not Action.NOTHING)


def show_reports(app: App, reports: Sequence[RootReport]) -> None:
    """A line for each Terraform root, and what stands in its way below."""
    for report in reports:
        said = ", ".join(filter(None, (state_of(report), counts_of(report), remark_on(report))))
        app.output.line(clean(app, report, f"{report.root}: {said}"))
        for finding in report.findings:
            text = f"{finding.ruling}: {finding.address} {finding.message}"
            app.output.line(f"  {clean(app, report, text)}")
    if not reports:
        app.output.line("no Terraform root is affected")


def document_of(app: App, report: RootReport) -> dict[str, object]:
    """One Terraform root as JSON: addresses, actions and counts, never a value."""
    return {
        "root": str(report.root),
        "state": state_of(report),
        "reason": clean(app, report, report.verdict.reason),
        "counts": {str(one): count for one in _COUNTED if (count := report.count(one))},
        "changes": [
            {"address": clean(app, report, one.address), "action": str(one.action)}
            for one in report.changes
        ],
        "findings": [
            {
                "ruling": str(one.ruling),
                "address": clean(app, report, one.address),
                "message": clean(app, report, one.message),
            }
            for one in report.findings
        ],
        "drift": sorted(
            clean(app, report, address)
            for address, state in report.verdict.addresses.items()
            if state is RootState.DRIFT
        ),
        "failedChecks": [clean(app, report, text) for text in report.verdict.failed_checks],
        "orphaned": report.orphaned if report.is_deleted else None,
        "digest": report.digest,
    }


def write_outputs(app: App, values: dict[str, object]) -> None:
    """Step outputs as the runner reads them: a JSON value without a line feed for each name."""
    place = app.settings.step_outputs
    if place is None:
        return
    lines = "".join(f"{name}={json.dumps(value)}\n" for name, value in values.items())
    try:
        with place.open("a", encoding="utf-8") as file:
            file.write(lines)
    except OSError as exc:
        raise InvalidInputError(
            f"the step's outputs cannot be written: {exc.strerror}",
            hint="FORGEJO_OUTPUT names the file; a runner sets it",
        ) from exc


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


def totals(reports: Iterable[RootReport]) -> dict[str, int]:
    """How many Terraform roots are in each state."""
    found: dict[str, int] = {}
    for report in reports:
        state = state_of(report)
        found[state] = found.get(state, 0) + 1
    return found


def clean(app: App, report: RootReport | None, text: str) -> str:
    """One harmless line without any secret of the job or of the plan."""
    values = report.sensitive if report is not None else frozenset[str]()
    return one_line(redact(without_values(text, values), app.settings.secrets), 500)


def tell_results(app: App, forge: PlanForge, endings: Sequence["Ending"]) -> None:
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
