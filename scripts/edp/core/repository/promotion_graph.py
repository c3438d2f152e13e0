"""`environments/promotion.yaml`: the environments, what precedes them, their gates."""

import re
from collections.abc import Mapping
from datetime import time, timedelta
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from edp.core.repository.fields import (
    Duration,
    Login,
    Name,
    RepositoryPath,
    StrictModel,
    TimeZone,
)

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HOURS: Final = re.compile(
    r"([01][0-9]|2[0-3]):([0-5][0-9])-(([01][0-9]|2[0-3]):([0-5][0-9])|24:00)"
)
_EMAIL: Final = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}", re.ASCII)


def parse_days(text: object) -> frozenset[int]:
    """`Mon-Thu` or `Mon,Wed,Fri` as weekday numbers, Monday is 0."""
    if isinstance(text, frozenset):
        return text
    days: set[int] = set()
    for part in str(text).split(","):
        first, dash, last = part.strip().partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            raise ValueError('expected days like "Mon-Thu" or "Mon,Wed,Fri"')
        begin, end = DAYS.index(first), DAYS.index(last or first)
        span = (end - begin) % 7
        days.update((begin + offset) % 7 for offset in range(span + 1))
    return frozenset(days)


def parse_hours(text: object) -> tuple[time, time]:
    """`08:00-16:00` as two local times; `24:00` is the end of the day, given as 00:00."""
    if isinstance(text, tuple):
        return text
    match = _HOURS.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError('expected hours like "08:00-16:00"')
    begin = time(int(match[1]), int(match[2]))
    end = time() if match[3] == "24:00" else time(int(match[4]), int(match[5]))
    if end != time() and end <= begin:
        raise ValueError("the end must be later than the begin; write two windows around midnight")
    return begin, end


def _checked_email(text: str) -> str:
    if not _EMAIL.fullmatch(text):
        raise ValueError("expected an e-mail address")
    return text


class Window(StrictModel):
    """A weekly period in which promotions may merge, in local time."""

    days: Annotated[frozenset[int], BeforeValidator(parse_days)]
    hours: Annotated[tuple[time, time], BeforeValidator(parse_hours)]
    timezone: TimeZone


class Gates(StrictModel):
    """What a promotion into an environment waits for, beside the health of its sources."""

    soak: Duration = timedelta()
    approvals: Annotated[int, Field(ge=0, le=10)] = 0
    windows: Annotated[list[Window], Field(min_length=1)] | None = None


class ArgoCD(StrictModel):
    """One Argo CD: how to reach it, and how old its answers may be."""

    context: Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9._:/@-]+$")]
    namespace: Name = "argocd"
    stale_after: Duration = Field(default=timedelta(minutes=10), alias="staleAfter")
    steady: Duration = timedelta(seconds=30)


class Environment(StrictModel):
    """One node of the graph. `sources` is empty for an environment that takes releases."""

    path: RepositoryPath
    argocd: Name
    sources: Annotated[list[Name], Field(min_length=1)] | Literal["releases"] = Field(alias="from")
    gates: Gates = Gates()
    root: Name | None = None
    settle: Literal["never"] | None = None

    @property
    def takes_releases(self) -> bool:
        return self.sources == "releases"

    @property
    def source_names(self) -> tuple[str, ...]:
        return () if isinstance(self.sources, str) else tuple(self.sources)


class Bots(StrictModel):
    """The two technical users, by login, and the e-mail address of the tagger."""

    bot: Login
    gate: Login
    email: Annotated[str, AfterValidator(_checked_email)]

    @model_validator(mode="after")
    def _are_two(self) -> Self:
        if self.bot.lower() == self.gate.lower():
            raise ValueError("bot and gate must be two users: nobody approves an own pull request")
        return self


class PromotionGraph(StrictModel):
    """The whole file."""

    api_version: Literal["edp/v1"] = Field(alias="apiVersion")
    argocds: Mapping[Name, ArgoCD]
    environments: Annotated[Mapping[Name, Environment], Field(min_length=1)]
    bots: Bots

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if problems := _problems(self):
            raise ValueError("\n".join(problems))
        return self

    def root_of(self, environment: str) -> str:
        """The name of the root Application that applies an environment's folder."""
        return self.environments[environment].root or f"root-{environment}"

    def in_order(self) -> tuple[str, ...]:
        """Environments, each after all of its sources."""
        return tuple(_sorter(self.environments).static_order())

    def targets_of(self, environment: str) -> tuple[str, ...]:
        """The environments that name this one in `from`."""
        return tuple(
            name for name, other in self.environments.items() if environment in other.source_names
        )

    def has_gates(self, environment: str) -> bool:
        """Whether the environment asks for more than healthy sources."""
        gates = self.environments[environment].gates
        return bool(gates.soak or gates.approvals or gates.windows)

    def soak_asked_of(self, environment: str) -> timedelta:
        """The longest soak that a following environment asks this one for."""
        soaks = (self.environments[name].gates.soak for name in self.targets_of(environment))
        return max(soaks, default=timedelta())


def _sorter(environments: Mapping[str, Environment]) -> "TopologicalSorter[str]":
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for name in environments:
        sorter.add(name, *environments[name].source_names)
    return sorter


def _problems(graph: PromotionGraph) -> list[str]:
    problems = []
    paths: dict[str, str] = {}
    for name, environment in graph.environments.items():
        if environment.argocd not in graph.argocds:
            problems.append(f'environments.{name}.argocd: "{environment.argocd}" is not in argocds')
        problems += [
            f'environments.{name}.from: "{source}" is not an environment'
            for source in environment.source_names
            if source not in graph.environments
        ]
        if environment.path in paths:
            other = paths[environment.path]
            problems.append(f"environments.{name}.path: is also the path of {other}")
        paths[environment.path] = name
    try:
        _sorter(graph.environments).prepare()
    except CycleError as error:
        problems.append(f"environments: a cycle: {' → '.join(reversed(error.args[1]))}")
    return problems
