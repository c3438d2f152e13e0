"""Merging: every reason not to, and the merge itself."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sandbox.forge.access import may
from sandbox.forge.git_store import ZERO, GitStore, RefMovedError, Signature
from sandbox.forge.protection import may_merge, merge_refusal, rule_for
from sandbox.forge.records import MergeRequest, PullRequest, Repository, User
from sandbox.forge.refusal import RefusalError, not_found, server_error
from sandbox.forge.updating import ReplayConflictError, replay

if TYPE_CHECKING:
    from sandbox.forge.state import Forge

TRY_AGAIN = "Please try again later"


def check_pending(forge: "Forge", pull: PullRequest) -> None:
    """Starts the conflict check anew; merges answer "try again" until it is done."""
    pull.checked_at = forge.now()


def is_checked(forge: "Forge", pull: PullRequest) -> bool:
    return forge.now() >= pull.checked_at + timedelta(seconds=forge.conflict_check)


def is_believed(forge: "Forge", pull: PullRequest) -> bool:
    """Whether the result from before the base moved still stands."""
    return pull.believed_until is not None and forge.now() < pull.believed_until


def conflicts(repository: Repository, pull: PullRequest) -> str | None:
    """What git says about the merge of head into base, when it conflicts."""
    base = repository.store.branch(pull.base_branch)
    return repository.store.merge_trees(base, pull.head_sha)[1] if base else None


def is_mergeable(forge: "Forge", repository: Repository, pull: PullRequest) -> bool:
    """The field of the same name: checked, without a conflict, no draft; whatever rules say."""
    if pull.merged_at is not None:
        return True
    if pull.is_draft or not is_checked(forge, pull):
        return False
    if is_believed(forge, pull):
        return True
    return conflicts(repository, pull) is None


def merge(
    forge: "Forge", repository: Repository, pull: PullRequest, user: User, wish: MergeRequest
) -> None:
    """Merges, or raises the refusal the real server answers with."""
    refuse_by_person(repository, pull, user)
    _refuse_by_state(forge, repository, pull)
    _refuse_by_rules(repository, pull, user, wish)
    if wish.style in repository.disallowed_styles or wish.style == "manually-merged":
        text = f"{wish.style} is not an allowed merge style for this repository"
        raise RefusalError(405, text)
    if wish.head_commit and wish.head_commit != pull.head_sha:
        check_pending(forge, pull)
        raise RefusalError(409, "head out of date")
    _do_merge(forge, repository, pull, user, wish)
    if wish.delete_branch:
        _delete_head(forge, repository, pull, user)


def refuse_by_person(repository: Repository, pull: PullRequest, user: User) -> None:
    """What no status can change: merged, closed, a draft, or not this user's to merge."""
    if pull.merged_at is not None:
        raise RefusalError(405, "")
    if not pull.is_open:
        raise not_found()
    if not may_merge(user, repository, pull.base_branch):
        raise RefusalError(405, "User not allowed to merge PR")
    if pull.is_draft:
        raise RefusalError(405, "Work in progress PRs cannot be merged")


def _refuse_by_state(forge: "Forge", repository: Repository, pull: PullRequest) -> None:
    if not is_checked(forge, pull) or not repository.store.changes(pull.merge_base, pull.head_sha):
        raise RefusalError(405, TRY_AGAIN)
    if not is_believed(forge, pull) and conflicts(repository, pull) is not None:
        raise RefusalError(405, TRY_AGAIN)


def _refuse_by_rules(
    repository: Repository, pull: PullRequest, user: User, wish: MergeRequest
) -> None:
    """Only an instance admin can force; then `apply_to_admins` does not help either."""
    reason = merge_refusal(repository, pull)
    if reason and not (wish.force and user.is_admin):
        raise RefusalError(405, f"not allowed to merge [reason: {reason}]")
    rule = rule_for(repository, pull.base_branch)
    if rule is not None and rule.settings["require_signed_commits"]:
        raise RefusalError(405, "won't sign: nokey")
    if any(issue.closed is None for issue in pull.issue.blocked_by):
        raise server_error("is blocked by an open dependency")


def _do_merge(
    forge: "Forge", repository: Repository, pull: PullRequest, user: User, wish: MergeRequest
) -> None:
    base = repository.store.branch(pull.base_branch) or ZERO
    new = _merged_commit(forge, repository, pull, user, wish, base)
    pull.merged_at = pull.issue.closed = pull.issue.updated = forge.now()
    pull.merged_by, pull.merge_commit = user, new
    try:
        forge.move_ref(repository, f"refs/heads/{pull.base_branch}", new, base)
    except RefMovedError as moved:
        pull.merged_at = pull.issue.closed = pull.merged_by = None
        pull.merge_commit = ""
        check_pending(forge, pull)
        text = f"PushRejected with remote message: error: {moved}"
        raise RefusalError(409, text) from None


def _merged_commit(
    forge: "Forge",
    repository: Repository,
    pull: PullRequest,
    user: User,
    wish: MergeRequest,
    base: str,
) -> str:
    store = repository.store
    if wish.style == "fast-forward-only":
        if not store.is_ancestor(base, pull.head_sha):
            raise server_error("Not possible to fast-forward, aborting.")
        return pull.head_sha
    tree, conflict = store.merge_trees(base, pull.head_sha)
    if conflict is not None:
        pull.believed_until = None
        raise RefusalError(409, body=_conflict(wish.style, conflict))
    who, head = forge.signature(user), pull.head_sha
    if wish.style in ("rebase", "rebase-merge"):
        head = _replayed(store, base, pull, who, wish)
    if wish.style == "rebase":
        return head
    parents = [base] if wish.style == "squash" else [base, head]
    text = _message(pull, wish)
    return store.write_commit(tree, parents, text, author=who, committer=who)


def _replayed(
    store: GitStore, base: str, pull: PullRequest, who: Signature, wish: MergeRequest
) -> str:
    try:
        return replay(store, base, pull.head_sha, who)
    except ReplayConflictError as error:
        raise RefusalError(409, body=_conflict(wish.style, error.text)) from None


def _conflict(style: str, text: str) -> dict[str, Any]:
    end = "Automatic merge failed; fix conflicts and then commit the result.\n"
    return {"Style": style, "StdOut": text + end, "StdErr": "", "Err": {"Stderr": None}}


def _message(pull: PullRequest, wish: MergeRequest) -> str:
    number, title = f"#{pull.number}", pull.issue.title
    ends = f"from {pull.head_branch} into {pull.base_branch}"
    default = f"Merge pull request '{title}' ({number}) {ends}"
    if wish.style == "squash":
        default = f"{title} ({number})"
    subject = wish.title or default
    return f"{subject}\n\n{wish.message.strip()}\n" if wish.message.strip() else f"{subject}\n"


def _delete_head(forge: "Forge", repository: Repository, pull: PullRequest, user: User) -> None:
    """Removes the head branch; kept where another open pull request still uses it."""
    source, branch = pull.head_repository, pull.head_branch
    sha = source.store.branch(branch)
    users = [known for known in repository.pulls if known.is_open and known.head_branch == branch]
    if sha is None or users or not may(user, "write", source):
        return
    if rule_for(source, branch) is not None:
        raise RefusalError(403, "the head branch is protected")
    for known in repository.pulls:
        if known.is_open and known.base_branch == branch:
            known.base_branch = pull.base_branch
            check_pending(forge, known)
    pull.head_deleted = True
    forge.move_ref(source, f"refs/heads/{branch}", ZERO, sha)
