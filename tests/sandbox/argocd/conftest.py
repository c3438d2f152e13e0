"""One repository is made once; each test has a copy of it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from argocd_world import ArgoWorld, Git, copied

from sandbox.argocd import ArgoCD, start_argocd
from sandbox.web import Server


@pytest.fixture(scope="session")
def argocd_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("argocd") / "template.git"
    return Git.create(path).store.path


@pytest.fixture
def git(argocd_template: Path, tmp_path: Path) -> Git:
    return copied(argocd_template, tmp_path / "edp.git")


@pytest.fixture
def serve() -> Iterator[Callable[..., dict[str, Server]]]:
    """Starts servers that end with the test, also when it fails."""
    started: list[Server] = []

    def start(**argocds: ArgoCD) -> dict[str, Server]:
        servers = start_argocd(argocds)
        started.extend(servers.values())
        return servers

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def world(git: Git) -> ArgoWorld:
    """An Argo CD with the environment `test`, deployed and healthy."""
    world = ArgoWorld(git)
    world.deploy("test")
    return world
