"""A sandbox forge with one promotion branch, and the product's client of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edp.clients.forge import Forge, connect
from edp.core.promotion.pairs import Pair
from sandbox.forge.server import start_forge
from sandbox.forge.state import Forge as SandboxForge
from sandbox.web import Fault, Request, Server

REPO = "platform/edp"
PAIR = Pair("web", "dev")
BRANCH = "promote/web/dev"
BEGIN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass
class Place:
    """A sandbox forge with one promotion branch, on a clock that only sleeping moves."""

    sandbox: SandboxForge
    server: Server
    tokens: dict[str, str]
    clock: dict[str, datetime]
    opened: list[Forge] = field(default_factory=list)

    def connect(self, **settings: str) -> Forge:
        defaults = {"token": self.tokens["edp-bot"], "gate_token": self.tokens["edp-gate"]}
        known = defaults | settings
        made = connect(
            self.server.url,
            known.get("full_name", REPO),
            token=known["token"],
            gate_token=known["gate_token"],
            ca_bundle=None,
            monotonic=self.monotonic,
            sleep=self.sleep,
        )
        self.opened.append(made)
        return made

    def monotonic(self) -> float:
        return (self.clock["now"] - BEGIN).total_seconds()

    def sleep(self, seconds: float) -> None:
        self.clock["now"] += timedelta(seconds=seconds)

    def commit(self, text: str, branch: str = BRANCH) -> str:
        return self.sandbox.seed_files(REPO, {"pin": text.encode()}, branch=branch)

    def fail(self, method: str, ending: str, **fault: object) -> None:
        def matches(request: Request) -> bool:
            return request.method == method and request.path.endswith(ending)

        self.server.faults.add(Fault(match=matches, **fault))  # type: ignore[arg-type]


@contextmanager
def running_place(folder: Path) -> Iterator[Place]:
    """A repository with one protected branch, its people, and the promotion branch."""
    clock = {"now": BEGIN}
    sandbox = SandboxForge(folder, clock=lambda: clock["now"])
    tokens = {}
    for login in ("edp-bot", "edp-gate", "alice"):
        sandbox.create_user(login)
        tokens[login] = sandbox.create_token(login)
    sandbox.create_organisation("platform")
    sandbox.create_repository("platform", "edp")
    for login in tokens:
        sandbox.allow(REPO, login, "write")
    sandbox.seed_files(REPO, {"pin": b"1\n"})
    sandbox.protect_branch(
        REPO,
        "main",
        enable_status_check=True,
        status_check_contexts=["edp/policy", "ci/*"],
        required_approvals=1,
    )
    with start_forge(sandbox) as server:
        made = Place(sandbox, server, tokens, clock)
        made.commit("2\n")
        yield made
        for one in made.opened:
            one.close()


def make_mergeable(forge: Forge, sha: str) -> None:
    for context in ("edp/policy", "ci/test"):
        forge._repo().create_status(sha, state="success", context=context)
    forge.approve(1, sha)


def merge(forge: Forge, sha: str) -> None:
    forge.merge(1, sha, title="Promote (#1)", message="Promoted-Stack: web")


def head(place: Place) -> str:
    found = place.sandbox.repository(REPO).store.branch(BRANCH)
    assert found is not None
    return found
