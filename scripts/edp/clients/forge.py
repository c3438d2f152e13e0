"""The Forgejo repository as promotions need it: core types out, Forgejo's errors translated."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import forgejo
from edp.clients.forge_errors import (
    LostMergeRaceError,
    StillCheckingError,
    not_allowed_to_merge,
    translated,
)
from edp.clients.forge_pulls import OpenPulls, PairPulls
from edp.core.names import promotion_branch
from edp.core.promotion.facts import (
    CLOSED_BY_BOT_LABEL,
    POLICY_CONTEXT,
    PullRequest,
    Review,
    Status,
)
from edp.core.promotion.pairs import Pair
from edp.errors import InvalidInputError
from edp.text import one_line
from forgejo.statuses import StatusState


@dataclass(frozen=True, slots=True)
class Base:
    """The default branch, and what its protection asks of a merge."""

    branch: str
    head: str
    required_contexts: tuple[str, ...]
    required_approvals: int


@dataclass(frozen=True, slots=True)
class Merged:
    """A merged pull request; `commit` is the merge commit."""

    number: int
    commit: str


_UNTIL_VISIBLE: Final = (0.2, 0.4, 0.8, 1.6)
"""Seconds between tries; up to 1.7 were seen."""


class Forge:
    """One repository, as the bot and (for approving and merging) as the gate user."""

    def __init__(
        self,
        bot: forgejo.Forgejo,
        gate: forgejo.Forgejo | None,
        full_name: str,
        sleep: Callable[[float], None],
    ) -> None:
        """Take the clients; the repository is read with the first call."""
        self._sleep = sleep
        self._bot = bot
        self._gate = gate
        self._full_name = full_name
        self._repository: forgejo.Repository | None = None
        self._pulls: dict[int, forgejo.PullRequest] = {}
        self._labels: dict[str, int] | None = None

    def close(self) -> None:
        """End the connections."""
        self._bot.close()
        if self._gate is not None:
            self._gate.close()

    @property
    def can_merge(self) -> bool:
        """Whether there is a token of the gate user."""
        return self._gate is not None

    @property
    def web_url(self) -> str:
        """The repository's page."""
        return self._repo().html_url

    def repository(self) -> forgejo.Repository:
        """The repository itself, for other clients; raises what the forge's errors become."""
        return self._repo()

    def _repo(self) -> forgejo.Repository:
        if self._repository is None:
            with translated("reading the repository"):
                self._repository = self._bot.get_repo(self._full_name)
        return self._repository

    def default_branch(self) -> str:
        """The name of the default branch."""
        return self._repo().default_branch

    def base(self) -> Base:
        """The default branch as it is now."""
        repo = self._repo()
        with translated("reading the default branch"):
            branch = repo.get_branch(repo.default_branch)
        contexts = branch.status_check_contexts if branch.enable_status_check else ()
        return Base(branch.name, branch.commit.id, contexts, branch.required_approvals)

    # --- reading promotions

    def read_open_pulls(self) -> OpenPulls:
        """All open pull requests into the default branch, from one complete listing."""
        repo = self._repo()
        with translated("listing open pull requests"):
            found = list(repo.get_pulls(state="open", base=repo.default_branch))
        return OpenPulls(self._known(found))

    def read_pulls_of(self, pair: Pair) -> PairPulls:
        """All pull requests there ever were from a promotion branch, from one listing."""
        repo, head = self._repo(), promotion_branch(*pair)
        with translated(f"listing the pull requests of {head}"):
            found = list(repo.get_pulls(state="all", base=repo.default_branch, head=head))
        return PairPulls(pair, self._known(found))

    def open_pulls_of(self, pair: Pair, bot: str) -> tuple[PullRequest, ...]:
        """The bot's open pull requests of one pair as they are now, the lowest number first."""
        repo, head = self._repo(), promotion_branch(*pair)
        with translated(f"listing the open pull requests of {head}"):
            found = list(repo.get_pulls(state="open", base=repo.default_branch, head=head))
        return OpenPulls(self._known(found)).promotions(bot).get(pair, ())

    def has_open_pull(self, pair: Pair) -> bool:
        """Whether any open pull request, whoever made it, has the promotion's branch as head."""
        repo, head = self._repo(), promotion_branch(*pair)
        with translated(f"listing the open pull requests of {head}"):
            found = list(repo.get_pulls(state="open", head=head))
        return any(pull.head.repo_id == pull.base.repo_id for pull in found)

    def _known(self, found: Sequence[forgejo.PullRequest]) -> tuple[forgejo.PullRequest, ...]:
        self._pulls.update((pull.number, pull) for pull in found)
        return tuple(sorted(found, key=lambda pull: pull.number))

    def read_pull(self, number: int) -> OpenPulls:
        """A listing of one pull request, whoever made it; of none if it is not open."""
        with translated(f"reading #{number}"):
            pull = self._pull(number)
        return OpenPulls((pull,) if pull.state == "open" else ())

    def statuses(self, sha: str) -> tuple[Status, ...]:
        """The newest status of each context of a commit."""
        with translated("reading commit statuses"):
            found = self._repo().get_combined_status(sha).statuses
        return tuple(
            Status(
                one.context, one.state, one.description, one.creator.login if one.creator else ""
            )
            for one in found
        )

    def reviews(self, number: int) -> tuple[Review, ...]:
        """All reviews of a pull request, oldest first."""
        with translated(f"reading the reviews of #{number}"):
            found = list(self._pull(number).get_reviews())
        return tuple(
            Review(one.user.login, one.state, one.official, one.stale, one.dismissed, one.commit_id)
            for one in found
            if one.user is not None
        )

    def _pull(self, number: int) -> forgejo.PullRequest:
        if number not in self._pulls:
            self._pulls[number] = self._repo().get_pull(number)
        return self._pulls[number]

    # --- writing promotions

    def create_pull(self, pair: Pair, *, title: str, body: str) -> int | None:
        """Open the pull request of a promotion branch; returns its number if this call made it.

        One that is open already is no error. A branch is visible to the forge a moment after it
        was pushed: until then the answer is 404 or 500, so this looks and asks again.
        """
        head = promotion_branch(*pair)
        with translated(f"opening the pull request of {head}"):
            for pause in _UNTIL_VISIBLE:
                try:
                    return self._create_pull(head, title=title, body=body)
                except forgejo.AmbiguousError:
                    if self.has_open_pull(pair):
                        return None
                except forgejo.NotFoundError:
                    """The branch is not there yet."""
                self._sleep(pause)
            return self._create_pull(head, title=title, body=body)

    def _create_pull(self, head: str, *, title: str, body: str) -> int | None:
        repo, base = self._repo(), self._repo().default_branch
        try:
            return repo.create_pull(head=head, base=base, title=title, body=body).number
        except forgejo.AlreadyExistsError:
            return None  # who looks next finds it

    def edit_pull(self, number: int, *, title: str, body: str) -> None:
        """Replace title and text."""
        with translated(f"editing #{number}"):
            self._pulls[number] = self._pull(number).edit(title=title, body=body)

    def close_pull(self, number: int, comment: str) -> None:
        """Close a promotion: the label first, so that it never looks closed by a person."""
        with translated(f"closing #{number}"):
            pull = self._pull(number)
            pull.add_to_labels(self._label(CLOSED_BY_BOT_LABEL))
            if comment:
                self._upsert_comment(pull, comment, is_same=lambda body: body == comment)
            pull.close()
        self._pulls.pop(number, None)

    def comment(self, number: int, text: str, *, marker: str) -> None:
        """Write the one comment with this marker, or edit it; an equal one is left alone."""
        with translated(f"commenting on #{number}"):
            pull = self._pull(number)
            self._upsert_comment(pull, text, is_same=lambda body: body.startswith(marker))

    def _upsert_comment(
        self, pull: forgejo.PullRequest, text: str, *, is_same: Callable[[str], bool]
    ) -> None:
        mine = [
            one
            for one in pull.get_issue_comments()
            if one.user.login == pull.user.login and is_same(one.body)
        ]
        if not mine:
            pull.create_issue_comment(text)
        elif mine[0].body != text:
            mine[0].edit(text)

    def has_comment(self, number: int, marker: str) -> bool:
        """Whether the bot's one comment with this marker is there."""
        with translated(f"reading the comments of #{number}"):
            pull = self._pull(number)
            return any(
                one.user.login == pull.user.login and one.body.startswith(marker)
                for one in pull.get_issue_comments()
            )

    def add_label(self, number: int, name: str) -> None:
        """Put a label on a pull request, and make the label if the repository has none."""
        with translated(f"labelling #{number}"):
            self._pull(number).add_to_labels(self._label(name))

    def remove_label(self, number: int, name: str) -> None:
        """Take a label off a pull request; one that is not there is no error."""
        with translated(f"labelling #{number}"):
            pull = self._pull(number)
            for label in pull.labels:
                if label.name == name:
                    pull.remove_from_labels(label.id)

    def _label(self, name: str) -> int:
        repo = self._repo()
        if self._labels is None:
            self._labels = {label.name: label.id for label in repo.get_labels()}
        if name not in self._labels:
            self._labels[name] = repo.create_label(name, color="#6a737d").id
        return self._labels[name]

    def set_policy(self, sha: str, *, state: StatusState, description: str, url: str) -> None:
        """Post `edp/policy` on a commit."""
        with translated("posting edp/policy"):
            self._repo().create_status(
                sha, state=state, context=POLICY_CONTEXT, description=description, target_url=url
            )

    def delete_branch(self, pair: Pair) -> None:
        """Delete a promotion branch that no open pull request uses."""
        with translated(f"deleting {promotion_branch(*pair)}"):
            self._repo().delete_branch(promotion_branch(*pair))

    # --- merging, as the gate user

    def _as_gate(self, number: int) -> forgejo.PullRequest:
        if self._gate is None:
            raise InvalidInputError(
                "no token of the gate user", hint="put its access token into EDP_GATE_TOKEN"
            )
        return self._gate.act_on(self._pull(number))

    def approve(self, number: int, sha: str) -> None:
        """Approve exactly this commit."""
        with translated(f"approving #{number}"):
            self._as_gate(number).create_review(event="APPROVED", commit_id=sha)

    def merge(self, number: int, sha: str, *, title: str, message: str) -> None:
        """Merge exactly this commit; returns if it was merged, whoever did it.

        Raises StillCheckingError, LostMergeRaceError, NeedsApprovalError, RefusedError.
        """
        with translated(f"merging #{number}"):
            try:
                self._as_gate(number).merge(
                    head_commit_id=sha, title=title, message=message, delete_branch=True
                )
            except (forgejo.MergedButBranchKeptError, forgejo.AlreadyMergedError):
                """It is merged; what exactly is read afterwards."""
            except forgejo.TryAgainLaterError as exc:
                raise StillCheckingError(f"#{number}: {exc.message}") from exc
            except (
                forgejo.HeadOutOfDateError, forgejo.LostRaceError, forgejo.MergeConflictError
            ) as exc:  # fmt: skip
                raise LostMergeRaceError(f"#{number}: {one_line(exc.message)}") from exc
            except forgejo.NotAllowedToMergeError as exc:
                raise not_allowed_to_merge(number, exc.reason) from exc
            except forgejo.NotFoundError as exc:
                raise LostMergeRaceError(f"#{number} is closed") from exc
            except forgejo.AmbiguousError:
                """The outcome is read afterwards."""

    def merged(self, number: int) -> Merged | None:
        """The merge of a pull request; None if it is not merged."""
        with translated(f"reading #{number}"):
            pull = self._repo().get_pull(number)
        self._pulls[number] = pull
        if not pull.merged or not pull.merge_commit_sha:
            return None
        return Merged(number, pull.merge_commit_sha)


def connect(  # noqa: PLR0913 (each one is a setting)
    url: str,
    full_name: str,
    *,
    token: str,
    gate_token: str,
    ca_bundle: Path | None,
    monotonic: Callable[[], float],
    sleep: Callable[[float], None],
) -> Forge:
    """A forge over the network; nothing is sent yet."""

    def client(secret: str) -> forgejo.Forgejo:
        return forgejo.Forgejo(
            url, secret, ca_bundle=ca_bundle, user_agent="edp", clock=monotonic, sleep=sleep
        )

    with translated("connecting to the forge"):
        bot, gate = client(token), client(gate_token) if gate_token else None
    return Forge(bot, gate, full_name, sleep)
