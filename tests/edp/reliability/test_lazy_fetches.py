"""Git fetches what it is told to, all at once, and never a blob that some command misses."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from world import World

from sandbox.faults import Fault, FaultKind
from sandbox.platform import FULL_NAME

UNAVAILABLE = 4


@dataclass(frozen=True)
class Witness:
    """A `git` that writes down how it is started, and git's own trace of what it does."""

    folder: Path

    @property
    def path(self) -> str:
        return f"{self.folder}:{os.environ['PATH']}"

    def starts(self) -> list[str]:
        """Allowed protocols, whether lazy fetches are off, and the arguments of every start."""
        return (self.folder / "starts").read_text().splitlines()

    def lazy_fetches(self) -> list[str]:
        lines = (self.folder / "trace").read_text().splitlines()
        return [line for line in lines if '"category":"promisor"' in line]


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    folder = tmp_path / "witness"
    folder.mkdir()
    git = folder / "git"
    git.write_text(f"""\
#!/bin/sh
echo "$GIT_ALLOW_PROTOCOL ${{GIT_NO_LAZY_FETCH:-0}} $*" >> {folder}/starts
GIT_TRACE2_EVENT={folder}/trace exec {shutil.which("git")} "$@"
""")
    git.chmod(0o755)
    return Witness(folder)


def test_the_trace_tells_of_a_lazy_fetch(own: World, witness: Witness, tmp_path: Path) -> None:
    url = f"{own.platform.server.url}/{FULL_NAME}.git"
    clone = tmp_path / "clone.git"

    def git(*arguments: str) -> None:
        environment = {"PATH": witness.path, "GIT_ALLOW_PROTOCOL": "http"}
        subprocess.run(["git", *arguments], env=environment, check=True, capture_output=True)

    git("clone", "--bare", "--filter=blob:none", url, str(clone))
    assert witness.lazy_fetches() == []

    git("-C", str(clone), "show", "HEAD:environments/promotion.yaml")
    assert len(witness.lazy_fetches()) == 1


def test_no_git_call_of_a_promotion_fetches_lazily(own: World, witness: Witness) -> None:
    opened = own.edp("promote", "web", "--to", "test", PATH=witness.path)
    merged = own.edp("reconcile", PATH=witness.path)

    assert (opened.code, merged.code) == (0, 0)
    assert "#1 merged" in merged.stdout
    assert witness.lazy_fetches() == []


def test_only_fetches_and_pushes_may_reach_the_network(own: World, witness: Witness) -> None:
    assert own.edp("reconcile", PATH=witness.path).code == 0

    starts = [line.split(" ", 2) for line in witness.starts()]
    asking = [arguments for protocols, _, arguments in starts if protocols != "none"]
    others = {lazy_off for protocols, lazy_off, _ in starts if protocols == "none"}
    commands = {next(w for w in line.split() if w in ("fetch", "push")) for line in asking}

    assert commands == {"fetch", "push"}
    assert others == {"1"}


def fail(world: World, kind: FaultKind, requests: range) -> None:
    """The forge fails at its next requests with these numbers; the first one is 1."""
    numbers = count(1)
    fault = Fault(kind, lambda _: next(numbers) in requests, times=10**9)
    world.platform.server.faults.add(fault)


def test_a_server_that_answers_nothing_is_not_asked_again_and_again(
    own: World, witness: Witness
) -> None:
    fail(own, "empty", range(7, 60))  # request 7 begins to fetch blobs
    fail(own, "reset", range(60, 10**9))  # ends what would else have no end

    done = own.edp("promote", "web", "--to", "test", PATH=witness.path)

    assert done.code == UNAVAILABLE, done
    assert witness.lazy_fetches() == []
