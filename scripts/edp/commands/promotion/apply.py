"""Carrying out decisions, but for merges: branches, pull requests, statuses, comments."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from edp.app import App
from edp.clients.forge import Forge
from edp.clients.git import RefUpdate
from edp.commands.promotion.branches import BranchWriter, require_pushed
from edp.commands.promotion.forge_facts import ForgeFacts
from edp.commands.promotion.look import Look
from edp.core.names import promotion_branch
from edp.core.promotion.decide import Decision, Step
from edp.core.promotion.facts import (
    POLICY_CONTEXT,
    TAKE_NEWEST_LABEL,
    BranchContent,
    Facts,
    Proposal,
    PullRequest,
)
from edp.core.promotion.pairs import Pair
from edp.core.promotion.texts import (
    COMMENT_MARKER,
    body_of,
    closing_comment,
    comment_of,
    edited_title,
    settled_comment,
    status_of,
    title_of,
)
from edp.core.version_range import ordered
from edp.errors import ConflictError, EdpError

_ABANDONED_AFTER: Final = timedelta(hours=1)


@dataclass(slots=True)
class Outcomes:
    """What a run did, pair by pair, and what went wrong on the way."""

    done: dict[Pair, list[str]] = field(default_factory=dict)
    problems: dict[Pair, EdpError] = field(default_factory=dict)
    failures: list[EdpError] = field(default_factory=list)
    """What went wrong with what belongs to no pair."""
    changed: set[Pair] = field(default_factory=set)
    """Pairs whose promotion this run opened or rewrote since its last look."""
    disturbed: set[Pair] = field(default_factory=set)
    """Those of them that another run may have written to at the same time."""
    moved: set[Pair] = field(default_factory=set)
    """Pairs whose branch somebody else moved since this run's last look."""
    races: dict[Pair, int] = field(default_factory=dict)
    """How often a merge was lost to somebody else's change."""

    def note(self, pair: Pair, text: str) -> None:
        """Remember one thing that was done."""
        self.done.setdefault(pair, []).append(text)

    @contextmanager
    def collecting(self, pair: Pair) -> Iterator[None]:
        """Keep one pair's failure from stopping the others."""
        try:
            yield
        except EdpError as exc:
            self.problems[pair] = exc


