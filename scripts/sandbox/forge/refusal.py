"""Answers of the API that are not results: each says what Forgejo says, in Forgejo's form."""

from collections.abc import Mapping
from typing import Any


class RefusalError(Exception):
    """A request the server refuses; `hidden` texts are shown to instance admins only."""

    def __init__(
        self,
        status: int,
        message: str = "",
        *,
        errors: list[str] | None = None,
        hidden: bool = False,
        body: Any = None,
    ) -> None:
        super().__init__(f"{status} {message}")
        self.status = status
        self.message = message
        self.errors = errors
        self.hidden = hidden
        self.body = body

    def payload(self, root_url: str, *, to_admin: bool) -> Mapping[str, Any]:
        if self.body is not None:
            return dict(self.body)
        message = "" if self.hidden and not to_admin else self.message
        answer: dict[str, Any] = {"message": message, "url": f"{root_url}/api/swagger"}
        if self.errors is not None:
            answer["errors"] = self.errors
        return answer


class EmptyRefusalError(Exception):
    """A refusal without a body."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


def not_found(*errors: str, message: str = "The target couldn't be found.") -> RefusalError:
    return RefusalError(404, message, errors=list(errors))


def server_error(text: str) -> RefusalError:
    """A 500; only instance admins are told why."""
    return RefusalError(500, text, hidden=True)
