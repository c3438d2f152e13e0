"""Where the demo can play: on the sandbox, or on a real Forgejo with simulated Argo CDs."""

import secrets
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

import forgejo
from edp.app import App
from edp.clients.forge_errors import translated
from edp.clients.git import GitRepository, Person, PushOutcome, RefUpdate, Remote
from edp.commands.demo.people import Actor
from edp.errors import EdpError, UnavailableError
from edp.text import one_line
from sandbox.platform import Clusters, Plan, Platform, start_clusters, start_platform

PEOPLE: Final = ("alice", "bob")
_SCOPES: Final = ("write:repository", "write:issue")
_POLL: Final = 0.4
_MAIN: Final = "refs/heads/main"


class ArgoCD(Protocol):
    """The one thing that the story asks of an Argo CD, beside following git."""

    def degrade_next(self, app: str, message: str | None = None) -> None:
        """The next version that is synced will not come up."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A forge with people on it, and Argo CDs by name."""

    url: str
    environment: Mapping[str, str] = field(repr=False)
    """The variables with which `edp` works on it."""
    people: tuple[Actor, ...]
    argocds: Mapping[str, ArgoCD]
    cluster_urls: Mapping[str, str]
    tokens: Mapping[str, str] = field(repr=False)
    """The people's access tokens by login."""


@contextmanager
def on_sandbox(files: Mapping[str, bytes]) -> Iterator[Stage]:
    """The embedded stand-in."""
    with start_platform(Plan(files)) as platform, ExitStack() as ending:
        people = tuple(
            ending.enter_context(_actor(platform.server.url, platform, login)) for login in PEOPLE
        )
        yield Stage(
            url=platform.server.url,
            environment=platform.environment(),
            people=people,
            argocds=platform.argocds,
            cluster_urls={name: one.url for name, one in platform.clusters.items()},
            tokens={login: platform.tokens[login] for login in PEOPLE},
        )


@contextmanager
def _actor(url: str, platform: Platform, login: str) -> Iterator[Actor]:
    full_name = platform.environment()["EDP_REPOSITORY"]
    with forgejo.Forgejo(url, platform.tokens[login]) as client:
        yield Actor(login, client.get_repo(full_name))


@dataclass(frozen=True, slots=True)
class Guests:
    """The logins of this run: a suffix keeps them apart from anybody else's."""

    suffix: str

    def login(self, name: str) -> str:
        """A user's or organisation's name."""
        return f"{name}-{self.suffix}"

    @property
    def full_name(self) -> str:
        """The repository."""
        return f"{self.login('edp-demo')}/platform"


def new_guests() -> Guests:
    """Names that nobody has."""
    return Guests(secrets.token_hex(4))


@contextmanager
def on_real_forgejo(
    app: App, files: Mapping[str, bytes], guests: Guests, *, url: str, token: str
) -> Iterator[Stage]:
    """A server that somebody runs: everything that is made there is removed at the end.

    `token` is an administrator's. The bots in the files are called as `guests` says.
    """
    bundle = app.settings.ca_bundle
    with ExitStack() as ending:
        admin = ending.enter_context(forgejo.Forgejo(url, token, ca_bundle=bundle))
        with translated("setting up the demo"):
            tokens = _users(app, admin, guests, url, ending)
            repository = _repository(app, admin, guests, ending)
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="edp-demo-")))
        mirror = _push(app, files, folder, url=f"{url}/{guests.full_name}.git", token=token)
        with translated("protecting the demo's repository"):
            protect(repository, bot=guests.login("edp-bot"))
        clusters = ending.enter_context(start_clusters(Plan(files), mirror.git.folder, folder))
        ending.enter_context(_following(mirror, clusters))
        people = tuple(
            Actor(
                login,
                ending.enter_context(
                    forgejo.Forgejo(url, tokens[login], ca_bundle=bundle)
                ).get_repo(guests.full_name),
            )
            for login in map(guests.login, PEOPLE)
        )
        yield Stage(
            url=url,
            environment={
                "EDP_FORGEJO_URL": url,
                "EDP_REPOSITORY": guests.full_name,
                "EDP_TOKEN": tokens[guests.login("edp-bot")],
                "EDP_GATE_TOKEN": tokens[guests.login("edp-gate")],
                "KUBECONFIG": str(clusters.kubeconfig),
            }
            | ({"EDP_CA_BUNDLE": str(bundle)} if bundle else {}),
            people=people,
            argocds=clusters.argocds,
            cluster_urls={name: one.url for name, one in clusters.servers.items()},
            tokens={person.login: tokens[person.login] for person in people},
        )


