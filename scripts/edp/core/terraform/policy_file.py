"""`terraform/policy.yaml`: what Terraform may use, and what it may not destroy."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Field

from edp.core.repository.fields import Login, StrictModel

POLICY_PATH: Final = "terraform/policy.yaml"

Pattern = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^\S+$")]
AddressPattern = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^\S.*$")]
Tag = Annotated[str, Field(min_length=1, max_length=256)]
Tags = Annotated[list[Tag], Field(min_length=1)]


class PolicyFile(StrictModel):
    """The whole file. A list that is not there allows everything, an empty one nothing."""

    api_version: Literal["edp/v1"] = Field(alias="apiVersion")
    providers: list[Pattern] | None = None
    module_sources: list[Pattern] | None = Field(alias="moduleSources", default=None)
    protected: list[AddressPattern] = []
    forbid_destroy: list[Pattern] = Field(alias="forbidDestroy", default=[])
    may_destroy: list[Login] | None = Field(alias="mayDestroy", default=None)
    """Whose approval the label needs that lets objects be destroyed; None is anybody's."""
    required_tags: Mapping[Pattern, Tags] = Field(alias="requiredTags", default={})
    allow_local_exec: bool = Field(alias="allowLocalExec", default=False)
    allow_external: bool = Field(alias="allowExternal", default=False)

    @classmethod
    def default(cls) -> "PolicyFile":
        """What counts for a repository without the file."""
        return cls(api_version="edp/v1")
