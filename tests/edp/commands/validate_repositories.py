"""A clone of the valid tree, with commits and release tags made by real git."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SMALL = Path(__file__).parents[2] / "data" / "valid" / "small"
BOT = "edp-bot@example.org"


@dataclass(frozen=True)
class Clone:
    """A work tree with its history."""

    root: Path

    def git(self, *arguments: str, email: str = BOT) -> str:
        """Run git as somebody; returns what it prints."""
        done = subprocess.run(
            ["git", "-c", "user.name=somebody", "-c", f"user.email={email}", *arguments],
            cwd=self.root,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1", "HOME": "/"},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def commit(self, message: str = "change") -> str:
        """Commit everything."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def tag(self, *names: str, email: str = BOT) -> None:
        """Release HEAD under these names."""
        for name in names:
            self.git("tag", "--annotate", "--message", name, name, email=email)

    def write(self, path: str, text: str) -> None:
        """Write a file, with the folders that it needs."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def replace(self, path: str, old: str, new: str) -> None:
        """Change a text that stands in a file once or more."""
        text = (self.root / path).read_text(encoding="utf-8")
        assert old in text
        self.write(path, text.replace(old, new))


def small_clone(root: Path) -> Clone:
    """The valid tree as a first commit on `main`, without tags."""
    shutil.copytree(SMALL, root, dirs_exist_ok=True)
    clone = Clone(root)
    clone.git("init", "--quiet", "--initial-branch=main")
    clone.commit("begin")
    return clone


def released_clone(root: Path) -> Clone:
    """The same with every release that the tree pins."""
    clone = small_clone(root)
    clone.tag("web/v1.3.0", "web/v1.4.0", "base/v1.0.0")
    return clone
