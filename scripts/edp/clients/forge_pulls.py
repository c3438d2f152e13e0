"""Listings of pull requests: which are promotions of ours, and what they say."""

from dataclasses import dataclass
from typing import Final

import forgejo
from edp.core.names import parse_promotion_branch
from edp.core.promotion.facts import ALLOWED_AGAIN_LABEL, CLOSED_BY_BOT_LABEL, PullRequest
from edp.core.promotion.pairs import Pair

_LABELS_OF_NO_VERDICT: Final = frozenset({CLOSED_BY_BOT_LABEL, ALLOWED_AGAIN_LABEL})


@dataclass(frozen=True, slots=True)
class ClosedPull:
    """A promotion that was closed without being merged."""

    number: int
    head: str
    body: str


@dataclass(frozen=True, slots=True)
class OpenPulls:
    """A listing of open pull requests, whoever made them."""

    found: tuple[forgejo.PullRequest, ...]

    def promotions(self, bot: str) -> dict[Pair, tuple[PullRequest, ...]]:
        """The bot's promotions from branches of the same repository, the lowest number first."""
        pairs: dict[Pair, list[PullRequest]] = {}
        for pull in self.found:
            pair = _pair_of(pull, bot)
            if pair is not None:
                pairs.setdefault(pair, []).append(_pull(pull, pair))
        return {pair: tuple(pulls) for pair, pulls in pairs.items()}

    def ordinary(self, bot: str) -> tuple["OrdinaryPull", ...]:
        """Those that are no promotions of the bot."""
        return tuple(_ordinary(pull) for pull in self.found if _pair_of(pull, bot) is None)


@dataclass(frozen=True, slots=True)
class OrdinaryPull:
    """A pull request that is no promotion."""

    number: int
    head: str
    labels: tuple[str, ...]
    is_from_fork: bool


@dataclass(frozen=True, slots=True)
class PairPulls:
    """Every pull request of one promotion branch, open or not, whoever made it."""

    pair: Pair
    found: tuple[forgejo.PullRequest, ...]

    def open_ones(self, bot: str) -> tuple[PullRequest, ...]:
        """The bot's open ones, the lowest number first."""
        now_open = tuple(pull for pull in self.found if pull.state == "open")
        return OpenPulls(now_open).promotions(bot).get(self.pair, ())

    def closed_by_people(self, bot: str) -> tuple[ClosedPull, ...]:
        """Those that were closed, but neither merged nor by the bot, nor allowed again."""
        return tuple(
            ClosedPull(pull.number, pull.head.sha, pull.body)
            for pull in self.found
            if pull.state != "open"
            and not pull.merged
            and _pair_of(pull, bot) == self.pair
            and not _LABELS_OF_NO_VERDICT & {label.name for label in pull.labels}
        )


def _pair_of(pull: forgejo.PullRequest, bot: str) -> Pair | None:
    """The pair of a pull request of ours; None for anybody else's."""
    parsed = parse_promotion_branch(pull.head.label)
    is_ours = pull.user.login.lower() == bot.lower() and pull.head.repo_id == pull.base.repo_id
    return Pair(*parsed) if parsed and is_ours else None


def _ordinary(pull: forgejo.PullRequest) -> OrdinaryPull:
    return OrdinaryPull(
        number=pull.number,
        head=pull.head.sha,
        labels=tuple(label.name for label in pull.labels),
        is_from_fork=pull.head.repo_id != pull.base.repo_id,
    )


def _pull(pull: forgejo.PullRequest, pair: Pair) -> PullRequest:
    return PullRequest(
        number=pull.number,
        pair=pair,
        head=pull.head.sha,
        title=pull.title,
        body=pull.body,
        labels=tuple(label.name for label in pull.labels),
        created_at=pull.created_at,
        is_draft=pull.draft,
    )
