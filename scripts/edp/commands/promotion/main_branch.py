"""What git says: the default branch, its history, the releases, the promotion branches."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from edp.clients.git import Change, Commit, CommitChanges, GitRepository
from edp.core.names import parse_promotion_branch
from edp.core.promotion.facts import Proposal
from edp.core.promotion.pairs import Pair
from edp.core.promotion.proposals import BranchFacts, BranchFile, recognise
from edp.core.promotion.snapshot import Snapshot, is_of_interest
from edp.core.repository.layout import (
    STACK_FILE,
    application_path,
    kustomization_path,
    stack_file_path,
)
from edp.errors import InvalidInputError

PLAIN_FILE = "100644"
ENVIRONMENTS = "environments"
STACKS = "stacks"
TERRAFORM = "terraform"


@dataclass(frozen=True, slots=True)
class Branch:
    """One `promote/*` branch whose pair is known."""

    pair: Pair
    commit: Commit
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class MainBranch:
    """The default branch as fetched, before any content is read."""

    head: str
    blobs: Mapping[str, str]
    """The files below `environments/` by path; what is no plain file is left out."""
    history: tuple[CommitChanges, ...]
    """Newest first: what each commit changed in pins, policy and `stack.yaml` files."""
    places: Mapping[str, int]
    """How many commits of the first-parent history are newer than each of its commits."""
    branches: tuple[Branch, ...]
    newest_changes: Mapping[str, str]
    """The newest commit that changed each path."""

    def made_at(self, pair: Pair) -> datetime | None:
        """When the commit of a promotion branch was made."""
        return next(
            (branch.commit.committed_at for branch in self.branches if branch.pair == pair), None
        )

    def changed_by(self, path: str) -> str | None:
        """The newest commit that changed a file."""
        return self.newest_changes.get(path)

    def newest_below(self, folder: str) -> str:
        """The newest commit that changed anything in a folder; empty if none did."""
        return next(
            (
                entry.commit
                for entry in self.history
                if any(change.path.startswith(f"{folder}/") for change in entry.changes)
            ),
            "",
        )

    def contains(self, path: str) -> Callable[[str], bool]:
        """Says of a commit of `main` whether it has the last change of this file."""
        changed_by = self.newest_changes.get(path, "")
        changed_at = self.places.get(changed_by)

        def contains(commit: str) -> bool:
            place = self.places.get(commit)
            return place is not None and changed_at is not None and place <= changed_at

        return contains


def head_of(git: GitRepository, branch: str) -> str:
    """The newest commit of the default branch."""
    head = git.refs().get(f"refs/heads/{branch}")
    if head is None:
        raise InvalidInputError(f'the branch "{branch}" is empty', hint="push the repository first")
    return head


def read_main(
    git: GitRepository, branch: str, stack: str | None, known: MainBranch | None = None
) -> MainBranch:
    """Read trees and commits; no file's content is needed.

    From `known`, an earlier answer to the same question, only what has changed since is read.
    """
    head = head_of(git, branch)
    commits = git.first_parent_commits(head)
    if known is not None and known.head not in commits:
        known = None  # the history was rewritten
    history = (*_history(git, head, known, stack), *(known.history if known else ()))
    return MainBranch(
        head=head,
        blobs=_blobs(git, head, known),
        history=history,
        places={commit: place for place, commit in enumerate(commits)},
        branches=tuple(_branches(git, stack, known.branches if known else ())),
        newest_changes={
            change.path: entry.commit for entry in reversed(history) for change in entry.changes
        },
    )


def _history(
    git: GitRepository, head: str, known: MainBranch | None, stack: str | None
) -> tuple[CommitChanges, ...]:
    if known is not None and known.head == head:
        return ()
    paths = (ENVIRONMENTS, STACKS if stack is None else stack_file_path(stack), TERRAFORM)
    exclude = known.head if known else None
    return tuple(_of_interest(git.first_parent_changes(head, exclude=exclude, paths=paths)))


def _blobs(git: GitRepository, head: str, known: MainBranch | None) -> Mapping[str, str]:
    if known is None:
        entries = git.list_tree(head, paths=(ENVIRONMENTS,))
        return {entry.path: entry.sha for entry in entries if entry.mode == PLAIN_FILE}
    if known.head == head:
        return known.blobs
    blobs = dict(known.blobs)
    for change in git.diff(known.head, head, paths=(ENVIRONMENTS,)):
        blobs.pop(change.path, None)
        if change.new_mode == PLAIN_FILE:
            blobs[change.path] = change.new_blob
    return blobs


def _of_interest(history: Iterable[CommitChanges]) -> Iterator[CommitChanges]:
    """The history without what stacks consist of."""
    for entry in history:
        changes = tuple(change for change in entry.changes if _is_told(change.path))
        if changes:
            yield CommitChanges(entry.commit, changes)


def _is_told(path: str) -> bool:
    parts = path.split("/")
    is_told_whole = parts[0] in (ENVIRONMENTS, TERRAFORM)
    return is_told_whole or (len(parts) == 3 and parts[2] == STACK_FILE)


def _branches(git: GitRepository, stack: str | None, known: Iterable[Branch]) -> Iterator[Branch]:
    found: dict[Pair, str] = {}
    for ref, sha in git.refs().items():
        parsed = parse_promotion_branch(ref.removeprefix("refs/heads/"))
        if parsed and stack in (None, parsed[0]):
            found[Pair(*parsed)] = sha
    unmoved = {one.pair: one for one in known if found.get(one.pair) == one.commit.sha}
    commits = git.commits(sha for pair, sha in found.items() if pair not in unmoved)
    for pair, sha in sorted(found.items()):
        yield unmoved.get(pair) or _branch(git, pair, commits[sha])


def _branch(git: GitRepository, pair: Pair, commit: Commit) -> Branch:
    changes = git.diff(commit.parents[0], commit.sha) if commit.parents else ()
    return Branch(pair, commit, changes)


def blobs_to_read(main: MainBranch, stack: str | None) -> frozenset[str]:
    """The content that pins, policy and proposals are told from."""
    wanted = {sha for path, sha in main.blobs.items() if is_of_interest(path, stack)}
    for branch in main.branches:
        if len(branch.changes) > 2:  # it is somebody else's, whatever it holds
            continue
        for change in branch.changes:
            wanted.update((change.old_blob, change.new_blob, main.blobs.get(change.path, "")))
    return frozenset(wanted - {""})


def proposals_of(
    git: GitRepository, main: MainBranch, content: Mapping[str, bytes], snapshot: Snapshot
) -> dict[Pair, Proposal]:
    """What every promotion branch holds; branches of unknown environments are left out."""
    graph = snapshot.graph
    found: dict[Pair, Proposal] = {}
    for branch in main.branches:
        if branch.pair.environment not in graph.environments:
            continue
        facts = _facts_of(git, main, branch, content, graph.bots.email)
        found[branch.pair] = recognise(
            facts,
            application=application_path(graph, branch.pair),
            kustomization=kustomization_path(graph, branch.pair.environment),
        )
    return found


def _facts_of(
    git: GitRepository,
    main: MainBranch,
    branch: Branch,
    content: Mapping[str, bytes],
    email: str,
) -> BranchFacts:
    commit = branch.commit
    has_few_files = len(branch.changes) <= 2
    return BranchFacts(
        pair=branch.pair,
        head=commit.sha,
        message=commit.message,
        parents_on_main=tuple(parent in main.places for parent in commit.parents),
        is_by_bot=commit.committer_email == email,
        files=tuple(
            _file(git, main, change, content, commit.sha)
            for change in (branch.changes if has_few_files else ())
        ),
        has_plain_modes=has_few_files and all(_is_plain(change) for change in branch.changes),
    )


def _is_plain(change: Change) -> bool:
    modes = {change.old_mode, change.new_mode} - {""}
    return modes == {PLAIN_FILE}


def _file(
    git: GitRepository,
    main: MainBranch,
    change: Change,
    content: Mapping[str, bytes],
    head: str,
) -> BranchFile:
    on_main = main.blobs.get(change.path, "")
    merged = content.get(change.new_blob)
    if on_main != change.old_blob:
        merged = _merged(git, main.head, head, change.path)
    return BranchFile(
        path=change.path,
        parent=content.get(change.old_blob),
        head=content.get(change.new_blob),
        main=content.get(on_main),
        merged=merged,
    )


def _merged(git: GitRepository, main: str, head: str, path: str) -> bytes | None:
    """The file as a merge would leave it; None where that conflicts."""
    outcome = git.merge_tree(main, head)
    if outcome.missing:
        git.fetch_blobs(outcome.missing)
        outcome = git.merge_tree(main, head)
    if outcome.tree is None:
        return None
    entries = git.list_tree(outcome.tree, paths=(path,))
    if len(entries) != 1:
        return None
    return git.read_blobs([entries[0].sha])[entries[0].sha]
