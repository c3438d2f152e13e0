"""Which Terraform roots a change affects. What cannot be told counts as affected."""

from collections.abc import Iterator
from dataclasses import dataclass

from edp.core.terraform.dependencies import Dependencies, find_dependencies
from edp.core.terraform.paths import folder_of, is_in_plan
from edp.core.terraform.reach import Reach, Tree, TreeReader
from edp.core.terraform.roots import TerraformRoot
from edp.core.terraform.states import Same, same_state, state_of

__all__ = ["Affected", "Tree", "affected"]

_Reasons = dict[TerraformRoot, dict[str, None]]


@dataclass(frozen=True, slots=True)
class Affected:
    """A Terraform root to plan, and why. `successor` goes on with the state of a deleted one."""

    root: TerraformRoot
    reasons: tuple[str, ...]
    is_deleted: bool = False
    successor: TerraformRoot | None = None


def affected(before: Tree, after: Tree, changed: frozenset[str]) -> tuple[Affected, ...]:
    """The Terraform roots of both trees that the changed paths may have an effect on, sorted."""
    old = TreeReader(before)
    return _Change(old, TreeReader(after, like=old), changed).affected()


class _Change:
    """Two trees and the paths in which they differ."""

    def __init__(self, before: TreeReader, after: TreeReader, changed: frozenset[str]) -> None:
        self._before = before
        self._after = after
        self._changed = tuple(sorted(changed))

    def affected(self) -> tuple[Affected, ...]:
        if not self._changed:
            return ()
        roots = sorted({*self._before.roots, *self._after.roots})
        reasons = {root: dict.fromkeys(self._own_reasons(root)) for root in roots}
        self._spread(reasons)
        return tuple(self._result(root, tuple(why)) for root, why in reasons.items() if why)

    def _own_reasons(self, root: TerraformRoot) -> Iterator[str]:
        if root not in self._before.roots:
            yield "is new"
        if root not in self._after.roots:
            yield "is deleted"
        for reader in self._readers(root):
            yield from _reasons(reader.reach(root), self._changed)

    def _readers(self, root: TerraformRoot) -> Iterator[TreeReader]:
        return (one for one in (self._before, self._after) if root in one.roots)

    def _spread(self, reasons: _Reasons) -> None:
        """Whoever builds on an affected Terraform root is affected, and so on."""
        graphs = [
            find_dependencies(reader.reach(root) for root in reader.roots)
            for reader in (self._before, self._after)
        ]
        count = -1
        while count != _total(reasons):
            count = _total(reasons)
            hit = frozenset(root for root, why in reasons.items() if why)
            for root in reasons:
                for graph in graphs:
                    reasons[root] |= dict.fromkeys(_inherited(root, hit, graph))

    def _result(self, root: TerraformRoot, reasons: tuple[str, ...]) -> Affected:
        if root in self._after.roots:
            return Affected(root, reasons)
        return Affected(root, reasons, is_deleted=True, successor=self._successor(root))

    def _successor(self, root: TerraformRoot) -> TerraformRoot | None:
        """The new Terraform root with the state of a deleted one: it was renamed."""
        state = state_of(self._before.reach(root))
        new = (one for one in self._after.roots if one not in self._before.roots)
        states = {one: state_of(self._after.reach(one)) for one in new}
        return next((one for one in states if same_state(state, states[one]) is Same.SURE), None)


def _total(reasons: _Reasons) -> int:
    return sum(map(len, reasons.values()))


def _inherited(
    root: TerraformRoot, hit: frozenset[TerraformRoot], graph: Dependencies
) -> Iterator[str]:
    for other in sorted(graph.read.get(root, frozenset()) & hit):
        yield f"reads the state of {other}"
    for other in sorted(graph.declared.get(root, frozenset()) & hit):
        yield f"depends on {other}"
    if hit - {root}:
        for remote in graph.untold.get(root, ()):
            yield f"cannot tell whose state is read in {remote.place}"


def _reasons(reach: Reach, changed: tuple[str, ...]) -> Iterator[str]:
    modules = {one.folder: f" (module {one.folder})" for one in reach.configurations}
    modules[reach.own.folder] = ""
    uses = {use.path: f" ({use.why})" for use in reach.uses}
    for path in changed:
        why = modules.get(folder_of(path)) if is_in_plan(path) else None
        if why is None:
            why = next((uses[way] for way in _ways(path) if way in uses), None)
        if why is not None:
            yield f"{path} changed{why}"
    yield from reach.unknown


def _ways(path: str) -> Iterator[str]:
    """The path and the folders that it is in; the repository itself is ""."""
    while path:
        yield path
        path = folder_of(path)
    yield ""
