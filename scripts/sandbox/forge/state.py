"""The forge: everything it remembers, and the Python door through which tests set it up."""

import itertools
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.forge import pushes, runs, scheduled_merges
from sandbox.forge.access import Accounts
from sandbox.forge.git_setup import create_store, fork_store
from sandbox.forge.git_store import ZERO, Signature
from sandbox.forge.protection import default_rule
from sandbox.forge.records import (
    BranchRule,
    Dispatch,
    Label,
    Milestone,
    Permission,
    Repository,
    RunStatus,
    Status,
    TagRule,
    Token,
    User,
)

VERSION = "17.0.0-dev+gitea-1.22.0"
PushListener = Callable[[str, str, str, str], None]


@dataclass
class Lag:
    """Seconds until a git push is seen by the API (a real server: 0.1 to 1.7), and until a status
    lets a scheduled merge go (2)."""

    branch: float = 0.0
    contents: float = 0.0
    pull_head: float = 0.0
    new_branch: float = 0.0
    scheduled_merge: float = 0.0


@dataclass
class _Later:
    due: datetime
    act: Callable[[], None]


@dataclass
class _Counters:
    """Identities are counted up; each kind has its own sequence."""

    sequences: dict[str, "itertools.count[int]"] = field(default_factory=dict)

    def next(self, kind: str) -> int:
        return next(self.sequences.setdefault(kind, itertools.count(1)))


