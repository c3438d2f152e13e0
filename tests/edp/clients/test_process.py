"""The one door to processes, with real ones."""

import os
import sys
import time
from pathlib import Path

import pytest

from edp.clients.process import (
    Completed,
    Handling,
    OutputTooLargeError,
    command_name,
    curated_environment,
    last_lines,
    run,
)
from edp.errors import InvalidInputError, UnavailableError

ENVIRONMENT = {"PATH": os.environ["PATH"]}


def run_python(
    program: str, tmp_path: Path, *, deadline: float = 20, stdin: bytes = b"", limit: int = 10**7
) -> Completed:
    return run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        environment=ENVIRONMENT,
        deadline=deadline,
        input=stdin,
        max_output=limit,
    )


def is_running(process: int) -> bool:
    """A zombie that nobody has reaped yet does not run."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def ends_soon(process: int) -> bool:
    """The kernel takes a moment to end what was killed."""
    return any(not is_running(process) or time.sleep(0.01) for _ in range(500))


def test_output_error_and_code_come_back(tmp_path: Path) -> None:
    program = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"

    done = run_python(program, tmp_path)

    assert (done.returncode, done.stdout, done.stderr) == (3, b"out\n", b"err\n")


def test_much_input_and_output_pass_at_the_same_time(tmp_path: Path) -> None:
    content = os.urandom(3_000_000)

    done = run_python("import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())", tmp_path,
                      stdin=content)  # fmt: skip

    assert done.stdout == content


def test_a_process_need_not_read_its_input(tmp_path: Path) -> None:
    assert run_python("pass", tmp_path, stdin=b"x" * 1_000_000).returncode == 0


def test_the_process_sees_the_given_environment_only(tmp_path: Path) -> None:
    done = run_python("import os; print(sorted(os.environ))", tmp_path)

    assert b"PATH" in done.stdout
    assert b"PYTEST" not in done.stdout


def test_it_runs_in_its_folder_and_in_a_session_of_its_own(tmp_path: Path) -> None:
    done = run_python("import os; print(os.getcwd(), os.getsid(0) == os.getpid())", tmp_path)

    assert done.stdout.decode().split() == [str(tmp_path.resolve()), "True"]


def test_a_missing_program_is_named_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="no-such-program: not found") as caught:
        run(["no-such-program"], cwd=tmp_path, environment=ENVIRONMENT, deadline=5)

    assert "install no-such-program" in caught.value.hint


def test_a_missing_folder_is_not_taken_for_a_missing_program(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="there is no folder"):
        run(["git", "status"], cwd=tmp_path / "x", environment=ENVIRONMENT, deadline=5)


def test_an_argument_that_cannot_be_one_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="cannot be started"):
        run(["git", "a\0b"], cwd=tmp_path, environment=ENVIRONMENT, deadline=5)


def run_shell(script: str, tmp_path: Path) -> Completed:
    return run(
        ["sh", "-c", script], cwd=tmp_path, environment=ENVIRONMENT, deadline=1, patience=0.2
    )


def test_at_its_deadline_a_process_is_interrupted_and_may_tidy_up(tmp_path: Path) -> None:
    script = "trap 'echo tidied > file; exit' INT; sleep 60 & wait"

    with pytest.raises(UnavailableError, match="sh: did not end within 1 s"):
        run_shell(script, tmp_path)

    assert (tmp_path / "file").read_text() == "tidied\n"


def test_that_we_ignore_interrupts_is_not_passed_on(tmp_path: Path) -> None:
    program = """\
import os, signal, sys
from pathlib import Path
from edp.clients.process import run

