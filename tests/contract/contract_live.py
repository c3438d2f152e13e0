"""The world of the contract tests on a real Forgejo, made through its public API only."""

import contextlib
import secrets
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
from contract_world import SCOPES, Account

_TIMEOUT = 30.0


class LiveWorld:
    """Makes what a test needs with an administrator's token, and removes it in the end."""

    creates_twice_for_sure = False

    def __init__(self, url: str, token: str) -> None:
        self._url = url.rstrip("/")
        headers = {"Authorization": f"token {token}"}
        self._admin = httpx.Client(
            base_url=f"{self._url}/api/v1", headers=headers, timeout=_TIMEOUT, trust_env=False
        )
        self._remove: list[Callable[[], httpx.Response]] = []
        self._owner = ""

    @property
    def url(self) -> str:
        return self._url

    def __enter__(self) -> "LiveWorld":
        self._owner = _unique("org")
        self._send("POST", "/orgs", {"username": self._owner}, remove=f"/orgs/{self._owner}")
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the last thing first; what cannot be removed must not hide a failed test."""
        with contextlib.closing(self._admin):
            for remove in reversed(self._remove):
                with contextlib.suppress(httpx.HTTPError):
                    remove()

    def _send(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, remove: str = ""
    ) -> Any:
        answer = self._admin.request(method, path, json=body)
        answer.raise_for_status()
        if remove:
            self._remove.append(lambda: self._admin.delete(remove))
        return answer.json() if answer.content else None

    def person(self, role: str) -> Account:
        login, password = _unique(role), secrets.token_urlsafe(24)
        body = {
            "username": login,
            "email": f"{login}@example.org",
            "password": password,
            "must_change_password": False,
        }
        self._send("POST", "/admin/users", body, remove=f"/admin/users/{login}?purge=true")
        return Account(login, self._token(login, password))

    def _token(self, login: str, password: str) -> str:
        """Tokens are made by their user, signed in with the password."""
        answer = httpx.post(
            f"{self._url}/api/v1/users/{login}/tokens",
            json={"name": "contract", "scopes": list(SCOPES)},
            auth=(login, password),
            timeout=_TIMEOUT,
            trust_env=False,
        )
        return str(answer.raise_for_status().json()["sha1"])

    def repository(self, *writers: Account, private: bool = False) -> str:
        name = _unique("repo")
        body = {"name": name, "private": private, "auto_init": True, "default_branch": "main"}
        full_name = f"{self._owner}/{name}"
        self._send("POST", f"/orgs/{self._owner}/repos", body, remove=f"/repos/{full_name}")
        for writer in writers:
            path = f"/repos/{full_name}/collaborators/{writer.login}"
            self._send("PUT", path, {"permission": "write"})
        return full_name

    def fork(self, full_name: str, by: Account) -> str:
        answer = self._admin.post(
            f"/repos/{full_name}/forks",
            json={},
            headers={"Authorization": f"token {by.token}"},
        )
        made = str(answer.raise_for_status().json()["full_name"])
        self._remove.append(lambda: self._admin.delete(f"/repos/{made}"))
        return made

    def protect(self, full_name: str, rule_name: str, **settings: Any) -> None:
        body = {"rule_name": rule_name, **settings}
        self._send("POST", f"/repos/{full_name}/branch_protections", body)

    @contextlib.contextmanager
    def racing(self) -> Iterator[None]:
        """A real server needs no help to lose races."""
        yield


def _unique(word: str) -> str:
    return f"{word}-{uuid.uuid4().hex[:10]}"
