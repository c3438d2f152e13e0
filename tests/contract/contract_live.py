"""The world of the contract tests on a real Forgejo, made through its public API only."""

import contextlib
import secrets
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
from contract_world import SCOPES, Account

import forgejo

_TIMEOUT = 30.0


class LiveWorld:
    """Makes what a test needs with an administrator's token, and removes it in the end."""

    creates_twice_for_sure = False

    def __init__(self, url: str, token: str) -> None:
        self._admin = forgejo.Forgejo(url, token)
        self._url = url.rstrip("/")
        self._remove: list[Callable[[], None]] = []
        self._owner = _unique("org")

    @property
    def url(self) -> str:
        return self._url

    def __enter__(self) -> "LiveWorld":
        self._admin.create_organization(self._owner)
        self._remove.append(lambda: self._admin.delete_organization(self._owner))
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the last thing first; what cannot be removed must not hide a failed test."""
        with self._admin:
            for remove in reversed(self._remove):
                with contextlib.suppress(forgejo.ForgejoError):
                    remove()

    def person(self, role: str) -> Account:
        login, password = _unique(role), secrets.token_urlsafe(24)
        self._admin.create_user(login, email=f"{login}@example.org", password=password)
        self._remove.append(lambda: self._admin.delete_user(login))
        with forgejo.Forgejo(self._url, password, login=login) as user:
            token = user.create_access_token(login, name="contract", scopes=SCOPES)
        return Account(login, token.secret)

    def repository(self, *writers: Account, private: bool = False) -> str:
        made = self._admin.create_repository(self._owner, _unique("repo"), private=private)
        self._remove_repository(made.full_name)
        for writer in writers:
            made.add_collaborator(writer.login)
        return made.full_name

    def _remove_repository(self, full_name: str) -> None:
        self._remove.append(lambda: self._admin.delete_repository(full_name))

    def fork(self, full_name: str, by: Account) -> str:
        """The client does not fork."""
        answer = httpx.post(
            f"{self._url}/api/v1/repos/{full_name}/forks",
            json={},
            headers={"Authorization": f"token {by.token}"},
            timeout=_TIMEOUT,
            trust_env=False,
        )
        made = str(answer.raise_for_status().json()["full_name"])
        self._remove_repository(made)
        return made

    def protect(self, full_name: str, rule_name: str, **settings: Any) -> None:
        self._admin.get_repo(full_name).create_branch_protection(rule_name, **settings)

    @contextlib.contextmanager
    def racing(self) -> Iterator[None]:
        """A real server needs no help to lose races."""
        yield


def _unique(word: str) -> str:
    return f"{word}-{uuid.uuid4().hex[:10]}"
