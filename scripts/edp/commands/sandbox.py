"""`edp sandbox`: the embedded stand-in with this repository in it, and the demo on it."""

import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import click

from edp.app import App
from edp.commands.demo.content import (
    cast_of,
    files_of,
    next_version,
    with_bots,
    with_quick_gates,
)
from edp.commands.demo.stage import Stage, new_guests, on_real_forgejo, on_sandbox
from edp.commands.demo.story import Story
from edp.commands.release import release
from edp.errors import InvalidInputError, UnavailableError
from edp.settings import load_settings
from edp.text import one_line
from sandbox.forgejo_binary import DidNotStartError, start_forgejo


@click.command()
@click.option("--demo", is_flag=True, help="Tell the story of one promotion, then stop.")
@click.option("--keep", is_flag=True, help="With --demo: leave it running at the end.")
@click.pass_obj
def command(app: App, *, demo: bool, keep: bool) -> int:
    """Serve a forge with this repository and the Argo CDs of its graph, on loopback, in memory.

    With EDP_FORGEJO_URL and EDP_ADMIN_TOKEN the forge is that server, with EDP_FORGEJO_BIN a
    throw-away one started from that program; the Argo CDs are simulated all the same.
    """
    files = files_of(app)
    if demo:
        files = with_quick_gates(files)
    with _ended_in_order(), _stage(app, files) as stage:
        _show(app, stage)
        release(_inside(app, stage))
        if demo:
            story = Story(app, stage, cast_of(files))
            story.tell(next_version(files, story.cast))
        if keep or not demo:
            _stay(app, stage)
    return 0


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """A SIGTERM ends it as Ctrl-C does: what was started is stopped, what was made is removed."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _stage(app: App, files: dict[str, bytes]) -> Iterator[Stage]:
    settings = app.settings
    if settings.forgejo_binary is not None:
        with _throw_away(app, settings.forgejo_binary, files) as stage:
            yield stage
    elif settings.admin_token:
        url, token = settings.require_forgejo(), settings.admin_token
        with _real(app, files, url=url, token=token) as stage:
            yield stage
    else:
        app.output.note("starting the sandbox")
        with on_sandbox(files) as stage:
            yield stage


@contextmanager
def _throw_away(app: App, program: Path, files: dict[str, bytes]) -> Iterator[Stage]:
    if os.geteuid() == 0:
        raise InvalidInputError(
            "EDP_FORGEJO_BIN: Forgejo refuses to run as root", hint="run it as another user"
        )
    app.output.note(f"starting {program}")
    with tempfile.TemporaryDirectory(prefix="edp-forgejo-") as folder:
        try:
            with (
                start_forgejo(program, Path(folder)) as server,
                _real(app, files, url=server.url, token=server.admin_token) as stage,
            ):
                yield stage
        except DidNotStartError as exc:
            raise UnavailableError(one_line(str(exc)), hint="check EDP_FORGEJO_BIN") from exc


@contextmanager
def _real(app: App, files: dict[str, bytes], *, url: str, token: str) -> Iterator[Stage]:
    app.output.note(f"setting up users and a repository on {url}")
    guests = new_guests()
    bots = {"bot": guests.login("edp-bot"), "gate": guests.login("edp-gate")}
    with on_real_forgejo(app, with_bots(files, **bots), guests, url=url, token=token) as stage:
        yield stage


def _inside(app: App, stage: Stage) -> App:
    """An app whose settings are those of the stage."""
    settings = load_settings({**app.settings.process_environment, **stage.environment})
    return replace(app, settings=settings)


def _show(app: App, stage: Stage) -> None:
    clusters = ", ".join(f"{name} on {url}" for name, url in stage.cluster_urls.items())
    app.output.line(f"Forgejo API on {stage.url}, repository {stage.environment['EDP_REPOSITORY']}")
    app.output.line(f"Argo CD APIs: {clusters}  (in memory, gone at the end)")
    app.output.line()


def _stay(app: App, stage: Stage) -> None:
    """Print how to use it, and wait until it is ended."""
    output = app.output
    output.line()
    output.line("To work on it, in another terminal:")
    for name, value in stage.environment.items():
        output.raw(f"  export {name}={value}\n")
    for login, token in stage.tokens.items():
        output.raw(f"{login}'s token: {token}\n")
    output.line("Try: edp status · edp reconcile · edp explain STACK ENVIRONMENT")
    output.line("Ctrl-C ends it; nothing stays.")
    with suppress(KeyboardInterrupt):
        threading.Event().wait()
