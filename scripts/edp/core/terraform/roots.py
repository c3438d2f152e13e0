"""Terraform roots: `terraform/live/<environment>/<root>/`."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from edp.core.names import is_name
from edp.core.terraform.paths import is_configuration

LIVE: Final = "terraform/live"
ROOT_FILE: Final = "root.yaml"


class TerraformRoot(NamedTuple):
    """A folder that is planned and applied by itself, with a state of its own."""

    environment: str
    name: str

    def __str__(self) -> str:
        return f"{self.environment}/{self.name}"


def root_path(root: TerraformRoot) -> str:
    """The folder of a Terraform root."""
    return f"{LIVE}/{root.environment}/{root.name}"


def root_of_path(path: str) -> TerraformRoot | None:
    """The Terraform root whose folder a file is in, at any depth; None if it is in none."""
    parts = path.split("/")
    if parts[:2] != LIVE.split("/") or len(parts) < 5:
        return None
    environment, name = parts[2:4]
    return TerraformRoot(environment, name) if is_name(environment) and is_name(name) else None


def find_roots(paths: Iterable[str]) -> tuple[TerraformRoot, ...]:
    """The folders that hold configuration themselves, sorted."""
    found = {root_of_path(path) for path in paths if is_in_root_itself(path)}
    return tuple(sorted(root for root in found if root is not None))


def is_in_root_itself(path: str) -> bool:
    """Whether it is configuration where a Terraform root's own has to be."""
    return is_configuration(path) and path.count("/") == 4 and path.startswith(f"{LIVE}/")


def parse_root(text: str, environment: str = "") -> TerraformRoot | None:
    """`test/network`, or `network` as seen from an environment; None if it is no such name."""
    first, slash, rest = text.partition("/")
    root = TerraformRoot(first, rest) if slash else TerraformRoot(environment, first)
    return root if is_name(root.environment) and is_name(root.name) else None
