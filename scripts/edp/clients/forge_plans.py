"""What the forge keeps of Terraform plans: one comment, and a status for each Terraform root."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import forgejo
from edp.clients.forge import Forge
from edp.clients.forge_errors import translated
from edp.core.promotion.facts import Review, Status
from edp.core.terraform.plan_comment import is_plan_comment, needs_edit
from edp.core.terraform.roots import TerraformRoot
from forgejo.statuses import StatusState

AUTOMATIC: Final = "forgejo-actions"
"""Who the automatic token of a workflow run is."""
_LONGEST: Final = 250


@dataclass(frozen=True, slots=True)
class PlanPull:
    """A pull request, open or merged, that changes Terraform roots."""

    number: int
    author: str
    head: str
    labels: tuple[str, ...]
    is_from_fork: bool
    merge_commit: str
    """Empty unless it is merged."""


@dataclass(frozen=True, slots=True)
class PlanForge:
    """Reads and writes as whoever `forge` is; `bot` is the login of the product's own user."""

    forge: Forge
    bot: str

    def pull(self, number: int) -> PlanPull:
        """A pull request as it is now."""
        with translated(f"reading #{number}"):
            found = self.forge.repository().get_pull(number)
        return PlanPull(
            number=found.number,
            author=found.user.login,
            head=found.head.sha,
            labels=tuple(label.name for label in found.labels),
            is_from_fork=found.head.repo_id != found.base.repo_id,
            merge_commit=(found.merge_commit_sha or "") if found.merged else "",
        )

    def pull_of_commit(self, commit: str) -> int | None:
        """The pull request that brought a commit of the default branch; None if none did."""
        with translated(f"reading the pull request of {commit[:8]}"):
            found = self.forge.repository().get_pulls_of_commit(commit)
        return found[0].number if found else None

    def reviews(self, number: int) -> tuple[Review, ...]:
        """All reviews of a pull request, oldest first."""
        return self.forge.reviews(number)

    def plan_comment(self, number: int) -> str:
        """The text of our comment; empty if there is none."""
        with translated(f"reading the comments of #{number}"):
            mine = self._mine(self._comments(number))
        return mine[0].body if mine else ""

    def put_comment(self, number: int, text: str) -> bool:
        """Write our comment, or edit it in place; says whether anything was written."""
        with translated(f"commenting on #{number}"):
            mine = self._mine(self._comments(number))
            if not mine:
                self.forge.repository().get_pull(number).create_issue_comment(text)
                return True
            if not needs_edit(mine[0].body, text):
                return False
            mine[0].edit(text)
            return True

    def put_results(self, number: int, text: str, *, marker: str) -> None:
        """Write our comment about what was applied, or edit it; an equal one is left alone."""
        with translated(f"commenting on #{number}"):
            mine = [
                one
                for one in self._comments(number)
                if one.user.login.lower() == self.bot.lower() and one.body.startswith(marker)
            ]
            if not mine:
                self.forge.repository().get_pull(number).create_issue_comment(text)
            elif mine[0].body != text:
                mine[0].edit(text)

    def has_run_ended(self, run: str) -> bool | None:
        """Whether a workflow run of the repository has ended; None where nobody can tell."""
        if not run:
            return None
        with translated(f"reading run {run}"):
            try:
                return forgejo.has_ended(self.forge.repository().get_workflow_jobs(int(run)))
            except (forgejo.NotFoundError, forgejo.UnsupportedError):
                return None

    def put_status(
        self,
        sha: str,
        root: TerraformRoot,
        *,
        state: StatusState,
        text: str,
        known: Iterable[Status],
        url: str,
    ) -> None:
        """Post `terraform/<environment>/<root>` unless it stands there already."""
        context, text = f"terraform/{root}", text[:_LONGEST]
        if any((o.context, o.state, o.description) == (context, state, text) for o in known):
            return
        with translated(f"posting {context}"):
            self.forge.repository().create_status(
                sha, state=state, context=context, description=text, target_url=url
            )

    def _comments(self, number: int) -> list[forgejo.IssueComment]:
        return list(self.forge.repository().get_pull(number).get_issue_comments())

    def _mine(self, comments: Iterable[forgejo.IssueComment]) -> list[forgejo.IssueComment]:
        ours = (self.bot.lower(), AUTOMATIC)
        return [
            one for one in comments if one.user.login.lower() in ours and is_plan_comment(one.body)
        ]
