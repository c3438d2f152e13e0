"""Where an object lives: the session and the repository that its methods call."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from forgejo.fields import Json
from forgejo.paths import Query, repository_path
from forgejo.responses import Special
from forgejo.retry import CallKind
from forgejo.session import Call, Reply, Session

T = TypeVar("T")
Body = dict[str, Json]


@dataclass(frozen=True)
class Place:
    """One repository on one server, without having read it."""

    session: Session = field(repr=False, compare=False)
    full_name: str

    @property
    def path(self) -> str:
        """The encoded path of the repository's endpoints."""
        return repository_path(self.full_name)

    def get(self, below: str, parse: Callable[[Json], T], query: Query = ()) -> T:
        """Read an object below the repository."""
        return self.session.get(self.path + below, lambda reply: parse(reply.json), query)

    def create(self, below: str, body: Body, parse: Callable[[Json], T]) -> T:
        """Create something; never sent twice unless the first certainly did nothing."""
        call = Call("POST", self.path + below, CallKind.CREATE, body=body)
        return self.session.fetch(call, lambda reply: parse(reply.json))

    def change(self, method: str, below: str, body: Body, parse: Callable[[Json], T]) -> T:
        """Change something that exists."""
        call = Call(method, self.path + below, CallKind.CONDITIONAL, body=body)
        return self.session.fetch(call, lambda reply: parse(reply.json))

    def run(
        self, method: str, below: str, body: Body | None = None, special: Special | None = None
    ) -> None:
        """Change something; the answer is empty."""
        path = self.path + below
        self.session.run(Call(method, path, CallKind.CONDITIONAL, body=body, special=special))

    def get_reply(self, below: str, parse: Callable[[Reply], T], query: Query = ()) -> T:
        """Read an object together with the total that its headers tell."""
        return self.session.get(self.path + below, parse, query)


def given(**values: Json) -> Body:
    """The keys of a request body whose values are not None."""
    return {key: value for key, value in values.items() if value is not None}
