"""Holds, freezes and yanks: one file per decision, so that two never conflict."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from edp.core.repository.fields import Login, Name, StrictModel, Time, Version

Reason = Annotated[str, Field(min_length=1, max_length=500)]


class Hold(StrictModel):
    """`environments/holds/<environment>/<stack>.yaml`: the stack stays where it is."""

    api_version: Literal["edp/v1"] = Field(alias="apiVersion")
    version: Version
    reason: Reason
    by: Login
    until: Time | None = None


class Freeze(StrictModel):
    """`environments/freezes/<name>.yaml`: no promotion into these environments in the period."""

    api_version: Literal["edp/v1"] = Field(alias="apiVersion")
    environments: Annotated[list[Name], Field(min_length=1)]
    begin: Time = Field(alias="from")
    until: Time
    reason: Reason

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.until <= self.begin:
            raise ValueError("until must be later than from")
        return self


class Yank(StrictModel):
    """`environments/yanked/<stack>/<version>.yaml`: the version is withdrawn everywhere."""

    api_version: Literal["edp/v1"] = Field(alias="apiVersion")
    reason: Reason
    by: Login
