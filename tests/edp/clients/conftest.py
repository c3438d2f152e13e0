"""What the tests of git and of the forge's client start: a repository with its server, a forge."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from forge_place import PAIR, Place, running_place
from git_http_server import GitServer, serve
from git_repositories import Work, clone, make_repository

from edp.clients.forge import Forge
from edp.clients.git import GitRepository


@pytest.fixture
def work(tmp_path: Path) -> Work:
    """A work tree whose commits go to the served repository."""
    return make_repository(tmp_path)


@pytest.fixture
def server(work: Work) -> Iterator[GitServer]:
    """The running server; its requests are counted."""
    with serve(work.served.parents[1]) as running:
        yield running


@pytest.fixture
def repository(server: GitServer, tmp_path: Path) -> GitRepository:
    """A fresh clone; what it took is not counted any more."""
    cloned = clone(server, tmp_path / "clone")
    server.counted()
    return cloned


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with running_place(tmp_path) as running:
        yield running


@pytest.fixture
def forge(place: Place) -> Forge:
    return place.connect()


@pytest.fixture
def opened(place: Place, forge: Forge) -> Forge:
    """The promotion is open as #1."""
    forge.create_pull(PAIR, title="Promote", body="text")
    forge.open_pulls_of(PAIR, "edp-bot")
    return forge
