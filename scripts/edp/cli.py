"""The `edp` command: the group, its global options, and the only catch of `EdpError`."""

import gc
import importlib
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from edp.errors import EdpError

# Texts stand here so that `edp --help` imports no command.
COMMANDS: Final = {
    "validate": "Check that the tree is well-formed and consistent.",
    "release": "Tag the stack versions that are new on main.",
    "promote": "Open or refresh the promotion of one stack into one environment.",
    "reconcile": "Bring every promotion to what graph, gates, holds and freezes say.",
    "explain": "Say why a version is or is not in an environment.",
    "status": "Show the versions and their health, stack by environment.",
    "plan": "Show what Terraform would do, on a pull request or here.",
    "apply": "Apply what was merged and reviewed, environment by environment.",
    "drift": "Show where reality is not what was merged and applied.",
    "unlock": "Take away the lock that a dead run has left on a Terraform root.",
    "recover": "Store the state of a Terraform root that an apply had to keep aside.",
    "clusters": "Tell the Argo CDs of the clusters that Terraform made.",
    "sandbox": "Start the embedded stand-in with this repository in it.",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they run."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """The commands in the order in which people meet them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module; None for an unknown name."""
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module = importlib.import_module(f"edp.commands.{cmd_name.replace('-', '_')}")
        command = module.command
        assert isinstance(command, click.Command)  # noqa: S101 (a module without one is a bug)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an unknown name gets the nearest one as a hint."""
        from edp.text import did_you_mean

        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as exc:
            if not args or not (hint := did_you_mean(args[0], COMMANDS)):
                raise
            text = f"{exc.message} {hint[0].upper()}{hint[1:]}"
            raise click.UsageError(text, ctx=ctx) from exc

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--repo",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="The repository's folder. [default: the current one]",
)
@click.option("-v", "--verbose", is_flag=True, help="Say more.")
@click.version_option(None, "--version", package_name="edp", prog_name="edp")
@click.pass_context
def cli(ctx: click.Context, repo: Path, *, verbose: bool) -> None:
    """Platform orchestration: promotes stack versions through environments by pull requests."""
    from edp.app import start_app

    ctx.obj = start_app(repo=repo, verbose=verbose)


def main() -> None:
    """The entry point."""
    # A large repository becomes a million objects that live until the end: to look for garbage
    # among them again and again takes a third of the time of a run.
    gc.set_threshold(100_000, 50, 100)
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command; returns its exit code and never raises."""
    try:
        result = cli.main(list(arguments), prog_name="edp", standalone_mode=False)
    except (Exception, KeyboardInterrupt, SystemExit) as exc:  # noqa: BLE001 (where all end)
        return _end_by(exc)
    return result if isinstance(result, int) else 0


def _end_by(exc: BaseException) -> int:
    if isinstance(exc, click.exceptions.Exit):
        return exc.exit_code
    if isinstance(exc, click.ClickException):
        exc.show()
        return exc.exit_code
    if isinstance(exc, EdpError):
        _say(exc.message, exc.hint)
        return exc.exit_code
    if isinstance(exc, KeyboardInterrupt | click.Abort):
        _say("stopped; running again is safe", "")
        return 130
    if isinstance(exc, BrokenPipeError | SystemExit):  # click makes the second of the first
        # Whoever read the result has gone; let nothing else be written while Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    _say(f"a bug: {type(exc).__name__}", f"the traceback is in {_write_traceback()}")
    return 1


def _say(message: str, hint: str) -> None:
    from edp.output import standard_output

    output = standard_output(as_json=False, verbose=False, secrets=_secrets())
    output.note(f"edp: {message}")
    for line in hint.splitlines():
        output.note(f"  {line}")


def _secrets() -> tuple[str, ...]:
    from edp.settings import load_settings

    try:
        return load_settings().secrets
    except EdpError:
        return ()


def _write_traceback() -> str:
    from edp.text import redact

    text = redact(traceback.format_exc(), _secrets())
    with tempfile.NamedTemporaryFile(
        "w", prefix="edp-", suffix=".log", delete=False, encoding="utf-8", errors="replace"
    ) as file:
        file.write(text)
    return file.name
