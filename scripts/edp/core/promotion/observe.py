"""From what an Argo CD says to one observation of one pair."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from edp.core.health.application import Application, Resource
from edp.core.health.verdict import Expected, Health, Verdict, judge, judge_root, unknown
from edp.core.names import pin_text
from edp.core.promotion.evidence import Evidence, Observation
from edp.core.promotion.pairs import Pin, Release
from edp.core.repository.promotion_graph import PromotionGraph


@dataclass(frozen=True, slots=True)
class ClusterAnswer:
    """One Argo CD's Applications by name, or why there is no answer."""

    applications: Mapping[str, Application]
    problem: str = ""
    _children: dict[str, dict[str, list[Resource]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """By root Application and name, made once: one root may list thousands."""

    def root_about(self, root: str, child: str) -> Application | None:
        """A root Application with nothing in it but what it says of one child."""
        found = self.applications.get(root)
        if found is None:
            return None
        if root not in self._children:
            self._children[root] = _by_name(found.resources)
        return replace(found, resources=tuple(self._children[root].get(child, ())))


def _by_name(resources: Iterable[Resource]) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = {}
    for resource in resources:
        found.setdefault(resource.name, []).append(resource)
    return found


@dataclass(frozen=True, slots=True)
class Subject:
    """The pair to look at, and what git says about it."""

    pin: Pin
    release: Release
    timeout: timedelta
    application: str
    """The Application's name in the cluster: the environment's prefix and the stack."""
    contains_promotion: Callable[[str], bool]
    """Whether a commit of `main` contains the last change of the pin's file."""


def observe(
    subject: Subject,
    answer: ClusterAnswer,
    graph: PromotionGraph,
    *,
    now: datetime,
    earlier: Evidence | None,
) -> Observation:
    """Judge the pair as its Argo CD shows it now."""
    pair = subject.pin.pair
    verdict = _judge(subject, answer, graph, now=now, earlier=earlier)
    release = subject.release
    return Observation(pair.stack, release.version, pair.environment, release.commit, verdict, now)


def _judge(
    subject: Subject,
    answer: ClusterAnswer,
    graph: PromotionGraph,
    *,
    now: datetime,
    earlier: Evidence | None,
) -> Verdict:
    pair = subject.pin.pair
    memory = earlier.memory if earlier and earlier.commit == subject.release.commit else None
    if answer.problem:
        return unknown(answer.problem, memory)
    argocd = graph.argocds[graph.environments[pair.environment].argocd]
    expected = Expected(
        pin_text(pair.stack, subject.pin.version), subject.release.commit, subject.timeout
    )
    verdict = judge(
        answer.applications.get(subject.application),
        expected,
        now=now,
        stale_after=argocd.stale_after,
        memory=memory,
    )
    if verdict.health is not Health.GREEN:
        return verdict
    root = answer.root_about(graph.root_of(pair.environment), subject.application)
    reason = judge_root(
        root, child=subject.application, contains_promotion=subject.contains_promotion
    )
    if not reason:
        return verdict
    return replace(verdict, health=Health.WAITING, reason=reason, green_since=None)
