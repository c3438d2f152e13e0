"""`edp sandbox`: the embedded stand-in with this repository in it, and the demo on it."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType

import click

import forgejo
from edp.app import App
from edp.commands.demo.content import cast_of, files_of, next_version, with_quick_gates
from edp.commands.demo.people import Person
from edp.commands.demo.story import Stage, Story
from edp.commands.release import release
from edp.settings import load_settings
from sandbox.platform import FULL_NAME, Plan, Platform, start_platform


@click.command()
@click.option("--demo", is_flag=True, help="Tell the story of one promotion, then stop.")
@click.option("--keep", is_flag=True, help="With --demo: leave it running at the end.")
@click.pass_obj
def command(app: App, *, demo: bool, keep: bool) -> int:
    """Serve a forge with this repository and the Argo CDs of its graph, on loopback, in memory."""
    app.output.note("starting the sandbox ...")
    files = files_of(app)
    if demo:
        files = with_quick_gates(files)
    with start_platform(Plan(files)) as platform:
        inside = _inside(app, platform)
        _show(app, platform)
        release(inside)
        if demo:
            story = Story(app, _stage(platform), cast_of(files))
            story.tell(next_version(files, story.cast))
        if keep or not demo:
            _stay(app, platform)
    return 0


def _inside(app: App, platform: Platform) -> App:
    """An app whose settings are those of the platform."""
    settings = load_settings({**app.settings.process_environment, **platform.environment()})
    return replace(app, settings=settings)


def _show(app: App, platform: Platform) -> None:
    clusters = ", ".join(f"{name} on {one.url}" for name, one in platform.clusters.items())
    app.output.line(f"sandbox: Forgejo API on {platform.server.url}  (in memory, gone at the end)")
    app.output.line(f"         Argo CD APIs: {clusters}")
    app.output.line()


def _stage(platform: Platform) -> Stage:
    return Stage(
        environment=platform.environment(),
        author=_person(platform, "alice"),
        reviewer=_person(platform, "bob"),
        argocds=platform.argocds,
    )


def _person(platform: Platform, login: str) -> Person:
    client = forgejo.Forgejo(platform.server.url, platform.tokens[login])
    return Person(login, client.get_repo(FULL_NAME))


def _stay(app: App, platform: Platform) -> None:
    """Print how to use it, and wait until it is ended."""
    output = app.output
    output.line()
    output.line("To work on it, in another terminal:")
    for name, value in platform.environment().items():
        output.raw(f"  export {name}={value}\n")
    output.line("People: " + ", ".join(sorted(set(platform.tokens))))
    for login in ("alice", "bob"):
        output.raw(f"  {login}'s token: {platform.tokens[login]}\n")
    output.line("Try: edp status · edp reconcile · edp explain STACK ENVIRONMENT")
    output.line("Ctrl-C ends it; nothing stays.")
    with _until_ended() as ended:
        ended.wait()


@contextmanager
def _until_ended() -> Iterator[threading.Event]:
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield ended
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
