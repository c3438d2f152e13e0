"""The Forgejo repository as promotions need it: core types out, Forgejo's errors translated."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import forgejo
from edp.core.names import parse_promotion_branch, promotion_branch
from edp.core.promotion.facts import (
    CLOSED_BY_BOT_LABEL,
    POLICY_CONTEXT,
    PullRequest,
    Review,
    Status,
)
from edp.core.promotion.pairs import Pair
from edp.errors import (
    BusyError,
    ConflictError,
    EdpError,
    InvalidInputError,
    RefusedError,
    UnavailableError,
)
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
class ClosedPull:
    """A promotion that was closed without being merged."""

    number: int
    head: str
    body: str


@dataclass(frozen=True, slots=True)
class Merged:
    """A merged pull request; `commit` is the merge commit."""

    number: int
    commit: str


class StillCheckingError(BusyError):
    """The forge has not decided yet whether the pull request can be merged."""


class LostMergeRaceError(ConflictError):
    """The merge did not happen because something moved: read it again and decide again."""


class NeedsApprovalError(RefusedError):
    """The forge misses an approval, perhaps one that it has dismissed a moment ago."""


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn the client's errors into ours; `what` says what was being done."""
    try:
        yield
    except forgejo.ForgejoError as exc:
        raise translate(exc, what) from exc


def translate(exc: forgejo.ForgejoError, what: str) -> EdpError:
    """The error with its exit code and what a person can do about it."""
    message = f"{what}: {one_line(str(exc))}"
    if isinstance(exc, forgejo.ArchivedError):
        return RefusedError(message, hint="the repository is archived: unarchive it")
    for kinds, make, hint in _TRANSLATIONS:
        if isinstance(exc, kinds):
            return make(message, hint=hint)
    return UnavailableError(message, hint="run again")


_TRANSLATIONS: tuple[tuple[tuple[type[forgejo.ForgejoError], ...], type[EdpError], str], ...] = (
    (
        (forgejo.AuthenticationError,),
        InvalidInputError,
        "the token is wrong or expired: check EDP_TOKEN and EDP_GATE_TOKEN",
    ),
    (
        (forgejo.ScopeError,),
        InvalidInputError,
        "make a token with the scopes write:repository and write:issue",
    ),
    (
        (forgejo.ForbiddenError, forgejo.NotFoundError),
        InvalidInputError,
        "check EDP_REPOSITORY and what the token's user may do there",
    ),
    (
        (forgejo.MovedError, forgejo.UnsupportedError, forgejo.ArgumentError),
        InvalidInputError,
        "check EDP_FORGEJO_URL and EDP_REPOSITORY",
    ),
    (
        (forgejo.UntrustedServerError,),
        InvalidInputError,
        "name the authority's certificates in EDP_CA_BUNDLE",
    ),
    ((forgejo.ConflictError, forgejo.AlreadyMergedError), ConflictError, "look, then run again"),
    ((forgejo.ValidationError,), InvalidInputError, ""),
)


