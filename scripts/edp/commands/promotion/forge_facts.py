"""What the forge says: the promotions' pull requests, with what gates ask of them."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from edp.clients.forge import Forge, OpenPulls, PairPulls
from edp.core.ledger.documents import Closed
from edp.core.ledger.paths import Key
from edp.core.names import is_version
from edp.core.promotion import gates
from edp.core.promotion.facts import Facts, PullRequest
from edp.core.promotion.pairs import Pair
from edp.core.promotion.texts import version_in

_PARALLEL: Final = 8


@dataclass(slots=True)
class ForgeFacts:
    """The pull requests of one pair, or all open ones, and what was read of them."""

    forge: Forge
    pair: Pair | None
    closed: dict[Key, Closed] = field(default_factory=dict)
    """Promotions that this run found closed by a person."""
    _listing: OpenPulls | PairPulls | None = None
    _details: dict[int, PullRequest] = field(default_factory=dict)
    _gone: set[int] = field(default_factory=set)
    _looked_up: set[Pair] = field(default_factory=set)

    def read(self) -> None:
        """List the pull requests anew, with nothing known about any of them."""
        forge, pair = self.forge, self.pair
        self._listing = forge.read_pulls_of(pair) if pair else forge.read_open_pulls()
        self._details.clear()

    def forget(self, number: int) -> None:
        """This pull request was merged or closed by this run."""
        self._gone.add(number)

    def promotions(self, bot: str) -> dict[Pair, tuple[PullRequest, ...]]:
        """The bot's open promotions, the lowest number first."""
        if isinstance(self._listing, PairPulls):
            found = {self._listing.pair: self._listing.open_ones(bot)}
        else:
            found = self._listing.promotions(bot) if self._listing else {}
        still_open = {
            pair: tuple(pull for pull in pulls if pull.number not in self._gone)
            for pair, pulls in found.items()
        }
        return {pair: pulls for pair, pulls in still_open.items() if pulls}

    def detailed(self, facts: Facts) -> Facts:
        """The facts with every promotion's statuses, and with reviews where approvals count."""
        unread = [
            pulls[0]
            for pair, pulls in facts.pulls.items()
            if pair.environment in facts.graph.environments and pulls[0].number not in self._details
        ]
        with ThreadPoolExecutor(_PARALLEL) as pool:
            read = list(pool.map(lambda pull: self._detail(facts, pull), unread))
        self._details.update((pull.number, pull) for pull in read)
        known = {
            pair: tuple(self._details.get(pull.number, pull) for pull in pulls)
            for pair, pulls in facts.pulls.items()
        }
        return replace(facts, pulls=known)

    def _detail(self, facts: Facts, pull: PullRequest) -> PullRequest:
        pull = replace(pull, statuses=self.forge.statuses(pull.head))
        if gates.approvals_needed(facts, pull.pair):
            pull = replace(pull, reviews=self.forge.reviews(pull.number))
        return pull

    def before_merge(self, facts: Facts, pull: PullRequest, *, again: bool) -> Facts:
        """The facts with reviews, and with statuses and reviews read once more if `again`."""
        if pull.reviews is not None and not again:
            return facts
        fresh = replace(pull, reviews=self.forge.reviews(pull.number))
        if again:
            fresh = replace(fresh, statuses=self.forge.statuses(pull.head))
        self._details[pull.number] = fresh
        pulls = (fresh, *facts.pulls[pull.pair][1:])
        return replace(facts, pulls={**facts.pulls, pull.pair: pulls})

    def look_up_closed(self, bot: str, pairs: Iterable[Pair], *, now: datetime) -> bool:
        """Ask for promotions that a person closed, once for each pair; True if there is news."""
        before = len(self.closed)
        for pair in set(pairs) - self._looked_up:
            self._looked_up.add(pair)
            listing = self._listing
            if not isinstance(listing, PairPulls):
                listing = self.forge.read_pulls_of(pair)
            for pull in listing.closed_by_people(bot):
                version = version_in(pull.body, pair)
                if version is not None and is_version(version):
                    key = (pair.stack, version, pair.environment)
                    self.closed.setdefault(key, Closed(pull.number, "closed by a person", now))
        return len(self.closed) > before

    def closed_numbers(self, bot: str, key: Key) -> tuple[int, ...]:
        """The pull requests of one version that a person closed."""
        stack, version, environment = key
        pair = Pair(stack, environment)
        listing = self._listing
        if not isinstance(listing, PairPulls):
            listing = self.forge.read_pulls_of(pair)
        return tuple(
            pull.number
            for pull in listing.closed_by_people(bot)
            if version_in(pull.body, pair) == version
        )
