"""The secret values inside a plan, so that they can be taken out of everything that is shown.

They also turn up where no mask is: in keys of instances, in messages of checks and providers.
"""

from collections.abc import Collection, Iterator
from typing import Final

from edp.core.terraform.plan_json import (
    Json,
    Object,
    decode,
    object_at,
    objects_at,
)
from edp.text import REDACTED

_SHORTEST: Final = 6
"""A shorter value is no secret worth the name, and to take it out would maim every text."""


def sensitive_values(content: bytes) -> frozenset[str]:
    """Texts that a plan marks as sensitive; UnreadablePlanError if it cannot be read."""
    plan = decode(content)
    return frozenset(text for text in _all(plan) if len(text) >= _SHORTEST)


def without_values(text: str, values: Collection[str]) -> str:
    """The text without these values, in the forms in which Terraform writes them."""
    forms = {form for value in values for form in _forms(value) if form in text}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, REDACTED)
    return text


def _forms(value: str) -> set[str]:
    """As it is, escaped as in the key of an instance, in one line, and line by line."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    # A message is told line by line, and each line of a key is as secret as the whole.
    lines = {line for one in value.splitlines() if len(line := one.strip()) >= _SHORTEST}
    return {value, escaped, value.replace("\n", " "), *lines}


def _all(plan: Object) -> Iterator[str]:
    for key in ("resource_changes", "resource_drift"):
        for item in objects_at(plan, key):
            yield from _of_change(object_at(item, "change"))
    for change in object_at(plan, "output_changes").values():
        if isinstance(change, dict):
            yield from _of_change(change)
    yield from _of_variables(plan)


def _of_change(change: Object) -> Iterator[str]:
    for side in ("before", "after"):
        yield from _covered(change.get(side), change.get(f"{side}_sensitive"))


def _covered(value: Json, mask: Json) -> Iterator[str]:
    """The texts of a value that its mask covers, at any depth."""
    pairs = [(value, mask)]
    while pairs:
        value, mask = pairs.pop()
        if isinstance(value, str) and mask is True:
            yield value
        pairs += _parts(value, mask)


def _parts(value: Json, mask: Json) -> list[tuple[Json, Json]]:
    """Each part of a value with its part of the mask; `true` covers all parts."""
    if isinstance(value, dict):
        if isinstance(mask, dict):
            return [(value.get(name), part) for name, part in mask.items()]
        return [(part, True) for part in value.values() if mask is True]
    if isinstance(value, list):
        if isinstance(mask, list):
            return list(zip(value, mask, strict=False))
        return [(part, True) for part in value if mask is True]
    return []


def _of_variables(plan: Object) -> Iterator[str]:
    values = object_at(plan, "variables")
    declared = object_at(object_at(object_at(plan, "configuration"), "root_module"), "variables")
    for name, variable in declared.items():
        if isinstance(variable, dict) and variable.get("sensitive"):
            yield from _covered(object_at(values, name).get("value"), mask=True)
