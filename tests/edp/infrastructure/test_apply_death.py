"""Whoever is killed during `edp apply`: nothing is lost, orphaned or applied twice."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from terraform_fixtures import wait_until
from tf_backend import StateBackend
from tf_platform import TerraformPlatform, server, thing
from tf_world import TestWorld

HUNG_UP, KILLED, STOPPED, INTERRUPTED = -1, -9, -15, 130
REFUSED, UNAVAILABLE, BUSY = 3, 4, 6
ROOT = "dev/network"
SLOW = (
    'resource "world_slow" "second" {\n  name = "second"\n  depends_on = [world_server.first]\n}\n'
)
ONE = ["world_server.first"]
BOTH = ["world_server.first", "world_slow.second"]
ONLY = ("--root", ROOT, "--lock-timeout", "0", "--json")


@dataclass(frozen=True, slots=True)
class Job:
    """`edp apply` in a process of its own; it has made the first server and makes the second."""

    process: subprocess.Popen[str]
    platform: TerraformPlatform
    temporary: Path

    def kill(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill_below(self, word: str, number: signal.Signals) -> None:
        """Signal the processes in the Terraform root whose command line has the word."""
        for pid in self.running("terraform/live", word):
            os.kill(pid, number)

    def running(self, folder: str = "", word: str = "") -> list[int]:
        """The processes below this folder of the job whose command line has the word."""
        return [pid for pid, line in _processes_below(self.temporary, folder) if word in line]

    def ends(self) -> tuple[int, str]:
        """Its exit code, and all that it printed."""
        said = "".join(self.process.communicate(timeout=60))
        return self.process.returncode, said

    def leaves_nothing_running(self) -> None:
        wait_until(lambda: not self.running() and not alive(self.platform.cloud))


def _processes_below(top: Path, folder: str) -> Iterator[tuple[int, str]]:
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            place = (entry / "cwd").readlink() if entry.name.isdigit() else Path("/")
            if place.is_relative_to(top) and folder in str(place):
                yield int(entry.name), (entry / "cmdline").read_text().replace("\0", " ")


def alive(cloud: TestWorld) -> list[int]:
    """The providers that run; what is dead has no command line."""
    found = []
    for pid in cloud.providers():
        with suppress(OSError):
            if "terraform-provider-world" in Path(f"/proc/{pid}/cmdline").read_text():
                found.append(pid)
    return found


def start(platform: TerraformPlatform, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """`python -m edp apply` in the clone, on the real clock."""
    environment = {**platform.world.environment, **platform.job, "TMPDIR": str(folder)}
    return subprocess.Popen(
        [sys.executable, "-m", "edp", "apply", *arguments],
        cwd=platform.clone,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A short path: providers put sockets there, whose names may have a hundred characters."""
    with TemporaryDirectory(prefix="edp-") as folder:
        yield Path(folder)


@pytest.fixture
def job(platform: TerraformPlatform, temporary: Path) -> Iterator[Job]:
    """A reviewed change with two servers, the second of which is slow."""
    platform.changed_to(ROOT, server("first") + SLOW)
    process = start(platform, temporary, *ONLY)
    with process:
        started = Job(process, platform, temporary)
        wait_until(lambda: platform.cloud.is_waiting() or process.poll() is not None, 40)
        assert platform.cloud.is_waiting(), started.ends()
        yield started
        process.kill()
        platform.cloud.go()
        started.leaves_nothing_running()


def record(platform: TerraformPlatform) -> dict[str, Any]:
    """What the ledger says of the newest apply."""
    content = platform.world.file(f"terraform/{ROOT}.json", "edp-ledger")
    found: dict[str, Any] = json.loads(content)
    return found


def again(platform: TerraformPlatform) -> tuple[int, str, str]:
    """The next run, with a fast world: exit code, result and reason."""
    platform.cloud.go()
    done = platform.edp("apply", *ONLY)
    (one,) = done.document["roots"]
    return done.code, one["result"], one["reason"]


def token(platform: TerraformPlatform) -> str:
    """Another one each time the first server is made."""
    found: str = platform.cloud.server("first")["token"]
    return found


exhaustive = pytest.mark.exhaustive


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param(signal.SIGKILL, KILLED, id="SIGKILL"),
        pytest.param(signal.SIGTERM, STOPPED, id="SIGTERM", marks=exhaustive),
        pytest.param(signal.SIGHUP, HUNG_UP, id="SIGHUP", marks=exhaustive),
    ],
)
def test_a_killed_job_keeps_its_state_and_the_rest_is_applied_without_another_review(
    job: Job, backend: StateBackend, number: signal.Signals, code: int
) -> None:
    made = token(job.platform)

    job.kill(number)

    assert job.ends()[0] == code
    job.leaves_nothing_running()
    assert backend.locks == {}
    assert backend.resources("dev-network") == ONE
    assert record(job.platform)["result"] == "running"
    assert again(job.platform) == (0, "applied", "")
    assert backend.resources("dev-network") == BOTH
    assert token(job.platform) == made
    assert record(job.platform)["result"] == "applied"


