"""Which attributes of an object a plan changes, without the values that nobody may see.

A mask says for a value, or for parts of it, that it is sensitive or unknown; `true` may cover a
whole subtree.
"""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from edp.core.terraform.plan_json import Json, Object, as_object, list_at

_TAGS: Final = ("tags", "tags_all", "labels")
_UNKNOWN: Final = "(known after apply)"


@dataclass(frozen=True, slots=True)
class ChangedAttribute:
    """A top-level attribute. The values, raw texts, are "" unless it may be shown."""

    name: str
    is_sensitive: bool = False
    is_unknown: bool = False
    forces_replacement: bool = False
    before: str = ""
    after: str = ""


def covers(mask: Json) -> bool:
    """True if the mask covers any part of its value."""
    if isinstance(mask, dict):
        return any(covers(part) for part in mask.values())
    if isinstance(mask, list):
        return any(covers(part) for part in mask)
    return mask is not None and mask is not False


def changed_attributes(change: Object, shown: Collection[str]) -> tuple[ChangedAttribute, ...]:
    """What differs between before and after, by name. Values only of names in `shown`."""
    before, after = _values(change, "before"), _values(change, "after")
    unknown = change.get("after_unknown")
    forcing = {_first(path) for path in list_at(change, "replace_paths")}
    return tuple(
        _attribute(change, name, is_forcing=name in forcing, is_shown=name in shown)
        for name in sorted(before.keys() | after.keys() | _names(unknown))
        if _differs(change, before.get(name), after.get(name), name)
    )


def _first(path: Json) -> str:
    """The attribute in which a path begins."""
    return str(path[0]) if isinstance(path, list) and path else ""


def _differs(change: Object, before: Json, after: Json, name: str) -> bool:
    # Equal numbers of different types are different values: true is not 1.
    return (
        before != after
        or type(before) is not type(after)
        or covers(_part(change, "after_unknown", name))
        or (
            before is not None
            and _is_marked(change, "before", name) != _is_marked(change, "after", name)
        )
    )


def _is_marked(change: Object, side: str, name: str) -> bool:
    return covers(_part(change, f"{side}_sensitive", name))


def _attribute(change: Object, name: str, *, is_forcing: bool, is_shown: bool) -> ChangedAttribute:
    is_sensitive = _is_marked(change, "before", name) or _is_marked(change, "after", name)
    is_unknown = covers(_part(change, "after_unknown", name))
    texts = ("", "")
    if is_shown and not is_sensitive:
        after = _UNKNOWN if is_unknown else _shown(_values(change, "after").get(name))
        texts = _shown(_values(change, "before").get(name)), after
    return ChangedAttribute(name, is_sensitive, is_unknown, is_forcing, *texts)


def _part(change: Object, mask: str, name: str) -> Json:
    """A mask is an object like its value, or one truth for all of it."""
    value = change.get(mask)
    return value.get(name) if isinstance(value, dict) else value


def _names(mask: Json) -> set[str]:
    return set(mask) if isinstance(mask, dict) else set()


def _values(change: Object, side: str) -> Object:
    return as_object(change.get(side), side)


def _shown(value: Json) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | Decimal):
        return str(value)
    return "null" if value is None else "(not shown)"


def tags_after(change: Object) -> frozenset[str] | None:
    """The names of the tags that the object will have; None if Terraform cannot tell yet."""
    after = _values(change, "after")
    if any(_part(change, "after_unknown", name) is True for name in _TAGS if name not in after):
        return None
    return frozenset(tag for name in _TAGS for tag in _tags(after.get(name)))


def _tags(value: Json) -> list[str]:
    """Tags are a map, or a list of `name=value`."""
    if isinstance(value, dict):
        return list(value)
    if isinstance(value, list):
        return [tag.partition("=")[0] for tag in value if isinstance(tag, str)]
    return []