class Forge:
    """The stand-in's state over real bare repositories below `folder`.

    `duplicate_window` and `conflict_check` are seconds on the injected clock: how long a new pull
    request is unseen by the duplicate check, and how long a merge answers "Please try again later"
    after a pull request was made or moved. `base_check` is how long after a base moved the result
    of the last conflict check is believed: a merge that conflicts then fails while it is made
    (409), not before (405). `before_ref_update` is called with the repository and
    ref between reading a branch and moving it, so that a test can lose that race on purpose.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], datetime]) -> None:
        self.folder = folder
        self.clock = clock
        self.root_url = "http://forgejo.example"
        self.lock = threading.RLock()
        self.users: dict[str, User] = {}
        self.tokens: dict[str, Token] = {}
        self.repositories: dict[str, Repository] = {}
        self.dispatches: list[Dispatch] = []
        self.on_push: list[PushListener] = []
        self.on_dispatch: list[Callable[[Dispatch], None]] = []
        self.before_ref_update: Callable[[str, str], None] | None = None
        self.lag = Lag()
        self.duplicate_window = 0.0
        self.conflict_check = 0.0
        self.base_check = 0.0
        self.accounts = Accounts(self.users, self.tokens)
        self._counters = _Counters()
        self._later: list[_Later] = []

    def now(self) -> datetime:
        return self.clock().astimezone(UTC)

    def next_id(self, kind: str) -> int:
        return self._counters.next(kind)

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Does something now, or with the first request once `seconds` have passed."""
        if seconds <= 0:
            act()
            return
        self._later.append(_Later(self.now() + timedelta(seconds=seconds), act))

    def catch_up(self) -> None:
        """Does what has become due."""
        due = [later for later in self._later if later.due <= self.now()]
        self._later = [later for later in self._later if later not in due]
        for later in due:
            later.act()

    # --- setting up: nothing below checks permissions or protections

    def create_user(
        self, login: str, *, password: str = "", email: str = "", is_admin: bool = False
    ) -> User:
        user = self._add_account(login, email or f"{login}@example.org")
        user.password, user.is_admin = password, is_admin
        return user

    def create_organisation(self, name: str) -> User:
        organisation = self._add_account(name, "")
        organisation.is_organisation = True
        return organisation

    def _add_account(self, login: str, email: str) -> User:
        with self.lock:
            user = User(self.next_id("user"), login, email, self.now())
            self.users[login.lower()] = user
            return user

    def user(self, login: str) -> User:
        return self.users[login.lower()]

    def create_token(self, login: str, scopes: Iterable[str] = ("all",), *, name: str = "") -> str:
        """A new token of the user; returns its secret."""
        secret = secrets.token_hex(20)
        with self.lock:
            self.tokens[secret] = Token(secret, self.user(login), frozenset(scopes), name)
        return secret

    def create_repository(
        self, owner: str, name: str, *, private: bool = False, default_branch: str = "main"
    ) -> Repository:
        """An empty repository of a user or organisation."""
        with self.lock:
            account = self.user(owner)
            store = create_store(self._place(account.login, name), default_branch)
            now = self.now()
            made = Repository(self.next_id("repository"), account, name, store, now, now)
            made.private, made.default_branch = private, default_branch
            self.repositories[made.full_name.lower()] = made
            return made

    def fork_repository(self, full_name: str, owner: str) -> Repository:
        with self.lock:
            origin, account = self.repository(full_name), self.user(owner)
            store = fork_store(origin.store, self._place(account.login, origin.name))
            now = self.now()
            made = Repository(self.next_id("repository"), account, origin.name, store, now, now)
            made.fork_of, made.default_branch = origin, origin.default_branch
            made.branch_rows = store.branches()
            made.content_rows = store.branches()
            self.repositories[made.full_name.lower()] = made
            return made

    def _place(self, owner: str, name: str) -> Path:
        return self.folder / owner.lower() / f"{name.lower()}.git"

    def repository(self, full_name: str) -> Repository:
        return self.repositories[full_name.lower()]

    def allow(self, full_name: str, login: str, permission: Permission) -> None:
        """Makes a user a collaborator."""
        self.repository(full_name).collaborators[self.user(login).login] = permission

    def seed_files(
        self,
        full_name: str,
        files: Mapping[str, bytes | None],
        *,
        message: str = "seed",
        branch: str = "main",
        author: str | None = None,
    ) -> str:
        """One commit on a branch, straight into git; None removes a file. Returns its sha.

        A branch that does not exist starts at the default branch.
        """
        with self.lock:
            repository = self.repository(full_name)
            store = repository.store
            old = store.branch(branch)
            parent = old or store.branch(repository.default_branch)
            updates = [
                (path, None if content is None else store.write_blob(content))
                for path, content in files.items()
            ]
            tree = store.write_tree(parent, updates)
            who = self.signature(self.user(author)) if author else self._seeder()
            parents = [parent] if parent else []
            text = f"{message.rstrip()}\n"
            new = store.write_commit(tree, parents, text, author=who, committer=who)
            self.move_ref(repository, f"refs/heads/{branch}", new, old or ZERO)
            return new

    def _seeder(self) -> Signature:
        return Signature("seeder", "seeder@example.org", self.now())

    def seed_ref(self, full_name: str, ref: str, target: str | None) -> None:
        """Puts a ref at a commit, or removes it."""
        with self.lock:
            repository = self.repository(full_name)
            old = repository.store.ref(ref) or ZERO
            new = ZERO if target is None else repository.store.commit_of(target) or target
            self.move_ref(repository, ref, new, old)

    def protect_branch(self, full_name: str, rule_name: str, **settings: Any) -> BranchRule:
        """A branch protection with the fields of the API; replaces one of the same name."""
        with self.lock:
            repository = self.repository(full_name)
            now = self.now()
            rule = BranchRule(rule_name, default_rule() | settings, now, now)
            kept = [known for known in repository.branch_rules if known.name != rule_name]
            repository.branch_rules = [*kept, rule]
            return rule

    def protect_tags(self, full_name: str, pattern: str, *, users: Iterable[str]) -> TagRule:
        with self.lock:
            now = self.now()
            rule = TagRule(self.next_id("tag rule"), pattern, list(users), now, now)
            self.repository(full_name).tag_rules.append(rule)
            return rule

    def create_label(self, full_name: str, name: str, color: str = "ff0000") -> Label:
        with self.lock:
            label = Label(self.next_id("label"), name, color)
            self.repository(full_name).labels.append(label)
            return label

    def create_milestone(self, full_name: str, title: str) -> Milestone:
        with self.lock:
            milestone = Milestone(self.next_id("milestone"), title, self.now())
            self.repository(full_name).milestones.append(milestone)
            return milestone

    def add_run(
        self,
        full_name: str,
        *,
        status: RunStatus,
        jobs: Iterable[tuple[str, RunStatus]] = (),
        workflow: str = "promote.yml",
    ) -> int:
        """A run on the default branch with jobs of these names and statuses; returns its id."""
        with self.lock:
            return runs.seed(self, self.repository(full_name), workflow, status, jobs).id

    def change_run(
        self, run_id: int, status: RunStatus, *, jobs: Mapping[str, RunStatus] | None = None
    ) -> None:
        """Moves a run on, with the jobs that are named; without `jobs` all of them follow it."""
        with self.lock:
            runs.change(self, run_id, status, jobs)

    # --- shared by the API and git

    def post_status(
        self, full_name: str, commit: str, context: str, state: str, *, creator: User | None = None
    ) -> Status:
        """A status of a commit; without a creator it is one that Actions posted."""
        with self.lock:
            repository = self.repository(full_name)
            number = 1 + sum(known.sha == commit for known in repository.statuses)
            made = Status(number, commit, state, context, "", "", creator, self.now())
            repository.statuses.append(made)
            scheduled_merges.status_posted(self, repository, made)
            return made

    def signature(self, user: User) -> Signature:
        return Signature(user.login, user.email, self.now())

    def move_ref(self, repository: Repository, ref: str, new: str, old: str) -> None:
        """Moves, makes or (new = ZERO) removes a ref, then does everything a push brings along.

        Raises RefMovedError when somebody else was faster.
        """
        if self.before_ref_update is not None:
            self.before_ref_update(repository.full_name, ref)
        repository.store.update_ref(ref, new, old)
        self.pushed(repository, ref, new, old, lagging=False)

    def pushed(
        self, repository: Repository, ref: str, new: str, old: str, *, lagging: bool = True
    ) -> None:
        """What follows a moved ref: rows, pull requests, approvals, listeners."""
        repository.updated = self.now()
        pushes.follow(self, repository, pushes.RefMove(ref, old, new, lagging))
        for listener in self.on_push:
            listener(repository.full_name, ref, old, new)

    def dispatched(self, dispatch: Dispatch) -> None:
        """A workflow was asked to run: remembered, and handed to the listeners."""
        self.dispatches.append(dispatch)
        for listener in self.on_dispatch:
            listener(dispatch)
