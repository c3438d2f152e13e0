"""Repositories on disk for tests: a work tree to commit in, and the bare one that is served."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from git_http_server import TOKEN, GitServer

from edp.clients.git import GitRepository, Person, Remote

BOT = Person("edp-bot", "edp-bot@example.org")
NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}


def plain_git(folder: Path, *arguments: str, stdin: bytes = b"") -> str:
    """What git prints when it is used as a person would."""
    environment = ENVIRONMENT | {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_AUTHOR_NAME": "Ann",
        "GIT_AUTHOR_EMAIL": "ann@example.org",
        "GIT_COMMITTER_NAME": "Ann",
        "GIT_COMMITTER_EMAIL": "ann@example.org",
        "GIT_AUTHOR_DATE": "@1764072000 +0000",
        "GIT_COMMITTER_DATE": "@1764072000 +0000",
    }
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        input=stdin,
        env=environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode(errors="replace").strip()


@dataclass(frozen=True)
class Work:
    """A work tree whose commits go to the served repository at once."""

    folder: Path
    served: Path

    def git(self, *arguments: str, stdin: bytes = b"") -> str:
        return plain_git(self.folder, *arguments, stdin=stdin)

    def write(self, path: str, content: bytes | str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, message: str = "change") -> str:
        """Commit everything, publish the branch, return the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        self.publish()
        return self.head

    def publish(self, *refspecs: str) -> None:
        self.git("push", "--quiet", "--force", str(self.served), *(refspecs or ("HEAD",)))

    def served_refs(self) -> dict[str, str]:
        """What the server has."""
        lines = plain_git(self.served, "for-each-ref", "--format=%(refname) %(objectname)")
        return dict(line.split() for line in lines.splitlines())

    def refuse_pushes(self, reason: str) -> None:
        """Refuse every push as a forge's hook does."""
        hook = self.served / "hooks" / "pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\nprintf '%s\\n' '{reason}' >&2\nexit 1\n")
        hook.chmod(0o755)

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD")


def make_repository(folder: Path) -> Work:
    """A work tree on `main` with three files, and its served twin."""
    served = folder / "served" / "team" / "app.git"
    served.mkdir(parents=True)
    plain_git(served, "init", "--quiet", "--bare", "--initial-branch=main")
    for key in ("uploadpack.allowFilter", "http.receivePack"):
        plain_git(served, "config", key, "true")
    work = Work(folder / "work", served)
    work.folder.mkdir()
    work.git("init", "--quiet", "--initial-branch=main")
    work.write("stacks/web/stack.yaml", "version: 1.0.0\n")
    work.write("environments/dev/web.yaml", "pin: 1.0.0\r\n")
    work.write("environments/test/web.yaml", "pin: 0.9.0\n")
    work.commit("begin")
    return work


REFS = ("refs/heads/promote/*", "refs/tags/*", "refs/heads/edp-ledger")


def clone(
    server: GitServer,
    folder: Path,
    *,
    token: str = TOKEN,
    deadline: float = 20,
    sleep: Callable[[float], None] | None = None,
) -> GitRepository:
    """A clone of the served repository with the product's refs."""
    remote = Remote(server.repository(), "main", refs=REFS, token=token)
    return GitRepository.clone(
        remote, folder, environment=ENVIRONMENT, deadline=deadline, sleep=sleep
    )
