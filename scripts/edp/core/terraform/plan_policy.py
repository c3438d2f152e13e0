"""What a plan may not do: `terraform/policy.yaml` applied to its changes."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from edp.core.terraform.globs import matches, matches_address
from edp.core.terraform.plan_document import Action, PlanDocument, ResourceChange
from edp.core.terraform.policy_file import PolicyFile

_GONE: Final = frozenset({Action.DESTROY, Action.REPLACE, Action.FORGET})
_MADE: Final = frozenset({Action.CREATE, Action.UPDATE, Action.REPLACE, Action.IMPORT})
_REGISTRIES: Final = ("registry.terraform.io/", "registry.opentofu.org/")
_BUILT_IN: Final = "terraform.io/builtin/"
_PAST: Final = {
    Action.DESTROY: "destroyed",
    Action.REPLACE: "destroyed and created again",
    Action.FORGET: "forgotten, and left behind without a state",
}


class Ruling(StrEnum):
    """What a finding means for the apply."""

    REFUSED = "refused"
    NEEDS_LABEL = "needs label"


@dataclass(frozen=True, slots=True)
class Finding:
    """One change that may not happen, or not without a person who says so."""

    ruling: Ruling
    address: str
    message: str


def check_plan(
    plan: PlanDocument, policy: PolicyFile, *, allowed_destroys: bool
) -> tuple[Finding, ...]:
    """Everything that the policy says of a plan.

    `allowed_destroys` is that an allowed person has put the label on the pull request; it opens no
    way past what the policy refuses.
    """
    rules = (_protected, _forbidden, _renamed, _untagged, _foreign)
    refused = [finding for rule in rules for finding in _each(plan.changes, policy, rule)]
    destroys = () if allowed_destroys else _unlabelled(plan.changes, refused)
    return (*refused, *destroys)


def _each(
    changes: Iterable[ResourceChange],
    policy: PolicyFile,
    rule: Callable[[ResourceChange, PolicyFile], str],
) -> Iterator[Finding]:
    for change in changes:
        message = rule(change, policy)
        if message:
            yield Finding(Ruling.REFUSED, change.address, message)


def _protected(change: ResourceChange, policy: PolicyFile) -> str:
    if change.action not in _GONE or not _is_protected(change, policy):
        return ""
    return f"would be {_PAST[change.action]}, and is protected"


def _is_protected(change: ResourceChange, policy: PolicyFile) -> bool:
    names = (name for name in (change.address, change.previous_address) if name)
    return any(matches_address(name, policy.protected) for name in names)


def _forbidden(change: ResourceChange, policy: PolicyFile) -> str:
    if change.action not in _GONE or not matches(change.type, policy.forbid_destroy):
        return ""
    return f"would be {_PAST[change.action]}, and {change.type} may not be"


def _renamed(change: ResourceChange, policy: PolicyFile) -> str:
    """Otherwise a rename would take the protection off, and the next change destroy it."""
    was = change.previous_address
    if not was or not matches_address(was, policy.protected):
        return ""
    if matches_address(change.address, policy.protected):
        return ""
    return f"was {was}, which is protected: protect the new address too"


def _untagged(change: ResourceChange, policy: PolicyFile) -> str:
    if change.action not in _MADE:
        return ""
    needed = {
        tag
        for glob, tags in policy.required_tags.items()
        if matches(change.type, [glob])
        for tag in tags
    }
    if not needed or change.tags is None:
        # What is known only after the apply cannot be judged before it.
        return ""
    missing = sorted(needed - change.tags)
    return f"lacks the tags {', '.join(missing)}" if missing else ""


def _foreign(change: ResourceChange, policy: PolicyFile) -> str:
    provider = change.provider
    if policy.providers is None or provider.startswith(_BUILT_IN):
        return ""
    names = {provider, *(provider.removeprefix(registry) for registry in _REGISTRIES)}
    if any(matches(name, policy.providers) for name in names):
        return ""
    return f"its provider {provider or 'without a name'} is not allowed"


def _unlabelled(changes: Iterable[ResourceChange], refused: Iterable[Finding]) -> Iterator[Finding]:
    named = {finding.address for finding in refused}
    for change in changes:
        if change.action in _GONE and change.address not in named:
            message = f"would be {_PAST[change.action]}: an allowed person must say so by label"
            yield Finding(Ruling.NEEDS_LABEL, change.address, message)
