"""`terraform show -json PLAN` as values: what would change, and nothing that is secret.

Read at format 1.x, https://developer.hashicorp.com/terraform/internals/json-format.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from edp.core.terraform.globs import without_keys
from edp.core.terraform.plan_attributes import (
    ChangedAttribute,
    changed_attributes,
    tags_after,
)
from edp.core.terraform.plan_json import (
    Json,
    Object,
    UnreadablePlanError,
    decode,
    encode,
    flag_at,
    list_at,
    object_at,
    objects_at,
    text_at,
)
from edp.text import one_line

__all__ = [
    "Action",
    "Check",
    "OutputChange",
    "PlanDocument",
    "ResourceChange",
    "UnreadablePlanError",
    "read_plan",
]

_MAJOR: Final = "1."


class Action(StrEnum):
    """What happens to one object, the most dangerous first."""

    DESTROY = "destroy"
    REPLACE = "replace"
    FORGET = "forget"
    UPDATE = "update"
    CREATE = "create"
    IMPORT = "import"
    MOVE = "move"
    READ = "read"
    NOTHING = "nothing"


_ACTIONS: Final = {
    ("no-op",): Action.NOTHING,
    ("create",): Action.CREATE,
    ("read",): Action.READ,
    ("update",): Action.UPDATE,
    ("delete",): Action.DESTROY,
    ("delete", "create"): Action.REPLACE,
    ("create", "delete"): Action.REPLACE,
    ("forget",): Action.FORGET,
    ("create", "forget"): Action.FORGET,
    ("forget", "create"): Action.FORGET,
}


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """What a plan does to one object; an address may have several, the current and deposed ones."""

    address: str
    type: str
    provider: str
    action: Action
    creates_first: bool = False
    reason: str = ""
    previous_address: str = ""
    deposed: str = ""
    is_imported: bool = False
    attributes: tuple[ChangedAttribute, ...] = ()
    tags: frozenset[str] | None = frozenset()
    """None if Terraform cannot tell yet."""


@dataclass(frozen=True, slots=True)
class OutputChange:
    """An output of the Terraform root; its value is nobody's business."""

    name: str
    action: Action


@dataclass(frozen=True, slots=True)
class Check:
    """The result of a `check` block, a precondition or a postcondition."""

    address: str
    status: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlanDocument:
    """A plan without anything that does not change."""

    tool_version: str
    is_errored: bool
    is_complete: bool
    is_applyable: bool
    changes: tuple[ResourceChange, ...]
    drift: tuple[ResourceChange, ...]
    outputs: tuple[OutputChange, ...]
    checks: tuple[Check, ...]
    deferred: tuple[str, ...]
    """Addresses of which Terraform says that they come in a later plan."""
    invocations: tuple[str, ...]
    """Addresses of provider actions that an apply would start."""
    relevant: frozenset[tuple[str, str]]
    """Pairs of an address without keys and an attribute that the changes come from."""
    fingerprints: tuple[bytes, ...] = field(repr=False)
    """One for each change, values included: only for the keyed digest, never for show."""

    @property
    def has_changes(self) -> bool:
        """True if an apply would do anything."""
        return bool(self.changes or self.outputs or self.deferred or self.invocations)


def read_plan(content: bytes, *, shown: Collection[str] = ()) -> PlanDocument:
    """Read the plan, or say in an UnreadablePlanError why not.

    Values stay only of the attributes in `shown`, written `type.attribute`, and only where no part
    of them is sensitive.
    """
    try:
        return _document(decode(content), frozenset(shown))
    except RecursionError:
        raise UnreadablePlanError("the plan is nested too deeply") from None


def _document(plan: Object, shown: frozenset[str]) -> PlanDocument:
    _check_format(text_at(plan, "format_version"))
    changes = objects_at(plan, "resource_changes")
    read = (_resource_change(change, shown) for change in changes)
    drift = (_resource_change(change, frozenset()) for change in objects_at(plan, "resource_drift"))
    return PlanDocument(
        tool_version=one_line(text_at(plan, "terraform_version"), 40),
        is_errored=flag_at(plan, "errored", default=False),
        is_complete=flag_at(plan, "complete", default=True),
        is_applyable=flag_at(plan, "applyable", default=True),
        changes=tuple(change for change in read if change.action is not Action.NOTHING),
        drift=tuple(change for change in drift if change.action is not Action.NOTHING),
        outputs=_outputs(object_at(plan, "output_changes")),
        checks=tuple(_check(check) for check in objects_at(plan, "checks")),
        deferred=tuple(_deferred(item) for item in objects_at(plan, "deferred_changes")),
        invocations=tuple(_invoked(item) for item in objects_at(plan, "action_invocations")),
        relevant=frozenset(map(_relevant, objects_at(plan, "relevant_attributes"))),
        fingerprints=_fingerprints(plan, changes),
    )


