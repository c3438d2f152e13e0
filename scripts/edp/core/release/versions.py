"""Where versions were introduced, which tags they lack, and which tags do not count."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from edp.core.names import is_name, is_version
from edp.core.yaml.reader import YamlError, read_document


class Version(NamedTuple):
    """One version of one stack."""

    stack: str
    version: str


@dataclass(frozen=True, slots=True)
class Introduction:
    """A commit of `main` that gave a stack's `stack.yaml` another version than its parent's."""

    stack: str
    version: str
    commit: str


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag named like a release. `commit` is what it points to in the end."""

    stack: str
    version: str
    commit: str
    is_annotated: bool
    tagger_email: str

    @property
    def name(self) -> str:
        return f"{self.stack}/v{self.version}"


@dataclass(frozen=True, slots=True)
class StackFileChange:
    """A commit that changed `stacks/<stack>/stack.yaml`, with the blobs before and after."""

    stack: str
    commit: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ReleasePlan:
    """The tags to make, oldest commit first, and why other tags do not count."""

    missing: tuple[Introduction, ...]
    conflicts: tuple[str, ...]
    existing: int


def parse_tag_name(name: str) -> Version | None:
    """Split `<stack>/v<version>`; None for any other tag."""
    stack, slash, rest = name.partition("/")
    version = rest.removeprefix("v")
    if not slash or version == rest or not (is_name(stack) and is_version(version)):
        return None
    return Version(stack, version)


def version_in_stack_file(content: bytes) -> str | None:
    """The version that a `stack.yaml` of any age states; None if it states none."""
    try:
        value = read_document(content, path="stack.yaml").value
    except YamlError:
        return None
    version = value.get("version") if isinstance(value, dict) else None
    return version if isinstance(version, str) and is_version(version) else None


def introductions(
    changes: Iterable[StackFileChange], versions: Mapping[str, str | None]
) -> tuple[Introduction, ...]:
    """The first introduction of each version; `changes` are oldest first."""
    found: dict[Version, Introduction] = {}
    for change in changes:
        old, new = versions.get(change.old), versions.get(change.new)
        if new is not None and new != old:
            key = Version(change.stack, new)
            found.setdefault(key, Introduction(change.stack, new, change.commit))
    return tuple(found.values())


def plan_release(
    introduced: Iterable[Introduction], tags: Iterable[Tag], *, tagger_email: str
) -> ReleasePlan:
    """Which versions still need their tag, and which tags stand in the way."""
    by_version = {Version(one.stack, one.version): one for one in introduced}
    known = {Version(tag.stack, tag.version): tag for tag in tags}
    missing = tuple(one for key, one in by_version.items() if key not in known)
    conflicts = [
        problem
        for key, tag in sorted(known.items())
        if (problem := tag_problem(tag, by_version.get(key), tagger_email=tagger_email))
    ]
    return ReleasePlan(missing, tuple(conflicts), len(known) - len(conflicts))


def tag_problem(tag: Tag, introduced: Introduction | None, *, tagger_email: str) -> str:
    """Why a tag does not count as a release; "" if it does."""
    if not tag.is_annotated:
        return f"tag {tag.name} is lightweight, expected an annotated one by the bot"
    if tag.tagger_email != tagger_email:
        return f"tag {tag.name} was not made by the bot ({tagger_email})"
    if introduced is None:
        return f"tag {tag.name} is on {tag.commit[:8]}, which did not introduce that version"
    if tag.commit != introduced.commit:
        return (
            f"tag {tag.name} is on {tag.commit[:8]},"
            f" the version was introduced by {introduced.commit[:8]}"
        )
    return ""