def _users(
    app: App, admin: forgejo.Forgejo, guests: Guests, url: str, ending: ExitStack
) -> dict[str, str]:
    """Make the users; their tokens by login."""
    tokens = {}
    for name in ("edp-bot", "edp-gate", *PEOPLE):
        login, password = guests.login(name), secrets.token_urlsafe(24)
        with _removed_at_the_end(app, ending, admin.delete_user, login):
            admin.create_user(login, email=f"{login}@example.org", password=password)
        bundle = app.settings.ca_bundle
        with forgejo.Forgejo(url, password, login=login, ca_bundle=bundle) as user:
            made = user.create_access_token(login, name="edp demo", scopes=_SCOPES)
        tokens[login] = made.secret
    return tokens


def _repository(
    app: App, admin: forgejo.Forgejo, guests: Guests, ending: ExitStack
) -> forgejo.Repository:
    organization, _, name = guests.full_name.partition("/")
    with _removed_at_the_end(app, ending, admin.delete_organization, organization):
        admin.create_organization(organization)
    with _removed_at_the_end(app, ending, admin.delete_repository, guests.full_name):
        repository = admin.create_repository(organization, name)
    for login in map(guests.login, ("edp-bot", "edp-gate", *PEOPLE)):
        repository.add_collaborator(login)
    return repository


class Remove(Protocol):
    """Deletes something by its name."""

    def __call__(self, name: str, /) -> None:
        """Delete it."""


@contextmanager
def _removed_at_the_end(app: App, ending: ExitStack, remove: Remove, name: str) -> Iterator[None]:
    """Around the call that makes it; what may have been made is removed as well."""
    try:
        yield
    except (forgejo.AmbiguousError, KeyboardInterrupt):
        _clean_up(app, remove, name)
        raise
    ending.callback(_clean_up, app, remove, name)


def _clean_up(app: App, remove: Remove, name: str) -> None:
    """Remove what is there; what cannot be removed is named, and the rest goes on."""
    try:
        remove(name)
    except forgejo.NotFoundError:
        return
    except forgejo.ForgejoError as exc:
        app.output.note(one_line(f"{name} was not removed from the server: {exc}"))


def protect(repository: forgejo.Repository, *, bot: str) -> None:
    """The protections that the product asks for."""
    repository.create_branch_protection(
        "main",
        enable_push=False,
        enable_status_check=True,
        status_check_contexts=["edp/policy"],
        required_approvals=1,
        dismiss_stale_approvals=True,
        ignore_stale_approvals=True,
        block_on_rejected_reviews=True,
        apply_to_admins=True,
    )
    repository.create_branch_protection(
        "edp-ledger", enable_push=True, enable_push_whitelist=True, push_whitelist_usernames=[bot]
    )
    repository.create_tag_protection("*/v*", usernames=[bot])


def _push(
    app: App, files: Mapping[str, bytes], folder: Path, *, url: str, token: str
) -> GitRepository:
    """Put the platform's files on `main`; returns a copy that follows the repository."""
    remote = Remote(
        url=url,
        branch="main",
        refs=("refs/tags/*",),
        token=token,
        ca_bundle=app.settings.ca_bundle,
    )
    environment = app.settings.process_environment
    git = GitRepository.clone(remote, folder / "mirror.git", environment=environment)
    head = git.refs()[_MAIN]
    blobs = git.write_blobs(list(files.values()))
    tree = git.tree_with("", dict(zip(files, blobs, strict=True)))
    author = Person("edp demo", "demo@example.org")
    commit = git.write_commit(tree, [head], "The platform as it is\n", author=author, at=app.now())
    (done,) = git.push([RefUpdate(_MAIN, commit, head)])
    if done.outcome is not PushOutcome.OK:
        raise UnavailableError(f"the demo's content was not taken: {done.reason}")
    return git


@contextmanager
def _following(mirror: GitRepository, clusters: Clusters) -> Iterator[None]:
    """Ask again and again what is new, as Argo CD does; fetch it and tell the simulated ones."""
    ended = threading.Event()

    def follow() -> None:
        seen: Mapping[str, str] = {}
        while not ended.wait(_POLL):
            try:
                found = mirror.read_refs()
                if found != seen:
                    fetch_whole(mirror)
            except EdpError:
                continue  # the next round tries again
            if found.get(_MAIN) != seen.get(_MAIN):
                clusters.main_moved()
            seen = found

    fetch_whole(mirror)
    thread = threading.Thread(target=follow, name="mirror")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def fetch_whole(mirror: GitRepository) -> None:
    """Everything that is on `main` and under tags now, contents included."""
    mirror.fetch()
    tips = [tag.target for tag in mirror.tags() if tag.target]
    entries = [entry for tip in (mirror.refs()[_MAIN], *tips) for entry in mirror.list_tree(tip)]
    mirror.fetch_blobs({entry.sha for entry in entries if entry.kind == "blob"})
