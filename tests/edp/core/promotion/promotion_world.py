"""A platform that lives: releases come, clusters get healthy and degraded, people approve.

Nothing in it decides: it makes facts for `decide`, carries out what that says, and complains when
it is something that must never happen.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from promotion_facts import STACK, a_graph, commit_of, review

from edp.core.health.verdict import Health, Memory, Verdict
from edp.core.promotion.choice import is_eligible
from edp.core.promotion.decide import Decision, Step, decide_all
from edp.core.promotion.evidence import (
    Evidence,
    Observation,
    add_observation,
    is_worth_writing,
)
from edp.core.promotion.facts import BranchContent, Facts, Proposal, PullRequest, Review
from edp.core.promotion.needs import find_needs
from edp.core.promotion.pairs import Pair, Pin, Release
from edp.core.promotion.reviews import is_counted
from edp.core.promotion.texts import body_of

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
"""A Monday."""
RELEASED_EVERY = timedelta(hours=6)
BECOMES_HEALTHY_AFTER = timedelta(minutes=5)
STEPS = tuple(timedelta(minutes=minutes) for minutes in (10, 20, 15, 30, 10, 25))
PATIENCE = {"ada": timedelta(hours=1), "bob": timedelta(hours=3)}
"""How long after a promotion was written a person reads it, on a working day."""

Period = tuple[datetime, datetime]


@cache
def releases_until(count: int) -> tuple[Release, ...]:
    versions = [f"1.{number}.0" for number in range(count)]
    return tuple(Release(STACK, version, commit_of(version)) for version in versions)


@dataclass(frozen=True)
class Merge:
    at: datetime
    pair: Pair
    version: str
    soaked: timedelta
    """What the ledger said of the version in the environment before."""
    lived: timedelta
    """For how long it was really healthy there."""


@dataclass
class Open:
    """An open promotion and when its present commit was written."""

    pull: PullRequest
    proposal: Proposal
    since: datetime
    bodies: set[str] = field(default_factory=set)


@dataclass
class World:
    degraded: Sequence[Period] = ()
    """When everything is degraded."""
    outages: Sequence[Period] = ()
    """When nobody runs edp."""
    now: datetime = START
    pins: dict[Pair, str] = field(default_factory=dict)
    deployed: dict[Pair, datetime] = field(default_factory=dict)
    lives: dict[tuple[str, str, str], list[Period]] = field(default_factory=dict)
    ledger: dict[tuple[str, str, str], Evidence] = field(default_factory=dict)
    seen: dict[tuple[str, str, str], Evidence] = field(default_factory=dict)
    opened: dict[Pair, Open] = field(default_factory=dict)
    merges: list[Merge] = field(default_factory=list)
    wasted: list[str] = field(default_factory=list)
    """Versions whose approvals were lost with them."""
    most_bodies: int = 0
    writes: int = 0
    commits: int = 0

    def __post_init__(self) -> None:
        self.graph = a_graph()
        for name in self.graph.in_order():
            self._deploy(Pair(STACK, name), "1.0.0")

    def live(self, until: datetime) -> Iterator[datetime]:
        """Run edp again and again, as far as there is no outage; yields after each run."""
        place = 0
        while self.now < until:
            if not any(begin <= self.now < end for begin, end in self.outages):
                self.run()
                yield self.now
            self.now += STEPS[place % len(STEPS)]
            place += 1

    def run(self) -> tuple[Decision, ...]:
        """One run of `reconcile`: look, write the ledger, decide, carry out."""
        self._people_approve()
        self._look()
        decisions = decide_all(self.facts())
        for decision in decisions:
            self._carry_out(decision)
        return decisions

    def facts(self) -> Facts:
        return Facts(
            now=self.now,
            base="b" * 40,
            graph=self.graph,
            pins={pair: Pin(pair, version, "") for pair, version in self.pins.items()},
            releases={STACK: self._releases()},
            evidence=self.seen,
            proposals={pair: one.proposal for pair, one in self.opened.items()},
            pulls={pair: (one.pull,) for pair, one in self.opened.items()},
        )

    def versions_in(self, environment: str) -> list[str]:
        return [one.version for one in self.merges if one.pair.environment == environment]

    def _releases(self) -> tuple[Release, ...]:
        return releases_until(int((self.now - START) / RELEASED_EVERY) + 1)

    def _deploy(self, pair: Pair, version: str) -> None:
        self.pins[pair] = version
        self.deployed[pair] = self.now

    # What Argo CD would say.

    def _healthy_since(self, pair: Pair) -> datetime | None:
        since = self.deployed[pair] + BECOMES_HEALTHY_AFTER
        for begin, end in self.degraded:
            if begin <= self.now < end:
                return None
            if since < end <= self.now:
                since = end
        return since if since <= self.now else None

    def _verdict(self, pair: Pair) -> Verdict:
        since = self._healthy_since(pair)
        finished = self.deployed[pair]
        memory = Memory(operation_finished_at=finished, health_since=since)
        if since is None:
            is_new = self.now < finished + BECOMES_HEALTHY_AFTER
            health = Health.WAITING if is_new else Health.FAILED
            return Verdict(health, "it is not healthy", None, None, memory)
        return Verdict(Health.GREEN, "healthy", since, None, memory)

    def _look(self) -> None:
        awaited = find_needs(self.facts()).awaited
        has_written = False
        for pair, version in self.pins.items():
            key = (STACK, version, pair.environment)
            earlier = self.ledger.get(key)
            look = Observation(*key, commit_of(version), self._verdict(pair), self.now)
            found = add_observation(earlier, look)
            self.seen[key] = found
            soak = self.graph.soak_asked_of(pair.environment)
            if is_worth_writing(earlier, found, awaited=pair in awaited, soak=soak):
                self.ledger[key] = found
                has_written = True
        self.commits += has_written

    def lived(self, pair: Pair, version: str) -> timedelta:
        """For how long the version has really been healthy in an environment."""
        begin = next(one.at for one in self.merges if (one.pair, one.version) == (pair, version))
        later = [one.at for one in self.merges if one.pair == pair and one.at > begin]
        end = min(later, default=self.now)
        ill = (
            min(end, stop) - max(begin, start)
            for start, stop in self.degraded
            if max(begin, start) < min(end, stop)
        )
        return end - begin - BECOMES_HEALTHY_AFTER - sum(ill, timedelta())

    # What people and edp do.

    def _people_approve(self) -> None:
        local = self.now.astimezone(BERLIN)
        if local.weekday() > 4 or not 8 <= local.hour < 18:
            return
        for one in self.opened.values():
            for login, patience in PATIENCE.items():
                if self.now - one.since >= patience:
                    self._approve(one, login)

    def _approve(self, one: Open, login: str) -> None:
        given = one.pull.reviews or ()
        new: Review = review(login, commit=one.pull.head)
        if new not in given:
            one.pull = replace(one.pull, reviews=(*given, new))

    def _carry_out(self, decision: Decision) -> None:
        pair, version = decision.pair, decision.version
        if decision.step in (Step.OPEN, Step.REWRITE, Step.MERGE, Step.CLOSE):
            self.writes += 1
        if decision.step is Step.OPEN:
            assert pair not in self.opened, "a second pull request of one pair"
            self.opened[pair] = self._written(pair, version or "", len(self.merges) + 1)
        elif decision.step is Step.REWRITE:
            self._rewrite(pair, version or "")
        elif decision.step is Step.MERGE:
            self._merge(pair, version or "")
        elif decision.step is Step.CLOSE:
            del self.opened[pair]
        if decision.step in (Step.OPEN, Step.KEEP):
            one = self.opened[pair]
            one.bodies.add(body_of(self.facts(), decision))
            self.most_bodies = max(self.most_bodies, len(one.bodies))

    def _written(self, pair: Pair, version: str, number: int) -> Open:
        head = commit_of(f"{version}{self.now.timestamp():.0f}"[-20:])
        pull = PullRequest(number, pair, head, title="", body="", reviews=())
        return Open(pull, Proposal(head, BranchContent.OURS, version), self.now)

    def _rewrite(self, pair: Pair, version: str) -> None:
        one = self.opened[pair]
        approvals = [r for r in one.pull.reviews or () if is_counted(r, one.pull.head)]
        if approvals:
            self.wasted.append(one.proposal.version)
            assert not is_eligible(self.facts(), pair, one.proposal.version), "lost approvals"
        self.opened[pair] = self._written(pair, version, one.pull.number)

    def _merge(self, pair: Pair, version: str) -> None:
        assert self.opened.pop(pair).proposal.version == version
        sources = self.graph.environments[pair.environment].source_names
        soaked = lived = timedelta.max
        for source in sources:
            soaked = min(soaked, self.seen[STACK, version, source].soaked)
            lived = min(lived, self.lived(Pair(STACK, source), version))
        self.merges.append(Merge(self.now, pair, version, soaked, lived))
        self._deploy(pair, version)
