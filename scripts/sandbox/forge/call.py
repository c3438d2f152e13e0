"""One API call: who asks, about which repository, and how answers are put together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.forge.access import Caller, may
from sandbox.forge.forms import Form
from sandbox.forge.paging import list_headers, page_of
from sandbox.forge.records import Issue, PullRequest, Repository, User
from sandbox.forge.refusal import RefusalError, not_found
from sandbox.forge.state import Forge
from sandbox.http_messages import Request, Response, json_response

Need = Literal["nothing", "login", "write", "admin"]


@dataclass(frozen=True)
class Call:
    forge: Forge
    request: Request
    params: Mapping[str, str]
    caller: Caller
    found: Repository | None = None

    @property
    def repository(self) -> Repository:
        if self.found is None:
            raise LookupError("this route names no repository")
        return self.found

    @property
    def user(self) -> User:
        if self.caller.user is None:
            raise RefusalError(401, "token is required")
        return self.caller.user

    @property
    def root(self) -> str:
        return self.forge.root_url

    @property
    def api(self) -> str:
        """The address of the repository in the API."""
        return f"{self.root}/api/v1/repos/{self.repository.full_name}"

    def form(self, form: Form) -> dict[str, Any]:
        return form.read(self.request)

    def may_write(self) -> bool:
        return may(self.caller.user, "write", self.repository)

    def json(self, status: int, value: Any, headers: Mapping[str, str] | None = None) -> Response:
        return json_response(status, value, headers)

    def page(self, items: Sequence[Any], shape: Callable[[Any], Any]) -> Response:
        """One page of a list, with the paging headers."""
        page = page_of(self.request)
        headers = list_headers(self.request, self.root, page, len(items))
        return json_response(200, [shape(item) for item in page.cut(items)], headers)

    def number(self, name: str = "number") -> int:
        """A number in the path; text there is as unknown as a number too high."""
        text = self.params[name]
        if not text.isdigit():
            raise not_found()
        return int(text)

    def pull(self) -> PullRequest:
        found = find_pull(self.repository, self.number())
        if found is None:
            raise not_found()
        return found

    def issue(self) -> Issue:
        """The issue, or the discussion of the pull request, with the number in the path."""
        number = self.number()
        for issue in all_issues(self.repository):
            if issue.number == number:
                return issue
        raise not_found()


Handler = Callable[[Call], Response]


@dataclass(frozen=True)
class Endpoint:
    """A route of the API: `group` is the scope it needs, `need` what the user must be allowed."""

    method: str
    pattern: str
    handler: Handler
    group: str = "repository"
    need: Need = "nothing"

    @property
    def scope(self) -> str:
        access = "read" if self.method == "GET" else "write"
        return f"{access}:{self.group}" if self.group else ""


def find_pull(repository: Repository, number: int) -> PullRequest | None:
    return next((pull for pull in repository.pulls if pull.number == number), None)


def all_issues(repository: Repository) -> list[Issue]:
    """Issues and the discussions of pull requests; both share one sequence of numbers."""
    return [*repository.issues, *(pull.issue for pull in repository.pulls)]


def no_content() -> Response:
    return Response(204)