class Forge:
    """One repository, as the bot and (for approving and merging) as the gate user."""

    def __init__(
        self,
        bot: forgejo.Forgejo,
        gate: forgejo.Forgejo | None,
        full_name: str,
    ) -> None:
        """Take the clients; the repository is read with the first call."""
        self._bot = bot
        self._gate = gate
        self._full_name = full_name
        self._repository: forgejo.Repository | None = None
        self._pulls: dict[int, forgejo.PullRequest] = {}
        self._labels: dict[str, int] | None = None

    @property
    def can_merge(self) -> bool:
        """Whether there is a token of the gate user."""
        return self._gate is not None

    @property
    def web_url(self) -> str:
        """The repository's page."""
        return self._repo().html_url

    def _repo(self) -> forgejo.Repository:
        if self._repository is None:
            with translated("reading the repository"):
                self._repository = self._bot.get_repo(self._full_name)
        return self._repository

    def base(self) -> Base:
        """The default branch as it is now."""
        repo = self._repo()
        with translated("reading the default branch"):
            branch = repo.get_branch(repo.default_branch)
        contexts = branch.status_check_contexts if branch.enable_status_check else ()
        return Base(branch.name, branch.commit.id, contexts, branch.required_approvals)

    # --- reading promotions

    def promotions(self, bot: str) -> dict[Pair, tuple[PullRequest, ...]]:
        """The bot's open pull requests from promotion branches of this very repository."""
        repo = self._repo()
        with translated("listing open pull requests"):
            found = list(repo.get_pulls(state="open", base=repo.default_branch))
        return self._by_pair(found, bot)

    def promotions_of(self, pair: Pair, bot: str) -> tuple[PullRequest, ...]:
        """The bot's open pull requests of one pair, the lowest number first."""
        repo, head = self._repo(), promotion_branch(*pair)
        with translated("listing open pull requests"):
            found = list(repo.get_pulls(state="open", base=repo.default_branch, head=head))
        return self._by_pair(found, bot).get(pair, ())

    def _by_pair(
        self, found: list[forgejo.PullRequest], bot: str
    ) -> dict[Pair, tuple[PullRequest, ...]]:
        pairs: dict[Pair, list[PullRequest]] = {}
        for pull in sorted(found, key=lambda pull: pull.number):
            pair = _pair_of(pull, bot)
            if pair is not None:
                self._pulls[pull.number] = pull
                pairs.setdefault(pair, []).append(_pull(pull, pair))
        return {pair: tuple(pulls) for pair, pulls in pairs.items()}

    def closed_by_people(self, pair: Pair, bot: str) -> tuple[ClosedPull, ...]:
        """Promotions of a pair that were closed, but neither merged nor by the bot."""
        repo, head = self._repo(), promotion_branch(*pair)
        with translated("listing closed pull requests"):
            found = list(repo.get_pulls(state="closed", base=repo.default_branch, head=head))
        return tuple(
            ClosedPull(pull.number, pull.head.sha, pull.body)
            for pull in found
            if _pair_of(pull, bot) == pair
            and not pull.merged
            and all(label.name != CLOSED_BY_BOT_LABEL for label in pull.labels)
        )

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

    def create_pull(self, pair: Pair, *, title: str, body: str) -> None:
        """Open the pull request of a promotion branch; one that is open already is no error."""
        repo = self._repo()
        head = promotion_branch(*pair)
        with translated(f"opening the pull request of {head}"):
            try:
                repo.create_pull(head=head, base=repo.default_branch, title=title, body=body)
            except (forgejo.AlreadyExistsError, forgejo.AmbiguousError):
                """Who looks next finds it, or finds that it is not there."""

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

    def _label(self, name: str) -> int:
        repo = self._repo()
        if self._labels is None:
            self._labels = {label.name: label.id for label in repo.get_labels()}
        if name not in self._labels:
            self._labels[name] = repo.create_label(name, color="#6a737d").id
        return self._labels[name]

    def set_policy(
        self, sha: str, *, state: StatusState, description: str, url: str
    ) -> None:
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
                raise _not_allowed(number, exc.reason) from exc
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

    def parents(self, sha: str) -> tuple[str, ...]:
        """The parents of a commit, first one first."""
        with translated("reading the merge commit"):
            return self._repo().get_git_commit(sha).parents


def _not_allowed(number: int, reason: str) -> EdpError:
    text = f"#{number} is not merged: {one_line(reason)}"
    if "status checks" in reason:
        return LostMergeRaceError(text)
    if "enough approvals" in reason:
        return NeedsApprovalError(text, hint="approve it again")
    return RefusedError(text)


def _pair_of(pull: forgejo.PullRequest, bot: str) -> Pair | None:
    """The pair of a pull request of ours; None for anybody else's."""
    parsed = parse_promotion_branch(pull.head.label)
    is_ours = pull.user.login.lower() == bot.lower() and pull.head.repo_id == pull.base.repo_id
    return Pair(*parsed) if parsed and is_ours else None


def _pull(pull: forgejo.PullRequest, pair: Pair) -> PullRequest:
    return PullRequest(
        number=pull.number,
        pair=pair,
        head=pull.head.sha,
        title=pull.title,
        body=pull.body,
        labels=tuple(label.name for label in pull.labels),
        created_at=pull.created_at,
        changed_files=pull.changed_files,
        is_draft=pull.draft,
    )


def connect(
    url: str, full_name: str, *, token: str, gate_token: str = "", ca_bundle: Path | None = None
) -> Forge:
    """A forge over the network; nothing is sent yet."""
    with translated("connecting to the forge"):
        agent = "edp"
        bot = forgejo.Forgejo(url, token, ca_bundle=ca_bundle, user_agent=agent)
        gate = (
            forgejo.Forgejo(url, gate_token, ca_bundle=ca_bundle, user_agent=agent)
            if gate_token
            else None
        )
    return Forge(bot, gate, full_name)
