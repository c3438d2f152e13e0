"""Initialising and planning Terraform roots, several at once, each by a client of its own."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from edp.app import App
from edp.clients.process_guardian import Guardian, guardian
from edp.clients.terraform import Terraform
from edp.clients.terraform_binary import Binary, find_terraform
from edp.clients.terraform_binding import Surroundings, bind
from edp.clients.terraform_environment import sensitive_values as sensitive_values_of_state
from edp.clients.terraform_outcome import Outcome, PlanFile
from edp.core.terraform.classify import PlanOutcome
from edp.core.terraform.plan_document import PlanDocument, read_plan
from edp.core.terraform.plan_json import UnreadablePlanError
from edp.core.terraform.plan_report import RootReport
from edp.core.terraform.plan_secrets import sensitive_values
from edp.core.terraform.reach import Reach
from edp.core.terraform.reports import Rules, report_of_plan
from edp.core.terraform.roots import TerraformRoot, root_path
from edp.core.terraform.saved_plan import Binding, count_resources, verify
from edp.errors import EdpError, RefusedError


@dataclass(frozen=True, slots=True)
class Planned:
    """A Terraform root after its plan; `Planner.carry_out` applies exactly that."""

    report: RootReport
    terraform: Terraform
    file: PlanFile | None = None
    binding: Binding | None = None


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans Terraform roots of one tree; `folder` is where its files are."""

    app: App
    binary: Binary
    folder: Path
    private: Path
    keeper: Guardian
    rules: Rules
    lock_seconds: int = 0
    _guard: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def terraform(self, reach: Reach) -> Terraform:
        """A client for one Terraform root, for one thread."""
        return Terraform(
            binary=self.binary,
            folder=self.folder / root_path(reach.root),
            private=self.private / reach.root.environment / reach.root.name,
            environment=self.app.settings.process_environment,
            more_secrets=self.app.settings.secrets,
            guardian=self.keeper,
            deadline=reach.file.timeout.total_seconds(),
        )

    def plan(self, reach: Reach) -> Planned:
        """Initialise and plan; whatever goes wrong is in the report."""
        root, terraform = reach.root, self.terraform(reach)
        self._say(f"{root}: planning with {self.binary}")
        try:
            planned = self._plan(reach, terraform)
        except EdpError as exc:
            planned = Planned(self._broken(root, exc.message), terraform)
        self._say(f"{root}: {planned.report.verdict.state}")
        return planned

    def plan_all(self, reaches: Sequence[Reach], *, at_once: int) -> tuple[Planned, ...]:
        """Plan several at once, in any order; none of them waits for another."""
        with ThreadPoolExecutor(at_once) as pool:
            return tuple(pool.map(self.plan, reaches))

    def owned(self, reach: Reach) -> int | None:
        """How many resources a state holds; None if it cannot be told."""
        terraform = self.terraform(reach)
        try:
            if terraform.init().has_failed:
                return None
            return count_resources(terraform.state_pull())
        except EdpError:
            return None

    def _plan(self, reach: Reach, terraform: Terraform) -> Planned:
        began = terraform.init()
        if began.has_failed:
            return Planned(self._failed(reach, began, frozenset()), terraform)
        # As seen from the Terraform root, four folders deep.
        files = [f"../../../../{path}" for path in reach.file.var_file_paths(reach.root)]
        done = terraform.plan(var_files=files, lock_seconds=self.lock_seconds)
        if done.plan is None:
            return Planned(self._failed(reach, done, _secrets_of_state(terraform)), terraform)
        content = terraform.show_plan(done.plan)
        report = self._report(reach, _outcome(done, content), sensitive_values_of(content))
        return Planned(report, terraform, done.plan, self._bind(terraform, reach, done.plan))

    def carry_out(self, planned: Planned, reach: Reach) -> Outcome:
        """Apply a plan; RefusedError if anything that it was made of has changed since."""
        root = planned.report.root
        if planned.file is None or planned.binding is None:
            raise RefusedError(f"{root}: there is no plan to apply")
        try:
            reason = verify(planned.binding, self._bind(planned.terraform, reach, planned.file))
        except UnreadablePlanError as exc:
            raise RefusedError(f"{root}: {exc.message}") from exc
        if reason:
            raise RefusedError(f"{root}: {reason}", hint="plan again, then apply")
        return planned.terraform.apply(planned.file, lock_seconds=self.lock_seconds)

    def _bind(self, terraform: Terraform, reach: Reach, plan: PlanFile) -> Binding:
        settings = self.app.settings
        key = settings.plan_key.encode() or b"one job"
        return bind(terraform, reach, plan, Surroundings(settings.repository, self.folder, key))

    def _failed(self, reach: Reach, outcome: Outcome, sensitive: frozenset[str]) -> RootReport:
        return self._report(reach, _outcome(outcome, b""), sensitive)

    def _report(self, reach: Reach, outcome: PlanOutcome, sensitive: frozenset[str]) -> RootReport:
        return report_of_plan(
            reach.root,
            outcome,
            self.rules,
            ignored=reach.file.ignore_drift,
            sensitive=sensitive,
        )

    def _broken(self, root: TerraformRoot, message: str) -> RootReport:
        return report_of_plan(root, PlanOutcome(1, unreadable=message), self.rules)

    def _say(self, text: str) -> None:
        with self._guard:
            self.app.output.note(text)


@contextmanager
def planner(app: App, folder: Path, rules: Rules, *, lock_seconds: int = 0) -> Iterator[Planner]:
    """A planner with its private folder, which is gone at the end with all plans in it."""
    with (
        TemporaryDirectory(prefix="edp-terraform-", ignore_cleanup_errors=True) as temporary,
        guardian() as keeper,
    ):
        private = Path(temporary)
        settings = app.settings
        binary = find_terraform(
            settings.process_environment, private=private / "bin", choice=settings.terraform
        )
        yield Planner(app, binary, folder, private, keeper, rules, lock_seconds)


def sensitive_values_of(content: bytes) -> frozenset[str]:
    """What a plan marks as sensitive; an unreadable one is told of elsewhere."""
    try:
        return sensitive_values(content)
    except UnreadablePlanError:
        return frozenset()


def _secrets_of_state(terraform: Terraform) -> frozenset[str]:
    """What a provider may echo when a plan fails: then no plan says what is sensitive."""
    try:
        return frozenset(sensitive_values_of_state(terraform.show_state()))
    except EdpError:
        return frozenset()


def _outcome(done: Outcome, content: bytes) -> PlanOutcome:
    plan, problem = _read(content) if content else (None, "")
    reason = done.why_stopped or problem or ("" if content else done.describe())
    return PlanOutcome(done.code, done.diagnostics, plan, reason)


def _read(content: bytes) -> tuple[PlanDocument | None, str]:
    try:
        return read_plan(content), ""
    except UnreadablePlanError as exc:
        return None, str(exc)