def test_an_interrupted_job_interrupts_terraform_and_keeps_its_state(
    job: Job, backend: StateBackend
) -> None:
    made = token(job.platform)

    job.kill(signal.SIGINT)
    code, said = job.ends()

    assert (code, "stopped; running again is safe" in said) == (INTERRUPTED, True)
    job.leaves_nothing_running()
    assert backend.locks == {}
    assert backend.resources("dev-network") == ONE
    assert record(job.platform)["result"] == "failed"
    assert again(job.platform) == (0, "applied", "")
    assert backend.resources("dev-network") == BOTH
    assert token(job.platform) == made
    assert record(job.platform)["result"] == "applied"


def test_a_killed_terraform_leaves_a_lock_that_a_person_takes_away(
    job: Job, backend: StateBackend
) -> None:
    job.kill_below("apply", signal.SIGKILL)

    code, said = job.ends()
    lock = json.loads(backend.locks["dev-network"])["ID"]

    job.leaves_nothing_running()
    assert (code, "terraform apply: exit -9" in said) == (UNAVAILABLE, True)
    assert record(job.platform)["result"] == "failed"
    busy, result, reason = again(job.platform)
    assert (busy, result, lock in reason) == (BUSY, "busy", True)
    assert backend.resources("dev-network") == []
    assert job.platform.edp("unlock", ROOT, "--id", lock).code == 0
    assert again(job.platform) == (0, "applied", "")
    assert backend.resources("dev-network") == BOTH


@exhaustive
def test_when_both_are_killed_the_next_run_says_whose_lock_it_is(
    job: Job, backend: StateBackend
) -> None:
    os.kill(job.process.pid, signal.SIGSTOP)
    job.kill_below("apply", signal.SIGKILL)
    job.kill(signal.SIGKILL)
    job.ends()
    lock = json.loads(backend.locks["dev-network"])["ID"]

    job.leaves_nothing_running()
    assert record(job.platform)["result"] == "running"
    busy, result, reason = again(job.platform)
    assert (busy, result, lock in reason) == (BUSY, "busy", True)
    assert f"if that has ended, edp unlock {ROOT} --id" in reason
    assert job.platform.edp("unlock", ROOT, "--id", lock).code == 0
    assert record(job.platform)["result"] == "failed"
    assert again(job.platform) == (0, "applied", "")
    assert backend.resources("dev-network") == BOTH


@exhaustive
@pytest.mark.parametrize(
    ("victim", "number"),
    [
        ("apply", signal.SIGINT),
        ("apply", signal.SIGTERM),
        ("terraform-provider-world", signal.SIGKILL),
    ],
)
def test_a_terraform_or_provider_that_is_stopped_fails_the_apply_and_the_rest_comes_next(
    job: Job, backend: StateBackend, victim: str, number: signal.Signals
) -> None:
    made = token(job.platform)

    job.kill_below(victim, number)
    code, said = job.ends()

    job.leaves_nothing_running()
    assert code == UNAVAILABLE, said
    assert backend.locks == {}
    assert record(job.platform)["result"] == "failed"
    assert again(job.platform) == (0, "applied", "")
    assert backend.resources("dev-network") == BOTH
    assert token(job.platform) == made


@exhaustive
def test_an_interrupted_job_that_is_killed_while_it_waits_keeps_its_state(
    job: Job, backend: StateBackend
) -> None:
    made = token(job.platform)

    job.kill(signal.SIGINT)
    job.kill(signal.SIGKILL)

    assert job.ends()[0] == KILLED
    job.leaves_nothing_running()
    assert backend.locks == {}
    assert backend.resources("dev-network") == ONE
    assert again(job.platform) == (0, "applied", "")
    assert token(job.platform) == made


@exhaustive
@pytest.mark.parametrize("moves", ["the files", "the world"])
def test_what_changed_since_the_death_is_not_let_through_as_its_rest(
    job: Job, backend: StateBackend, moves: str
) -> None:
    job.kill(signal.SIGKILL)
    job.ends()
    job.leaves_nothing_running()
    platform = job.platform

    if moves == "the files":
        platform.root(ROOT, server("first", "large") + SLOW)
        platform.commit()
        platform.push()
    else:
        platform.cloud.edit("first", size="huge")
    code, result, _ = again(platform)

    assert (code, result) == (REFUSED, "not applied")
    assert backend.resources("dev-network") == ONE
    assert platform.cloud.server("first")["size"] == ("small" if moves == "the files" else "huge")


@exhaustive
def test_an_interrupted_job_begins_nothing_more(
    platform: TerraformPlatform, temporary: Path, backend: StateBackend
) -> None:
    platform.root("dev/zone", thing("zone"))
    platform.changed_to(ROOT, server("first") + SLOW)

    with start(platform, temporary, "--parallel", "1") as process:
        job = Job(process, platform, temporary)
        wait_until(lambda: platform.cloud.is_waiting() or process.poll() is not None, 40)
        job.kill(signal.SIGINT)
        code, said = job.ends()

    assert code == INTERRUPTED, said
    job.leaves_nothing_running()
    assert backend.resources("dev-zone") == []
