"""What may stand under `terraform/`, and where."""

from collections.abc import Collection, Iterator
from typing import Final

from edp.core.names import is_name
from edp.core.repository.problems import Problem, shown
from edp.core.terraform.paths import is_below, is_configuration
from edp.core.terraform.reach import Tree
from edp.core.terraform.roots import LIVE, TerraformRoot, find_roots, root_of_path, root_path
from edp.text import did_you_mean

TERRAFORM: Final = "terraform"
_SECRETS: Final = (".tfstate", ".tfstate.backup", ".tfplan")
_EXAMPLE: Final = f"keep it in {LIVE}/<environment>/<root>/"


def check_layout(tree: Tree, environments: Collection[str]) -> tuple[Problem, ...]:
    """Folders that are no Terraform roots, unknown environments, files that must not be here."""
    roots = find_roots(tree.paths)
    found = set(_environment_problems(roots, environments))
    for path in tree.paths:
        if is_below(path, TERRAFORM):
            found.update(_path_problems(path, roots))
    found.update(_link_problem(link) for link in tree.links if is_below(link, LIVE))
    return tuple(sorted(found))


def _environment_problems(
    roots: Collection[TerraformRoot], environments: Collection[str]
) -> Iterator[Problem]:
    for root in roots:
        if root.environment not in environments:
            message = f"the environment {shown(root.environment)} is not in promotion.yaml"
            hint = did_you_mean(root.environment, environments)
            yield Problem(root_path(root), 1, "", message, hint)


def _path_problems(path: str, roots: Collection[TerraformRoot]) -> Iterator[Problem]:
    if ".terraform" in path.split("/")[:-1]:
        yield Problem(path, 1, "", "Terraform's own folder is in git", "remove and ignore it")
    elif path.endswith(_SECRETS):
        yield Problem(path, 1, "", "a state or plan is in git: it has secrets", "remove it")
    elif is_below(path, LIVE) and is_configuration(path):
        message = _misplaced(path, roots)
        if message:
            yield Problem(path, 1, "", message, _EXAMPLE)


def _misplaced(path: str, roots: Collection[TerraformRoot]) -> str:
    """Why nothing would ever plan a file that looks like a part of a Terraform root."""
    root = root_of_path(path)
    if root in roots:
        return ""
    if root is not None:
        return f"is in no Terraform root: no configuration stands in {root_path(root)} itself"
    steps = path.removeprefix(f"{LIVE}/").split("/")[:-1][:2]
    wrong = next((step for step in steps if not is_name(step)), None)
    return "is in no Terraform root" if wrong is None else f"{shown(wrong)} is not a name"


def _link_problem(link: str) -> Problem:
    message = "a symbolic link: where it leads is not reviewed"
    return Problem(link, 1, "", message, "put the file itself here, or call a module")
