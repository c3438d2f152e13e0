"""The contract tests run on the sandbox, or on the real server that the environment names."""

import contextlib
import itertools
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from contract_git import Clone
from contract_live import LiveWorld
from contract_sandbox import SandboxWorld
from contract_world import Account, Desk, World

from forgejo import Forgejo
from sandbox.forgejo_binary import start_forgejo

LIVE_URL = os.environ.get("EDP_LIVE_FORGEJO_URL", "")
BINARY = os.environ.get("EDP_FORGEJO_BIN", "")
LIVE_TOKEN = os.environ.get("EDP_LIVE_FORGEJO_TOKEN", "")
IS_LIVE = bool(LIVE_URL or BINARY)
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests as live ones when they are."""
    if IS_LIVE:
        for item in items:
            if HERE in item.path.parents:
                item.add_marker(pytest.mark.live)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One server for all tests; each makes a repository of its own on it."""
    with _chosen_world(tmp_path_factory.mktemp("world")) as chosen:
        yield chosen


@contextlib.contextmanager
def _chosen_world(folder: Path) -> Iterator[World]:
    with contextlib.ExitStack() as servers:
        if LIVE_URL:
            yield servers.enter_context(LiveWorld(LIVE_URL, LIVE_TOKEN))
        elif BINARY:
            forgejo = servers.enter_context(start_forgejo(Path(BINARY), folder))
            yield servers.enter_context(LiveWorld(forgejo.url, forgejo.admin_token))
        else:
            yield servers.enter_context(SandboxWorld(folder))


@pytest.fixture(scope="session")
def bot(world: World) -> Account:
    return world.person("bot")


@pytest.fixture(scope="session")
def gate(world: World) -> Account:
    return world.person("gate")


@pytest.fixture(scope="session")
def alice(world: World) -> Account:
    return world.person("alice")


@pytest.fixture
def full_name(world: World, bot: Account, gate: Account, alice: Account) -> str:
    """A new repository to which bot, gate and alice may write."""
    return world.repository(bot, gate, alice)


@pytest.fixture
def sit(world: World, full_name: str) -> Iterator[Callable[[Account], Desk]]:
    """Lets users work on the test's repository."""
    with contextlib.ExitStack() as clients:

        def seat(account: Account, name: str = full_name) -> Desk:
            api = clients.enter_context(Forgejo(world.url, account.token))
            return Desk(world, account, api, name)

        yield seat


@pytest.fixture
def desk(sit: Callable[[Account], Desk], bot: Account) -> Desk:
    """The bot at work."""
    return sit(bot)


@pytest.fixture
def clone(world: World, full_name: str, tmp_path: Path) -> Callable[[Account], Clone]:
    """Clones the test's repository as a user."""
    numbers = itertools.count()

    def cloned(account: Account, name: str = full_name) -> Clone:
        folder = tmp_path / f"clone-{next(numbers)}"
        return Clone.of(folder, f"{world.url}/{name}.git", account.token)

    return cloned


@pytest.fixture
def pause() -> Callable[[], None]:
    """A moment for a real server to follow; the sandbox needs none."""
    return lambda: time.sleep(0.1 if IS_LIVE else 0.0)
