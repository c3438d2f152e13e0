"""`edp sandbox` serves a platform, `--demo` tells one promotion on it; both end without a trace."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from demo_process import STORY, edp_sandbox, story_of


@pytest.mark.exhaustive  # `make demo` runs it too, and test_demo_real.py the same story
def test_the_demo_tells_its_story_and_leaves_nothing(tmp_path: Path) -> None:
    with edp_sandbox(tmp_path, "--demo") as sandbox:
        code = sandbox.finish()

    text = "\n".join(sandbox.told)
    assert code == 0, sandbox.errors()
    assert story_of(sandbox) == STORY
    assert "queue 1.1.0 is not in prod-us1" in text
    assert re.search(r"queue +1\.1\.0 ✓ +1\.1\.0 ✓ +1\.1\.0 ✗.* 1\.0\.0 ✓", text)
    assert sandbox.errors() == "starting the sandbox\n"
    assert sandbox.leftovers() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=str)
def test_the_sandbox_can_be_worked_on_until_it_is_ended(
    tmp_path: Path, number: signal.Signals
) -> None:
    with edp_sandbox(tmp_path) as sandbox:
        told = sandbox.lines_until("Ctrl-C")
        exported = [line.split()[1].partition("=") for line in told if "export " in line]
        environment = {name: value for name, _, value in exported}
        status = subprocess.run(
            [sys.executable, "-m", "edp", "status"],
            env={"PATH": os.environ["PATH"], **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        code = sandbox.end_by(number)

    assert environment.keys() == {
        "EDP_FORGEJO_URL", "EDP_REPOSITORY", "EDP_TOKEN", "EDP_GATE_TOKEN", "KUBECONFIG",
    }  # fmt: skip
    assert sum("'s token: " in line for line in told) == 2
    assert "queue" in status.stdout, status.stderr
    assert code == 0
    assert sandbox.leftovers() == []


def test_a_demo_that_is_ended_leaves_nothing(tmp_path: Path) -> None:
    with edp_sandbox(tmp_path, "--demo") as sandbox:
        sandbox.lines_until("#2 opened")
        code = sandbox.end_by(signal.SIGTERM)

    assert code == 130
    assert sandbox.errors().endswith("edp: stopped; running again is safe\n")
    assert sandbox.leftovers() == []
