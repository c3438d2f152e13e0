"""Fixtures of the git client's tests: a repository, its server, and a clone of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from git_http_server import GitServer, serve
from git_repositories import Work, clone, make_repository

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
