"""What the contract tests need of a server: people, repositories and rules made for one run."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, TypeVar

import forgejo

SCOPES = ("write:repository", "write:issue", "read:user", "read:organization")
T = TypeVar("T")


@dataclass(frozen=True)
class Account:
    """A user of the server with a token."""

    login: str
    token: str = field(repr=False)


class World(Protocol):
    """A server on which a test may make what it likes."""

    @property
    def url(self) -> str:
        """The server's address."""

    @property
    def creates_twice_for_sure(self) -> bool:
        """Whether two creations inside `racing` are certain to both succeed."""

    def person(self, role: str) -> Account:
        """A new user whose name begins with the role."""

    def repository(self, *writers: Account, private: bool = False) -> str:
        """The full name of a new repository with a README.md on its branch main."""

    def fork(self, full_name: str, by: Account) -> str:
        """The full name of somebody's new fork."""

    def protect(self, full_name: str, rule_name: str, **settings: Any) -> None:
        """A branch protection with the fields of the API."""

    def racing(self) -> AbstractContextManager[None]:
        """Inside, calls made at once meet each other unprepared, as far as the server can."""


@dataclass(frozen=True)
class Desk:
    """One user at work on one repository."""

    world: World
    account: Account
    api: forgejo.Forgejo = field(repr=False)
    full_name: str

    @cached_property
    def repo(self) -> forgejo.Repository:
        """The repository as it was when it was first asked for."""
        return self.api.get_repo(self.full_name)

    def write(self, path: str, text: str, *, branch: str, base: str = "main") -> str:
        """Commit a new file to a branch, made from the base if need be; returns the commit."""
        has_branch = any(found.name == branch for found in self.repo.get_branches())
        target = forgejo.CommitTarget(
            f"write {path}",
            branch=branch if has_branch else base,
            new_branch=None if has_branch else branch,
        )
        return self.repo.create_file(path, text.encode(), target=target).sha

    def propose(self, branch: str, *, title: str = "t", base: str = "main") -> forgejo.PullRequest:
        """Open a pull request with one new file."""
        self.write(f"{branch.replace('/', '-')}.txt", "x\n", branch=branch, base=base)
        return self.repo.create_pull(head=branch, base=base, title=title)


def eventually(
    read: Callable[[], T], is_right: Callable[[T], bool], pause: Callable[[], None]
) -> T:
    """Read until it is right: a real server follows a push after a while; bounded."""
    for _ in range(100):
        found = read()
        if is_right(found):
            return found
        pause()
    raise AssertionError(f"still not right: {found!r}")
