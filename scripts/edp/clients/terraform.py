"""Terraform or OpenTofu on one Terraform root: every command, what it came to, nothing leaked."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edp.clients.process import Completed, Handling, OutputTooLargeError, run
from edp.clients.process_guardian import Guardian
from edp.clients.terraform_binary import Binary
from edp.clients.terraform_environment import secrets_in, terraform_environment
from edp.clients.terraform_options import AS_JSON, SET, UNSET, Option, flag
from edp.clients.terraform_outcome import (
    Outcome,
    PlanFile,
    Progress,
    digest,
    events_of_validation,
    failure_of,
    read_diagnostics,
    read_progress,
)
from edp.clients.terraform_rescue import has_errored_state, rescue
from edp.errors import InvalidInputError, RefusedError, UnavailableError

if TYPE_CHECKING:
    from edp.clients.terraform_runner import Runner

_CHANGES: Final = (0, 2)
_NEEDS_FORMATTING: Final = (0, 3)


@dataclass(frozen=True, slots=True)
class Terraform:
    """One Terraform root in one workspace. Threads need one each."""

    binary: Binary
    folder: Path
    private: Path
    """Outside the checkout: plan files, rescued states, what Terraform keeps for itself."""
    environment: Mapping[str, str] = field(repr=False)
    """The job's, whole; Terraform gets what it needs of it."""
    workspace: str = "default"
    passed: tuple[str, ...] = ()
    """More variables of the environment that Terraform gets."""
    more_secrets: tuple[str, ...] = field(default=(), repr=False)
    """Other texts that no message may show, such as sensitive values of the state."""
    guardian: Guardian | None = None
    deadline: float = 3600.0
    """Seconds for a plan, an apply or a test."""
    patience: float = 300.0
    """Seconds that an interrupted command has to save its state."""
    max_output: int = 128 * 1024 * 1024
    on_progress: Callable[[Progress], None] | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no message may show."""
        return (*self.more_secrets, *secrets_in(self.environment, self.passed))

    def init(self, *, backend_file: Path | None = None, has_backend: bool = True) -> Outcome:
        """Get providers and modules as locked, and the backend; never points to another state."""
        return self._outcome("init", lambda runner: runner.init(
            backend_config=str(backend_file) if backend_file else None,
            backend=has_backend,
            reconfigure=UNSET,
            lockfile="readonly",
        ))  # fmt: skip

    def plan(
        self,
        name: str = "plan",
        *,
        var_files: Sequence[str] = (),
        targets: Sequence[str] = (),
        is_destroy: bool = False,
        locks: bool = True,
        lock_seconds: int = 0,
    ) -> Outcome:
        """What would change, saved as a plan file if nothing failed."""
        options = {
            "destroy": flag(is_set=is_destroy),
            "target": list(targets),
            **_plan_options(var_files, locks=locks, lock_seconds=lock_seconds),
        }
        return self._planned(name, options)

    def refresh_only(
        self,
        name: str = "refresh",
        *,
        var_files: Sequence[str] = (),
        locks: bool = True,
        lock_seconds: int = 0,
    ) -> Outcome:
        """What differs between state and reality, saved as a plan file if nothing failed."""
        options = _plan_options(var_files, locks=locks, lock_seconds=lock_seconds)
        return self._planned(name, {"refresh_only": SET, **options})

    def apply(self, plan: PlanFile, *, lock_seconds: int = 60) -> Outcome:
        """Carry out a saved plan; refused if the file is not what Terraform had written."""
        self._require(plan)
        if has_errored_state(self.folder):
            raise RefusedError(
                f"{self.folder}: an earlier apply left errored.tfstate here",
                hint="bring that state back first: edp recover",
            )
        return self._outcome("apply", lambda runner: runner.apply(
            str(plan.path), json=SET, lock_timeout=f"{lock_seconds}s"
        ))  # fmt: skip

    def show_plan(self, plan: PlanFile) -> bytes:
        """The JSON of a saved plan, secrets included."""
        self._require(plan)
        return self._document("show", str(plan.path))

    def show_state(self) -> bytes:
        """The JSON of the state, secrets included."""
        return self._document("show")

    def output(self) -> bytes:
        """The JSON of all outputs, secrets included."""
        return self._document("output")

    def providers_schema(self) -> bytes:
        """The JSON of the schemas of all providers."""
        return self._document("providers schema")

    def state_pull(self) -> bytes:
        """The state as the backend has it; empty if there is none."""
        return self._document("state pull")

    def state_push(self, state: Path, *, lock_seconds: int = 60) -> Outcome:
        """Give the backend a state; it refuses another lineage and an older serial."""
        return self._outcome("state push", lambda runner: runner.cmd(
            "state push", str(state), lock_timeout=f"{lock_seconds}s", no_color=SET
        ))  # fmt: skip

    def force_unlock(self, lock_id: str) -> Outcome:
        """Take a lock away. Some backends do not compare the ID: look who holds it before."""
        return self._outcome("force-unlock", lambda runner: runner.cmd(
            "force-unlock", lock_id, force=SET, no_color=SET
        ))  # fmt: skip

    def validate(self) -> Outcome:
        """Whether the configuration is consistent; needs `init`, no backend."""
        done = self._outcome(
            "validate",
            lambda runner: runner.cmd("validate", **AS_JSON),
            is_document=True,
        )
        found = read_diagnostics([events_of_validation(done.stdout)], self.secrets)
        return replace(done, diagnostics=found or done.diagnostics)

    def test(self) -> Outcome:
        """Run the `*.tftest.hcl` files."""
        return self._outcome("test", lambda runner: runner.cmd("test", **AS_JSON))

    def check_format(self) -> Outcome:
        """Which files are not in the canonical format, one a line on stdout."""
        return self._outcome(
            "fmt",
            lambda runner: runner.cmd("fmt", check=SET, recursive=SET, no_color=SET),
            good_codes=_NEEDS_FORMATTING,
        )

    def _planned(self, name: str, options: dict[str, Option]) -> Outcome:
        path = self._private_folder() / f"{name}.tfplan"
        path.unlink(missing_ok=True)
        path.touch(mode=0o600, exist_ok=False)
        done = self._outcome(
            "plan", lambda runner: runner.plan(out=str(path), **options), good_codes=_CHANGES
        )
        if done.has_failed:
            # Some plans that failed could be applied all the same.
            path.unlink(missing_ok=True)
            return done
        path.chmod(0o600)
        return replace(done, plan=PlanFile(path, digest(path)))

    def _document(self, command: str, *arguments: str) -> bytes:
        """What a command prints that prints nothing but one JSON document."""
        # Pulling a state is the one that takes no such option.
        options = {"no_color": SET} if command == "state pull" else AS_JSON
        done = self._outcome(
            command, lambda runner: runner.cmd(command, *arguments, **options), is_document=True
        )
        if done.has_failed:
            raise UnavailableError(done.describe())
        return done.stdout

    def _outcome(
        self,
        command: str,
        call: Callable[["Runner"], Completed],
        *,
        good_codes: tuple[int, ...] = (0,),
        is_document: bool = False,
    ) -> Outcome:
        """Run one command and read what it says; an error only if it could not be started."""
        ended: list[tuple[Completed, Path | None]] = []
        why_stopped = ""
        try:
            call(self._runner(lambda done: ended.append(self._rescued(command, done))))
        except (UnavailableError, OutputTooLargeError) as exc:
            if not ended:
                raise
            why_stopped = exc.message
        done, rescued = ended[0]
        said = (done.stderr,) if is_document else (done.stdout, done.stderr)
        found = read_diagnostics(said, self.secrets)
        outcome = Outcome(
            command,
            done.returncode,
            found,
            done.stdout,
            done.stderr,
            good_codes,
            why_stopped,
            rescued,
        )
        if outcome.has_failed and not (outcome.errors or why_stopped):
            return replace(outcome, diagnostics=(*found, failure_of(done, self.secrets)))
        return outcome

    def _runner(self, on_end: Callable[[Completed], None]) -> "Runner":
        try:
            from edp.clients.terraform_runner import Runner
        except ModuleNotFoundError as exc:
            raise InvalidInputError(
                f"{exc.name}: this package is not installed", hint="install edp[terraform]"
            ) from exc

        return Runner(self.folder, self.binary.path, lambda argv: self._start(argv, on_end))

    def _start(self, argv: tuple[str, ...], on_end: Callable[[Completed], None]) -> Completed:
        handling = Handling(
            on_line=self._teller(),
            on_stopped=on_end,
            guardian=self.guardian,
            spares_children=True,
            umask=0o077,
        )
        done = run(
            argv,
            cwd=self.folder,
            environment=self._environment(),
            deadline=self.deadline,
            max_output=self.max_output,
            patience=self.patience,
            handling=handling,
        )
        on_end(done)
        return done

    def _environment(self) -> dict[str, str]:
        return terraform_environment(
            self.environment,
            data=self._private_folder() / "data",
            workspace=self.workspace,
            passed=self.passed,
        )

    def _private_folder(self) -> Path:
        self.private.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self.private

    def _rescued(self, command: str, done: Completed) -> tuple[Completed, Path | None]:
        """Only an apply writes the file; another command must not take one from the checkout."""
        folder = self.folder if command == "apply" else None
        return rescue(folder, self.private / "rescued", done)

    def _teller(self) -> Callable[[bytes], None] | None:
        """Tells the steps of an apply. Nobody's broken terminal may stop one."""
        secrets, told = self.secrets, self.on_progress

        def tell(line: bytes) -> None:
            step = read_progress(line, secrets)
            if step and told:
                with suppress(OSError):
                    told(step)

        return tell if told else None

    def _require(self, plan: PlanFile) -> None:
        is_private = plan.path.parent == self.private and plan.path.exists()
        if not is_private or not plan.is_unchanged() or plan.path.stat().st_uid != os.geteuid():
            raise RefusedError(
                f"{plan.path}: this is not the plan that was made", hint="plan again, then apply"
            )


def _plan_options(var_files: Sequence[str], *, locks: bool, lock_seconds: int) -> dict[str, Option]:
    return {
        "json": SET,
        "var_file": list(var_files),
        "lock": None if locks else False,
        "lock_timeout": f"{lock_seconds}s",
    }
