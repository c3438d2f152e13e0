"""A forge set up like the recorded server, with a clock that stands still until it is moved."""

import http.client
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sandbox.forge.records import PullRequest, Repository
from sandbox.forge.server import start_forge
from sandbox.forge.state import Forge
from sandbox.web import Server

BOT_SCOPES = (
    "write:repository", "write:issue", "read:user", "write:user", "read:organization",
)  # fmt: skip
PEOPLE = {"admin": "root-admin", "bot": "edp-bot", "alice": "alice", "bob": "bob"}


@dataclass
class Clock:
    """The forge's time: moved by hand only."""

    now: datetime = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def tick(self, seconds: float = 1) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class World:
    """The forge, its server, its users' credentials, and which recorded commits are which here."""

    forge: Forge
    clock: Clock
    server: Server
    headers: dict[str, dict[str, str]]
    commits: dict[str, str] = field(default_factory=dict)
    steps: dict[int, Callable[[], object]] = field(default_factory=dict)
    overrides: dict[int, dict[str, str]] = field(default_factory=dict)

    def repository(self, name: str, *, empty: bool = False, private: bool = False) -> Repository:
        """A repository of the organisation that the bot and alice may write."""
        made = self.forge.create_repository("platform", name, private=private)
        for login in ("edp-bot", "alice"):
            self.forge.allow(made.full_name, login, "write")
        if not empty:
            self.commit(made, {"README.md": "# r\n"})
        return made

    def commit(
        self,
        repository: Repository,
        files: Mapping[str, str | None],
        *,
        branch: str = "main",
        message: str = "",
        known_as: str = "",
    ) -> str:
        """A commit on a branch; `known_as` is the start of its id in the recording."""
        author = "edp-bot" if repository.branch_rows else "root-admin"
        message = message or "seed"
        contents = {path: None if text is None else text.encode() for path, text in files.items()}
        sha = self.forge.seed_files(
            repository.full_name, contents, message=message, branch=branch, author=author
        )
        if known_as:
            self.commits[known_as] = sha
        return sha

    def branch(self, repository: Repository, name: str) -> str:
        """A branch of `main` with one file of its own."""
        path = f"{name}.yaml"
        return self.commit(repository, {path: "x\n"}, branch=name, message=f"write {path}")

    def pull(
        self, repository: Repository, head: str, *, base: str = "main", title: str = "t"
    ) -> PullRequest:
        """A pull request by the bot."""
        body = {"head": head, "base": base, "title": title}
        made = self.call("bot", "POST", f"/repos/{repository.full_name}/pulls", body)
        assert made.status == 201, made.body
        return repository.pulls[-1]

    def status(self, repository: Repository, commit: str, context: str, state: str) -> None:
        where = f"/repos/{repository.full_name}/statuses/{commit}"
        made = self.call("bot", "POST", where, {"state": state, "context": context})
        assert made.status == 201, made.body

    def review(
        self, repository: Repository, pull: PullRequest, user: str, event: str, body: str = "b"
    ) -> None:
        where = f"/repos/{repository.full_name}/pulls/{pull.number}/reviews"
        made = self.call(user, "POST", where, {"event": event, "body": body})
        assert made.status == 200, made.body

    def before(self, index: int, step: Callable[[], object]) -> None:
        """Something that happened on the recorded server before an exchange, unrecorded."""
        self.steps[index] = step

    def burn(self, kind: str, last: int) -> None:
        """Uses up identities, so that the next one is the recorded one."""
        while self.forge.next_id(kind) < last:
            pass

    def call(self, user: str, method: str, path: str, body: Any = None, **headers: str) -> "Answer":
        """One API call, as a client would send it."""
        given = {"Content-Type": "application/json"} if body is not None else {}
        sent = b"" if body is None and method != "GET" else json_body(body)
        return send(
            self.server, method, f"/api/v1{path}", self.headers[user] | given | headers, sent
        )


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def json_body(value: Any) -> bytes | None:
    return None if value is None else json.dumps(value).encode()


def send(
    server: Server, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
) -> Answer:
    """One request exactly as given: no header and no encoding is added."""
    place = urlsplit(server.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, response.read())
    finally:
        connection.close()


@contextmanager
def running_world(folder: Path) -> Iterator[World]:
    """The recorded server's people and organisation, and nothing else."""
    clock = Clock()
    forge = Forge(folder, clock=clock)
    for login in PEOPLE.values():
        forge.create_user(login, password=f"{login}-password", is_admin=login == "root-admin")
    forge.create_organisation("platform")
    with start_forge(forge) as server:
        yield World(forge, clock, server, _credentials(forge))


def _credentials(forge: Forge) -> dict[str, dict[str, str]]:
    scopes: dict[str, tuple[str, tuple[str, ...]]] = {
        "admin": ("root-admin", ("all",)),
        "bot": ("edp-bot", BOT_SCOPES),
        "alice": ("alice", ("all",)),
        "bob": ("bob", ("all",)),
        "bot_all": ("edp-bot", ("all",)),
        "bot_read": ("edp-bot", ("read:repository",)),
        "bot_repo_only": ("edp-bot", ("write:repository",)),
        "bot_issue_only": ("edp-bot", ("write:issue",)),
        "bot_public_only": ("edp-bot", ("public-only", "read:repository")),
    }
    tokens = {name: forge.create_token(*who) for name, who in scopes.items()}
    known = {name: {"Authorization": f"token {token}"} for name, token in tokens.items()}
    return known | {"anonymous": {}, "token": {"Authorization": "token " + "0" * 40}}


def plain_sha(text: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{40}", text) is not None
