"""What a moved ref changes: branch rows, heads of pull requests, approvals, open or closed."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.forge.git_store import ZERO
from sandbox.forge.protection import rule_for
from sandbox.forge.records import PullRequest, Repository

if TYPE_CHECKING:
    from sandbox.forge.state import Forge

BRANCHES = "refs/heads/"


@dataclass(frozen=True)
class RefMove:
    ref: str
    old: str
    new: str
    lagging: bool = False

    @property
    def branch(self) -> str:
        return self.ref.removeprefix(BRANCHES)


def follow(forge: "Forge", repository: Repository, move: RefMove) -> None:
    """Does everything a move of a branch brings along, late where the server would lag."""
    if not move.ref.startswith(BRANCHES):
        return
    lag = forge.lag
    is_new = move.old == ZERO
    rows = lag.new_branch if is_new else lag.branch
    late = move.lagging and move.new != ZERO
    forge.after(rows if late else 0, lambda: _set_row(repository.branch_rows, move))
    contents = max(lag.contents, lag.new_branch if is_new else 0)
    forge.after(contents if late else 0, lambda: _set_row(repository.content_rows, move))
    forge.after(lag.pull_head if late else 0, lambda: _update_pulls(forge, repository, move))


def _set_row(rows: dict[str, str], move: RefMove) -> None:
    if move.new == ZERO:
        rows.pop(move.branch, None)
    else:
        rows[move.branch] = move.new


def _update_pulls(forge: "Forge", repository: Repository, move: RefMove) -> None:
    for target in forge.repositories.values():
        for pull in [pull for pull in target.pulls if pull.is_open]:
            if pull.head_repository is repository and pull.head_branch == move.branch:
                _head_moved(forge, target, pull, move)
            elif target is repository and pull.base_branch == move.branch:
                _base_moved(forge, target, pull, move)


def _head_moved(forge: "Forge", target: Repository, pull: PullRequest, move: RefMove) -> None:
    if move.new == ZERO:
        pull.head_deleted = True
        close(forge, pull)
        return
    before = content_of(target, pull)
    pull.head_sha = move.new
    take_head(target, pull)
    pull.merge_base = target.store.merge_base(f"{BRANCHES}{pull.base_branch}", move.new)
    pull.checked_at = pull.issue.updated = forge.now()
    if content_of(target, pull) != before:
        _age_reviews(forge, target, pull)


def _base_moved(forge: "Forge", target: Repository, pull: PullRequest, move: RefMove) -> None:
    if move.new == ZERO:
        close(forge, pull)
        return
    pull.merge_base = target.store.merge_base(move.new, pull.head_sha) or pull.merge_base
    if forge.base_check > 0:
        pull.believed_until = forge.now() + timedelta(seconds=forge.base_check)
    else:
        pull.checked_at = forge.now()


def take_head(target: Repository, pull: PullRequest) -> None:
    """Points refs/pull/n/head at the head commit, fetching it first from a fork."""
    source = pull.head_repository.store
    ref = f"refs/pull/{pull.number}/head"
    if pull.head_repository is target:
        target.store.git("update-ref", ref, pull.head_sha)
    else:
        target.store.fetch(source, f"{BRANCHES}{pull.head_branch}", ref)


def content_of(target: Repository, pull: PullRequest) -> str:
    """The change a pull request proposes; reviews age when it changes."""
    return target.store.patch(pull.merge_base, pull.head_sha)


def _age_reviews(forge: "Forge", target: Repository, pull: PullRequest) -> None:
    rule = rule_for(target, pull.base_branch)
    dismiss = rule is not None and rule.settings["dismiss_stale_approvals"]
    for review in pull.reviews:
        if review.commit_id == pull.head_sha:
            review.stale = False
            continue
        review.stale = True
        review.updated = forge.now()
        if dismiss and review.state == "APPROVED":
            review.dismissed = True


def close(forge: "Forge", pull: PullRequest) -> None:
    pull.issue.closed = pull.issue.updated = forge.now()
