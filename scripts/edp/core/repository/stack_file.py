"""`stacks/<stack>/stack.yaml`: what a stack is called, its version, what it needs."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from edp.core.repository.fields import Duration, Name, StrictModel, Version
from edp.core.version_range import parse_range


def _checked_range(text: str) -> str:
    parse_range(text)
    return text


Range = Annotated[str, AfterValidator(_checked_range)]
Owner = Annotated[str, Field(pattern=r"^@[A-Za-z0-9][A-Za-z0-9._/-]{0,80}$")]
ShortText = Annotated[str, Field(max_length=500)]


class Compatibility(StrictModel):
    kubernetes: Range | None = None
    argocd: Range | None = None


class SecretNeed(StrictModel):
    """A Secret that must exist in the target; where it comes from is for people."""

    name: Name
    keys: Annotated[list[ShortText], Field(min_length=1)]
    source: ShortText = Field(alias="from")


class Endpoint(StrictModel):
    name: Name
    url: ShortText


class Backup(StrictModel):
    databases: list[ShortText] = []
    volumes: list[ShortText] = []


class StackFile(StrictModel):
    """The whole file."""

    api_version: Literal["edp/v1"] = Field(alias="apiVersion")
    name: Name
    version: Version
    owners: Annotated[list[Owner], Field(min_length=1)]
    namespace: Name
    description: ShortText = ""
    compatibility: Compatibility = Compatibility()
    requires: Mapping[Name, Range] = {}
    provides: list[ShortText] = []
    placement: list[ShortText] = []
    secrets: list[SecretNeed] = []
    endpoints: list[Endpoint] = []
    health_timeout: Duration = Field(default=timedelta(minutes=15), alias="healthTimeout")
    backup: Backup = Backup()
