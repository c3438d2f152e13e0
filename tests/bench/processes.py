"""Running `edp` as a real process and telling what it used."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_LAUNCHER: Final = Path(__file__).with_name("launch.py")
_DEADLINE: Final = 900.0


@dataclass(frozen=True)
class Used:
    """What one process and its children used."""

    code: int
    wall: float
    """Seconds."""
    cpu: float
    """Seconds, of all its children, too."""
    memory: float
    """MiB that were resident at most in any one of its processes."""
    stdout: str
    stderr: str


def run_edp(
    *arguments: str, folder: Path, environment: Mapping[str, str], codes: tuple[int, ...] = (0,)
) -> Used:
    """Run one command to its end; an unexpected exit code ends the bench."""
    argv = (sys.executable, "-m", "edp", *arguments)
    used = measure(argv, folder=folder, environment=environment)
    if used.code not in codes:
        raise SystemExit(f"edp {' '.join(arguments)}: exit {used.code}\n{used.stderr[-4000:]}")
    return used


def measure(argv: tuple[str, ...], *, folder: Path, environment: Mapping[str, str]) -> Used:
    """Run a program by way of the launcher."""
    with tempfile.TemporaryDirectory(prefix="edp-bench-") as temporary:
        result = Path(temporary, "result.json")
        done = subprocess.run(
            (sys.executable, "-S", str(_LAUNCHER), str(result), str(folder), *argv),
            env=_base() | dict(environment),
            capture_output=True,
            check=True,
            timeout=_DEADLINE,
        )
        figures = json.loads(result.read_text())
    return Used(**figures, stdout=done.stdout.decode(), stderr=done.stderr.decode())


def _base() -> dict[str, str]:
    return {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
