"""Git over HTTP as a user, in a clone of its own."""

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

_SECONDS = 60.0


@dataclass(frozen=True)
class Outcome:
    """How a git command ended."""

    code: int
    text: str


@dataclass(frozen=True)
class Clone:
    """A clone whose commands carry the token in a header, never in an argument or a URL."""

    folder: Path
    url: str
    token: str = field(repr=False)

    @classmethod
    def of(cls, folder: Path, url: str, token: str) -> "Clone":
        folder.mkdir()
        clone = cls(folder, url, token)
        clone("init", "-q", "-b", "main")
        clone("remote", "add", "origin", url)
        clone("fetch", "-q", "origin")
        return clone

    def __call__(self, *arguments: str) -> str:
        """Run git; it must succeed."""
        outcome = self.run(*arguments)
        assert outcome.code == 0, outcome.text
        return outcome.text.strip()

    def run(self, *arguments: str) -> Outcome:
        """Run git; how it ended is the caller's to judge."""
        done = subprocess.run(
            ["git", "-C", str(self.folder), *arguments],
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        return Outcome(done.returncode, done.stdout + done.stderr)

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_AUTHOR_NAME": "contract",
            "GIT_AUTHOR_EMAIL": "contract@example.org",
            "GIT_COMMITTER_NAME": "contract",
            "GIT_COMMITTER_EMAIL": "contract@example.org",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"http.{self.url}.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: token {self.token}",
            "LC_ALL": "C",
        }

    def commit(self, path: str, text: str, *, on: str = "origin/main") -> str:
        """A commit with one written file on top of another one; returns its id."""
        self("checkout", "-q", "--detach", on)
        (self.folder / path).write_text(text)
        self("add", "--", path)
        self("commit", "-q", "-m", f"write {path}")
        return self("rev-parse", "HEAD")

    def push(self, sha: str, branch: str, *, expected: str | None = None) -> Outcome:
        """Push a commit to a branch; with `expected` by an explicit lease on that commit."""
        ref = f"refs/heads/{branch}"
        lease = () if expected is None else (f"--force-with-lease={ref}:{expected}",)
        return self.run("push", *lease, "origin", f"{sha}:{ref}")
