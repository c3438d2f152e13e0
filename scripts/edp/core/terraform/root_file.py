"""`terraform/live/<environment>/<root>/root.yaml`: what Terraform's own files do not say."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from edp.core.repository.fields import Duration, StrictModel
from edp.core.terraform.paths import cleaned, is_values_file
from edp.core.terraform.roots import TerraformRoot, parse_root, root_path


def _checked_root(text: str) -> str:
    if parse_root(text, "any") is None:
        raise ValueError("expected a Terraform root like network or test/network")
    return text


def _checked_file(text: str) -> str:
    # Every Terraform root is four folders deep.
    if not is_values_file(text) or cleaned("a/b/c/d", text) is None:
        raise ValueError("expected a path inside the repository like ../common.tfvars")
    return text


def _checked_timeout(timeout: timedelta) -> timedelta:
    if not timedelta(minutes=1) <= timeout <= timedelta(hours=6):
        raise ValueError("expected 1m to 6h")
    return timeout


RootName = Annotated[str, AfterValidator(_checked_root)]
VarFile = Annotated[str, AfterValidator(_checked_file)]
Address = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^\S.*$")]
Timeout = Annotated[Duration, AfterValidator(_checked_timeout)]


class RootFile(StrictModel):
    """The whole file."""

    api_version: Literal["edp/v1"] = Field(alias="apiVersion")
    depends_on: list[RootName] = Field(alias="dependsOn", default=[])
    var_files: list[VarFile] = Field(alias="varFiles", default=[])
    ignore_drift: list[Address] = Field(alias="ignoreDrift", default=[])
    timeout: Timeout = timedelta(minutes=30)

    @classmethod
    def default(cls) -> "RootFile":
        """What counts for a Terraform root without the file."""
        return cls(api_version="edp/v1")

    def dependencies(self, root: TerraformRoot) -> tuple[TerraformRoot, ...]:
        """The Terraform roots that are applied before this one, as the file says."""
        found = (parse_root(text, root.environment) for text in self.depends_on)
        return tuple(one for one in found if one is not None)

    def var_file_paths(self, root: TerraformRoot) -> tuple[str, ...]:
        """The variable files as paths in the repository, in the order of their effect."""
        found = (cleaned(root_path(root), path) for path in self.var_files)
        return tuple(path for path in found if path is not None)
