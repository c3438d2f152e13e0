"""The recipe in docs/upgrade.md, typed as it stands there into real repositories."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

RECIPE = Path(__file__).parent.parent / "docs" / "upgrade.md"
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


def commands_of_the_upgrade() -> list[str]:
    """What a team types to take the version v0.2.0, as far as git is concerned."""
    text = RECIPE.read_text(encoding="utf-8")
    (block,) = [one for one in re.findall(r"^```\n(.*?)^```", text, re.S | re.M) if "merge" in one]
    return [line for line in block.splitlines() if line.startswith("git ")]


class Team:
    """A repository on disk, in which somebody works with git."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def git(self, *arguments: str, may_fail: bool = False) -> str:
        settings = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-C", str(self.folder))
        argv = ["git", *settings, *arguments]
        done = subprocess.run(
            argv, capture_output=True, text=True, env=ENVIRONMENT, check=not may_fail, timeout=60
        )
        return done.stdout

    def commit(self, files: dict[str, str | None]) -> None:
        for name, text in files.items():
            place = self.folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.unlink() if text is None else place.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "change")

    def files(self) -> dict[str, str]:
        names = self.git("ls-files").split()
        return {name: (self.folder / name).read_text() for name in names}


@pytest.fixture
def upstream(tmp_path: Path) -> Team:
    """The product at v0.1.0."""
    product = Team(tmp_path / "product")
    product.folder.mkdir()
    product.git("init", "--quiet", "--initial-branch=main")
    product.commit({
        "scripts/a.py": "1", "stacks/web/a": "1", "stacks/old/a": "1", "environments/dev/a": "1",
        "environments/dev/b": "1",
    })  # fmt: skip
    product.git("tag", "--annotate", "v0.1.0", "--message", "1")
    return product


def test_an_upgrade_takes_the_product_and_leaves_the_users_folders(
    upstream: Team, tmp_path: Path
) -> None:
    team = Team(tmp_path / "team")
    upstream.git("clone", "--quiet", "--origin=upstream", ".", str(team.folder))
    team.commit({"stacks/web/a": "ours", "stacks/old/a": None, "stacks/mine/a": "ours"})
    before = team.files()
    upstream.commit({
        "scripts/a.py": "2", "scripts/b.py": "2", "stacks/web/a": "2", "stacks/old/a": "2",
        "stacks/new/a": "2", "environments/dev/a": "2", "environments/dev/b": None,
    })  # fmt: skip
    upstream.git("tag", "--annotate", "v0.2.0", "--message", "2")

    for command in commands_of_the_upgrade():
        team.git(*shlex.split(command)[1:], may_fail=command.startswith("git merge"))

    assert team.files() == {**before, "scripts/a.py": "2", "scripts/b.py": "2"}
    assert team.git("status", "--porcelain") == ""
    assert len(team.git("log", "-1", "--format=%P").split()) == 2
