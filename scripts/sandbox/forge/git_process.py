"""The one way the sandbox starts git: argument lists, a curated environment, checked results."""

import os
import subprocess
import tempfile
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
        # What the sandbox holds need not survive the machine.
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.fsync",
        "GIT_CONFIG_VALUE_0": "none",
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
    done = subprocess.run(
        argv, input=stdin, capture_output=True, env=environment(extra), check=False
    )
    if done.returncode not in allowed:
        raise GitFailedError(args, done.returncode, done.stderr.decode(errors="replace"))
    return done


def start_backend(variables: Mapping[str, str], body: bytes) -> subprocess.Popen[bytes]:
    """Starts git's own HTTP backend; its answer is read from `stdout`.

    The request comes from a file, so that neither side can wait for the other for ever.
    """
    with tempfile.TemporaryFile() as stdin:
        stdin.write(body)
        stdin.seek(0)
        return subprocess.Popen(
            ["git", "http-backend"],  # noqa: S607 - found on PATH like all git here
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(variables),
        )
