"""Proof of an edit by parsing its result again: the same events but for one string."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import yaml

from edp.core.yaml.source import Source, YamlError, parse
from edp.core.yaml.written import Written


@dataclass(frozen=True, slots=True)
class Edit:
    """Text to put in the place of `source.text[start:end]`, which writes the string `value`."""

    start: int
    end: int
    text: str
    value: str
    written: Written


def apply_proven(
    source: Source, events: Sequence[yaml.Event], edit: Edit, *, at: int, is_new: bool
) -> bytes:
    """Carry out an edit whose string is event `at` (a new one if `is_new`), or refuse it."""
    edited = replace(source, text=source.text[: edit.start] + edit.text + source.text[edit.end :])
    expected = [_facts(event) for event in events]
    anchor = None if is_new else getattr(events[at], "anchor", None)
    is_plain = edit.written.style == ""
    expected[at : at if is_new else at + 1] = [
        (yaml.ScalarEvent, anchor, None, (is_plain, not is_plain), edit.value, edit.written.style)
    ]
    if not _holds(edited, expected):
        raise source.error(
            "the edit could not be proven to change this value alone",
            line=source.text.count("\n", 0, edit.start) + 1,
            hint="make the edit by hand",
        )
    return edited.encode()


def _holds(edited: Source, expected: list[tuple[object, ...]]) -> bool:
    try:
        return [_facts(event) for event in parse(edited)] == expected
    except YamlError:
        return False


def _facts(event: yaml.Event) -> tuple[object, ...]:
    """All that an event says, but for where it stands."""
    if isinstance(event, yaml.ScalarEvent):
        kind = yaml.ScalarEvent
        return kind, event.anchor, event.tag, event.implicit, event.value, event.style
    if isinstance(event, yaml.CollectionStartEvent):
        return type(event), event.anchor, event.tag, event.implicit, event.flow_style
    if isinstance(event, yaml.DocumentStartEvent):
        tags = tuple(sorted((event.tags or {}).items()))
        return yaml.DocumentStartEvent, event.explicit, event.version, tags
    if isinstance(event, yaml.DocumentEndEvent):
        return yaml.DocumentEndEvent, event.explicit
    return type(event), getattr(event, "anchor", None)
