"""What an Application deploys, as comparable text.

`spec.source` and `status.sync.comparedTo.source` pass through different writers: the first as it
was applied, the second through Argo CD's own types and a merge patch. Nulls and empty members are
lost on the way, so both sides are compared without them.
"""

import json
from collections.abc import Mapping
from typing import Final

# An environment's own values: there an empty string, `false` or 0 is a setting like any other.
_VALUES: Final = "valuesObject"
# Real sources are less than ten levels deep; what is deeper than this is never equal to anything.
_MAXIMUM_DEPTH: Final = 100


class _TooDeepError(Exception):
    """A nesting that no Application has."""


def source_text(holder: Mapping[str, object]) -> str:
    """The source or sources in `holder` (a `spec` or a `comparedTo`); "" when there is none.

    Like Argo CD, `sources` wins over `source` unless it is empty.
    """
    for key in ("sources", "source"):
        text = canonical_text(holder.get(key))
        if text:
            return f"{key}: {text}"
    return ""


def canonical_text(value: object) -> str:
    """The same text for values that Argo CD treats as the same; "" for nothing at all."""
    try:
        bare = _without_empty(value, is_setting=False, depth=0)
    except _TooDeepError:
        return ""
    return json.dumps(bare, sort_keys=True, default=str) if _says_something(bare) else ""


def _without_empty(value: object, *, is_setting: bool, depth: int) -> object:
    if depth > _MAXIMUM_DEPTH:
        raise _TooDeepError
    if isinstance(value, Mapping):
        return _members(value, is_setting=is_setting, depth=depth)
    if isinstance(value, list):
        return [
            _without_empty(item, is_setting=is_setting, depth=depth + 1)
            for item in value
            if item is not None
        ]
    return value


def _members(
    mapping: Mapping[object, object], *, is_setting: bool, depth: int
) -> dict[str, object]:
    members = {
        str(key): _without_empty(item, is_setting=is_setting or key == _VALUES, depth=depth + 1)
        for key, item in mapping.items()
        if item is not None
    }
    return {key: item for key, item in members.items() if is_setting or _says_something(item)}


def _says_something(value: object) -> bool:
    return bool(value)
