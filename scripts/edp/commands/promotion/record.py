"""Adding to the ledger: one commit per run, by compare-and-swap."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from edp.clients.git import GitRepository, Person, PushOutcome, RefUpdate
from edp.commands.promotion.ledger import (
    REF,
    Ledger,
    blobs_to_read,
    read_documents,
    read_ledger,
)
from edp.commands.promotion.main_branch import MainBranch
from edp.core.ledger import paths
from edp.core.ledger.audit import FileChange, MainCommit, audit_lines
from edp.core.ledger.documents import (
    Closed,
    CorruptDocumentError,
    closed_bytes,
    evidence_bytes,
    read_cursor,
)
from edp.core.ledger.paths import Key
from edp.core.promotion.evidence import Evidence, Observation, add_observation, is_worth_writing
from edp.core.promotion.pairs import Pair, Pin
from edp.core.promotion.snapshot import is_policy, read_pin
from edp.core.repository.layout import Kind, Layout
from edp.core.repository.promotion_graph import PromotionGraph
from edp.errors import BusyError, ConflictError, UnavailableError

MOST_TRIES: Final = 40
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 2.0
"""Seconds between tries, at most. Of runs that write at once, one gets through in each round."""
_WELCOME: Final = b"""# The ledger of edp

Written by the bot alone, one commit per run; read it with git.

* `evidence/<stack>/<version>/<environment>.json`: how long a version was seen healthy
* `audit/<yyyy-mm>.jsonl`: what changed on the default branch, one line each
* `closed/<stack>/<version>/<environment>.json`: promotions that a person closed
* `cursor`: the last commit of the default branch that was audited
"""


@dataclass(frozen=True, slots=True)
class Notes:
    """What one run has to tell the ledger."""

    observations: tuple[Observation, ...] = ()
    awaited: frozenset[Pair] = frozenset()
    closed: Mapping[Key, Closed] = field(default_factory=dict)
    reopened: frozenset[Key] = frozenset()


def ensure_ledger(git: GitRepository, *, head: str, email: str, now: datetime) -> None:
    """Make the branch before anything else is written, so that no later change goes unaudited."""
    if git.refs().get(REF):
        return
    files = {paths.README: _WELCOME, paths.CURSOR: f"{head}\n".encode()}
    push_changes(git, Ledger("", {}), files, frozenset(), email=email, now=now)
    git.fetch()
    if not git.refs().get(REF):
        raise UnavailableError(f"the branch {paths.BRANCH} could not be made", hint="run again")


@dataclass(frozen=True, slots=True)
class Recorder:
    """Writes a run's notes and the audit of what `main` has taken in since the last one."""

    git: GitRepository
    ledger_git: GitRepository
    main: MainBranch
    graph: PromotionGraph
    now: datetime
    sleep: Callable[[float], None]
    stack: str | None = None
    """The only stack that there is something to tell of; None for all."""
    known: Ledger | None = None
    """The branch as the run has read it."""

    def record(self, notes: Notes) -> bool:
        """One commit, or none if there is nothing to tell. Says whether something was written."""
        for tries in range(MOST_TRIES):
            ledger = read_ledger(self.ledger_git, self.stack, self.known)
            changes, removals = self._compose(ledger, notes)
            if not changes and not removals:
                return False
            changes[paths.CURSOR] = f"{self.main.head}\n".encode()
            email = self.graph.bots.email
            lost = push_changes(
                self.ledger_git, ledger, changes, removals, email=email, now=self.now
            )
            if not lost:
                return True
            self.sleep(pause_after(tries, lost))
            self.ledger_git.fetch()
        raise BusyError(
            f"the branch {paths.BRANCH} moved {MOST_TRIES} times while this run wrote to it",
            hint="run again; nothing is lost",
        )

    def _compose(self, ledger: Ledger, notes: Notes) -> tuple[dict[str, bytes], frozenset[str]]:
        history = self._unaudited(ledger)
        self._fetch(ledger, notes, history)
        changes = dict(self._evidence(ledger, notes))
        changes |= self._audit(ledger, history)
        changes |= {
            paths.closed_path(key): closed_bytes(closed)
            for key, closed in notes.closed.items()
            if paths.closed_path(key) not in ledger.blobs
        }
        gone = {paths.closed_path(key) for key in notes.reopened}
        return changes, frozenset(gone & set(ledger.blobs))

    def _fetch(self, ledger: Ledger, notes: Notes, history: tuple[MainCommit, ...]) -> None:
        """Get all content that composing needs, with one request for each repository."""
        keys = {key_of(observation) for observation in notes.observations}
        wanted = {ledger.blobs.get(paths.evidence_path(key), "") for key in keys}
        wanted |= {ledger.blobs.get(path, "") for path in self._audit_files(history)}
        self.ledger_git.fetch_blobs(wanted - {""})
        layout = Layout.of(self.graph)
        self.git.fetch_blobs(
            {
                blob
                for commit in history
                for change in commit.changes
                if layout.classify(change.path).kind is Kind.APPLICATION
                for blob in (change.old, change.new)
                if blob
            }
        )

    def _evidence(self, ledger: Ledger, notes: Notes) -> dict[str, bytes]:
        """The documents that change when the run's observations are added to them, in order."""
        keys = {key_of(observation) for observation in notes.observations}
        content = self.ledger_git.read_blobs(blobs_to_read(ledger, keys, ()))
        documents = read_documents(ledger, content, keys)
        later = dict(documents.evidence)
        for observation in notes.observations:
            key = key_of(observation)
            later[key] = add_observation(later.get(key), observation)
        return {
            paths.evidence_path(key): evidence_bytes(later[key])
            for key in keys - documents.broken.keys()
            if self._is_worth_writing(notes, documents.evidence.get(key), later[key])
        }

    def _is_worth_writing(self, notes: Notes, earlier: Evidence | None, later: Evidence) -> bool:
        return is_worth_writing(
            earlier,
            later,
            awaited=Pair(later.stack, later.environment) in notes.awaited,
            soak=self.graph.soak_asked_of(later.environment),
        )

    def _unaudited(self, ledger: Ledger) -> tuple[MainCommit, ...]:
        """The commits of `main` after the cursor, oldest first, with what they changed."""
        cursor_at = self.main.places.get(self._cursor(ledger))
        if cursor_at is None:
            raise ConflictError(
                "the ledger's cursor is not on the default branch: was its history rewritten?",
                hint=f"put the last audited commit into `cursor` on the branch {paths.BRANCH}",
            )
        entries = [
            entry
            for entry in reversed(self.main.history)
            if self.main.places[entry.commit] < cursor_at
        ]
        commits = self.git.commits(entry.commit for entry in entries)
        return tuple(
            MainCommit(
                commit=entry.commit,
                at=commits[entry.commit].committed_at,
                author=commits[entry.commit].author_name,
                message=commits[entry.commit].message,
                changes=tuple(
                    FileChange(change.path, change.old_blob, change.new_blob)
                    for change in entry.changes
                ),
            )
            for entry in entries
        )

    def _cursor(self, ledger: Ledger) -> str:
        blob = ledger.blobs.get(paths.CURSOR)
        if blob is None:
            raise ConflictError(
                f"the branch {paths.BRANCH} has no cursor",
                hint="put the last audited commit into a file called `cursor` there",
            )
        self.ledger_git.fetch_blobs([blob])
        try:
            return read_cursor(self.ledger_git.read_blobs([blob])[blob])
        except CorruptDocumentError as exc:
            raise ConflictError(f"the branch {paths.BRANCH}: {exc}") from None

    def _audit(self, ledger: Ledger, history: tuple[MainCommit, ...]) -> dict[str, bytes]:
        pairs, pins = self._pins_in(history)
        policy = {
            change.path: is_policy(change.path) for commit in history for change in commit.changes
        }
        added: dict[str, bytes] = {}
        for at, line in audit_lines(history, pairs=pairs, pins=pins, is_policy=policy):
            path = paths.audit_path(at)
            added[path] = added.get(path, b"") + line
        present = {path: ledger.blobs[path] for path in added if path in ledger.blobs}
        content = self.ledger_git.read_blobs(present.values())
        return {
            path: (content[present[path]] if path in present else b"") + lines
            for path, lines in added.items()
        }

    def _audit_files(self, history: tuple[MainCommit, ...]) -> frozenset[str]:
        return frozenset(paths.audit_path(commit.at) for commit in history)

    def _pins_in(self, history: tuple[MainCommit, ...]) -> tuple[dict[str, Pair], dict[str, str]]:
        layout = Layout.of(self.graph)
        pairs: dict[str, Pair] = {}
        blobs: dict[str, str] = {}
        for change in (change for commit in history for change in commit.changes):
            found = layout.classify(change.path)
            if found.kind is Kind.APPLICATION:
                pairs[change.path] = Pair(found.stack, found.environment)
                blobs |= {blob: change.path for blob in (change.old, change.new) if blob}
        content = self.git.read_blobs(blobs)
        pins = {
            blob: pin.version
            for blob, path in blobs.items()
            if isinstance(pin := read_pin(pairs[path], path, content[blob]), Pin)
        }
        return pairs, pins


