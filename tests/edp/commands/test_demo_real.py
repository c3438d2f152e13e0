"""The demo on a server that somebody runs, which has nothing but an administrator at first."""

import os
import re
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from demo_process import STORY, edp_sandbox, story_of

from sandbox.forge.server import start_forge
from sandbox.forge.state import Forge
from sandbox.web import Fault, Request, Server


@dataclass(frozen=True)
class RealForge:
    forge: Forge
    server: Server
    token: str

    @property
    def environment(self) -> dict[str, str]:
        return {"EDP_FORGEJO_URL": self.server.url, "EDP_ADMIN_TOKEN": self.token}

    def is_as_before(self) -> bool:
        """Whether there is nothing but the administrator again."""
        forge = self.forge
        is_alone = set(forge.users) == {"root-admin"} and set(forge.tokens) == {self.token}
        return is_alone and not forge.repositories


@pytest.fixture
def real(tmp_path: Path) -> Iterator[RealForge]:
    forge = Forge(tmp_path / "forge", clock=lambda: datetime.now(UTC))
    forge.create_user("root-admin", is_admin=True)
    with start_forge(forge) as server:
        yield RealForge(forge, server, forge.create_token("root-admin"))


def test_the_demo_plays_on_it_and_removes_what_it_made(tmp_path: Path, real: RealForge) -> None:
    with edp_sandbox(tmp_path, "--demo", **real.environment) as sandbox:
        code = sandbox.finish()

    assert code == 0, sandbox.errors()
    assert story_of(sandbox).replace("-SHA", "") == STORY  # logins have a suffix here
    assert "not removed" not in sandbox.errors()
    assert real.is_as_before()
    assert sandbox.leftovers() == []


def test_a_demo_that_is_ended_removes_what_it_made(tmp_path: Path, real: RealForge) -> None:
    with edp_sandbox(tmp_path, "--demo", **real.environment) as sandbox:
        sandbox.lines_until("Argo CD APIs")
        was_there = len(real.forge.users)
        code = sandbox.end_by(signal.SIGTERM)

    assert was_there == 6
    assert code == 130
    assert real.is_as_before()
    assert sandbox.leftovers() == []


def on(method: str, path: str) -> Callable[[Request], bool]:
    pattern = re.compile(f"/api/v1{path}")
    return lambda request: request.method == method and bool(pattern.fullmatch(request.path))


@pytest.mark.parametrize(
    "path", ["/admin/users", "/users/edp-gate-.*/tokens", "/orgs", "/orgs/.*/repos"]
)
def test_what_a_lost_answer_had_made_is_removed(tmp_path: Path, real: RealForge, path: str) -> None:
    fault = Fault("status", match=on("POST", path), status=500, after_effect=True)
    real.server.faults.add(fault)

    with edp_sandbox(tmp_path, "--demo", **real.environment) as sandbox:
        code = sandbox.finish()

    assert code == 4, sandbox.errors()
    assert real.server.faults.pending() == 0
    assert real.is_as_before()


def test_what_cannot_be_removed_is_named_and_the_rest_is_removed(
    tmp_path: Path, real: RealForge
) -> None:
    creation, removal = on("POST", "/orgs/.*/repos"), on("DELETE", "/orgs/.*")
    real.server.faults.add(Fault("status", match=creation, status=403))
    real.server.faults.add(Fault("status", match=removal, status=403))

    with edp_sandbox(tmp_path, "--demo", **real.environment) as sandbox:
        sandbox.finish()

    (left,) = real.forge.users.keys() - {"root-admin"}
    assert re.fullmatch("edp-demo-[0-9a-f]{8}", left)
    assert f"{left} was not removed from the server" in sandbox.errors()


def test_a_token_of_somebody_else_makes_nothing(tmp_path: Path, real: RealForge) -> None:
    real.forge.create_user("alice")
    environment = real.environment | {"EDP_ADMIN_TOKEN": real.forge.create_token("alice")}

    with edp_sandbox(tmp_path, "--demo", **environment) as sandbox:
        code = sandbox.finish()

    assert code in (2, 3, 4)
    assert "user should be the site admin" in sandbox.errors()
    assert "not removed" not in sandbox.errors()
    assert set(real.forge.users) == {"root-admin", "alice"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is refused")
def test_root_is_told_to_be_somebody_else(tmp_path: Path) -> None:
    with edp_sandbox(tmp_path, "--demo", EDP_FORGEJO_BIN="/bin/true") as sandbox:
        code = sandbox.finish()

    assert code == 2
    assert "EDP_FORGEJO_BIN: Forgejo refuses to run as root" in sandbox.errors()
