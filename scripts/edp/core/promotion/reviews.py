"""Which reviews of a pull request count."""

from collections.abc import Iterable

from edp.core.promotion.facts import Review
from edp.core.repository.promotion_graph import Bots


def latest_verdicts(reviews: Iterable[Review], *, others_than: Bots) -> tuple[Review, ...]:
    """The latest verdict of each person among the reviews, which come oldest first."""
    bots = {others_than.bot.lower(), others_than.gate.lower()}
    latest: dict[str, Review] = {}
    for review in reviews:
        login = review.login.lower()
        if login not in bots and review.state in ("APPROVED", "REQUEST_CHANGES"):
            latest[login] = review
    return tuple(latest.values())


def is_counted(review: Review, head: str) -> bool:
    """True for an approval that counts: official, current, on exactly this commit."""
    current = review.official and not review.stale and not review.dismissed
    return review.state == "APPROVED" and current and review.commit == head
