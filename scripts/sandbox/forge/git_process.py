"""The one way the sandbox starts git: argument lists, a curated environment, checked results."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path


class GitFailedError(Exception):
    """Git ended with an error; the message carries what it said."""

    def __init__(self, args: tuple[str, ...], code: int, stderr: str) -> None:
        super().__init__(f"git {' '.join(args)}: exit {code}: {stderr.strip()}")
        self.stderr = stderr


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Nothing of the caller's but the search path, so that no user configuration leaks in."""
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": "/nonexistent",
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_TERMINAL_PROMPT": "0",
        **(extra or {}),
    }


def run_git(
    folder: Path,
    *args: str,
    stdin: bytes = b"",
    extra: Mapping[str, str] | None = None,
    allowed: tuple[int, ...] = (0,),
) -> subprocess.CompletedProcess[bytes]:
    """Runs git in `folder` and returns what it did; an exit code not `allowed` raises."""
    argv = ["git", "-C", str(folder), "-c", "core.quotePath=false", *args]
    done = subprocess.run(argv, input=stdin, capture_output=True, env=environment(extra), check=False)
    if done.returncode not in allowed:
        raise GitFailedError(args, done.returncode, done.stderr.decode(errors="replace"))
    return done
