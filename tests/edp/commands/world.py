"""A sandbox platform with a clock that only moves when a test says so, and `edp` run against it."""

import io
import json
from collections.abc import Callable, Iterator, Mapping
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
from sandbox.forge.git_store import GitStore, Signature
from sandbox.http_messages import Request
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
    folder: Path = field(default_factory=Path)
    """The work tree that commands are run in."""
    _people: dict[str, forgejo.Forgejo] = field(default_factory=dict)

    def edp(self, *arguments: str, **environment: str) -> Result:
        """Run one command in this process, as the command line would."""
        settings = load_settings({**self.environment, **environment})
        stdout, stderr = io.StringIO(), io.StringIO()
        output = Output(stdout, stderr, secrets=settings.secrets)
        app = App(settings, output, self.folder, self.clock, self.clock.monotonic, self.clock.sleep)
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
        if login not in self._people:
            platform = self.platform
            client = forgejo.Forgejo(platform.server.url, platform.tokens[login])
            self._people[login] = client
        return self._people[login].get_repo(FULL_NAME)

    def as_bot(self) -> forgejo.Repository:
        return self.as_user(self.platform.bot)

    def close(self) -> None:
        for client in self._people.values():
            client.close()

    def commit(self, files: Mapping[str, bytes | None], message: str = "change") -> str:
        """A commit straight onto `main`, as after a reviewed pull request."""
        return self.platform.forge.seed_files(FULL_NAME, files, message=message, author="alice")

    def release(self, stack: str, version: str) -> None:
        """Bump a stack's version on `main` and tag it."""
        self.commit(small_platform.stack_files(stack, version), f"{stack} {version}")
        assert self.edp("release").code == 0

    def settle(self, seconds: float = 60) -> None:
        """Let every Argo CD finish what it does; the first seconds are when things happen."""
        end = self.clock.now + timedelta(seconds=seconds)
        while self.clock.now < end:
            left = (end - self.clock.now).total_seconds()
            self.clock.sleep(1 if left > seconds - 3 else min(left, 300))
            for argocd in self.platform.argocds.values():
                argocd.advance()

    def reconcile(self, *arguments: str, code: int = 0, **environment: str) -> Result:
        """One `edp reconcile`, which must end with this code."""
        done = self.edp("reconcile", *arguments, **environment)
        assert done.code == code, done.stdout + done.stderr
        return done

    def walk(self, path: str, version: str, *, runs: int = 6) -> None:
        """Reconcile until a file pins a version, and let the Argo CDs apply it."""
        for _ in range(runs):
            self.reconcile()
            self.settle()
            if self.pin(path) == version:
                return
        raise AssertionError(f"{path} pins {self.pin(path)}, not {version}")

    def live_in_test(self, stack: str, version: str) -> None:
        """A version released, promoted as far as the test environment, and healthy there."""
        self.release(stack, version)
        self.walk(f"environments/test/{stack}.yaml", version)

    def pin(self, path: str) -> str:
        """The version that an Application's file on `main` pins."""
        text = self.file(path).decode()
        return text.split("/v")[-1].split()[0]

    def file(self, path: str, ref: str = "main") -> bytes:
        entry = self.store.entry(ref, path)
        assert entry is not None, f"{path} is not on {ref}"
        return self.store.blob(entry.sha)

    def text(self, path: str, ref: str = "main") -> str:
        return self.file(path, ref).decode()

    @property
    def store(self) -> GitStore:
        """The repository itself."""
        return self.platform.forge.repository(FULL_NAME).store

    def refs(self) -> dict[str, str]:
        """Every branch and tag, without what the forge keeps for itself."""
        return self.store.refs("refs/heads") | self.store.refs("refs/tags")

    def head(self, branch: str = "main") -> str:
        return self.refs()[f"refs/heads/{branch}"]

    def tagged(self, name: str) -> str | None:
        """The commit behind a tag."""
        return self.store.peeled(f"refs/tags/{name}")

    def put_tag(self, name: str, target: str, *, email: str = "edp-bot@example.org") -> None:
        """An annotated tag straight in the repository, replacing what was there."""
        who = Signature("somebody", email, self.clock.now)
        made = self.store.write_tag(name, target, "A release", who)
        self.put_ref(f"refs/tags/{name}", made)

    def put_ref(self, ref: str, sha: str) -> None:
        self.store.git("update-ref", ref, sha)

    def changed_files(self, old: str, new: str) -> list[str]:
        return [change.path for change in self.store.changes(old, new)]

    # --- requests

    @contextmanager
    def watching(self) -> Iterator[list[str]]:
        """The writes that reach the forge in a block: whatever neither reads nor fetches."""
        server, writes = self.platform.server, list[str]()
        begin = len(server.log)
        yield writes
        writes += [
            f"{one.method} {one.path}"
            for one in server.log[begin:]
            if one.method != "GET" and not one.path.endswith("/git-upload-pack")
        ]

    def once_before(self, method: str, part: str, act: Callable[[], object]) -> None:
        """Do something at the moment at which the first such request would take effect.

        The path ends with `part`, or has it inside if `part` ends with a slash.
        """
        server = self.platform.server

        def hook(_: int, request: Request) -> None:
            is_inside = part.endswith("/") and part in request.path
            if request.method == method and (is_inside or request.path.endswith(part)):
                server.before_effect = None
                act()

        server.before_effect = hook

    # --- pull requests

    def open_pulls(self) -> list[forgejo.PullRequest]:
        return list(self.as_user("root").get_pulls(state="open"))

    def the_pull(self) -> forgejo.PullRequest:
        """The only open pull request."""
        (found,) = self.open_pulls()
        return found

    def pull(self, number: int) -> forgejo.PullRequest:
        return self.as_user("root").get_pull(number)

    def approve(self, number: int, login: str = "alice") -> None:
        pull = self.as_user(login).get_pull(number)
        pull.create_review(event="APPROVED", commit_id=pull.head.sha)

    def policy(self, sha: str) -> tuple[str, str]:
        """State and text of `edp/policy` on a commit; two empty texts where there is none."""
        for status in self.as_user("root").get_combined_status(sha).statuses:
            if status.context == "edp/policy":
                return status.state, status.description
        return "", ""

    def comments(self, number: int) -> list[str]:
        return [one.body for one in self.pull(number).get_issue_comments()]

    # --- the ledger

    def ledger_paths(self, folder: str = "") -> list[str]:
        found = self.store.entries("edp-ledger", recursive=True)
        return [one.path for one in found if one.kind == "blob" and one.path.startswith(folder)]

    def commit_to_ledger(self, files: Mapping[str, bytes | None]) -> str:
        """What a person repairs, or spoils, with git."""
        forge = self.platform.forge
        return forge.seed_files(FULL_NAME, files, branch="edp-ledger", author="alice")

    def audit(self) -> list[dict[str, Any]]:
        """Every line of the audit, oldest first."""
        months = sorted(self.ledger_paths("audit/"))
        return [
            json.loads(line)
            for path in months
            for line in self.text(path, "edp-ledger").splitlines()
        ]

    def evidence(self, stack: str, version: str, environment: str) -> dict[str, Any]:
        path = f"evidence/{stack}/{version}/{environment}.json"
        found: dict[str, Any] = json.loads(self.text(path, "edp-ledger"))
        return found


StartWorld = Callable[..., World]
"""Takes what differs from the small platform."""


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
        try:
            yield world
            assert platform.server.before_effect is None, "what was planned never happened"
        finally:
            world.close()