signal.signal(signal.SIGINT, signal.SIG_IGN)
child = "import signal; print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)"
done = run([sys.executable, "-c", child], cwd=Path.cwd(), environment={}, deadline=20)
os.kill(os.getpid(), signal.SIGINT)
print(done.stdout.decode(), "and we go on")
"""

    done = run_python(program, tmp_path)

    assert done.stdout == b"False\n and we go on\n"


def test_a_process_that_ignores_signals_is_killed_with_its_children(tmp_path: Path) -> None:
    script = "trap '' INT TERM; sleep 60 & echo $$ $! > pids; wait"

    with pytest.raises(UnavailableError):
        run_shell(script, tmp_path)

    pids = [int(word) for word in (tmp_path / "pids").read_text().split()]
    assert len(pids) == 2
    assert all(map(ends_soon, pids))


def test_a_child_that_keeps_the_pipes_does_not_keep_us(tmp_path: Path) -> None:
    script = "sleep 60 & echo $! > pid"

    with pytest.raises(UnavailableError, match="did not end"):
        run_shell(script, tmp_path)

    assert ends_soon(int((tmp_path / "pid").read_text()))


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_endless_output_is_stopped(tmp_path: Path, stream: str) -> None:
    program = f"import sys\nwhile True: sys.{stream}.write('x' * 10000)"

    with pytest.raises(OutputTooLargeError, match="more than 100000 bytes") as caught:
        run_python(program, tmp_path, limit=100_000)

    assert caught.value.exit_code == 2


def test_the_environment_is_curated() -> None:
    base = {
        "PATH": "/bin",
        "HOME": "/root",
        "LC_TIME": "C",
        "TZ": "UTC",
        "GIT_DIR": "/elsewhere",
        "TF_VAR_x": "y",
        "LD_PRELOAD": "evil.so",
        "PYTHONPATH": "/x",
        "EDP_TOKEN": "secret",
        "https_proxy": "http://proxy",
    }

    curated = curated_environment(base, GIT_DIR="/mine", LC_ALL="C")

    assert curated == {
        "PATH": "/bin",
        "HOME": "/root",
        "LC_TIME": "C",
        "TZ": "UTC",
        "GIT_DIR": "/mine",
        "LC_ALL": "C",
    }


@pytest.mark.parametrize(
    ("argv", "name"),
    [
        (("/usr/bin/git", "-c", "http.x=y", "fetch", "origin"), "git fetch"),
        (("git", "--version"), "git"),
        (("git", "merge-base", "x"), "git merge-base"),
    ],
)
def test_a_command_is_named_without_its_options(argv: tuple[str, ...], name: str) -> None:
    assert command_name(argv) == name


def test_a_description_is_harmless_and_has_no_secret() -> None:
    secret = "s3cr3t-value"
    stderr = b"one\ntwo\nthree\n\x1b[31mfour s3cr3t-value\n::error::five\n\xff\n"
    done = Completed(("git", "push"), 128, b"", stderr)

    described = done.describe([secret])

    assert described.startswith("git push: exit 128: three; ")
    assert secret not in described
    assert "\x1b" not in described
    assert last_lines(b"::error::x") == "|::error::x"


def test_a_silent_failure_is_described_by_its_code() -> None:
    assert Completed(("git", "push"), 1, b"", b"").describe() == "git push: exit 1"
    assert Completed(("git", "push"), 1, b"out", b"").describe() == "git push: exit 1: out"


def run_handled(script: str, tmp_path: Path, handling: Handling, limit: int = 10**6) -> Completed:
    return run(
        ["sh", "-c", script], cwd=tmp_path, environment=ENVIRONMENT, deadline=1, patience=2,
        max_output=limit, handling=handling,
    )  # fmt: skip


def test_each_line_is_told_while_the_process_runs(tmp_path: Path) -> None:
    lines: list[bytes] = []

    def answer(line: bytes) -> None:
        lines.append(line)
        (tmp_path / "answer").touch()

    script = "printf 'o'; printf 'ne\\n'; until test -e answer; do :; done; echo two; printf rest"
    done = run_handled(script, tmp_path, Handling(on_line=answer))

    assert lines == [b"one", b"two"]
    assert done.stdout == b"one\ntwo\nrest"


def test_what_a_stopped_process_said_is_not_lost(tmp_path: Path) -> None:
    said: list[Completed] = []
    script = "trap 'echo last; echo words >&2; exit 7' INT; echo first; sleep 60 & wait"

    with pytest.raises(UnavailableError):
        run_handled(script, tmp_path, Handling(on_stopped=said.append))

    assert [(one.returncode, one.stdout, one.stderr) for one in said] == [
        (7, b"first\nlast\n", b"words\n")
    ]


def test_what_a_talker_said_is_kept_up_to_the_limit(tmp_path: Path) -> None:
    said: list[Completed] = []
    script = "head -c 3000 /dev/zero; sleep 60"

    with pytest.raises(OutputTooLargeError):
        run_handled(script, tmp_path, Handling(on_stopped=said.append), limit=2000)

    assert len(said[0].stdout) <= 3000


def test_files_are_made_with_the_umask(tmp_path: Path) -> None:
    run_handled("echo x > file", tmp_path, Handling(umask=0o077))

    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


def test_children_are_spared_until_their_parent_has_ended(tmp_path: Path) -> None:
    script = "trap 'kill -0 $! && echo alive > file; exit' INT; sleep 60 & echo $! > pid; wait"

    with pytest.raises(UnavailableError):
        run_handled(script, tmp_path, Handling(spares_children=True))

    assert (tmp_path / "file").read_text() == "alive\n"
    assert ends_soon(int((tmp_path / "pid").read_text()))


def test_an_interrupt_while_a_process_is_started_stops_that_process(tmp_path: Path) -> None:
    program = """\
import subprocess, signal
from pathlib import Path
from edp.clients.process import run

class Interrupted(subprocess.Popen):
    # Started, but the caller does not have it yet.
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        Path("pid").write_text(str(self.pid))
        signal.raise_signal(signal.SIGINT)

subprocess.Popen = Interrupted
try:
    run(["sleep", "60"], cwd=Path.cwd(), environment={"PATH": "/bin:/usr/bin"}, deadline=60)
except KeyboardInterrupt:
    print("interrupted")
"""

    done = run_python(program, tmp_path)

    assert done.stdout == b"interrupted\n"
    assert ends_soon(int((tmp_path / "pid").read_text()))
