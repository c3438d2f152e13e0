"""Which Terraform roots build on which: as declared, and as their states are read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from edp.core.repository.problems import Problem
from edp.core.terraform.configuration import Backend
from edp.core.terraform.reach import Reach
from edp.core.terraform.roots import ROOT_FILE, TerraformRoot, root_path
from edp.core.terraform.states import Same, located, same_state, state_of
from edp.text import did_you_mean


@dataclass(frozen=True, slots=True)
class Dependencies:
    """By Terraform root: `declared` in its root.yaml, `read` by their state."""

    declared: Mapping[TerraformRoot, frozenset[TerraformRoot]]
    read: Mapping[TerraformRoot, frozenset[TerraformRoot]]
    untold: Mapping[TerraformRoot, tuple[Backend, ...]]
    """The states that are read but cannot be told for sure."""
    problems: tuple[Problem, ...]

    def of(self, root: TerraformRoot) -> frozenset[TerraformRoot]:
        """Everything that is applied before a Terraform root."""
        nothing: frozenset[TerraformRoot] = frozenset()
        return self.declared.get(root, nothing) | self.read.get(root, nothing)

    def all(self) -> Mapping[TerraformRoot, frozenset[TerraformRoot]]:
        """The whole graph, for `in_order`."""
        return {root: self.of(root) for root in self.declared}


def find_dependencies(reaches: Iterable[Reach]) -> Dependencies:
    """Look at all Terraform roots of a tree together."""
    found = {reach.root: reach for reach in reaches}
    search = _Search({root: state_of(reach) for root, reach in found.items()})
    for reach in found.values():
        search.add(reach)
    return Dependencies(search.declared, search.read, search.untold, tuple(sorted(search.problems)))


@dataclass(slots=True)
class _Search:
    """What has been found, and the states to compare with."""

    states: Mapping[TerraformRoot, Backend]
    declared: dict[TerraformRoot, frozenset[TerraformRoot]] = field(default_factory=dict)
    read: dict[TerraformRoot, frozenset[TerraformRoot]] = field(default_factory=dict)
    untold: dict[TerraformRoot, tuple[Backend, ...]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def add(self, reach: Reach) -> None:
        named = reach.file.dependencies(reach.root)
        self.declared[reach.root] = frozenset(root for root in named if root in self.states)
        self.problems += [self._unknown(reach, root) for root in named if root not in self.states]
        self._add_states(reach)
        self._add_sharing(reach.root)

    def _add_states(self, reach: Reach) -> None:
        owners: set[TerraformRoot] = set()
        untold = []
        for configuration in reach.configurations:
            for remote in configuration.remote_states:
                sure, likely = self._owners(reach.root, remote)
                owners |= sure or likely
                if not sure:
                    untold.append(remote)
        self.read[reach.root] = frozenset(owners - {reach.root})
        self.untold[reach.root] = tuple(untold)

    def _owners(
        self, reader: TerraformRoot, remote: Backend
    ) -> tuple[set[TerraformRoot], set[TerraformRoot]]:
        """Whose state it is for sure, else whose of the same environment it is likely to be."""
        state = located(remote, root_path(reader))
        answers = {root: same_state(state, other) for root, other in self.states.items()}
        sure = {root for root, answer in answers.items() if answer is Same.SURE}
        likely = {root for root, answer in answers.items() if answer is Same.LIKELY}
        return sure, {root for root in likely if root.environment == reader.environment}

    def _add_sharing(self, root: TerraformRoot) -> None:
        state = self.states[root]
        for other in sorted(self.states):
            if other < root and same_state(state, self.states[other]) is Same.SURE:
                message = f"the state of {root} is that of {other} too"
                hint = "give every Terraform root a state of its own"
                place = state.place
                self.problems.append(Problem(place.path, place.line, "backend", message, hint))

    def _unknown(self, reach: Reach, root: TerraformRoot) -> Problem:
        path = f"{root_path(reach.root)}/{ROOT_FILE}"
        hint = did_you_mean(str(root), map(str, self.states))
        return Problem(path, 1, "dependsOn", f"there is no Terraform root {root}", hint)
