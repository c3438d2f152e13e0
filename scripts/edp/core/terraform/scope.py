"""Which Terraform roots a change is about, and what stops each from being planned at all."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from edp.core.names import is_name
from edp.core.repository.layout import GRAPH_PATH
from edp.core.repository.problems import FileProblemsError, Problem
from edp.core.repository.promotion_graph import PromotionGraph
from edp.core.repository.reading import read_model
from edp.core.terraform.affected import Affected, affected
from edp.core.terraform.dependencies import Dependencies, find_dependencies
from edp.core.terraform.layout import check_layout
from edp.core.terraform.order import in_order
from edp.core.terraform.paths import is_below
from edp.core.terraform.policy_file import POLICY_PATH, PolicyFile
from edp.core.terraform.reach import Reach, Tree, TreeReader
from edp.core.terraform.roots import TerraformRoot, parse_root, root_path
from edp.core.terraform.static_policy import check_lock_file, check_root
from edp.errors import InvalidInputError
from edp.text import did_you_mean

_ASKED: str = "was asked for"
_POLICY: str = f"{POLICY_PATH} changed"


@dataclass(frozen=True, slots=True)
class Scope:
    """The Terraform roots to plan, in the order in which they would be applied."""

    reaches: tuple[Reach, ...]
    deleted: tuple[Affected, ...]
    """What the change removes; they are in the tree before it alone."""
    reasons: Mapping[TerraformRoot, tuple[str, ...]]
    problems: Mapping[TerraformRoot, tuple[Problem, ...]]
    """What stops a Terraform root from being initialised."""
    dependencies: Dependencies


def scope_of_change(
    before: Tree, after: Tree, changed: frozenset[str], policy: PolicyFile
) -> Scope:
    """What a change affects. Policy is that of the tree before it: no change allows itself.

    Raises CycleError if the Terraform roots of the tree after it wait for each other.
    """
    found = {one.root: one for one in affected(before, after, changed)}
    reader = TreeReader(after)
    if POLICY_PATH in changed:
        for root in reader.roots:
            known = found.get(root, Affected(root, ()))
            found[root] = Affected(root, (*known.reasons, _POLICY))
    present = [root for root in reader.roots if root in found]
    reasons = {root: one.reasons for root, one in found.items()}
    deleted = tuple(one for one in found.values() if one.is_deleted)
    return _scope(reader, present, policy, reasons=reasons, deleted=deleted)


def scope_of_roots(tree: Tree, roots: Collection[TerraformRoot], policy: PolicyFile) -> Scope:
    """The named Terraform roots of one tree, or all of them (none named)."""
    reader = TreeReader(tree)
    unknown = sorted(root for root in roots if root not in reader.roots)
    if unknown:
        hint = did_you_mean(str(unknown[0]), map(str, reader.roots))
        raise InvalidInputError(f"there is no Terraform root {unknown[0]}", hint=hint)
    wanted = [root for root in reader.roots if not roots or root in roots]
    reasons = dict.fromkeys(wanted, (_ASKED,))
    return _scope(reader, wanted, policy, reasons=reasons, deleted=())


def parse_roots(texts: Collection[str]) -> tuple[TerraformRoot, ...]:
    """The names that a person wrote; InvalidInputError for what is none."""
    found = []
    for text in texts:
        root = parse_root(text)
        if root is None:
            raise InvalidInputError(
                f"{text[:80]!a} is no Terraform root", hint="write ENVIRONMENT/ROOT: test/network"
            )
        found.append(root)
    return tuple(found)


def policy_of(tree: Tree) -> PolicyFile:
    """The policy of a tree; one that cannot be read stops everything: it may forbid anything."""
    content = tree.contents.get(POLICY_PATH)
    if content is None:
        if POLICY_PATH in tree.paths | tree.links:
            raise InvalidInputError(
                f"{POLICY_PATH}: cannot be read", hint="a plain file of less than 1 MiB is needed"
            )
        return PolicyFile.default()
    return read_model(PolicyFile, content, path=POLICY_PATH)


def _scope(
    reader: TreeReader,
    present: Collection[TerraformRoot],
    policy: PolicyFile,
    *,
    reasons: Mapping[TerraformRoot, tuple[str, ...]],
    deleted: tuple[Affected, ...],
) -> Scope:
    dependencies = find_dependencies(reader.reach(root) for root in reader.roots)
    order = [root for wave in in_order(present, dependencies.all()) for root in wave]
    return Scope(
        reaches=tuple(reader.reach(root) for root in order),
        deleted=deleted,
        reasons=reasons,
        problems={root: _problems(reader, root, policy, dependencies) for root in order},
        dependencies=dependencies,
    )


def _problems(
    reader: TreeReader, root: TerraformRoot, policy: PolicyFile, dependencies: Dependencies
) -> tuple[Problem, ...]:
    folder = root_path(root)
    found = set(check_root(reader.reach(root), policy))
    lock_file = f"{folder}/.terraform.lock.hcl"
    if lock_file in reader.tree.contents:
        found.update(check_lock_file(reader.tree.contents[lock_file], lock_file, policy))
    elif lock_file in reader.tree.paths:
        found.add(Problem(lock_file, 1, "", "cannot be read: it is too large"))
    everywhere = (*dependencies.problems, *check_layout(reader.tree, _environments(reader)))
    found.update(one for one in everywhere if is_below(one.path, folder))
    return tuple(sorted(found))


def _environments(reader: TreeReader) -> frozenset[str]:
    """Those of the graph; where there is none that can be read, `validate` tells of that."""
    found = frozenset(root.environment for root in reader.roots if is_name(root.environment))
    content = reader.tree.contents.get(GRAPH_PATH)
    if content is None:
        return found
    try:
        return frozenset(read_model(PromotionGraph, content, path=GRAPH_PATH).environments)
    except FileProblemsError:
        return found
