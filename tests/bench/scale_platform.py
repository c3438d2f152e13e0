"""A forge with the generated repository, and the clusters that follow it, as servers."""

import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.bench.scale_clusters import Fleet, kubeconfig
from tests.bench.scale_repository import (
    BOT,
    EMAIL,
    GATE,
    NEXT_VERSION,
    Size,
    first_history,
    next_releases,
)

from forgejo import Forgejo
from sandbox.forge.git_process import run_git
from sandbox.forge.git_store import ZERO
from sandbox.forge.server import start_forge
from sandbox.forge.state import Forge
from sandbox.platform import BOT_SCOPES, FULL_NAME, protect, real_clock
from sandbox.web import Server

PERSON = "alice"
_MAIN = "refs/heads/main"


@dataclass(frozen=True)
class Requests:
    """How many requests a command sent; pages beyond the first are not counted for the API."""

    api: int
    git: int
    lists: int
    """Kubernetes LISTs, each with all its pages."""
    pages: int


@dataclass
class ScalePlatform:
    """What runs, and what the measures do to it."""

    size: Size
    folder: Path
    forge: Forge
    server: Server
    fleet: Fleet
    clusters: dict[str, Server]
    tokens: dict[str, str] = field(repr=False)

    @property
    def repository(self) -> Path:
        """The bare repository."""
        return self.forge.repository(FULL_NAME).store.path

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which `edp` works on this platform."""
        return {
            "EDP_FORGEJO_URL": self.server.url,
            "EDP_REPOSITORY": FULL_NAME,
            "EDP_TOKEN": self.tokens[BOT],
            "EDP_GATE_TOKEN": self.tokens[GATE],
            "KUBECONFIG": str(self.folder / "kubeconfig"),
        }

    def head(self) -> str:
        """The newest commit of `main`."""
        return run_git(self.repository, "rev-parse", _MAIN).stdout.decode().strip()

    def release(self, stacks: Iterable[str]) -> None:
        """Put the next version of each stack on `main`, with its release."""
        old = self.head()
        _import(self.repository, next_releases(stacks, head=old, at=int(time.time()) - 60))
        self.forge.pushed(self.forge.repository(FULL_NAME), _MAIN, self.head(), old, lagging=False)
        self.follow()

    def follow(self, live: Iterable[tuple[str, str]] = ()) -> None:
        """Every root Application applies `main`; the next version is live in the pairs `live`."""
        self.fleet.commits = _releases(self.repository)
        self.fleet.head = self.head()
        self.fleet.pinned.update(dict.fromkeys(live, NEXT_VERSION))

    def approve_all(self) -> int:
        """A person approves every open pull request; says how many there are."""
        with Forgejo(self.server.url, self.tokens[PERSON]) as client:
            pulls = list(client.get_repo(FULL_NAME).get_pulls(state="open"))
            for pull in pulls:
                pull.create_review(event="APPROVED", commit_id=pull.head.sha)
        return len(pulls)

    def count_open(self) -> int:
        """How many pull requests are open."""
        return sum(pull.is_open for pull in self.forge.repository(FULL_NAME).pulls)

    def forget_requests(self) -> None:
        """Count from here."""
        for server in (self.server, *self.clusters.values()):
            server.log.clear()

    def requests(self) -> Requests:
        """What was sent since the count began."""
        calls = [one for one in self.server.log if one.path.startswith("/api/")]
        first = [one for one in calls if one.query.get("page", ["1"]) == ["1"]]
        pages = [one for server in self.clusters.values() for one in server.log]
        lists = [one for one in pages if "continue" not in one.query]
        git = len(self.server.log) - len(calls)
        return Requests(len(first), git, len(lists), len(pages))


@contextmanager
def start_scale_platform(size: Size) -> Iterator[ScalePlatform]:
    """Serve until the block ends."""
    with ExitStack() as ending:
        temporary = tempfile.TemporaryDirectory(prefix="edp-bench-", ignore_cleanup_errors=True)
        folder = Path(ending.enter_context(temporary))
        forge = Forge(folder / "repositories", clock=real_clock)
        tokens = _people(forge)
        repository = forge.create_repository(*FULL_NAME.split("/"))
        for login in (BOT, GATE, PERSON):
            forge.allow(FULL_NAME, login, "write")
        place = repository.store.path
        _import(place, first_history(size))
        run_git(place, "repack", "-adq")
        head = run_git(place, "rev-parse", _MAIN).stdout.decode().strip()
        forge.pushed(repository, _MAIN, head, ZERO, lagging=False)
        protect(forge, BOT, checks=())
        server = ending.enter_context(start_forge(forge))
        fleet = Fleet(size, _releases(place), head)
        clusters = {
            name: ending.enter_context(Server(partial(fleet.list_applications, name), name=name))
            for name in size.argocd_names
        }
        urls = {name: cluster.url for name, cluster in clusters.items()}
        (folder / "kubeconfig").write_text(kubeconfig(urls))
        yield ScalePlatform(size, folder, forge, server, fleet, clusters, tokens)


def _people(forge: Forge) -> dict[str, str]:
    forge.create_user(BOT, email=EMAIL)
    for login in (GATE, PERSON):
        forge.create_user(login)
    forge.create_organisation(FULL_NAME.split("/")[0])
    tokens = {login: forge.create_token(login, BOT_SCOPES) for login in (BOT, GATE)}
    return tokens | {PERSON: forge.create_token(PERSON)}


def _import(repository: Path, stream: Iterable[bytes]) -> None:
    run_git(repository, "fast-import", "--quiet", "--force", stdin=b"".join(stream))


def _releases(repository: Path) -> dict[str, str]:
    """The commit of each release by its ref."""
    flags = ("for-each-ref", "--format=%(refname) %(*objectname)", "refs/tags")
    lines = run_git(repository, *flags).stdout.decode().splitlines()
    return dict(line.split(" ") for line in lines)
