"""What the Argo CDs say: one LIST for each, judged pair by pair, added to the evidence."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from edp.clients.kubernetes import Clusters
from edp.commands.promotion.main_branch import MainBranch
from edp.core.ledger.paths import Key
from edp.core.promotion.evidence import Evidence, Observation, add_observation
from edp.core.promotion.facts import Facts
from edp.core.promotion.observe import ClusterAnswer, Subject, observe
from edp.core.promotion.pairs import Pair
from edp.core.promotion.snapshot import Snapshot
from edp.core.repository.promotion_graph import PromotionGraph
from edp.core.repository.stack_file import StackFile
from edp.errors import EdpError, UnavailableError

_PARALLEL: Final = 8
_DEFAULT_TIMEOUT: Final = StackFile.model_fields["health_timeout"].default


@dataclass(slots=True)
class ClusterFacts:
    """The observations of one run.

    `is_lenient` says of a reader on a laptop: a cluster that its kubeconfig does not know is as
    silent as one that does not answer.
    """

    clusters: Clusters
    now: Callable[[], datetime]
    is_lenient: bool
    observations: list[Observation] = field(default_factory=list)
    _answers: dict[str, ClusterAnswer] = field(default_factory=dict)
    _asked: dict[str, frozenset[str]] = field(default_factory=dict)
    """The names of the Applications that each answer was asked for."""
    _asked_at: dict[str, datetime] = field(default_factory=dict)
    _evidence: dict[Key, Evidence] = field(default_factory=dict)

    def forget_answers(self) -> None:
        """Ask every Argo CD again at the next look."""
        self._answers.clear()
        self._asked.clear()

    def observe(
        self, facts: Facts, pairs: Iterable[Pair], *, snapshot: Snapshot, main: MainBranch
    ) -> Facts:
        """The facts with what is seen of these pairs now; the ledger's evidence is in them."""
        seen = sorted(pair for pair in pairs if pair in facts.pins)
        self._ask(facts.graph, _names(facts, seen, snapshot))
        evidence = {**facts.evidence, **self._newer(facts.evidence)}
        for pair in seen:
            subject = _subject(facts, pair, snapshot=snapshot, main=main)
            if subject is not None:
                self._look_at(subject, facts, evidence)
        silent = {name: answer.problem for name, answer in self._answers.items() if answer.problem}
        return replace(facts, evidence=evidence, unreachable=silent)

    def _newer(self, written: Mapping[Key, Evidence]) -> dict[Key, Evidence]:
        """This run's own evidence where the ledger has nothing newer."""
        return {
            key: own
            for key, own in self._evidence.items()
            if key not in written or written[key].observed_at <= own.observed_at
        }

    def _look_at(self, subject: Subject, facts: Facts, evidence: dict[Key, Evidence]) -> None:
        pair = subject.pin.pair
        key = (pair.stack, subject.pin.version, pair.environment)
        argocd = facts.graph.environments[pair.environment].argocd
        asked_at = self._asked_at[argocd]
        earlier = evidence.get(key)
        if earlier is not None and earlier.observed_at >= asked_at:
            return
        if self.is_lenient and self._answers[argocd].problem:
            return  # the ledger's word is old, but it is a word
        observation = observe(
            subject, self._answers[argocd], facts.graph, now=asked_at, earlier=earlier
        )
        self.observations.append(observation)
        evidence[key] = self._evidence[key] = add_observation(earlier, observation)

    def _ask(self, graph: PromotionGraph, wanted: Mapping[str, frozenset[str]]) -> None:
        """List the Argo CDs that were not asked for all of this yet."""
        missing = {
            argocd: names | self._asked.get(argocd, frozenset())
            for argocd, names in wanted.items()
            if argocd not in self._answers or not names <= self._asked[argocd]
        }
        with ThreadPoolExecutor(_PARALLEL) as pool:
            answers = list(pool.map(lambda one: self._answer(graph, *one), missing.items()))
        self._answers.update(zip(missing, answers, strict=True))
        self._asked |= missing

    def _answer(self, graph: PromotionGraph, name: str, wanted: frozenset[str]) -> ClusterAnswer:
        argocd = graph.argocds[name]
        self._asked_at[name] = self.now()
        try:
            found = self.clusters.list_applications(argocd.context, argocd.namespace, wanted)
        except UnavailableError as exc:
            return ClusterAnswer({}, exc.message)
        except EdpError as exc:
            if not self.is_lenient:
                raise
            return ClusterAnswer({}, exc.message)
        return ClusterAnswer(found)


def _names(facts: Facts, pairs: Iterable[Pair], snapshot: Snapshot) -> dict[str, frozenset[str]]:
    """By Argo CD: the Applications of these pairs, and the root Applications above them.

    Wherever else these stacks are comes with them: later looks of the run may ask for that.
    """
    asked = {facts.graph.environments[pair.environment].argocd: set[str]() for pair in pairs}
    stacks = {pair.stack for pair in pairs}
    for pair in facts.pins:
        environment = facts.graph.environments[pair.environment]
        if pair.stack in stacks and environment.argocd in asked:
            root = facts.graph.root_of(pair.environment)
            asked[environment.argocd] |= {snapshot.application_name(pair), root}
    return {argocd: frozenset(names) for argocd, names in asked.items()}


def _subject(facts: Facts, pair: Pair, *, snapshot: Snapshot, main: MainBranch) -> Subject | None:
    pin = facts.pins[pair]
    release = facts.release(pair.stack, pin.version)
    if release is None:
        return None
    stack = facts.stacks.get(pair.stack)
    return Subject(
        pin=pin,
        release=release,
        timeout=stack.health_timeout if stack else _DEFAULT_TIMEOUT,
        application=snapshot.application_name(pair),
        contains_promotion=main.contains(pin.path),
    )
