"""What a promotion branch is, judged by its content: ours, or somebody else's."""

from dataclasses import dataclass

from edp.core.names import parse_pin, pin_text
from edp.core.promotion.commits import CHOSEN, read_trailers
from edp.core.promotion.facts import BranchContent, Proposal
from edp.core.promotion.pairs import Pair
from edp.core.yaml.list_edit import insert_sequence_item
from edp.core.yaml.pin_edit import read_scalar, splice_scalar
from edp.core.yaml.source import YamlError

PIN_KEYS = ("spec", "source", "targetRevision")
RESOURCES = ("resources",)


@dataclass(frozen=True, slots=True)
class BranchFile:
    """One file on the branch's parent, on the branch, and on `main`; None where it is missing."""

    path: str
    parent: bytes | None
    head: bytes | None
    main: bytes | None
    merged: bytes | None = None
    """What a merge into `main` makes of it; None where that conflicts."""


@dataclass(frozen=True, slots=True)
class BranchFacts:
    """A promotion branch as git shows it."""

    pair: Pair
    head: str
    message: str
    parents_on_main: tuple[bool, ...]
    """For each parent of the head, whether it is on the first-parent history of `main`."""
    is_by_bot: bool
    """Whether the committer has the bot's address."""
    files: tuple[BranchFile, ...]
    """Every file that the head changes against its first parent."""
    has_plain_modes: bool
    """False when something but the content of plain files changes."""


def recognise(facts: BranchFacts, *, application: str, kustomization: str) -> Proposal:
    """Ours is one commit on `main` that changes the pin only, or that adds the stack."""
    if facts.parents_on_main != (True,) or not facts.has_plain_modes:
        return _foreign(facts, "its branch has a commit that is not the bot's")
    by_path = {file.path: file for file in facts.files}
    try:
        if set(by_path) == {application}:
            return _pin_change(facts, by_path[application])
        if set(by_path) == {application, kustomization} and facts.is_by_bot:
            return _arrival(facts, by_path[application], by_path[kustomization])
    except YamlError as exc:
        return _foreign(facts, f"its branch cannot be read: {exc.message}")
    return _foreign(facts, "its branch changes other files than the pin's")


def _pin_change(facts: BranchFacts, file: BranchFile) -> Proposal:
    if file.parent is None or file.head is None:
        return _foreign(facts, "its branch adds or removes the stack")
    version = _version(facts.pair, file.head, file.path)
    if version is None or _with_pin(facts.pair, file.parent, version, file.path) != file.head:
        return _foreign(facts, "its branch changes more than the pin")
    expected = None
    if file.main is not None:
        expected = _with_pin(facts.pair, file.main, version, file.path)
    clean = expected is not None and file.merged == expected
    return _ours(facts, version, merges_cleanly=clean)


def _arrival(facts: BranchFacts, file: BranchFile, listing: BranchFile) -> Proposal:
    if file.parent is not None or file.head is None:
        return _foreign(facts, "its branch changes other files than the pin's")
    version = _version(facts.pair, file.head, file.path)
    if version is None or listing.parent is None or listing.head is None:
        return _foreign(facts, "its branch adds something but this stack")
    if listing.head != add_to_listing(listing.parent, facts.pair.stack, path=listing.path):
        return _foreign(facts, "its branch changes more than the list of stacks")
    expected = None
    if listing.main is not None:
        expected = add_to_listing(listing.main, facts.pair.stack, path=listing.path)
    clean = file.main is None and expected is not None and listing.merged == expected
    return _ours(facts, version, merges_cleanly=clean, is_arrival=True)


def _version(pair: Pair, content: bytes, path: str) -> str | None:
    parsed = parse_pin(read_scalar(content, PIN_KEYS, path=path))
    return parsed[1] if parsed and parsed[0] == pair.stack else None


def _with_pin(pair: Pair, content: bytes, version: str, path: str) -> bytes:
    return splice_scalar(content, PIN_KEYS, pin_text(pair.stack, version), path=path)


def add_to_listing(content: bytes, stack: str, *, path: str) -> bytes:
    """An environment's `kustomization.yaml` with the stack's file among its resources."""
    return insert_sequence_item(content, RESOURCES, f"{stack}.yaml", path=path)


def _ours(
    facts: BranchFacts, version: str, *, merges_cleanly: bool, is_arrival: bool = False
) -> Proposal:
    return Proposal(
        head=facts.head,
        content=BranchContent.OURS,
        version=version,
        merges_cleanly=merges_cleanly,
        is_chosen=read_trailers(facts.message).get("Promotion-Choice") == CHOSEN,
        is_arrival=is_arrival,
    )


def _foreign(facts: BranchFacts, reason: str) -> Proposal:
    return Proposal(facts.head, BranchContent.FOREIGN, reason=reason)
