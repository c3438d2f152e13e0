"""`edp sandbox` in a process of its own, with everything that it leaves behind."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from small_platform import small_platform

PATIENCE = 120
STORY = """\
  1  queue 1.1.0 merged ............... pull request #1, merged by alice
  2  released ......................... queue/v1.1.0 at SHA
  3  dev .............................. #2 opened
     dev .............................. #2 merged as SHA, by the gate user
     dev .............................. Argo CD: Synced and Healthy
  4  test ............................. #3 opened
     test ............................. #3 merged as SHA, by the gate user
     test ............................. Argo CD: Synced and Healthy
  5  prod-eu1 ......................... #4 opened
     prod-eu1 ......................... waits for approvals: 0 of 1
     prod-eu1 ......................... approved by bob
     prod-eu1 ......................... #4 merged as SHA, by the gate user
     prod-eu1 ......................... Degraded: Deployment policy-agent: ImagePullBackOff
  6  prod-us1 ......................... not promoted: prod-eu1 is Degraded"""


@dataclass
class Sandbox:
    """A running `edp sandbox`; all its temporary folders are below `temporary`."""

    process: "subprocess.Popen[str]"
    temporary: Path
    told: list[str] = field(default_factory=list)

    def lines_until(self, text: str) -> list[str]:
        """Read what it prints up to the line that holds the text."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.told.append(line.rstrip("\n"))
            if text in line:
                return self.told
        raise AssertionError(f"it ended before {text!r}: {self.told} {self.errors()}")

    def end_by(self, number: signal.Signals) -> int:
        """Send a signal; returns the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def finish(self) -> int:
        """Read the rest; returns the exit code."""
        assert self.process.stdout is not None
        self.told += self.process.stdout.read().splitlines()
        return self.process.wait(PATIENCE)

    def errors(self) -> str:
        return (self.temporary.parent / "stderr").read_text()

    def leftovers(self) -> list[str]:
        """Files, and processes that were started with this temporary folder or work in it."""
        files = [str(path) for path in self.temporary.iterdir()]
        mark = str(self.temporary).encode()
        return files + [number for number, facts in _processes() if mark in facts]


def _processes() -> Iterator[tuple[str, bytes]]:
    for place in Path("/proc").glob("[0-9]*"):
        try:
            facts = [(place / name).read_bytes() for name in ("cmdline", "environ")]
            where = os.fsencode((place / "cwd").readlink())
        except OSError:
            continue
        yield place.name, b" ".join([*facts, where])


@contextmanager
def edp_sandbox(folder: Path, *arguments: str, **environment: str) -> Iterator[Sandbox]:
    """Run it on the small platform, in a folder as `git clone` would make it."""
    clone, temporary = folder / "clone", folder / "tmp"
    temporary.mkdir()
    for path, content in small_platform().items():
        (clone / path).parent.mkdir(parents=True, exist_ok=True)
        (clone / path).write_bytes(content)
    here = {"PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": str(temporary)}
    with (folder / "stderr").open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "edp", "--repo", str(clone), "sandbox", *arguments],
            env=here | environment,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
        try:
            yield Sandbox(process, temporary)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(PATIENCE)
            assert process.stdout is not None
            process.stdout.close()


def story_of(sandbox: Sandbox) -> str:
    """The numbered part, without what differs from run to run."""
    told = [line for line in sandbox.told if re.match(r"  \d  |     [\w-]+ \.", line)]
    told = [line for line in told if "waits for soak" not in line]
    return re.sub(r"\b[0-9a-f]{8}\b", "SHA", "\n".join(told))
