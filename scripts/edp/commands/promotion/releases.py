"""The released versions: tags, checked against the commits that introduced the versions."""

from collections.abc import Iterable, Mapping

from edp.clients.git import GitRepository
from edp.commands.promotion.main_branch import MainBranch
from edp.core.promotion.pairs import Release
from edp.core.release.versions import (
    Introduction,
    StackFileChange,
    Tag,
    Version,
    introductions,
    parse_tag_name,
    tag_problem,
    version_in_stack_file,
)
from edp.core.version_range import ordered

Releases = Mapping[str, tuple[Release, ...]]


def read_tags(git: GitRepository, stack: str | None) -> tuple[Tag, ...]:
    """The tags named like releases, of one stack or of all."""
    prefix = "" if stack is None else f"{stack}/"
    found = []
    for ref in git.tags(prefix):
        version = parse_tag_name(ref.ref.removeprefix("refs/tags/"))
        if version is not None:
            is_annotated = ref.kind == "tag"
            found.append(Tag(*version, ref.target, is_annotated, ref.tagger_email))
    return tuple(found)


def stack_file_changes(main: MainBranch, stacks: Iterable[str] | None) -> list[StackFileChange]:
    """Every change of the stacks' own files, oldest first."""
    paths = None if stacks is None else {f"stacks/{stack}/stack.yaml": stack for stack in stacks}
    return [
        StackFileChange(change.path.split("/")[1], entry.commit, change.old_blob, change.new_blob)
        for entry in reversed(main.history)
        for change in entry.changes
        if (change.path in paths if paths is not None else _is_stack_file(change.path))
    ]


def _is_stack_file(path: str) -> bool:
    return path.startswith("stacks/")


def blobs_of(changes: Iterable[StackFileChange]) -> frozenset[str]:
    """The content that tells which commit introduced which version."""
    return frozenset(blob for change in changes for blob in (change.old, change.new)) - {""}


def introduced(
    changes: Iterable[StackFileChange], content: Mapping[str, bytes]
) -> tuple[Introduction, ...]:
    """Where each version was introduced."""
    changes = tuple(changes)
    versions = {
        blob: version_in_stack_file(content[blob]) for blob in blobs_of(changes) if blob in content
    }
    return introductions(changes, versions)


def releases_of(
    tags: Iterable[Tag],
    main: MainBranch,
    *,
    email: str,
    checked: Mapping[str, tuple[Introduction, ...]],
) -> Releases:
    """Releases by stack, oldest version first.

    `checked` has the introductions of the stacks whose versions may be promoted. A tag of any other
    stack is only checked for its kind, its tagger and whether it is on `main`.
    """
    found: dict[str, list[Release]] = {}
    places = {Version(one.stack, one.version): one for stack in checked.values() for one in stack}
    for tag in tags:
        problem = _problem(tag, main, places, email=email, is_checked=tag.stack in checked)
        release = Release(tag.stack, tag.version, tag.commit, problem)
        found.setdefault(tag.stack, []).append(release)
    return {
        stack: tuple(sorted(releases, key=lambda release: ordered(release.version)))
        for stack, releases in found.items()
    }


def _problem(
    tag: Tag,
    main: MainBranch,
    places: Mapping[Version, Introduction],
    *,
    email: str,
    is_checked: bool,
) -> str:
    if is_checked:
        return tag_problem(tag, places.get(Version(tag.stack, tag.version)), tagger_email=email)
    assumed = Introduction(tag.stack, tag.version, tag.commit)
    if problem := tag_problem(tag, assumed, tagger_email=email):
        return problem
    return "" if tag.commit in main.places else f"tag {tag.name} is not on the default branch"


def by_stack(
    found: Iterable[Introduction], stacks: Iterable[str]
) -> dict[str, tuple[Introduction, ...]]:
    """The introductions by stack, with an empty entry for a stack without any."""
    groups: dict[str, list[Introduction]] = {stack: [] for stack in stacks}
    for one in found:
        groups.setdefault(one.stack, []).append(one)
    return {stack: tuple(group) for stack, group in groups.items()}
