"""A whole platform in one process: a forge with a repository, and the Argo CDs that follow it."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import yaml

from sandbox.argocd.access import accounts_of
from sandbox.argocd.argocd import ArgoCD
from sandbox.argocd.pace import FAST, Pace
from sandbox.argocd.serving import kubeconfig, start_argocd
from sandbox.forge.server import start_forge
from sandbox.forge.state import Forge
from sandbox.web import Server

FULL_NAME: Final = "platform/edp"
GRAPH: Final = "environments/promotion.yaml"
PEOPLE: Final = ("alice", "bob")
BOT_SCOPES: Final = ("write:repository", "write:issue")
LEDGER: Final = "edp-ledger"


def real_clock() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Plan:
    """What to start. `checks` are the commit statuses that `main` asks for beside `edp/policy`."""

    files: Mapping[str, bytes]
    clock: Callable[[], datetime] = real_clock
    pace: Pace = FAST
    checks: tuple[str, ...] = ()
    since: datetime | None = None
    """When the Argo CDs began to follow `main`; now unless given."""
    is_protected: bool = True


@dataclass(frozen=True)
class Platform:
    """What runs, and how to reach it."""

    forge: Forge
    server: Server
    argocds: Mapping[str, ArgoCD]
    """By their names in `promotion.yaml`."""
    clusters: Mapping[str, Server]
    """The Kubernetes APIs by context."""
    kubeconfig: Path
    bot: str
    gate: str
    tokens: Mapping[str, str] = field(repr=False)
    """Access tokens by login."""

    def environment(self) -> dict[str, str]:
        """The variables with which `edp` works on this platform."""
        return {
            "EDP_FORGEJO_URL": self.server.url,
            "EDP_REPOSITORY": FULL_NAME,
            "EDP_TOKEN": self.tokens[self.bot],
            "EDP_GATE_TOKEN": self.tokens[self.gate],
            "KUBECONFIG": str(self.kubeconfig),
        }


@dataclass(frozen=True)
class Clusters:
    """The Argo CDs of a graph, served over the Kubernetes API."""

    argocds: Mapping[str, ArgoCD]
    servers: Mapping[str, Server]
    kubeconfig: Path

    def main_moved(self) -> None:
        """The webhook of a push to `main`."""
        for argocd in self.argocds.values():
            argocd.main_moved()


@contextmanager
def start_platform(plan: Plan, folder: Path | None = None) -> Iterator[Platform]:
    """Serve a platform until the block ends; `folder` keeps its repositories if it is given."""
    with ExitStack() as ending:
        if folder is None:
            temporary = tempfile.TemporaryDirectory(prefix="edp-sandbox-")
            folder = Path(ending.enter_context(temporary))
        graph = yaml.safe_load(plan.files[GRAPH])
        forge = Forge(folder / "repositories", clock=plan.clock)
        server = ending.enter_context(start_forge(forge))
        bot, gate = graph["bots"]["bot"], graph["bots"]["gate"]
        tokens = _people(forge, bot, gate, graph["bots"]["email"])
        _repository(forge, plan, bot=bot, gate=gate)
        repository = forge.repository(FULL_NAME).store.path
        clusters = ending.enter_context(start_clusters(plan, repository, folder))

        def follow(full_name: str, ref: str, _old: str, _new: str) -> None:
            if full_name.lower() == FULL_NAME and ref == "refs/heads/main":
                clusters.main_moved()

        forge.on_push.append(follow)
        yield Platform(
            forge,
            server,
            clusters.argocds,
            clusters.servers,
            clusters.kubeconfig,
            bot,
            gate,
            tokens,
        )


@contextmanager
def start_clusters(plan: Plan, repository: Path, folder: Path) -> Iterator[Clusters]:
    """Serve the Argo CDs of a plan's graph; they follow the bare repository at `repository`."""
    graph = yaml.safe_load(plan.files[GRAPH])
    argocds = _argocds(repository, plan, graph)
    contexts = {graph["argocds"][name]["context"]: one for name, one in argocds.items()}
    accounts = {context: accounts_of(context) for context in contexts}
    servers = start_argocd(contexts, accounts)
    with ExitStack() as ending:
        for server in servers.values():
            ending.callback(server.stop)
        place = folder / "kubeconfig"
        readers = {context: found[0].token for context, found in accounts.items()}
        place.write_text(kubeconfig(servers, readers))
        place.chmod(0o600)
        yield Clusters(argocds, servers, place)


def _people(forge: Forge, bot: str, gate: str, email: str) -> dict[str, str]:
    forge.create_user("root", is_admin=True)
    forge.create_user(bot, email=email)
    for login in (gate, *PEOPLE):
        forge.create_user(login)
    forge.create_organisation(FULL_NAME.split("/")[0])
    tokens = {login: forge.create_token(login) for login in ("root", *PEOPLE)}
    tokens |= {login: forge.create_token(login, BOT_SCOPES) for login in (bot, gate)}
    return tokens


def _repository(forge: Forge, plan: Plan, *, bot: str, gate: str) -> None:
    forge.create_repository(*FULL_NAME.split("/"))
    for login in (bot, gate, *PEOPLE):
        forge.allow(FULL_NAME, login, "write")
    forge.seed_files(FULL_NAME, dict(plan.files), message="The platform as it is")
    if plan.is_protected:
        protect(forge, bot, checks=plan.checks)


def protect(forge: Forge, bot: str, *, checks: Iterable[str]) -> None:
    """The protections that the product asks for."""
    forge.protect_branch(
        FULL_NAME,
        "main",
        enable_status_check=True,
        status_check_contexts=["edp/policy", *checks],
        required_approvals=1,
        dismiss_stale_approvals=True,
        ignore_stale_approvals=True,
        block_on_rejected_reviews=True,
        apply_to_admins=True,
    )
    forge.protect_branch(
        FULL_NAME,
        LEDGER,
        enable_push=True,
        enable_push_whitelist=True,
        push_whitelist_usernames=[bot],
    )
    forge.protect_tags(FULL_NAME, "*/v*", users=[bot])


def _argocds(repository: Path, plan: Plan, graph: Mapping[str, Any]) -> dict[str, ArgoCD]:
    argocds = {
        name: ArgoCD(
            name,
            repository,
            clock=plan.clock,
            pace=plan.pace,
            namespace=one.get("namespace", "argocd"),
        )
        for name, one in graph["argocds"].items()
    }
    for name, environment in graph["environments"].items():
        root = environment.get("root", f"root-{name}")
        argocds[environment["argocd"]].add_root(root, environment["path"], since=plan.since)
    return argocds
