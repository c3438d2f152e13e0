"""Real git clients against the sandbox's forge, with nothing of the caller's configuration."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from forge_world import World

from sandbox.forge.records import Repository

IDENTITY = {
    "GIT_AUTHOR_NAME": "dev", "GIT_AUTHOR_EMAIL": "dev@example.org",
    "GIT_COMMITTER_NAME": "dev", "GIT_COMMITTER_EMAIL": "dev@example.org",
}  # fmt: skip


@dataclass(frozen=True)
class GitResult:
    code: int
    stdout: str
    stderr: str

    @property
    def remote(self) -> list[str]:
        """What the server said, line by line."""
        lines = [line for line in self.stderr.splitlines() if line.startswith("remote:")]
        return [line.removeprefix("remote:").strip() for line in lines]


@dataclass(frozen=True)
class GitClient:
    """Git in one folder, authenticated by a header unless the address says otherwise."""

    folder: Path
    url: str
    authorization: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)

    def run(self, *args: str) -> GitResult:
        header = ["-c", f"http.extraHeader=Authorization: {self.authorization}"]
        argv = ["git", *(header if self.authorization else []), *args]
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_TERMINAL_PROMPT": "0",
            **IDENTITY,
            **self.extra,
        }
        done = subprocess.run(
            argv, cwd=self.folder, env=environment, capture_output=True, text=True, check=False,
            timeout=60,
        )  # fmt: skip
        return GitResult(done.returncode, done.stdout, done.stderr)

    def must(self, *args: str) -> str:
        """Output of a command that has to succeed."""
        done = self.run(*args)
        assert done.code == 0, done
        return done.stdout.strip()

    def commit(self, **files: str) -> str:
        """A commit on the present branch; `__` stands for the dot of a file's name."""
        for name, text in files.items():
            (self.folder / name.replace("__", ".")).write_text(text)
        self.must("add", ".")
        self.must("commit", "-q", "--allow-empty", "-m", "work")
        return self.must("rev-parse", "HEAD")


def cloned(url: str, folder: Path, authorization: str = "") -> GitClient:
    folder.mkdir()
    client = GitClient(folder, url, authorization)
    client.must("clone", "-q", url, ".")
    return client


def address(world: World, repository: Repository) -> str:
    return f"{world.server.url}/{repository.full_name}.git"


def token(world: World, user: str) -> str:
    return world.headers[user]["Authorization"]
