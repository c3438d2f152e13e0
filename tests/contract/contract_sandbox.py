"""The world of the contract tests on the sandbox's forge."""

import contextlib
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contract_world import SCOPES, Account

from sandbox.forge.server import start_forge
from sandbox.forge.state import Forge

DUPLICATES_SECONDS = 3600.0


class SandboxWorld:
    """Makes what a test needs by the forge's own Python door."""

    creates_twice_for_sure = True

    def __init__(self, folder: Path) -> None:
        self._forge = Forge(folder, clock=lambda: datetime.now(UTC))
        self._server = start_forge(self._forge)
        self._owner = self._forge.create_organisation(_unique("org")).login

    @property
    def url(self) -> str:
        return self._server.url

    def __enter__(self) -> "SandboxWorld":
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    def person(self, role: str) -> Account:
        login = self._forge.create_user(_unique(role)).login
        return Account(login, self._forge.create_token(login, SCOPES))

    def repository(self, *writers: Account, private: bool = False) -> str:
        made = self._forge.create_repository(self._owner, _unique("repo"), private=private)
        self._forge.seed_files(made.full_name, {"README.md": b"# contract\n"})
        for writer in writers:
            self._forge.allow(made.full_name, writer.login, "write")
        return made.full_name

    def fork(self, full_name: str, by: Account) -> str:
        return self._forge.fork_repository(full_name, by.login).full_name

    def protect(self, full_name: str, rule_name: str, **settings: Any) -> None:
        self._forge.protect_branch(full_name, rule_name, **settings)

    @contextlib.contextmanager
    def racing(self) -> Iterator[None]:
        self._forge.duplicate_window = DUPLICATES_SECONDS
        try:
            yield
        finally:
            self._forge.duplicate_window = 0.0


def _unique(word: str) -> str:
    return f"{word}-{uuid.uuid4().hex[:10]}"
