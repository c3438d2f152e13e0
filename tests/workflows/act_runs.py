"""Running one workflow with the real `act`, on this machine and without Docker."""

import json
import subprocess
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

TOOLS = Path(sysconfig.get_path("scripts"))
"""Where `act`, `edp` and the other tools of this environment are."""
SYSTEM = "/usr/local/bin:/usr/bin:/bin"
"""Where git and a shell are."""


@dataclass(frozen=True)
class Trigger:
    """What starts a workflow, and what the server hands it."""

    event: str
    workflow: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ActRun:
    """What a finished run said."""

    code: int
    text: str
    """Everything that was printed; of very short steps `act` may lose some."""
    jobs: Mapping[str, str]
    """The result of each job that ran, by its id; a skipped one is not there."""


@dataclass(frozen=True)
class Act:
    """An `act` with a home of its own; nothing of the caller's environment reaches a step."""

    home: Path
    server: str
    secrets: Mapping[str, str] = field(repr=False)

    def run(self, clone: Path, trigger: Trigger) -> ActRun:
        """Run the workflow of a clone at the commit that it has checked out."""
        done = subprocess.run(
            self._argv(trigger),
            cwd=clone,
            env={"PATH": f"{TOOLS}:{SYSTEM}", "HOME": str(self.home), "LANG": "C.UTF-8"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return _read(done.returncode, done.stdout, done.stderr)

    def _argv(self, trigger: Trigger) -> list[str]:
        argv = [str(TOOLS / "act"), trigger.event, "--json"]
        argv += ["--insecure-secrets"]  # does not hide what a step should not have printed
        argv += ["-W", f".forgejo/workflows/{trigger.workflow}.yaml", "-P", "docker=-self-hosted"]
        argv += ["--pull=false", "--no-cache-server", "--secret-file", str(self._secret_file())]
        argv += ["--eventpath", str(self._event_file(trigger))]
        argv += ["--github-instance", urlsplit(self.server).netloc]
        argv += ["--env", f"GITHUB_SERVER_URL={self.server}"]
        argv += ["--env", f"GITHUB_API_URL={self.server}/api/v1"]
        for name, value in trigger.variables.items():
            argv += ["--var", f"{name}={value}"]
        return argv

    def _secret_file(self) -> Path:
        settings = self.home / ".config" / "act"
        settings.mkdir(parents=True, exist_ok=True)
        (settings / "actrc").touch()  # without one it asks which images to use
        return _write_json(self.home / "secrets.yaml", self.secrets)

    def _event_file(self, trigger: Trigger) -> Path:
        payload = dict(trigger.payload)
        if trigger.inputs:
            payload["inputs"] = dict(trigger.inputs)
        return _write_json(self.home / "event.json", payload)


def _write_json(path: Path, value: Mapping[str, Any]) -> Path:
    path.write_text(json.dumps(value), encoding="utf-8")
    path.chmod(0o600)
    return path


def _read(code: int, stdout: str, stderr: str) -> ActRun:
    lines = [json.loads(line) for line in stdout.splitlines() if line.startswith("{")]
    jobs = {line["jobID"]: line["jobResult"] for line in lines if "jobResult" in line}
    return ActRun(code, stdout + stderr, jobs)
