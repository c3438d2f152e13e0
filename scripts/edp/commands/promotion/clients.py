"""The systems that one run talks to, opened from the settings."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from edp.app import App
from edp.clients.forge import Base, Forge, connect
from edp.clients.git import GitRepository, Remote
from edp.clients.kubernetes import Clusters
from edp.core.ledger import paths
from edp.errors import RefusedError


@dataclass(frozen=True, slots=True)
class Clients:
    """`git` holds `main`, tags and promotion branches; `ledger` may be another repository."""

    forge: Forge
    base: Base
    """The default branch as the forge told it before anything was fetched."""
    git: GitRepository
    ledger: GitRepository
    clusters: Clusters


def refuse_if_paused(app: App, *, dry_run: bool) -> None:
    """Stop a writing command before its first write while `EDP_PAUSED` holds a reason."""
    if app.settings.paused and not dry_run:
        raise RefusedError(
            f"paused: {app.settings.paused}", hint="empty the repository variable EDP_PAUSED"
        )


@contextmanager
def open_forge(app: App, repository: str = "") -> Iterator[Forge]:
    """The forge and the repository of the settings, or another one; nothing is sent yet."""
    settings = app.settings
    forge = connect(
        settings.require_forgejo(),
        repository or settings.require_repository(),
        token=settings.require_token(),
        gate_token=settings.gate_token,
        ca_bundle=settings.ca_bundle,
        monotonic=app.monotonic,
        sleep=app.sleep,
    )
    try:
        yield forge
    finally:
        forge.close()


@contextmanager
def open_clients(
    app: App, forge: Forge, base: Base, *, stack: str | None = None, also: tuple[str, ...] = ()
) -> Iterator[Clients]:
    """Clones below a temporary folder that is removed at the end.

    Promotions and releases of one stack come with them, of all (None) or none (""); `also` names
    more refs.
    """
    settings = app.settings
    with tempfile.TemporaryDirectory(prefix="edp-", ignore_cleanup_errors=True) as folder:
        git = _clone(
            app, settings.clone_url, Path(folder) / "main.git", base.branch, (*_refs(stack), *also)
        )
        ledger = git
        if settings.has_own_ledger:
            place = Path(folder) / "ledger.git"
            ledger = _clone(app, settings.ledger_url, place, _ledger_base(app), ())
        yield Clients(forge, base, git, ledger, _clusters(app))


def _ledger_base(app: App) -> str:
    with open_forge(app, app.settings.ledger_repository) as forge:
        return forge.default_branch()


def _clusters(app: App) -> Clusters:
    settings = app.settings
    return Clusters(
        kubeconfig=settings.kubeconfig,
        kubernetes_host=settings.kubernetes_host,
        service_account_token=settings.service_account_token,
        monotonic=app.monotonic,
        sleep=app.sleep,
    )


def _refs(stack: str | None) -> tuple[str, ...]:
    if stack == "":
        return ()
    some = "*" if stack is None else f"{stack}/*"
    return f"refs/heads/promote/{some}", f"refs/tags/{some}"


def _clone(app: App, url: str, folder: Path, branch: str, also: tuple[str, ...]) -> GitRepository:
    """A bare clone without blobs: the branch, the ledger, and what is wanted beside them."""
    remote = Remote(
        url=url,
        branch=branch,
        refs=(f"refs/heads/{paths.BRANCH}", *also),
        token=app.settings.require_token(),
        ca_bundle=app.settings.ca_bundle,
    )
    environment = app.settings.process_environment
    return GitRepository.clone(remote, folder, environment=environment, sleep=app.sleep)