@dataclass(frozen=True, slots=True)
class Applier:
    """Carries out what was decided on one look."""

    app: App
    pulls: ForgeFacts
    writer: BranchWriter
    look: Look
    outcomes: Outcomes
    wanted: Mapping[Pair, str]
    """Versions that a person asked for by name."""

    @property
    def _facts(self) -> Facts:
        return self.look.facts

    @property
    def _forge(self) -> Forge:
        return self.pulls.forge

    def apply(self, decisions: Iterable[Decision]) -> None:
        """Do everything but merging."""
        decisions = tuple(filter(self._has_something, decisions))
        for decision in decisions:
            with self.outcomes.collecting(decision.pair):
                self._retract_success(decision)
                self._close(decision)
        pushed = self._push(decisions)
        for decision in decisions:
            with self.outcomes.collecting(decision.pair):
                self._show(decision, pushed.get(decision.pair))

    def _has_something(self, decision: Decision) -> bool:
        """Most pairs of a large platform have neither a pull request nor a branch."""
        has_begun = decision.pull is not None or decision.pair in self._facts.proposals
        return has_begun or decision.step is Step.OPEN

    # --- closing

    def _retract_success(self, decision: Decision) -> None:
        """Take back an `edp/policy` success that is not this run's own."""
        pull = decision.pull
        if pull is None or decision.step is Step.MERGE:
            return
        found = pull.status(POLICY_CONTEXT)
        if found is not None and found.state == "success":
            self._post_pending(pull, decision)
            self.outcomes.note(decision.pair, f"#{pull.number}: took back edp/policy success")

    def _close(self, decision: Decision) -> None:
        for duplicate in decision.duplicates:
            kept = decision.pull.number if decision.pull else 0
            self._close_one(decision.pair, duplicate, f"#{kept} is the same promotion")
        if decision.step is Step.CLOSE and decision.pull is not None:
            self._close_one(decision.pair, decision.pull, decision.reason)

    def _close_one(self, pair: Pair, pull: PullRequest, reason: str) -> None:
        self._forge.close_pull(pull.number, closing_comment(reason))
        self.pulls.forget(pull.number)
        self.outcomes.note(pair, f"#{pull.number} closed: {reason}")

    # --- branches

    def _push(self, decisions: Iterable[Decision]) -> dict[Pair, str]:
        """Push every branch that must change, all at once; returns the new heads."""
        updates: dict[Pair, RefUpdate] = {}
        for decision in decisions:
            if decision.pair in self.outcomes.problems:
                continue
            with self.outcomes.collecting(decision.pair):
                update = self._update(decision)
                if update is not None:
                    updates[decision.pair] = update
        heads = {}
        for pair, result in self.writer.push(updates).items():
            with self.outcomes.collecting(pair):
                if require_pushed(pair, result):
                    heads[pair] = result.update.new
                else:
                    self.outcomes.moved.add(pair)
        return heads

    def _update(self, decision: Decision) -> RefUpdate | None:
        proposal = self._facts.proposals.get(decision.pair)
        if decision.step in (Step.OPEN, Step.REWRITE) and not decision.reuses_branch:
            return self.writer.build(decision, is_chosen=self._is_chosen(decision, proposal))
        is_left_over = proposal is not None and self._is_left_over(decision, proposal)
        if is_left_over and not self._forge.has_open_pull(decision.pair):
            self.outcomes.note(decision.pair, f"deleted {promotion_branch(*decision.pair)}")
            return self.writer.deletion(decision.pair)
        return None

    def _is_chosen(self, decision: Decision, proposal: Proposal | None) -> bool:
        if decision.pair in self.wanted:
            return self.wanted[decision.pair] == decision.version
        is_same = proposal is not None and proposal.version == decision.version
        return is_same and proposal is not None and proposal.is_chosen

    def _is_left_over(self, decision: Decision, proposal: Proposal) -> bool:
        """A branch of ours that no pull request uses, and that no other run is about to use."""
        if proposal.content is BranchContent.FOREIGN or decision.duplicates:
            return False
        if decision.step is Step.CLOSE:
            return True
        has_pull = self._facts.pull(decision.pair) is not None
        if has_pull or decision.step not in (Step.NOTHING, Step.WAIT):
            return False
        pin = self._facts.pins.get(decision.pair)
        if pin is not None and ordered(proposal.version) <= ordered(pin.version):
            return True
        made_at = self.look.main.made_at(decision.pair)
        return made_at is not None and self._facts.now - made_at > _ABANDONED_AFTER

    # --- pull requests

    def _show(self, decision: Decision, new_head: str | None) -> None:
        pair = decision.pair
        if pair in self.outcomes.moved or pair in self.outcomes.problems:
            return
        match decision.step:
            case Step.OPEN:
                self._open(decision, new_head or self._facts.proposals[pair].head)
            case Step.REWRITE if decision.pull is not None:
                self._rewrite(decision, decision.pull, new_head or decision.pull.head)
            case Step.KEEP if decision.pull is not None:
                self._refresh(decision, decision.pull)

    def _open(self, decision: Decision, head: str) -> None:
        pair = decision.pair
        title, body = title_of(decision), body_of(self._facts, decision)
        made = self._forge.create_pull(pair, title=title, body=body)
        found = self._forge.open_pulls_of(pair, self._facts.graph.bots.bot)
        if not found:
            raise ConflictError(
                f"the pull request of {promotion_branch(*pair)} was not made,"
                " or is somebody else's",
                hint="look at the open pull requests from that branch",
            )
        kept, *duplicates = found
        for duplicate in duplicates:
            self._close_one(pair, duplicate, f"#{kept.number} is the same promotion")
        seen = (kept.number, kept.head, kept.title, kept.body.strip())
        is_ours_alone = not duplicates and seen == (made, head, title, body.strip())
        self._present(decision, self._edit(decision, kept), head, is_new=is_ours_alone)
        self.outcomes.note(pair, f"#{kept.number} opened")

    def _rewrite(self, decision: Decision, pull: PullRequest, head: str) -> None:
        pull = self._edit(decision, pull)
        if TAKE_NEWEST_LABEL in pull.labels:
            self._forge.remove_label(pull.number, TAKE_NEWEST_LABEL)
            others = tuple(label for label in pull.labels if label != TAKE_NEWEST_LABEL)
            pull = replace(pull, labels=others)
        self._present(decision, pull, head, is_new=False)
        self.outcomes.note(decision.pair, f"#{pull.number} now brings {decision.version}")

    def _present(self, decision: Decision, pull: PullRequest, head: str, *, is_new: bool) -> None:
        """The pull request has a commit that nothing was said about yet."""
        pull = self.pulls.opened(pull) if is_new else self.pulls.moved(pull, head)
        self._post_pending(pull, decision)
        self.outcomes.changed.add(decision.pair)
        if not is_new:
            self.outcomes.disturbed.add(decision.pair)

    def _refresh(self, decision: Decision, pull: PullRequest) -> None:
        if decision.version is not None and decision.gates:
            self._edit(decision, pull)
        found = pull.status(POLICY_CONTEXT)
        if found is not None and (found.state, found.description) == (
            "pending",
            status_of(decision),
        ):
            return
        # The comment comes first: a status that is up to date means that the comment is, too.
        self._comment(decision, pull)
        if found is None or found.state != "success":
            self._post_pending(pull, decision)

    def _edit(self, decision: Decision, pull: PullRequest) -> PullRequest:
        """Bring title and text up to date; equal ones are left alone."""
        title, body = edited_title(decision, pull), body_of(self._facts, decision)
        if (pull.title, pull.body.strip()) != (title, body.strip()):
            self._forge.edit_pull(pull.number, title=title, body=body)
            pull = replace(pull, title=title, body=body)
            self.pulls.put(pull)
        return pull

    def _comment(self, decision: Decision, pull: PullRequest) -> None:
        text = comment_of(decision)
        if text or self._forge.has_comment(pull.number, COMMENT_MARKER):
            self._forge.comment(pull.number, text or settled_comment(), marker=COMMENT_MARKER)

    def _post_pending(self, pull: PullRequest, decision: Decision) -> None:
        url = self.app.settings.run_url
        self.pulls.post_policy(pull, "pending", status_of(decision), url=url)
