"""`edp/policy` of pull requests that are no promotions: they may not get around the gates."""

from collections.abc import Iterable
from dataclasses import dataclass

from edp.app import App
from edp.clients.forge import Forge
from edp.clients.forge_pulls import OrdinaryPull
from edp.clients.git import Change, GitRepository
from edp.core.names import parse_promotion_branch
from edp.core.promotion.facts import POLICY_CONTEXT
from edp.core.promotion.ordinary import PinChange, PolicyVerdict, judge_ordinary
from edp.core.promotion.pairs import Pair, Pin
from edp.core.promotion.snapshot import read_pin
from edp.core.repository.layout import ENVIRONMENTS, Kind, Layout
from edp.core.repository.promotion_graph import PromotionGraph
from edp.errors import UnavailableError


def head_ref(number: int) -> str:
    """Where the forge keeps the head of a pull request, forks included."""
    return f"refs/pull/{number}/head"


@dataclass(frozen=True, slots=True)
class OrdinaryJudge:
    """Judges pull requests whose heads were fetched, and posts what comes of it."""

    app: App
    forge: Forge
    git: GitRepository
    graph: PromotionGraph
    base: str

    def judge(self, pull: OrdinaryPull) -> PolicyVerdict:
        """What the status must say, from what the pull request changes against `main`."""
        return judge_ordinary(
            self.graph,
            self._pin_changes(pull),
            labels=pull.labels,
            shares_head_with=self._promotion_at(pull.head),
        )

    def post(self, pull: OrdinaryPull, verdict: PolicyVerdict) -> bool:
        """Post the verdict unless it stands there already; says whether it was posted."""
        for known in self.forge.statuses(pull.head):
            if known.context == POLICY_CONTEXT and known.state == verdict.state:
                return False
        self.forge.set_policy(
            pull.head,
            state=verdict.state,
            description=verdict.text,
            url=self.app.settings.run_url,
        )
        return True

    def _promotion_at(self, head: str) -> Pair | None:
        for ref, sha in self.git.refs().items():
            parsed = parse_promotion_branch(ref.removeprefix("refs/heads/"))
            if parsed is not None and sha == head:
                return Pair(*parsed)
        return None

    def _pin_changes(self, pull: OrdinaryPull) -> Iterable[PinChange]:
        if self.git.refs().get(head_ref(pull.number)) != pull.head:
            raise UnavailableError(f"#{pull.number} moved while it was looked at", hint="run again")
        start = self.git.merge_base(self.base, pull.head)
        if start is None:
            return ()
        changes = [
            change
            for change in self.git.diff(start, pull.head, paths=(ENVIRONMENTS,))
            if self._pair(change) is not None
        ]
        blobs = {blob for change in changes for blob in (change.old_blob, change.new_blob)}
        self.git.fetch_blobs(blobs - {""})
        content = self.git.read_blobs(blobs - {""})
        return [
            PinChange(
                pair,
                _version(pair, change.path, content.get(change.old_blob)),
                _version(pair, change.path, content.get(change.new_blob)),
            )
            for change in changes
            if (pair := self._pair(change)) is not None
        ]

    def _pair(self, change: Change) -> Pair | None:
        found = Layout.of(self.graph).classify(change.path)
        if found.kind is not Kind.APPLICATION:
            return None
        return Pair(found.stack, found.environment)


def _version(pair: Pair, path: str, content: bytes | None) -> str | None:
    if content is None:
        return None
    found = read_pin(pair, path, content)
    return found.version if isinstance(found, Pin) else "" if found is not None else None
