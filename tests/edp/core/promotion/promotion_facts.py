"""Facts of a small platform: keycloak walks dev → test → prod, one hour and one day apart."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from edp.core.health.verdict import Health, Memory, Verdict
from edp.core.names import is_sha, pin_text
from edp.core.promotion.evidence import Evidence, Interval, Observation
from edp.core.promotion.facts import (
    BranchContent,
    Facts,
    Proposal,
    PullRequest,
    Review,
)
from edp.core.promotion.gate import Candidate
from edp.core.promotion.pairs import Pair, Pin, Release
from edp.core.repository.decision_files import Freeze, Hold, Yank
from edp.core.repository.promotion_graph import PromotionGraph

STACK = "keycloak"
DEV, TEST, PROD = (Pair(STACK, name) for name in ("dev", "test", "prod"))
NOW = datetime(2026, 11, 25, 10, 32, tzinfo=UTC)
"""A Wednesday, 11:32 in Berlin: the window of prod is open."""
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
WINDOW = {"days": "Mon-Thu", "hours": "08:00-16:00", "timezone": "Europe/Berlin"}
HEAD = "e" * 40


def commit_of(version: str) -> str:
    """A commit id that tells its version apart from others."""
    digits = "".join(f"{ord(sign):02x}" for sign in version)
    commit = digits.ljust(40, "0")[:40]
    assert is_sha(commit)
    return commit


def a_graph(**gates: Mapping[str, Any]) -> PromotionGraph:
    """The graph of the platform, with other gates for the environments that are named."""
    asked = {
        "dev": {},
        "test": {"soak": "1h"},
        "prod": {"soak": "24h", "approvals": 2, "windows": [WINDOW]},
        **gates,
    }
    before = {"dev": "releases", "test": ["dev"], "prod": ["test"]}
    return PromotionGraph.model_validate(
        {
            "apiVersion": "edp/v1",
            "argocds": {"hub": {"context": "hub"}},
            "environments": {
                name: {
                    "path": f"environments/{name}",
                    "argocd": "hub",
                    "from": before[name],
                    "gates": asked[name],
                }
                for name in before
            },
            "bots": {"bot": "edp-bot", "gate": "edp-gate", "email": "edp-bot@example.org"},
        }
    )


def with_environment(graph: PromotionGraph, name: str, **changed: Any) -> PromotionGraph:
    """The same graph, one environment another one."""
    other = graph.environments[name].model_copy(update=changed)
    return graph.model_copy(update={"environments": {**graph.environments, name: other}})


def releases(*versions: str) -> Mapping[str, tuple[Release, ...]]:
    return {STACK: tuple(Release(STACK, one, commit_of(one)) for one in versions)}


def pins(**versions: str) -> Mapping[Pair, Pin]:
    """Pins of keycloak by environment."""
    return {
        Pair(STACK, name): Pin(Pair(STACK, name), version, f"environments/{name}/keycloak.yaml")
        for name, version in versions.items()
    }


def evidence(
    version: str = "1.1.0",
    environment: str = "test",
    *,
    soaked: timedelta = DAY,
    health: Health = Health.GREEN,
    reason: str = "healthy",
    observed_at: datetime = NOW,
    **more: Any,
) -> Evidence:
    """Healthy without a break until it was last seen; nothing was soaked if `soaked` is 0."""
    interval = Interval(observed_at - soaked, observed_at)
    return Evidence(
        stack=STACK,
        version=version,
        environment=environment,
        commit=more.pop("commit", commit_of(version)),
        health=health,
        reason=reason,
        observed_at=observed_at,
        memory=Memory(),
        intervals=more.pop("intervals", (interval,)),
        **more,
    )


def known(*found: Evidence) -> Mapping[tuple[str, str, str], Evidence]:
    return {(one.stack, one.version, one.environment): one for one in found}


def facts(**changed: Any) -> Facts:
    """1.1.0 has soaked a day in test and an hour in dev; prod runs 1.0.0 and nothing is open."""
    return replace(
        Facts(
            now=NOW,
            base="b" * 40,
            graph=a_graph(),
            pins=pins(dev="1.1.0", test="1.1.0", prod="1.0.0"),
            releases=releases("1.0.0", "1.1.0"),
            evidence=known(evidence(), evidence(environment="dev")),
        ),
        **changed,
    )


def review(login: str, state: str = "APPROVED", **changed: Any) -> Review:
    return replace(
        Review(login, state, official=True, stale=False, dismissed=False, commit=HEAD), **changed
    )


def pull(
    *, pair: Pair = PROD, number: int = 7, approved_by: tuple[str, ...] = (), **changed: Any
) -> PullRequest:
    return replace(
        PullRequest(
            number=number,
            pair=pair,
            head=HEAD,
            title="",
            body="",
            reviews=tuple(review(login) for login in approved_by),
        ),
        **changed,
    )


def proposal(version: str = "1.1.0", **changed: Any) -> Proposal:
    return replace(Proposal(head=HEAD, content=BranchContent.OURS, version=version), **changed)


def opened(
    version: str = "1.1.0",
    *,
    pair: Pair = PROD,
    proposed: Mapping[str, Any] | None = None,
    **pulled: Any,
) -> dict[str, Any]:
    """The facts of one open promotion: its branch and its pull request."""
    return {
        "pulls": {pair: (pull(pair=pair, **pulled),)},
        "proposals": {pair: proposal(version, **(proposed or {}))},
    }


def candidate(version: str = "1.1.0", pair: Pair = PROD) -> Candidate:
    return Candidate(pair, version)


def a_hold(version: str = "1.0.0", until: datetime | None = None) -> Hold:
    return Hold(
        api_version="edp/v1", version=version, reason="login is slow", by="ada", until=until
    )


def a_freeze(begin: datetime, until: datetime, *environments: str) -> Freeze:
    return Freeze(
        api_version="edp/v1",
        environments=list(environments or ("prod",)),
        begin=begin,
        until=until,
        reason="christmas",
    )


def a_yank() -> Yank:
    return Yank(api_version="edp/v1", reason="loses sessions", by="ada")


def green(
    at: datetime,
    *,
    since: datetime | None = None,
    finished: datetime | None = None,
    health_since: datetime | None = None,
    version: str = "1.1.0",
    commit: str | None = None,
) -> Observation:
    """A look that finds the version healthy."""
    memory = Memory(operation_finished_at=finished, health_since=health_since)
    verdict = Verdict(Health.GREEN, "healthy", since or at, None, memory)
    return Observation(STACK, version, "test", commit or commit_of(version), verdict, at)


def not_green(at: datetime, health: Health, version: str = "1.1.0") -> Observation:
    """A look that does not find the version healthy."""
    verdict = Verdict(health, f"it is {health.value}", None, None, Memory())
    return Observation(STACK, version, "test", commit_of(version), verdict, at)


def pin_of(version: str) -> str:
    return pin_text(STACK, version)
