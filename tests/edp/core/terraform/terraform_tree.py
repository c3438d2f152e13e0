"""Trees of files for tests, written as a mapping of paths to texts."""

from collections.abc import Iterable, Mapping

from edp.core.terraform.affected import Affected, affected
from edp.core.terraform.reach import Reach, Tree, TreeReader
from edp.core.terraform.roots import TerraformRoot

Texts = Mapping[str, str]

NETWORK = TerraformRoot("test", "network")
OWN = "terraform/live/test/network"
MODULE = "terraform/modules/vpc"


def tree(files: Texts, *, links: Iterable[str] = ()) -> Tree:
    """A commit with these files; every content is known."""
    contents = {path: text.encode() for path, text in files.items()}
    return Tree(frozenset(files), contents, frozenset(links))


def reach(files: Texts, root: TerraformRoot = NETWORK, *, links: Iterable[str] = ()) -> Reach:
    """What a Terraform root of these files is made of."""
    return TreeReader(tree(files, links=links)).reach(root)


def after_change(before: Texts, after: Texts, *more: str) -> dict[str, Affected]:
    """What the difference between two trees affects, by the root's name."""
    paths = {path for path in {*before, *after} if before.get(path) != after.get(path)}
    found = affected(tree(before), tree(after), frozenset((*paths, *more)))
    return {str(one.root): one for one in found}


def touched(files: Texts, *paths: str) -> dict[str, tuple[str, ...]]:
    """The reasons of all affected roots if these paths change without a change of what is told."""
    found = affected(tree(files), tree(files), frozenset(paths))
    return {str(one.root): one.reasons for one in found}