def key_of(observation: Observation) -> Key:
    """Which document an observation belongs to."""
    return observation.stack, observation.version, observation.environment


def pause_after(tries: int, lost: str) -> float:
    """Grows with the tries; the id of the commit that lost spreads runs that write at once."""
    longest: float = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**tries)
    return longest * int(lost[:4], 16) / 0xFFFF


def push_changes(
    git: GitRepository,
    ledger: Ledger,
    changes: Mapping[str, bytes],
    removals: frozenset[str],
    *,
    email: str,
    now: datetime,
) -> str:
    """Add one commit to the branch; returns it if somebody else was faster, else nothing."""
    written = git.write_blobs(tuple(changes.values()))
    blobs: dict[str, str | None] = dict(zip(changes, written, strict=True))
    blobs |= dict.fromkeys(removals)
    tree = git.tree_with(ledger.head, blobs)
    message = f"Record {len(changes) + len(removals)} changes\n"
    person = Person("edp", email)
    parents = [ledger.head] if ledger.head else []
    commit = git.write_commit(tree, parents, message, author=person, at=now)
    (result,) = git.push([RefUpdate(REF, commit, ledger.head)])
    if result.outcome is PushOutcome.REJECTED:
        raise ConflictError(
            f"the branch {paths.BRANCH} does not take the bot's push: {result.reason}",
            hint="let the bot push there: see the protection of the branch",
        )
    return "" if result.outcome is PushOutcome.OK else commit
