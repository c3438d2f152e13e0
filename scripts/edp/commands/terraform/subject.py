"""What is planned: Terraform roots, where their files are, and what the change began at."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edp.clients.git import GitRepository
from edp.clients.terraform_trees import export, tree_of_commit, tree_of_folder
from edp.clients.worktree import WorkTree
from edp.core.terraform.policy_file import PolicyFile
from edp.core.terraform.scope import (
    Scope,
    parse_roots,
    policy_of,
    scope_of_change,
    scope_of_roots,
)
from edp.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class Subject:
    """The Terraform roots of a change, or those that somebody named."""

    scope: Scope
    policy: PolicyFile
    """Never of the tree after the change: no change allows itself anything."""
    folder: Path
    """Where the files are."""
    git: GitRepository | None
    before: str
    """The commit that the change began at; empty where Terraform roots were named."""

    def require_git(self) -> GitRepository:
        """The repository, for what was deleted."""
        if self.git is None:
            raise InvalidInputError(f"{self.folder}: not a clone of the repository")
        return self.git


def subject_of_folder(tree: WorkTree, base: str | None, names: Sequence[str]) -> Subject:
    """The work tree as it is: what has changed since `base`, the named ones, or all."""
    after = tree_of_folder(tree)
    if base is None:
        policy = policy_of(after)
        scope = scope_of_roots(after, parse_roots(names), policy)
        return Subject(scope, policy, tree.root, tree.git, "")
    commit = tree.merge_base(base)
    before = tree_of_commit(tree.require_git(), commit)
    policy = policy_of(before)
    if names:
        scope = scope_of_roots(after, parse_roots(names), policy)
        return Subject(scope, policy, tree.root, tree.git, "")
    changed = tree.changed_paths(commit, (".",))
    scope = scope_of_change(before, after, changed, policy)
    return Subject(scope, policy, tree.root, tree.git, commit)


def subject_of_commits(git: GitRepository, main: str, head: str, folder: Path) -> Subject:
    """What a branch changes, by the policy of the default branch; `write_files` comes next."""
    base = git.merge_base(main, head)
    if base is None:
        raise InvalidInputError(f"{head[:8]} has no commit in common with the default branch")
    before, after = tree_of_commit(git, base), tree_of_commit(git, head)
    changed = frozenset(change.path for change in git.diff(base, head))
    policy = policy_of(tree_of_commit(git, main))
    return Subject(scope_of_change(before, after, changed, policy), policy, folder, git, base)


def write_files(subject: Subject, head: str) -> None:
    """Put what the Terraform roots need of a commit into the subject's folder."""
    uses = {use.path for reach in subject.scope.reaches for use in reach.uses}
    export(subject.require_git(), head, subject.folder, below={"terraform", *uses})
