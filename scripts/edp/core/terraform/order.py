"""The order in which Terraform roots are applied: waves, each after all that it builds on."""

from collections.abc import Collection, Mapping
from graphlib import CycleError as GraphCycleError
from graphlib import TopologicalSorter

from edp.core.terraform.roots import TerraformRoot
from edp.errors import InvalidInputError

Graph = Mapping[TerraformRoot, Collection[TerraformRoot]]


class CycleError(InvalidInputError):
    """Terraform roots that wait for each other; `roots` begins and ends with the same one."""

    def __init__(self, roots: tuple[TerraformRoot, ...]) -> None:
        way = " → ".join(map(str, roots))
        super().__init__(
            f"Terraform roots depend on each other: {way}",
            hint="remove one of these dependencies (root.yaml, terraform_remote_state)",
        )
        self.roots = roots


def in_order(
    roots: Collection[TerraformRoot], dependencies: Graph
) -> tuple[tuple[TerraformRoot, ...], ...]:
    """Waves of the given Terraform roots, sorted; those between them count for the order."""
    wanted = frozenset(roots)
    waves: dict[int, list[TerraformRoot]] = {}
    levels: dict[TerraformRoot, int] = {}
    for root in _sorted(wanted, dependencies):
        before = (levels[one] + (one in wanted) for one in dependencies.get(root, ()))
        levels[root] = max(before, default=0)
        if root in wanted:
            waves.setdefault(levels[root], []).append(root)
    return tuple(tuple(sorted(waves[level])) for level in sorted(waves))


def _sorted(wanted: frozenset[TerraformRoot], dependencies: Graph) -> tuple[TerraformRoot, ...]:
    sorter: TopologicalSorter[TerraformRoot] = TopologicalSorter()
    for root in sorted(wanted | dependencies.keys()):
        sorter.add(root, *sorted(dependencies.get(root, ())))
    try:
        return tuple(sorter.static_order())
    except GraphCycleError as exc:
        raise CycleError(tuple(exc.args[1][::-1])) from None
