"""Telling people and other jobs what plans came to: tables, JSON, step outputs, the forge."""

import json
from collections.abc import Iterable, Sequence
from typing import Final

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
from edp.text import one_line, redact
from forgejo.statuses import StatusState

_COUNTED: Final = tuple(action for action in Action if action is not Action.NOTHING)


def show_reports(app: App, reports: Sequence[RootReport]) -> None:
    """A line for each Terraform root, and what stands in its way below."""
    for report in reports:
        said = ", ".join(filter(None, (state_of(report), counts_of(report), remark_on(report))))
        app.output.line(_clean(app, report, f"{report.root}: {said}"))
        for finding in report.findings:
            text = f"  {finding.ruling}: {finding.address} {finding.message}"
            app.output.line(_clean(app, report, text))
    if not reports:
        app.output.line("no Terraform root is affected")


def document_of(app: App, report: RootReport) -> dict[str, object]:
    """One Terraform root as JSON: addresses, actions and counts, never a value."""
    return {
        "root": str(report.root),
        "state": state_of(report),
        "reason": _clean(app, report, report.verdict.reason),
        "counts": {str(one): count for one in _COUNTED if (count := report.count(one))},
        "changes": [
            {"address": _clean(app, report, one.address), "action": str(one.action)}
            for one in report.changes
        ],
        "findings": [
            {
                "ruling": str(one.ruling),
                "address": _clean(app, report, one.address),
                "message": _clean(app, report, one.message),
            }
            for one in report.findings
        ],
        "drift": sorted(
            _clean(app, report, address)
            for address, state in report.verdict.addresses.items()
            if state is RootState.DRIFT
        ),
        "failedChecks": [_clean(app, report, text) for text in report.verdict.failed_checks],
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
            text=_clean(app, report, text),
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


def _clean(app: App, report: RootReport, text: str) -> str:
    return one_line(redact(without_values(text, report.sensitive), app.settings.secrets), 500)
