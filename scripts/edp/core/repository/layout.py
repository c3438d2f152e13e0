"""Where things stand in the repository, and what a path holds. Paths only, no files."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from edp.core.names import is_name, is_version
from edp.core.promotion.pairs import Pair
from edp.core.repository.promotion_graph import PromotionGraph

GRAPH_PATH: Final = "environments/promotion.yaml"
ENVIRONMENTS: Final = "environments"
STACKS: Final = "stacks"
HOLDS: Final = "environments/holds"
YANKED: Final = "environments/yanked"
FREEZES: Final = "environments/freezes"
KUSTOMIZATION: Final = "kustomization.yaml"
STACK_FILE: Final = "stack.yaml"
_SUFFIX: Final = ".yaml"


class Kind(Enum):
    """What a file is."""

    GRAPH = auto()
    HOLD = auto()
    YANK = auto()
    FREEZE = auto()
    APPLICATION = auto()
    KUSTOMIZATION = auto()
    """An environment's own; those of components are OTHER."""
    STACK_FILE = auto()
    STACK_CONTENT = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Classified:
    """What a path holds, and whose it is; names that do not apply are empty."""

    kind: Kind
    environment: str = ""
    stack: str = ""
    version: str = ""
    name: str = ""


_OTHER: Final = Classified(Kind.OTHER)


def application_path(graph: PromotionGraph, pair: Pair) -> str:
    """The file of a stack's Application in an environment."""
    return f"{graph.environments[pair.environment].path}/{pair.stack}{_SUFFIX}"


def kustomization_path(graph: PromotionGraph, environment: str) -> str:
    """The overlay that lists an environment's Applications."""
    return f"{graph.environments[environment].path}/{KUSTOMIZATION}"


def stack_path(stack: str) -> str:
    """A stack's folder, without a slash at its end."""
    return f"{STACKS}/{stack}"


def stack_file_path(stack: str) -> str:
    """The file with a stack's name and version."""
    return f"{stack_path(stack)}/{STACK_FILE}"


def hold_path(pair: Pair) -> str:
    """The file that holds a stack in an environment."""
    return f"{HOLDS}/{pair.environment}/{pair.stack}{_SUFFIX}"


def yank_path(stack: str, version: str) -> str:
    """The file that withdraws a version."""
    return f"{YANKED}/{stack}/{version}{_SUFFIX}"


def freeze_path(name: str) -> str:
    """The file of a freeze."""
    return f"{FREEZES}/{name}{_SUFFIX}"


def classify(path: str, graph: PromotionGraph) -> Classified:
    """What one path holds; for many paths make a `Layout` once."""
    return Layout.of(graph).classify(path)


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders of a graph's environments, to classify many paths."""

    environments: Mapping[str, str]
    """The environment by its folder."""

    @classmethod
    def of(cls, graph: PromotionGraph) -> "Layout":
        """The folders as the graph has them."""
        return cls({one.path: name for name, one in graph.environments.items()})

    def classify(self, path: str) -> Classified:
        """What a path holds: an Application stands in its environment's folder itself."""
        folder, _, base = path.rpartition("/")
        environment = self.environments.get(folder)
        if path == GRAPH_PATH:
            return Classified(Kind.GRAPH)
        if environment is not None:
            return _in_environment(environment, base)
        return _below(path.split("/"))


def _in_environment(environment: str, base: str) -> Classified:
    if base == KUSTOMIZATION:
        return Classified(Kind.KUSTOMIZATION, environment=environment)
    stem = base.removesuffix(_SUFFIX)
    if stem == base:
        return Classified(Kind.OTHER, environment=environment)
    return Classified(Kind.APPLICATION, environment=environment, stack=stem)


def _below(parts: list[str]) -> Classified:
    if parts[0] == STACKS:
        return _in_stacks(parts)
    stem = parts[-1].removesuffix(_SUFFIX)
    if parts[0] != ENVIRONMENTS or stem == parts[-1]:
        return _OTHER
    match parts[1:-1]:
        case ["holds", environment] if is_name(environment) and is_name(stem):
            return Classified(Kind.HOLD, environment=environment, stack=stem)
        case ["yanked", stack] if is_name(stack) and is_version(stem):
            return Classified(Kind.YANK, stack=stack, version=stem)
        case ["freezes"] if is_name(stem):
            return Classified(Kind.FREEZE, name=stem)
    return _OTHER


def _in_stacks(parts: list[str]) -> Classified:
    if len(parts) < 3:
        return _OTHER
    is_file = len(parts) == 3 and parts[2] == STACK_FILE
    return Classified(Kind.STACK_FILE if is_file else Kind.STACK_CONTENT, stack=parts[1])
