"""What a command receives: settings, output, time, and the clients made from them."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from edp.output import Output, standard_output
from edp.settings import Settings, load_settings


@dataclass(frozen=True, slots=True)
class App:
    """One run of `edp`. Time and sleep are handed on from here and nowhere else."""

    settings: Settings
    output: Output
    repo: Path
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]

    def writing(self, *, as_json: bool) -> "App":
        """The same run with its result as JSON or for people."""
        return replace(self, output=replace(self.output, as_json=as_json))


def start_app(*, repo: Path, verbose: bool) -> App:
    """An app on the real environment, clock and terminal."""
    settings = load_settings()
    return App(
        settings=settings,
        output=standard_output(as_json=False, verbose=verbose, secrets=settings.secrets),
        repo=repo,
        now=lambda: datetime.now(UTC),
        monotonic=time.monotonic,
        sleep=time.sleep,
    )
