"""Replaying commits on a moved base, and bringing a pull request's head up to date."""

from typing import TYPE_CHECKING

from sandbox.forge.git_store import GitStore, Signature
from sandbox.forge.records import PullRequest, Repository, User
from sandbox.forge.refusal import RefusalError, server_error

if TYPE_CHECKING:
    from sandbox.forge.state import Forge


class ReplayConflictError(Exception):
    """A commit does not apply to its new parent; `text` is what git says."""

    def __init__(self, text: str) -> None:
        super().__init__("a commit does not apply")
        self.text = text


def replay(store: GitStore, base: str, head: str, committer: Signature) -> str:
    """The commits of `head` that `base` lacks, made again on top of it; returns the last."""
    for sha in reversed(store.log("--no-merges", f"{base}..{head}")):
        base = _pick(store, base, sha, committer)
    return base


def _pick(store: GitStore, onto: str, sha: str, committer: Signature) -> str:
    """One commit again on another parent.

    Git merges from a common ancestor, so the new parent's tree is first put on the old parent.
    """
    commit = store.commit(sha)
    tree = store.commit(onto).tree
    bridge = store.write_commit(
        tree, commit.parents, "bridge", author=committer, committer=committer
    )
    merged, conflict = store.merge_trees(bridge, sha)
    if conflict is not None:
        raise ReplayConflictError(conflict)
    return store.write_commit(
        merged, [onto], commit.message, author=commit.author, committer=committer
    )


def update_head(
    forge: "Forge", repository: Repository, pull: PullRequest, user: User, style: str
) -> None:
    """Takes the base into the head branch and moves that branch."""
    store = repository.store
    base = store.branch(pull.base_branch) or pull.merge_base
    if store.is_ancestor(base, pull.head_sha):
        raise server_error(f"HeadBranch of PR {pull.number} is up to date")
    new = _updated(forge, repository, pull, user, base=base, style=style)
    source = pull.head_repository
    if source is not repository:
        source.store.fetch_objects(store, new)
    forge.move_ref(source, f"refs/heads/{pull.head_branch}", new, pull.head_sha)


def _updated(
    forge: "Forge", repository: Repository, pull: PullRequest, user: User, *, base: str, style: str
) -> str:
    who, store = forge.signature(user), repository.store
    refused = RefusalError(409, "merge failed because of conflict")
    if style == "rebase":
        try:
            return replay(store, base, pull.head_sha, who)
        except ReplayConflictError:
            raise refused from None
    tree, conflict = store.merge_trees(pull.head_sha, base)
    if conflict is not None:
        raise refused
    text = f"Merge branch '{pull.base_branch}' into {pull.head_branch}\n"
    return store.write_commit(tree, [pull.head_sha, base], text, author=who, committer=who)
