"""Telling people and other jobs what plans came to: tables, JSON, step outputs, exit codes."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from edp.app import App
from edp.core.terraform.classify import RootState
from edp.core.terraform.plan_document import Action
from edp.core.terraform.plan_report import RootReport, counts_of, remark_on, state_of
from edp.core.terraform.plan_secrets import without_values
from edp.core.terraform.reports import is_refused
from edp.errors import BusyError, InvalidInputError, RefusedError, UnavailableError
from edp.text import one_line, redact

CHECKED: Final = "only the files were checked"
"""Why nothing was planned, where that was asked for."""
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


def exit_codes(reports: Iterable[RootReport]) -> Iterator[int]:
    """The exit codes of what cannot be applied like this; each was shown already."""
    for report in reports:
        if report.verdict.state is RootState.BROKEN:
            error = UnavailableError if report.was_run else InvalidInputError
            yield error.exit_code
        elif report.verdict.state is RootState.BUSY:
            yield BusyError.exit_code
        elif is_refused(report):
            yield RefusedError.exit_code
