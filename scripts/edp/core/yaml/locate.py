"""Finding the one node that an edit may touch, and refusing one that other places share."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import yaml

from edp.core.yaml.source import Source, YamlError, decode, line_of, parse, quote


@dataclass(frozen=True, slots=True)
class Located:
    """A node of a file by the number of its event, and the path of keys that leads to it."""

    source: Source
    events: Sequence[yaml.Event]
    index: int
    keys: tuple[str, ...]

    @property
    def event(self) -> yaml.Event:
        """The event that begins the node."""
        return self.events[self.index]

    def refuse(self, problem: str, *, hint: str = "") -> YamlError:
        """An error that names the keys and the line of the node."""
        return self.source.error(
            f"{dotted(self.keys)}: {problem}", line=line_of(self.event), hint=hint
        )


def dotted(keys: Sequence[str]) -> str:
    """A path of keys as people write it."""
    return ".".join(keys) or "the document"


def locate(content: bytes, keys: tuple[str, ...], *, path: str) -> Located:
    """Find the node at `keys`, which must exist in exactly one document of the file.

    Anchors and aliases elsewhere are tolerated. Refused are an alias, a tag or a merge key on the
    way, a duplicate key, and an anchor on the way that an alias refers to.
    """
    source = decode(content, path=path)
    events = list(parse(source))
    trails = [
        _walk(source, events, index + 1, keys)
        for index, event in enumerate(events)
        if isinstance(event, yaml.DocumentStartEvent)
    ]
    complete = [trail for trail in trails if len(trail) > len(keys)]
    if not complete:
        raise _missing(source, events, trails, keys)
    if len(complete) > 1:
        raise Located(source, events, complete[1][-1], keys).refuse(
            "stands in more than one document", hint="keep one document in this file"
        )
    _refuse_indirection(source, events, complete[0], keys)
    return Located(source, events, complete[0][-1], keys)


def children(events: Sequence[yaml.Event], node: int) -> Iterator[int]:
    """Yield the number of the first event of each child of a collection (keys are children)."""
    at = node + 1
    while not isinstance(events[at], yaml.CollectionEndEvent):
        yield at
        at = after(events, at)


def after(events: Sequence[yaml.Event], node: int) -> int:
    """The number of the event that follows a whole node."""
    depth = 0
    while True:
        event = events[node]
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        node += 1
        if depth == 0:
            return node


def _walk(
    source: Source, events: Sequence[yaml.Event], root: int, keys: tuple[str, ...]
) -> list[int]:
    trail = [root]
    for depth, key in enumerate(keys):
        here = Located(source, events, trail[-1], keys[:depth])
        _refuse_alias(here)
        if not isinstance(here.event, yaml.MappingStartEvent):
            break
        child = _child(here, key)
        if child is None:
            break
        trail.append(child)
    return trail


def _child(mapping: Located, key: str) -> int | None:
    events = mapping.events
    nodes = list(children(events, mapping.index))
    matches: list[tuple[int, int]] = []
    has_merge = False
    for key_at, value_at in zip(nodes[::2], nodes[1::2], strict=True):
        event = events[key_at]
        if isinstance(event, yaml.AliasEvent):
            raise Located(mapping.source, events, key_at, mapping.keys).refuse(
                "has an alias as a key", hint="write the key out"
            )
        if isinstance(event, yaml.ScalarEvent):
            has_merge = has_merge or (event.value == "<<" and not event.style)
            if event.value == key:
                matches.append((key_at, value_at))
    if len(matches) > 1:
        raise _duplicate(mapping, key, [at for at, _ in matches])
    if not matches and has_merge:
        raise mapping.refuse(
            f"{quote(key)} could come from a merge key (<<)", hint="write the key out here"
        )
    return matches[0][1] if matches else None


def _duplicate(mapping: Located, key: str, key_events: list[int]) -> YamlError:
    first, second = (line_of(mapping.events[at]) for at in key_events[:2])
    return mapping.source.error(
        f"duplicate key {quote(key)} (first in line {first})",
        line=second,
        hint="remove one of the two",
    )


def _missing(
    source: Source, events: Sequence[yaml.Event], trails: list[list[int]], keys: tuple[str, ...]
) -> YamlError:
    if not trails:
        return source.error("the file is empty", line=1)
    trail = max(trails, key=len)
    depth = len(trail) - 1
    nearest = Located(source, events, trail[-1], keys[:depth])
    if not isinstance(nearest.event, yaml.MappingStartEvent):
        return nearest.refuse(f"is not a mapping, so it has no key {quote(keys[depth])}")
    return nearest.refuse(f"has no key {quote(keys[depth])}", hint=f"add {dotted(keys)}")


def _refuse_indirection(
    source: Source, events: Sequence[yaml.Event], trail: list[int], keys: tuple[str, ...]
) -> None:
    aliased = _aliased_in_document(events, trail[0])
    for depth, index in enumerate(trail):
        node = Located(source, events, index, keys[:depth])
        _refuse_alias(node)
        event = node.event
        if not isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
            continue
        if event.tag is not None:
            raise node.refuse(f"has the tag {quote(event.tag)}", hint="remove the tag")
        if event.anchor in aliased:
            raise node.refuse(
                f"the anchor &{event.anchor} is used by an alias, which would change too",
                hint="write the value out in both places",
            )


def _refuse_alias(node: Located) -> None:
    if isinstance(node.event, yaml.AliasEvent):
        raise node.refuse(f"is the alias *{node.event.anchor}", hint="write the value out here")


def _aliased_in_document(events: Sequence[yaml.Event], root: int) -> set[str | None]:
    aliased: set[str | None] = set()
    while not isinstance(event := events[root], yaml.DocumentEndEvent):
        if isinstance(event, yaml.AliasEvent):
            aliased.add(event.anchor)
        root += 1
    return aliased
