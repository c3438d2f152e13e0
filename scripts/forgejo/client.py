"""The way in: a Forgejo server, as one user."""

import random
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from forgejo import administration
from forgejo.paths import base_url, repository_path
from forgejo.place import Place
from forgejo.pull_request import PullRequest
from forgejo.repository import Repository, parse_repository
from forgejo.session import Identity, Session, Timing
from forgejo.transport import DeadlineTransport, Limits, tls_context
from forgejo.users import ServerVersion, User, parse_user, parse_version

_random = random.SystemRandom().random


def _now() -> datetime:
    return datetime.now(UTC)


class Forgejo:
    """A client for one server: `Forgejo(url, token=…).get_repo("platform/edp").get_pulls()`."""

    def __init__(  # noqa: PLR0913 (all keyword-only: these are the settings of the client)
        self,
        url: str,
        token: str = "",
        *,
        login: str = "",
        ca_bundle: Path | str | None = None,
        user_agent: str = "python-forgejo",
        deadline: float = 30.0,
        retry_budget: float = 120.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        rng: Callable[[], float] = _random,
        now: Callable[[], datetime] = _now,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Prepare a client; nothing is sent yet.

        With `login`, `token` is that user's password, sent as Basic: what may create access
        tokens. `deadline` bounds one request in seconds, name resolution and all; no new try
        begins `retry_budget` seconds after the first. `clock` is monotonic; `now` serves only for a
        Retry-After that is a date. `ca_bundle` is a PEM file that replaces the public
        authorities. Raises ArgumentError: http is for loopback only, and the URL holds no
        credentials. Only the token is sent, in the Authorization header. Proxies, certificates
        and a netrc file that the environment names are not used.
        """
        base = base_url(url)
        identity = Identity(token, user_agent, login)
        timing = Timing(clock, sleep, rng, now)
        door = transport or DeadlineTransport(tls_context(ca_bundle))
        limits = Limits(deadline=deadline, retry_budget=retry_budget)
        self._session = Session(base, identity, door, timing, limits=limits)

    def __repr__(self) -> str:
        """Show the server, never the token."""
        return f"Forgejo({self._session.base!r})"

    def __enter__(self) -> Self:
        """Use it as a context manager to close connections at the end."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close idle connections."""
        self.close()

    def close(self) -> None:
        """Close idle connections; the client can be used again."""
        self._session.close()

    def get_version(self) -> ServerVersion:
        """The server's version.

        Raises UnavailableError, NotForgejoError (a wrong URL), AuthenticationError (a wrong
        token, although none is needed). GET /version
        """
        return self._session.get("/version", lambda reply: parse_version(reply.json))

    def get_user(self) -> User:
        """The user whose token it is.

        Raises AuthenticationError, ScopeError (the token needs read:user). GET /user
        """
        return self._session.get("/user", lambda reply: parse_user(reply.json))

    def get_repo(self, full_name: str) -> Repository:
        """The repository `owner/name`; of a renamed one, the repository under its new name.

        Raises NotFoundError (also for a private one that this user cannot see).
        GET /repos/{owner}/{repo}
        """
        parse = partial(parse_repository, self._session)
        return self._session.get(repository_path(full_name), lambda reply: parse(reply.json))

    def create_user(self, login: str, *, email: str, password: str) -> User:
        """Create a user, who need not change the password first.

        Raises AlreadyExistsError (the name is taken), ForbiddenError (not an administrator),
        ScopeError, ValidationError (also a password that is too short). POST /admin/users
        """
        return administration.create_user(self._session, login, email, password)

    def create_access_token(
        self, login: str, *, name: str, scopes: Iterable[str]
    ) -> administration.AccessToken:
        """Create an access token of the user whose password this client was given.

        Raises AuthenticationError (a wrong password, or a token instead of it), ForbiddenError
        (the password must be changed first, or is another user's), ValidationError (the name is
        taken, a scope is missing or unknown). POST /users/{username}/tokens
        """
        return administration.create_access_token(self._session, login, name, scopes)

    def create_organization(self, name: str) -> User:
        """Create an organisation that this user owns.

        Raises AlreadyExistsError (the name is taken, also by a user), ForbiddenError,
        ScopeError, ValidationError. POST /orgs
        """
        return administration.create_organization(self._session, name)

    def create_repository(
        self, organization: str, name: str, *, private: bool = False
    ) -> Repository:
        """Create a repository of an organisation, with one commit on `main`.

        Raises AlreadyExistsError, ForbiddenError, NotFoundError (the organisation),
        ValidationError. POST /orgs/{org}/repos
        """
        call = administration.repository_call(organization, name, private=private)
        return self._session.fetch(call, lambda reply: parse_repository(self._session, reply.json))

    def delete_repository(self, full_name: str) -> None:
        """Delete a repository with all that is in it.

        Raises NotFoundError, ForbiddenError, ScopeError (an organisation's repository also needs
        write:organization). DELETE /repos/{owner}/{repo}
        """
        administration.delete(self._session, repository_path(full_name))

    def delete_organization(self, name: str) -> None:
        """Delete an organisation that has no repositories any more.

        Raises NotFoundError, ForbiddenError, AmbiguousError (it has some). DELETE /orgs/{org}
        """
        administration.delete(self._session, f"/orgs/{administration.account(name)}")

    def delete_user(self, login: str) -> None:
        """Delete a user who owns nothing any more.

        Raises NotFoundError, ForbiddenError, ValidationError. DELETE /admin/users/{username}
        """
        administration.delete(self._session, f"/admin/users/{administration.account(login)}")

    def act_on(self, pull: PullRequest) -> PullRequest:
        """The same pull request, whose methods now call as this client's user; sends nothing."""
        return replace(pull, place=Place(self._session, pull.place.full_name))
