"""The setup action: installs with hashes what is missing, and keeps the kubeconfig to itself."""

import os
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from workflow_files import SETUP

STEPS = {step["name"]: step["run"] for step in yaml.safe_load(SETUP.read_text())["runs"]["steps"]}
INSTALL = STEPS["Install the pinned tools unless they are on PATH already"]
KUBECONFIG = STEPS["Write the kubeconfig if there is one"]
PIP = "pip install --quiet --disable-pip-version-check"
LOCKED = "--require-hashes --only-binary :all:"
BUILDER = f"{LOCKED} -r requirements/build.txt"
# One requirement is published as source only: it is built with the locked setuptools.
REQUIRED = (
    f"{LOCKED} --no-binary python-terraform --no-build-isolation --use-pep517 "
    "-r requirements/edp.txt"
)
OURS = "--no-deps --no-index --no-build-isolation ."
EDP = "#!/bin/sh\necho edp, version 0.1.0\n"
# Makes what `python3 -m venv` makes, with a pip that says its arguments and installs an edp.
PYTHON = f"""\
#!/bin/sh
echo "python3 $1 $2" >> "$RUNNER_TEMP/calls"
mkdir -p "$3/bin"
cat > "$3/bin/pip" <<'END'
#!/bin/sh
echo "pip $*" >> "$RUNNER_TEMP/calls"
printf '{EDP}' > "$(dirname "$0")/edp"
chmod +x "$(dirname "$0")/edp"
END
chmod +x "$3/bin/pip"
"""


@dataclass(frozen=True)
class Runner:
    """The folders and files that a runner gives to a step."""

    temp: Path
    tools: Path

    def run(self, script: str, **environment: str) -> str:
        """Run a step that must succeed; returns what it printed."""
        given = {
            "PATH": f"{self.tools}:{os.defpath}",
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_PATH": str(self.temp / "path"),
            "GITHUB_ENV": str(self.temp / "env"),
        }
        command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script]
        done = subprocess.run(
            command, env=given | environment, capture_output=True, text=True, check=True
        )
        return done.stdout + done.stderr

    def offer(self, name: str, script: str) -> None:
        """Put a program on PATH."""
        program = self.tools / name
        program.write_text(script, encoding="utf-8")
        program.chmod(0o755)

    def written(self, name: str) -> list[str]:
        """The lines of a file in the temporary folder; none if there is no such file."""
        file = self.temp / name
        return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A runner without any tool of ours."""
    made = Runner(tmp_path / "temp", tmp_path / "tools")
    made.temp.mkdir()
    made.tools.mkdir()
    made.offer("python3", PYTHON)
    return made


def test_nothing_is_installed_when_edp_is_on_the_path(runner: Runner) -> None:
    runner.offer("edp", EDP)

    said = runner.run(INSTALL)

    assert said == "edp, version 0.1.0\n"
    assert list(runner.temp.iterdir()) == []


def test_what_is_missing_is_installed_with_hashes_into_a_new_folder(runner: Runner) -> None:
    said = runner.run(INSTALL)

    assert said == "edp, version 0.1.0\n"
    installed = [f"{PIP} {what}" for what in (BUILDER, REQUIRED, OURS)]
    assert runner.written("calls") == ["python3 -m venv", *installed]
    (added,) = runner.written("path")
    assert (Path(added) / "edp").exists()


def test_a_kubeconfig_is_readable_by_its_owner_alone_and_never_printed(runner: Runner) -> None:
    content = "users:\n- user: {token: s3cret}\n"

    said = runner.run(KUBECONFIG, EDP_KUBECONFIG=content.rstrip("\n"))

    (line,) = runner.written("env")
    name, _, path = line.partition("=")
    assert (name, said) == ("KUBECONFIG", "")
    assert Path(path).read_text(encoding="utf-8") == content
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600


def test_without_a_kubeconfig_nothing_is_written(runner: Runner) -> None:
    runner.run(KUBECONFIG, EDP_KUBECONFIG="")
    runner.run(KUBECONFIG)

    assert list(runner.temp.iterdir()) == []
