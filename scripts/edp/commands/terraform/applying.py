"""Applying: plan again, let through what was reviewed, carry it out, record how it ended."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace

from edp.app import App
from edp.clients.forge_plans import PlanForge
from edp.clients.terraform_outcome import Outcome
from edp.clients.terraform_rescue import keep
from edp.commands.terraform.ledger import Applies, ApplyLedger
from edp.commands.terraform.main_tree import MainTree, require_kept_state, review_of
from edp.commands.terraform.planning import Planned, Planner
from edp.commands.terraform.telling import clean
from edp.core.terraform.change_digest import change_marks
from edp.core.terraform.classify import RootState
from edp.core.terraform.letting import Reviewed, allows_destroys, missing_approvals, why_not
from edp.core.terraform.plan_document import PlanDocument
from edp.core.terraform.plan_policy import check_plan
from edp.core.terraform.plan_report import RootReport, remark_on
from edp.core.terraform.records import Record, Result
from edp.core.terraform.reports import report_of_problems
from edp.core.terraform.roots import TerraformRoot
from edp.core.terraform.states import state_of
from edp.core.terraform.summary import Summary, summary_of
from edp.core.terraform.turns import Standing, Turn, TurnFacts, standings
from edp.core.times import format_time
from edp.errors import EdpError, RefusedError
from edp.text import one_line


@dataclass(frozen=True, slots=True)
class Ending:
    """What a run did with one Terraform root."""

    root: TerraformRoot
    word: str
    """`applied`, `unchanged`, `failed`, `errored`, `not applied`, `busy`, `broken`, or a turn."""
    reason: str = ""
    report: RootReport | None = None
    reviewed: Reviewed = field(default_factory=Reviewed)


@dataclass(slots=True)
class ApplyRun:
    """One run over all Terraform roots whose turn it is."""

    app: App
    forge: PlanForge
    main: MainTree
    ledger: ApplyLedger
    planner: Planner
    applies: Applies
    only: frozenset[TerraformRoot]
    accepted: str
    at_once: int
    dry_run: bool
    endings: dict[TerraformRoot, Ending] = field(default_factory=dict)
    _reviews: dict[TerraformRoot, Reviewed] = field(default_factory=dict)

    def carry_out(self) -> tuple[Ending, ...]:
        """Apply until it is nobody's turn any more; what failed holds up what follows."""
        while True:
            found = self._standings()
            ready = [
                one.root
                for one in found
                if one.turn is Turn.READY and one.root not in self.endings and self._is_asked(one)
            ]
            if not ready:
                return tuple(self._ending(one) for one in found if self._is_asked(one))
            self._take_turns(ready)

    def summary(self) -> Summary:
        """What is left to do in each environment, with what this run found out about it."""
        found = [
            replace(one, turn=Turn.WAITING, reason=self._word_of(ending))
            if one.turn is Turn.READY and (ending := self.endings.get(one.root))
            else one
            for one in self._standings()
        ]
        return summary_of(self.main.newest_change_of_terraform(), found)

    def _word_of(self, ending: Ending) -> str:
        return clean(self.app, ending.report, f"{ending.word}: {ending.reason}")

    def _is_asked(self, one: Standing) -> bool:
        return not self.only or one.root in self.only

    def _ending(self, one: Standing) -> Ending:
        return self.endings.get(one.root) or Ending(one.root, one.turn.value, one.reason)

    def _standings(self) -> tuple[Standing, ...]:
        facts = TurnFacts(
            now=self.app.now(),
            graph=self.main.graph,
            inputs=self.main.inputs(),
            records=self.applies.records,
            before=self.main.scope.dependencies.all(),
            freezes=self.main.freezes,
            broken=self.applies.broken,
        )
        return standings(facts)

    def _review(self, root: TerraformRoot) -> Reviewed:
        if root not in self._reviews:
            key = self.app.settings.plan_key.encode()
            self._reviews[root] = review_of(self.main, self.forge, root, key=key)
        return self._reviews[root]

    # --- one wave

    def _take_turns(self, ready: Sequence[TerraformRoot]) -> None:
        begun = [root for root in ready if self._may_begin(root)]
        planned = self.planner.plan_all(
            [self.main.reaches[root] for root in begun], at_once=self.at_once
        )
        through = [one for one in planned if self._let_through(one)]
        quiet = [one for one in through if not _has_work(one)]
        busy = [one for one in through if _has_work(one)]
        if self.dry_run:
            for one in through:
                self._end(one, "would be applied" if _has_work(one) else "unchanged")
            return
        if quiet:
            self._record([self._begun(one, Result.APPLIED) for one in quiet])
            for one in quiet:
                self._end(one, "unchanged")
        if busy:
            self._apply_all(busy)

    def _may_begin(self, root: TerraformRoot) -> bool:
        problems = self.main.scope.problems[root]
        if problems:
            report = report_of_problems(root, problems)
            self.endings[root] = Ending(root, "broken", report.verdict.reason, report)
            return False
        if self._is_embedded_in_vain(root):
            reason = "the embedded Terraform applies only to local states: EDP_TERRAFORM=embedded"
            self.endings[root] = Ending(root, Turn.REFUSED.value, reason)
            return False
        try:
            require_kept_state(self.main.reaches[root], is_job=bool(self.app.settings.run_id))
        except RefusedError as exc:
            self.endings[root] = Ending(root, Turn.REFUSED.value, exc.message)
            return False
        return True

    def _is_embedded_in_vain(self, root: TerraformRoot) -> bool:
        """The embedded one is for plans and the demo, unless somebody asks for it by name."""
        is_remote = state_of(self.main.reaches[root]).kind != "local"
        was_chosen = self.app.settings.terraform == "embedded"
        return self.planner.binary.is_embedded and is_remote and not was_chosen

    def _let_through(self, one: Planned) -> bool:
        """Whether what was planned may be applied; why not is noted."""
        report = one.report
        if report.verdict.state is RootState.BUSY:
            self._end(one, "busy", self._holder(report))
            return False
        if report.plan is None or not report.verdict.is_known:
            self._end(one, "broken", report.verdict.reason)
            return False
        if not report.plan.has_changes:
            return True
        root = report.root
        reviewed = self._review(root)
        needed = self.main.graph.environments[root.environment].gates.approvals
        if waits := missing_approvals(reviewed, needed):
            self._end(one, Turn.WAITING.value, waits)
            return False
        if allows_destroys(reviewed, self.main.policy.may_destroy):
            report = self._with_destroys(report)
        reason = why_not(
            report,
            self._marks(one.report.plan) if one.report.plan else (),
            reviewed=reviewed,
            accepted=self.accepted,
            record=self.applies.records.get(root),
            inputs=self.main.inputs()[root],
        )
        if reason:
            self._end(one, "not applied", reason)
        return not reason

    def _with_destroys(self, report: RootReport) -> RootReport:
        """The findings as they are with the label of an allowed person."""
        assert report.plan is not None  # noqa: S101 (whoever calls has looked)
        found = check_plan(report.plan, self.main.policy, allowed_destroys=True)
        return replace(report, findings=found)

    def _holder(self, report: RootReport) -> str:
        """Who holds the lock, and which run of ours began to apply it."""
        record, said = self.applies.records.get(report.root), remark_on(report)
        if record is None or record.result in (Result.APPLIED, Result.ERRORED):
            return said
        if record.result is Result.FAILED:
            return f"{said}; if that is the apply that failed: edp unlock {record.root} --id …"
        return f"{said}; {self._liveness(record)}"

    def _liveness(self, record: Record) -> str:
        run = f"run {record.run}" if record.run else "a run without a number"
        begun = f"{run} began to apply it {format_time(record.started_at)}"
        match self.forge.has_run_ended(record.run):
            case True:
                return f"{begun} and is dead: edp unlock {record.root} --id …"
            case False:
                return f"{begun} and is still at it"
            case None:
                return f"{begun}: if that has ended, edp unlock {record.root} --id …"

    def _marks(self, plan: PlanDocument) -> tuple[str, ...]:
        return change_marks(plan, self.app.settings.plan_key.encode())

    # --- carrying out

    def _apply_all(self, through: Sequence[Planned]) -> None:
        """Record that it begins, apply at the same time, record how it ended."""
        self._record([self._begun(one, Result.RUNNING) for one in through])
        with ThreadPoolExecutor(self.at_once) as pool:
            running = [pool.submit(self._apply, one) for one in through]
            try:
                wait(running)
            except KeyboardInterrupt:
                # Terraform has not heard it: it is told once, and has time to store its state.
                has_begun = [one for one in running if not one.cancel()]
                self.planner.keeper.stop_all()
                self._record([one.result() for one in has_begun])
                raise
        ended = [one.result() for one in running]
        self._record(ended)
        for one, record in zip(through, ended, strict=True):
            self._end(one, record.result.value, record.reason)

    def _apply(self, one: Planned) -> Record:
        """Never raises: how it ended must be recorded."""
        begun = self.applies.records[one.report.root]
        self.app.output.note(f"{begun.root}: applying")
        try:
            outcome = self.planner.carry_out(one, self.main.reaches[begun.root])
        except EdpError as exc:
            return self._ended(begun, Result.FAILED, clean(self.app, one.report, exc.message))
        if outcome.rescued is not None:
            return self._ended(begun, Result.ERRORED, self._keep_state(begun.root, outcome))
        if outcome.has_failed:
            return self._ended(begun, Result.FAILED, self._why_failed(one, outcome))
        again = self.planner.plan(self.main.reaches[begun.root])
        is_clean = again.report.verdict.state in (RootState.CLEAN, RootState.IGNORED_DRIFT)
        reason = "" if is_clean else f"afterwards it is {again.report.verdict.state}"
        return self._ended(begun, Result.APPLIED, reason, is_clean=is_clean)

    def _why_failed(self, one: Planned, outcome: Outcome) -> str:
        """Secrets go before anything is cut."""
        said = clean(self.app, one.report, outcome.describe(limit=100_000))
        if outcome.code >= 0:
            return said
        return f"killed: what it was making may exist without being in the state; {said}"

    def _keep_state(self, root: TerraformRoot, outcome: Outcome) -> str:
        assert outcome.rescued is not None  # noqa: S101 (whoever calls has looked)
        place = keep(outcome.rescued, self.app.settings.state_folder / root.environment / root.name)
        return f"its state could not be stored and is in {place}: edp recover {root}"

    def _begun(self, one: Planned, result: Result) -> Record:
        report, root = one.report, one.report.root
        now, reviewed = self.app.now(), self._reviews.get(root, Reviewed())
        plan = report.plan
        has_ended = result is not Result.RUNNING
        return Record(
            root=root,
            result=result,
            inputs=self.main.inputs()[root],
            commit=self.main.head,
            digest=report.digest,
            rest=self._marks(plan) if plan is not None else (),
            started_at=now,
            ended_at=now if has_ended else None,
            is_clean=has_ended,
            pull=reviewed.pull,
            by=(self.app.settings.actor if self.accepted else reviewed.by),
            run=self.app.settings.run_id,
        )

    def _ended(
        self, begun: Record, result: Result, reason: str, *, is_clean: bool = False
    ) -> Record:
        return replace(
            begun,
            result=result,
            reason=one_line(reason, 500),
            ended_at=self.app.now(),
            is_clean=is_clean,
        )

    def _record(self, records: Sequence[Record]) -> None:
        self.ledger.write(records)
        known = {**self.applies.records, **{one.root: one for one in records}}
        self.applies = replace(self.applies, records=known)

    def _end(self, one: Planned, word: str, reason: str = "") -> None:
        root = one.report.root
        reviewed = self._reviews.get(root, Reviewed())
        self.endings[root] = Ending(root, word, reason, one.report, reviewed)


def _has_work(one: Planned) -> bool:
    return one.report.plan is not None and one.report.plan.has_changes