def _check_format(version: str) -> None:
    if not version.startswith(_MAJOR):
        found = one_line(version, 20) or "none"
        raise UnreadablePlanError(f"the plan's format is {found}, edp reads 1.x")


def _resource_change(item: Object, shown: frozenset[str]) -> ResourceChange:
    change, kind = object_at(item, "change"), text_at(item, "type")
    action = _action(item, change)
    if action is Action.NOTHING:
        return ResourceChange(_address(item), kind, text_at(item, "provider_name"), action)
    names = {name.removeprefix(f"{kind}.") for name in shown if name.startswith(f"{kind}.")}
    return ResourceChange(
        address=_address(item),
        type=kind,
        provider=text_at(item, "provider_name"),
        action=action,
        creates_first=list_at(change, "actions")[:1] == ["create"],
        reason=text_at(item, "action_reason"),
        previous_address=text_at(item, "previous_address"),
        deposed=text_at(item, "deposed"),
        is_imported=bool(change.get("importing")),
        attributes=() if action is Action.DESTROY else changed_attributes(change, names),
        tags=tags_after(change),
    )


def _address(item: Object) -> str:
    address = text_at(item, "address")
    if not address:
        raise UnreadablePlanError("a change has no address")
    return address


def _action(item: Object, change: Object) -> Action:
    actions = tuple(str(word) for word in list_at(change, "actions"))
    found = _ACTIONS.get(actions)
    if found is None:
        words = one_line(" and ".join(actions), 60) or "none"
        raise UnreadablePlanError(f"edp does not know these actions of a change: {words}")
    if found is Action.NOTHING and change.get("importing"):
        return Action.IMPORT
    if found is Action.NOTHING and item.get("previous_address"):
        return Action.MOVE
    return found


def _outputs(changes: Object) -> tuple[OutputChange, ...]:
    read = (OutputChange(name, _output_action(change)) for name, change in changes.items())
    return tuple(output for output in read if output.action is not Action.NOTHING)


def _output_action(change: Json) -> Action:
    if not isinstance(change, dict):
        raise UnreadablePlanError("the change of an output is not an object")
    return _action({}, change)


def _check(check: Object) -> Check:
    problems = (
        text_at(problem, "message")
        for instance in objects_at(check, "instances")
        for problem in objects_at(instance, "problems")
    )
    address = text_at(object_at(check, "address"), "to_display")
    return Check(address, text_at(check, "status"), tuple(problems))


def _deferred(item: Object) -> str:
    return _address(object_at(item, "resource_change"))


def _invoked(item: Object) -> str:
    return _address(item)


def _relevant(item: Object) -> tuple[str, str]:
    path = list_at(item, "attribute")
    attribute = path[0] if path and isinstance(path[0], str) else ""
    return without_keys(text_at(item, "resource")), attribute


def _fingerprints(plan: Object, changes: list[Object]) -> tuple[bytes, ...]:
    """Sorted, of everything that an apply would do; what merely describes the plan is left out."""
    parts: list[Json] = [["resource", item] for item in changes if _is_effective(item)]
    parts += [["output", name, change] for name, change in _changed_outputs(plan)]
    for key in ("action_invocations", "deferred_changes", "deferred_action_invocations"):
        parts += [[key, item] for item in list_at(plan, key)]
    return tuple(sorted(hashlib.sha256(encode(part)).digest() for part in parts))


def _changed_outputs(plan: Object) -> list[tuple[str, Json]]:
    outputs = object_at(plan, "output_changes").items()
    return [(name, change) for name, change in outputs if _output_action(change) != Action.NOTHING]


def _is_effective(item: Object) -> bool:
    return _action(item, object_at(item, "change")) is not Action.NOTHING
