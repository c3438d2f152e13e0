"""Merging one promotion: exactly the commit that was checked, and a look at what came of it."""

from dataclasses import dataclass
from typing import Final

from edp.app import App
from edp.clients.forge_errors import (
    LostMergeRaceError,
    NeedsApprovalError,
    StillCheckingError,
)
from edp.clients.git import GitRepository
from edp.commands.promotion.forge_facts import ForgeFacts
from edp.commands.promotion.look import Look
from edp.core.promotion.commits import subject, trailers
from edp.core.promotion.decide import Decision
from edp.core.promotion.facts import PullRequest
from edp.core.promotion.reviews import is_counted
from edp.core.promotion.snapshot import is_policy
from edp.core.promotion.texts import closing_comment, status_of
from edp.errors import BusyError, ConflictError, EdpError

_PAUSES: Final = (0.3, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0)
"""Seconds between questions while the forge checks for conflicts; 2.4 in all were seen."""


@dataclass(frozen=True, slots=True)
class Merger:
    """Merges promotions decided on one look, as the gate user."""

    app: App
    pulls: ForgeFacts
    git: GitRepository
    look: Look
    required_approvals: int

    def merge(self, decision: Decision, pull: PullRequest) -> str | None:
        """The merge commit; None if it was not merged because something moved meanwhile.

        The policy status is `success` only between here and the end of the merge.
        """
        self.pulls.post_policy(pull, "success", "all gates passed; merging", url=self._url)
        try:
            if self._must_approve(pull):
                self.pulls.forge.approve(pull.number, pull.head)
            self._ask(decision, pull)
        except LostMergeRaceError:
            """It may be merged all the same: what came of it is read below."""
        except EdpError:
            self._take_back(decision, pull)
            raise
        merged = self.pulls.forge.merged(pull.number)
        if merged is None:
            self._take_back(decision, pull)
            return None
        return merged.commit

    def _must_approve(self, pull: PullRequest) -> bool:
        gate = self.look.facts.graph.bots.gate.lower()
        if not self.required_approvals:
            return False
        own = [review for review in pull.reviews or () if review.login.lower() == gate]
        return not any(is_counted(review, pull.head) for review in own)

    def _ask(self, decision: Decision, pull: PullRequest) -> None:
        approved_again = False
        for pause in (*_PAUSES, 0.0):
            try:
                return self._merge_once(decision, pull)
            except StillCheckingError:
                self.app.sleep(pause)
            except NeedsApprovalError:
                if approved_again:
                    raise
                # Forgejo may dismiss an approval that comes within seconds of a push.
                approved_again = True
                self.pulls.forge.approve(pull.number, pull.head)
        raise BusyError(
            f"#{pull.number}: the forge still checks whether it can be merged", hint="run again"
        )

    def _merge_once(self, decision: Decision, pull: PullRequest) -> None:
        pair, version = decision.pair, decision.version or ""
        proposal = self.look.facts.proposals[pair]
        details = trailers(
            pair,
            decision.present,
            version,
            run_url=self.app.settings.run_url,
            is_chosen=proposal.is_chosen,
        )
        self.pulls.forge.merge(
            pull.number,
            pull.head,
            title=f"{subject(pair, decision.present, version)} (#{pull.number})",
            message=details,
        )

    def _take_back(self, decision: Decision, pull: PullRequest) -> None:
        self.pulls.post_policy(pull, "pending", status_of(decision), url=self._url)

    @property
    def _url(self) -> str:
        return self.app.settings.run_url

    def check(self, decision: Decision, pull: PullRequest, commit: str) -> str:
        """Hold the merge commit to what was checked; returns the commit that it was merged onto.

        Forgejo cannot compare and swap the base, so a commit may have come in between. It must
        touch neither this environment nor policy, else the promotion was merged onto something
        that nobody checked.
        """
        parents = self.git.commit(commit).parents
        if len(parents) != 2 or parents[1] != pull.head:
            self._alarm(pull, f"merge commit {commit[:8]} does not have the checked commit")
        base = parents[0]
        if base == self.look.facts.base:
            return base
        environment = decision.pair.environment
        folder = self.look.facts.graph.environments[environment].path
        changes = self.git.diff(self.look.facts.base, base, paths=("environments",))
        touched = [
            change.path
            for change in changes
            if is_policy(change.path) or change.path.startswith(f"{folder}/")
        ]
        if touched:
            self._alarm(
                pull, f"{touched[0]} changed on the default branch while #{pull.number} was merged"
            )
        return base

    def _alarm(self, pull: PullRequest, what: str) -> None:
        self.pulls.forge.comment(
            pull.number,
            closing_comment(what, lead="Merged onto something that was not checked"),
            marker="Merged onto",
        )
        raise ConflictError(
            what, hint=f"look at #{pull.number}; edp explain says what runs, a rollback undoes it"
        )
