"""A sandbox platform with a clock that only moves when a test says so, and `edp` run against it."""

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import small_platform

import forgejo
from edp.app import App
from edp.cli import cli
from edp.errors import EdpError
from edp.output import Output
from edp.settings import load_settings
from sandbox.platform import FULL_NAME, Plan, Platform, start_platform

BEGIN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday


@dataclass
class Clock:
    """Time that tests move; what sleeps moves it, too."""

    now: datetime = BEGIN

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def monotonic(self) -> float:
        return (self.now - BEGIN).total_seconds()


@dataclass(frozen=True)
class Result:
    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.stdout)
        return found


@dataclass
class World:
    platform: Platform
    clock: Clock
    environment: dict[str, str] = field(default_factory=dict)

    def edp(self, *arguments: str, **environment: str) -> Result:
        """Run one command in this process, as the command line would."""
        settings = load_settings({**self.environment, **environment})
        stdout, stderr = io.StringIO(), io.StringIO()
        output = Output(stdout, stderr, secrets=settings.secrets)
        app = App(settings, output, Path(), self.clock, self.clock.monotonic, self.clock.sleep)
        name, *rest = arguments
        with click.Context(cli) as context:
            command = cli.get_command(context, name)
        assert command is not None
        try:
            code = command.main(rest, prog_name=f"edp {name}", standalone_mode=False, obj=app)
        except EdpError as exc:
            output.note(f"edp: {exc.message}")
            output.note(exc.hint)
            code = exc.exit_code
        except click.ClickException as exc:
            output.note(exc.format_message())
            code = exc.exit_code
        return Result(code or 0, stdout.getvalue(), stderr.getvalue())

    def as_user(self, login: str) -> forgejo.Repository:
        """The repository through the eyes of a person."""
        platform = self.platform
        client = forgejo.Forgejo(platform.server.url, platform.tokens[login])
        return client.get_repo(FULL_NAME)

    def commit(self, files: Mapping[str, bytes | None], message: str = "change") -> str:
        """A commit straight onto `main`, as after a reviewed pull request."""
        return self.platform.forge.seed_files(FULL_NAME, files, message=message, author="alice")

    def release(self, stack: str, version: str) -> None:
        """Bump a stack's version on `main` and tag it."""
        self.commit(small_platform.stack_files(stack, version), f"{stack} {version}")
        assert self.edp("release").code == 0

    def settle(self, seconds: float = 60) -> None:
        """Let every Argo CD finish what it does."""
        end = self.clock.now + timedelta(seconds=seconds)
        while self.clock.now < end:
            self.clock.sleep(1)
            for argocd in self.platform.argocds.values():
                argocd.advance()

    def pin(self, path: str) -> str:
        """The version that an Application's file on `main` pins."""
        text = self.file(path).decode()
        return text.split("/v")[-1].split()[0]

    def file(self, path: str, ref: str = "main") -> bytes:
        store = self.platform.forge.repository(FULL_NAME).store
        entry = store.entry(ref, path)
        assert entry is not None, f"{path} is not on {ref}"
        return store.blob(entry.sha)

    def open_pulls(self) -> list[forgejo.PullRequest]:
        return list(self.as_user("root").get_pulls(state="open"))

    def approve(self, number: int, login: str = "alice") -> None:
        pull = self.as_user(login).get_pull(number)
        pull.create_review(event="APPROVED", commit_id=pull.head.sha)


@contextmanager
def start_world(folder: Path, plan: Plan | None = None) -> Iterator[World]:
    """A running world whose stacks are released and live everywhere at 1.0.0."""
    clock = Clock()
    plan = plan or Plan(small_platform.small_platform())
    plan = replace(plan, clock=clock, since=BEGIN - timedelta(days=9))
    with start_platform(plan, folder) as platform:
        world = World(platform, clock, platform.environment())
        assert world.edp("release").code == 0
        world.settle()
        yield world
