"""The command group: every end has its exit code and one message, whatever happened."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from edp import cli
from edp.errors import BusyError, ConflictError, InvalidInputError, RefusedError, UnavailableError

TOKEN = "3f9a1c7e5b2d4860a1b2c3d4e5f60718293a4b5c"
Ending = Callable[[BaseException | int], int]


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("EDP_", "GITHUB_", "FORGEJO_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("EDP_TOKEN", TOKEN)


@pytest.fixture
def ended() -> Iterator[Ending]:
    """A function that runs a command which ends in a given way."""

    def run(end: BaseException | int) -> int:
        @click.command("ending")
        def command() -> int:
            if isinstance(end, int):
                return end
            raise end

        cli.cli.add_command(command)
        return cli.run(["ending"])

    yield run
    cli.cli.commands.pop("ending", None)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidInputError("it failed", hint="do this"), 2),
        (RefusedError("it failed", hint="do this"), 3),
        (UnavailableError("it failed", hint="do this"), 4),
        (ConflictError("it failed", hint="do this"), 5),
        (BusyError("it failed", hint="do this"), 6),
    ],
)
def test_an_error_is_one_line_with_what_to_do(
    ended: Ending, capsys: pytest.CaptureFixture[str], error: Exception, code: int
) -> None:
    assert ended(error) == code
    assert capsys.readouterr() == ("", "edp: it failed\n  do this\n")


@pytest.mark.parametrize("code", [0, 2, 10])
def test_a_command_gives_its_own_exit_code(ended: Ending, code: int) -> None:
    assert ended(code) == code


def test_an_error_shows_no_secret_and_no_escape_sequence(
    ended: Ending, capsys: pytest.CaptureFixture[str]
) -> None:
    ended(UnavailableError(f"server said \x1b[31m{TOKEN}", hint=f"look at {TOKEN}"))

    err = capsys.readouterr().err
    assert err.startswith("edp: server said ")
    assert err.endswith("[redacted]\n  look at [redacted]\n")
    assert TOKEN not in err
    assert "\x1b" not in err


def test_a_bug_keeps_its_traceback_in_a_file(
    ended: Ending,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    code = ended(ZeroDivisionError(f"with {TOKEN}"))

    out, err = capsys.readouterr()
    (log,) = tmp_path.iterdir()
    assert (code, out) == (1, "")
    assert err == f"edp: a bug: ZeroDivisionError\n  the traceback is in {log}\n"
    assert "ZeroDivisionError: with [redacted]" in log.read_text(encoding="utf-8")


@pytest.mark.parametrize("interruption", [KeyboardInterrupt(), click.Abort()])
def test_an_interrupted_run_says_that_it_may_run_again(
    ended: Ending, capsys: pytest.CaptureFixture[str], interruption: BaseException
) -> None:
    assert ended(interruption) == 130
    assert capsys.readouterr().err.lstrip() == "edp: stopped; running again is safe\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["valdate"], "No such command 'valdate'"),
        (["validate", "--bse", "x"], "Did you mean '--base'?"),
        (["validate", "extra"], "unexpected extra argument"),
        (["--repo"], "Option '--repo' requires an argument"),
    ],
)
def test_wrong_usage_ends_with_two(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert cli.run(arguments) == 2
    assert message in capsys.readouterr().err


def test_a_wrong_setting_is_an_error_before_anything_is_done(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDP_REPOSITORY", "nonsense")

    assert cli.run(["validate", "--json"]) == 2
    assert capsys.readouterr() == (
        "",
        "edp: EDP_REPOSITORY: 'nonsense' is not a repository\n  write owner/name\n",
    )


def test_an_error_with_json_leaves_stdout_empty(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code = cli.run(["--repo", str(tmp_path), "validate", "--json", "--base", "main"])

    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert err.startswith("edp: ")


def test_help_lists_every_command_without_importing_one() -> None:
    script = (
        "import sys; from edp.cli import run; code = run(['--help']);"
        "print(code, sorted(name for name in sys.modules if name.startswith('edp.')))"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    *shown, modules = done.stdout.splitlines()
    assert all(any(line.split()[:1] == [name] for line in shown) for name in cli.COMMANDS)
    assert modules == "0 ['edp.cli', 'edp.errors']"


def test_a_reader_that_goes_away_causes_no_traceback(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "edp", "--repo", str(tmp_path), "validate"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()

    _, err = process.communicate(timeout=30)

    assert err.decode().count("edp:") == 0
    assert b"Traceback" not in err


def test_the_program_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "edp", "--version"], capture_output=True, text=True, check=True
    )

    assert done.stdout.startswith("edp, version ")
