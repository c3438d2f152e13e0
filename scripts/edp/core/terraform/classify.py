"""What a plan says about a Terraform root: busy, broken, drifted, pending or clean."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from edp.core.terraform.diagnostics import Diagnostic, LockInfo, is_only_busy, read_lock
from edp.core.terraform.globs import matches_address, without_keys
from edp.core.terraform.plan_document import (
    PlanDocument,
    ResourceChange,
)

_CHANGED: Final = 2


class RootState(StrEnum):
    """The first that is true of a Terraform root, in this order."""

    UNPLANNED = "not planned"
    BUSY = "busy"
    BROKEN = "broken"
    DRIFT = "drift"
    IGNORED_DRIFT = "ignored drift"
    PENDING = "pending"
    CLEAN = "clean"


@dataclass(frozen=True, slots=True)
class PlanOutcome:
    """How `terraform plan` ended, and the plan that it made, if it can be read."""

    exit_code: int
    diagnostics: tuple[Diagnostic, ...] = ()
    plan: PlanDocument | None = None
    unreadable: str = ""
    """Why there is no plan: init failed, no binary, a format of the future."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state of a Terraform root, and of each address that is not clean."""

    state: RootState
    reason: str = ""
    failed_checks: tuple[str, ...] = ()
    addresses: Mapping[str, RootState] = field(default_factory=dict)
    lock: LockInfo | None = None

    def count(self, state: RootState) -> int:
        """How many addresses are in a state."""
        return sum(1 for one in self.addresses.values() if one is state)

    @property
    def is_known(self) -> bool:
        """True if the plan says anything; busy and broken ones say nothing, least of all clean."""
        return self.state not in {RootState.UNPLANNED, RootState.BUSY, RootState.BROKEN}


def classify(outcome: PlanOutcome, ignored: Collection[str] = ()) -> Verdict:
    """The state of a Terraform root; `ignored` are globs of addresses that may drift."""
    if outcome.exit_code == 1 and is_only_busy(outcome.diagnostics):
        return Verdict(RootState.BUSY, "its state is locked", lock=read_lock(outcome.diagnostics))
    reason = _why_broken(outcome)
    if reason or outcome.plan is None:
        checks = _failed_checks(outcome.plan) if outcome.plan else ()
        return Verdict(RootState.BROKEN, reason or "there is no plan", failed_checks=checks)
    addresses = _addresses(outcome.plan, ignored, is_changed=outcome.exit_code == _CHANGED)
    state = _worst(addresses, outcome.plan)
    if state is RootState.CLEAN and outcome.exit_code == _CHANGED:
        return Verdict(RootState.BROKEN, "it says that something changes, but names nothing")
    return Verdict(state, "", _failed_checks(outcome.plan), addresses)


def _why_broken(outcome: PlanOutcome) -> str:
    error = next((one for one in outcome.diagnostics if one.is_error), None)
    if error:
        return str(error)
    if outcome.unreadable:
        return outcome.unreadable
    if outcome.exit_code not in {0, _CHANGED}:
        return f"terraform ended with exit code {outcome.exit_code}"
    if outcome.plan and outcome.plan.is_errored:
        return "the plan ended with an error"
    return ""


def _failed_checks(plan: PlanDocument) -> tuple[str, ...]:
    """Beside any state, as raw texts: a failed check is a warning."""
    return tuple(
        ": ".join([check.address, *check.problems])
        for check in plan.checks
        if check.status in {"fail", "error"}
    )


def _addresses(
    plan: PlanDocument, ignored: Collection[str], *, is_changed: bool
) -> dict[str, RootState]:
    found = {change.address: RootState.PENDING for change in plan.changes}
    # A plan that only refreshes has no changes, but says that something changed.
    is_refresh_only = is_changed and not plan.has_changes
    for drift in plan.drift:
        is_felt = drift.address in found or is_refresh_only or plan.outputs or _feeds(drift, plan)
        is_drift = bool(is_felt) and not matches_address(drift.address, ignored)
        found[drift.address] = RootState.DRIFT if is_drift else RootState.IGNORED_DRIFT
    return found


def _feeds(drift: ResourceChange, plan: PlanDocument) -> bool:
    """True if a change comes from what drifted, though the drifted object itself stays."""
    address = without_keys(drift.address)
    return any((address, attribute.name) in plan.relevant for attribute in drift.attributes)


def _worst(addresses: Mapping[str, RootState], plan: PlanDocument) -> RootState:
    states = set(addresses.values())
    if plan.has_changes:
        states.add(RootState.PENDING)
    return next((state for state in RootState if state in states), RootState.CLEAN)
