"""What the forge says: the promotions' pull requests, with what gates ask of them."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from edp.clients.forge import Forge
from edp.clients.forge_pulls import OpenPulls, OrdinaryPull, PairPulls
from edp.core.ledger.documents import Closed
from edp.core.ledger.paths import Key
from edp.core.names import is_version
from edp.core.promotion import gates
from edp.core.promotion.facts import POLICY_CONTEXT, Facts, PullRequest, Status
from edp.core.promotion.pairs import Pair
from edp.core.promotion.texts import version_in
from forgejo.statuses import StatusState

_PARALLEL: Final = 8


@dataclass(slots=True)
class ForgeFacts:
    """The promotions of one pair, or all open ones, kept as this run leaves them."""

    forge: Forge
    pair: Pair | None
    closed: dict[Key, Closed] = field(default_factory=dict)
    """Promotions that this run found closed by a person."""
    _listing: OpenPulls | PairPulls | None = None
    _pulls: dict[int, PullRequest] | None = None
    _detailed: set[int] = field(default_factory=set)
    _looked_up: set[Pair] = field(default_factory=set)

    def read(self) -> None:
        """List the pull requests anew, with nothing known about any of them."""
        forge, pair = self.forge, self.pair
        self._listing = forge.read_pulls_of(pair) if pair else forge.read_open_pulls()
        self._pulls = None
        self._detailed.clear()

    def promotions(self, bot: str) -> dict[Pair, tuple[PullRequest, ...]]:
        """The bot's open promotions, the lowest number first."""
        if self._pulls is None:
            self._pulls = {pull.number: pull for pull in self._listed(bot)}
        pairs: dict[Pair, list[PullRequest]] = {}
        for number in sorted(self._pulls):
            pull = self._pulls[number]
            pairs.setdefault(pull.pair, []).append(pull)
        return {pair: tuple(pulls) for pair, pulls in pairs.items()}

    def _listed(self, bot: str) -> Iterable[PullRequest]:
        if isinstance(self._listing, PairPulls):
            return self._listing.open_ones(bot)
        found = self._listing.promotions(bot) if self._listing else {}
        return (pull for pulls in found.values() for pull in pulls)

    def from_forks(self, bot: str) -> tuple[OrdinaryPull, ...]:
        """The listed pull requests whose branch is in another repository."""
        if not isinstance(self._listing, OpenPulls):
            return ()
        return tuple(pull for pull in self._listing.ordinary(bot) if pull.is_from_fork)

    def numbers_from_forks(self) -> tuple[int, ...]:
        """Their numbers; no promotion is from a fork, whoever the bot may be."""
        return tuple(pull.number for pull in self.from_forks(""))

    # --- what this run changes

    def put(self, pull: PullRequest) -> None:
        """This run opened or edited a pull request: know it as it is now."""
        if self._pulls is not None:
            self._pulls[pull.number] = pull

    def opened(self, pull: PullRequest) -> PullRequest:
        """This run opened a pull request a moment ago: nobody has said anything of it."""
        pull = replace(pull, statuses=(), reviews=())
        self.put(pull)
        self._detailed.add(pull.number)
        return pull

    def moved(self, pull: PullRequest, head: str) -> PullRequest:
        """This run pushed another commit: what was read of the old one says nothing any more."""
        self._detailed.discard(pull.number)
        pull = replace(pull, head=head, statuses=(), reviews=None)
        self.put(pull)
        return pull

    def forget(self, number: int) -> None:
        """This run merged or closed a pull request."""
        if self._pulls is not None:
            self._pulls.pop(number, None)

    def post_policy(self, pull: PullRequest, state: StatusState, text: str, *, url: str) -> None:
        """Post `edp/policy` on the head of a pull request."""
        self.forge.set_policy(pull.head, state=state, description=text, url=url)
        known = (self._pulls or {}).get(pull.number)
        if known is not None and pull.number in self._detailed:
            others = tuple(one for one in known.statuses if one.context != POLICY_CONTEXT)
            self.put(replace(known, statuses=(*others, Status(POLICY_CONTEXT, state, text, ""))))

    # --- what gates ask of a pull request

    def detailed(self, facts: Facts) -> Facts:
        """The facts with every promotion's statuses, and with reviews where approvals count."""
        unread = [
            pulls[0]
            for pair, pulls in facts.pulls.items()
            if pair.environment in facts.graph.environments
            and pulls[0].number not in self._detailed
        ]
        with ThreadPoolExecutor(_PARALLEL) as pool:
            for pull in pool.map(lambda pull: self._detail(facts, pull), unread):
                self.put(pull)
                self._detailed.add(pull.number)
        return self._refreshed(facts)

    def _detail(self, facts: Facts, pull: PullRequest) -> PullRequest:
        pull = replace(pull, statuses=self.forge.statuses(pull.head))
        if gates.approvals_needed(facts, pull.pair):
            pull = replace(pull, reviews=self.forge.reviews(pull.number))
        return pull

    def before_merge(self, facts: Facts, pull: PullRequest, *, again: bool) -> Facts:
        """The facts with reviews, and with statuses and reviews read once more if `again`."""
        if pull.reviews is not None and not again:
            return facts
        pull = replace(pull, reviews=self.forge.reviews(pull.number))
        if again:
            pull = replace(pull, statuses=self.forge.statuses(pull.head))
        self.put(pull)
        return self._refreshed(facts)

    def _refreshed(self, facts: Facts) -> Facts:
        return replace(facts, pulls=self.promotions(facts.graph.bots.bot))

    # --- what people closed

    def look_up_closed(self, bot: str, pairs: Iterable[Pair], *, now: datetime) -> bool:
        """Ask for promotions that a person closed, once for each pair; True if there is news."""
        before = len(self.closed)
        for pair in set(pairs) - self._looked_up:
            self._looked_up.add(pair)
            for number, version in self._closed_in(pair, bot):
                key = (pair.stack, version, pair.environment)
                self.closed.setdefault(key, Closed(number, "closed by a person", now))
        return len(self.closed) > before

    def closed_numbers(self, bot: str, pair: Pair, version: str) -> tuple[int, ...]:
        """The pull requests of one version that a person closed."""
        return tuple(number for number, other in self._closed_in(pair, bot) if other == version)

    def _closed_in(self, pair: Pair, bot: str) -> Iterable[tuple[int, str]]:
        listing = self._listing
        if not isinstance(listing, PairPulls):
            listing = self.forge.read_pulls_of(pair)
        for pull in listing.closed_by_people(bot):
            version = version_in(pull.body, pair)
            if version is not None and is_version(version):
                yield pull.number, version
