"""One run: look, decide, carry out, look again where something moved, record."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from edp.app import App
from edp.commands.promotion.apply import Applier, Outcomes
from edp.commands.promotion.branches import BranchWriter
from edp.commands.promotion.clients import Clients, open_clients, open_forge
from edp.commands.promotion.cluster_facts import ClusterFacts
from edp.commands.promotion.forge_facts import ForgeFacts
from edp.commands.promotion.look import Look, Looker, reason
from edp.commands.promotion.merge import Merger
from edp.commands.promotion.ordinary import OrdinaryJudge, head_ref
from edp.commands.promotion.record import Notes, Recorder, ensure_ledger
from edp.core.promotion.decide import Decision, Step, decide, decide_all
from edp.core.promotion.facts import ALLOWED_AGAIN_LABEL, Facts, PullRequest
from edp.core.promotion.pairs import Pair
from edp.errors import BusyError, ConflictError, EdpError

_LONGEST_WAIT: Final = timedelta(seconds=60)
_MOVES: Final = 8
"""How often a run decides again because others changed the same branches."""
_UNTIL_SEEN: Final = (0.2, 0.4, 0.8, 1.6, 3.2)
"""Seconds between looks while git and the forge's API disagree about the base."""


@dataclass(slots=True)
class Run:
    """The state of one run; `wanted` holds versions that a person asked for by name."""

    app: App
    clients: Clients
    looker: Looker
    wanted: Mapping[Pair, str] = field(default_factory=dict)
    outcomes: Outcomes = field(default_factory=Outcomes)
    _look: Look | None = None
    _has_merged: bool = False
    _has_waited: bool = False

    @property
    def look(self) -> Look:
        """The newest look."""
        if self._look is None:
            self._look = self.looker.look()
        return self._look

    def look_again(self, *, at_forge: bool) -> None:
        """Fetch, and look once more; with `at_forge` pull requests are listed anew, too."""
        if at_forge:
            self.looker.forge.read()
        self.clients.git.fetch()
        self._look = self.looker.look()

    def observe_all(self) -> Facts:
        """The facts with what every Argo CD says of every pin now; nothing is written of it."""
        look = self.look
        return self.looker.clusters.observe(
            look.facts, look.facts.pins, snapshot=look.snapshot, main=look.main
        )

    def changed_at(self, pair: Pair) -> datetime | None:
        """When the file with the pair's pin last changed on `main`."""
        pin = self.look.facts.pins.get(pair)
        commit = self.look.main.changed_by(pin.path) if pin else None
        return self.clients.git.commit(commit).committed_at if commit else None

    # --- deciding

    def decide(self) -> tuple[Decision, ...]:
        """Decide on the newest look, after asking what people closed of what would be opened."""
        decisions = self._decide(self.look.facts)
        opening = [decision.pair for decision in decisions if decision.step is Step.OPEN]
        bot = self.look.facts.graph.bots.bot
        if self.looker.forge.look_up_closed(bot, opening, now=self.app.now()):
            self._take_in_closed()
            decisions = self._decide(self.look.facts)
        return decisions

    def _take_in_closed(self) -> None:
        look = self.look
        reasons = {key: reason(closed) for key, closed in self.looker.forge.closed.items()}
        facts = replace(look.facts, closed={**look.facts.closed, **reasons})
        self._look = replace(look, facts=facts)

    def _decide(self, facts: Facts) -> tuple[Decision, ...]:
        pair = self.looker.pair
        if pair is None:
            return decide_all(facts)
        return (decide(facts, pair, wanted=self.wanted.get(pair), is_asked_for=True),)

    # --- carrying out

    def carry_out(self, *, merges: bool) -> tuple[Decision, ...]:
        """Do what was decided until nothing is left to do; returns the last decisions."""
        self._ensure_ledger()
        moves = 0
        while True:
            decisions = self.decide()
            self._apply(decisions if merges else tuple(map(_kept_open, decisions)))
            if self.outcomes.moved or self.outcomes.changed:
                contested = self.outcomes.moved | self.outcomes.disturbed
                moves += bool(contested)
                if moves > _MOVES:
                    self._give_up(contested)
                    return decisions
                self._look_after_writing()
            elif merges and self._merge_next(decisions):
                moves = 0
            elif not self._wait(decisions):
                return decisions

    def _ensure_ledger(self) -> None:
        facts = self.look.facts
        ensure_ledger(
            self.clients.ledger, head=facts.base, email=facts.graph.bots.email, now=facts.now
        )

    def _apply(self, decisions: tuple[Decision, ...]) -> None:
        applier = Applier(
            app=self.app,
            pulls=self.looker.forge,
            writer=BranchWriter(self.app, self.clients.git, self.look),
            look=self.look,
            outcomes=self.outcomes,
            wanted=self.wanted,
        )
        applier.apply(one for one in decisions if one.pair not in self.outcomes.problems)

    def _look_after_writing(self) -> None:
        """Look at what this run made of it; without asking again where nobody came between."""
        has_moved, is_disturbed = bool(self.outcomes.moved), bool(self.outcomes.disturbed)
        for pairs in (self.outcomes.moved, self.outcomes.changed, self.outcomes.disturbed):
            pairs.clear()
        if has_moved or is_disturbed:
            self.look_again(at_forge=has_moved)
        else:
            self._look = self.looker.look()

    def _give_up(self, contested: Iterable[Pair]) -> None:
        for pair in contested:
            self.outcomes.problems[pair] = BusyError(
                f"the promotion of {pair} is being changed by others all the time",
                hint="run again",
            )

    # --- merging

    def _merge_next(self, decisions: tuple[Decision, ...]) -> bool:
        """Merge one promotion; True if something was merged or moved, so that all is new."""
        for decision in decisions:
            is_ready = decision.step is Step.MERGE and decision.pull is not None
            if is_ready and decision.pair not in self.outcomes.problems:
                with self.outcomes.collecting(decision.pair):
                    self._merge(decision.pair)
                return True
        return False

    def _merge(self, pair: Pair) -> None:
        self._agree_on_base()
        pull = self.look.facts.pull(pair)
        if pull is None:
            return
        again = self._has_merged
        facts = self.looker.forge.before_merge(self.look.facts, pull, again=again)
        self._look = replace(self.look, facts=facts)
        decision = decide(facts, pair)
        fresh = facts.pull(pair)
        if decision.step is Step.MERGE and fresh is not None:
            self._merge_checked(decision, fresh)

    def _agree_on_base(self) -> None:
        """Re-read the base; if it moved, decide everything again on what it is now."""
        for pause in _UNTIL_SEEN:
            base = self.clients.forge.base()
            if base.head == self.look.facts.base:
                return
            self.app.sleep(pause)
            self.look_again(at_forge=False)
        raise BusyError("the default branch moves all the time", hint="run again")

    def _merge_checked(self, decision: Decision, pull: PullRequest) -> None:
        pair = decision.pair
        merger = Merger(
            self.app,
            self.looker.forge,
            self.clients.git,
            self.look,
            self.clients.base.required_approvals,
        )
        commit = merger.merge(decision, pull)
        if commit is None:
            self._lost_race(pair)
            return
        self._has_merged = True
        self.looker.forge.forget(pull.number)
        self.outcomes.note(pair, f"#{pull.number} merged as {commit[:8]}")
        self.clients.git.fetch()
        try:
            merger.check(decision, pull, commit)
        finally:
            self._look = self.looker.look()

    def _lost_race(self, pair: Pair) -> None:
        """Something moved between check and merge: decide again, once."""
        lost = self.outcomes.races
        lost[pair] = lost.get(pair, 0) + 1
        self.look_again(at_forge=True)
        if lost[pair] > 1:
            raise ConflictError(
                f"the promotion of {pair} was changed by somebody else while it was merged, twice",
                hint="look at its pull request, then run again",
            )

    # --- waiting, once and briefly

    def _wait(self, decisions: tuple[Decision, ...]) -> bool:
        """Wait for what time alone brings within a minute, for all promotions at once."""
        if self._has_waited:
            return False
        now = self.app.now()
        moments = [one.goes_on_at for one in decisions if one.goes_on_at is not None]
        soon = [moment for moment in moments if moment - now <= _LONGEST_WAIT]
        if not soon:
            return False
        self._has_waited = True
        seconds = max((max(soon) - now).total_seconds(), 0) + 0.05
        self.app.output.note(f"waiting {seconds:.0f} s until it is known to be steady")
        self.app.sleep(seconds)
        self.looker.clusters.forget_answers()
        self.look_again(at_forge=True)
        return True

    # --- other people's pull requests

    def judge_forks(self) -> None:
        """Post `edp/policy` where a pull request's own workflow has no token to do it."""
        facts = self.look.facts
        judge = OrdinaryJudge(
            self.app, self.clients.forge, self.clients.git, facts.graph, facts.base
        )
        fetched = self.clients.git.refs()
        for pull in self.looker.forge.from_forks(facts.graph.bots.bot):
            if head_ref(pull.number) not in fetched:
                continue  # it was opened after this run began
            try:
                judge.post(pull, judge.judge(pull))
            except EdpError as exc:
                self.outcomes.failures.append(exc)

    # --- recording

    def allow_again(self, pair: Pair, version: str | None, *, dry_run: bool) -> None:
        """Undo that a person closed promotions of a pair: of one version, or of any."""
        facts, forge = self.look.facts, self.looker.forge
        bot = facts.graph.bots.bot
        forge.look_up_closed(bot, [pair], now=self.app.now())
        for key in {*facts.closed, *forge.closed}:
            stack, known, environment = key
            if Pair(stack, environment) != pair or version not in (None, known):
                continue
            for number in () if dry_run else forge.closed_numbers(bot, pair, known):
                self.clients.forge.add_label(number, ALLOWED_AGAIN_LABEL)
            forge.closed.pop(key, None)
            self.looker.reopened.add(key)
        closed = {key: why for key, why in facts.closed.items() if key not in self.looker.reopened}
        self._look = replace(self.look, facts=replace(facts, closed=closed))

    def record(self) -> None:
        """Tell the ledger what was seen and what `main` took in."""
        recorder = Recorder(
            git=self.clients.git,
            ledger_git=self.clients.ledger,
            main=self.look.main,
            graph=self.look.facts.graph,
            now=self.app.now(),
            sleep=self.app.sleep,
            stack=self.looker.stack,
            known=self.looker.ledger,
        )
        notes = Notes(
            observations=tuple(self.looker.clusters.observations),
            awaited=frozenset(self.looker.awaited),
            closed=dict(self.looker.forge.closed),
            reopened=frozenset(self.looker.reopened),
        )
        recorder.record(notes)


def _kept_open(decision: Decision) -> Decision:
    """The same promotion for a run that does not merge: brought up to date like any other."""
    return replace(decision, step=Step.KEEP) if decision.step is Step.MERGE else decision


@contextmanager
def start(app: App, pair: Pair | None, *, is_lenient: bool = False) -> Iterator[Run]:
    """Read the forge, clone, and be ready to look. Forge first: git is never older than it."""
    with open_forge(app) as forge:
        base = forge.base()
        pulls = ForgeFacts(forge, pair)
        pulls.read()
        stack = pair.stack if pair else None
        heads = tuple(head_ref(number) for number in pulls.numbers_from_forks())
        with open_clients(app, forge, base, stack=stack, also=heads) as clients:
            clusters = ClusterFacts(clients.clusters, app.now, is_lenient)
            yield Run(app, clients, Looker(app, clients, pulls, clusters, pair))
