"""Recorded exchanges of a real Forgejo, and clients that are answered with them."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import httpx

from forgejo import Forgejo, Issue, IssueComment, PullRequest, Repository
from forgejo.issues import parse_comment, parse_issue
from forgejo.place import Place
from forgejo.pull_request import parse_pull
from forgejo.repository import parse_repository

DATA = Path(__file__).parent.parent / "data" / "forgejo"
TOKEN = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"
URL = "https://forgejo.example"

Handler = Callable[[httpx.Request], httpx.Response]


@dataclass
class FakeTime:
    """Time that passes only by sleeping; remembers how long was slept each time."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def client(handler: Handler, time: FakeTime | None = None, **settings: Any) -> Forgejo:
    """A client that is answered by a function."""
    time = time or FakeTime()
    settings = {"clock": time.clock, "sleep": time.sleep, "rng": lambda: 0.5} | settings
    settings.setdefault("now", lambda: datetime(2026, 11, 24, 12, 0, tzinfo=UTC))
    return Forgejo(URL, TOKEN, transport=httpx.MockTransport(handler), **settings)


@dataclass(frozen=True)
class Exchange:
    """One recorded request with its answer."""

    scenario: str
    index: int
    method: str
    path: str
    query: dict[str, list[str]]
    response: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.scenario}-{self.index}-{self.method}-{self.status}"

    @property
    def status(self) -> int:
        return int(self.response["status"])

    @property
    def body(self) -> Any:
        return self.response.get("json")

    @property
    def message(self) -> str:
        message = self.body.get("message", "") if isinstance(self.body, dict) else ""
        return str(message)

    @property
    def plain_path(self) -> str:
        return unquote(self.path).rstrip("/")

    @property
    def total(self) -> int | None:
        total = self.response["headers"].get("x-total-count")
        return None if total is None else int(total)

    def answer(self) -> httpx.Response:
        """The recorded answer, as it came over the wire."""
        content = self.response.get("text", "").encode()
        if "json" in self.response:
            content = json.dumps(self.response["json"]).encode()
        return httpx.Response(self.status, headers=self.response["headers"], content=content)


def exchanges(*scenarios: str) -> Iterator[Exchange]:
    """All exchanges of the scenarios, named by their numbers."""
    for scenario in scenarios:
        (path,) = DATA.glob(f"{scenario}-*.json")
        recorded = json.loads(path.read_bytes())["exchanges"]
        for index, entry in enumerate(recorded):
            if "request" in entry:
                request = entry["request"]
                query = parse_qs(request.get("query", ""))
                method, where = request["method"], request["path"]
                yield Exchange(scenario, index, method, where, query, entry["response"])


def exchange(scenario: str, index: int) -> Exchange:
    """One exchange by its place in the file."""
    return next(found for found in exchanges(scenario) if found.index == index)


def repository(forgejo: Forgejo, full_name: str = "platform/edp") -> Repository:
    """A repository that was read before, so that the next request is the one under test."""
    session = forgejo._session
    sample = parse_repository(session, exchange("40", 1).body)
    return replace(sample, place=Place(session, full_name), full_name=full_name)


def pull_request(forgejo: Forgejo, number: int = 1, repo: str = "platform/edp") -> PullRequest:
    """A pull request that was read before."""
    sample = parse_pull(Place(forgejo._session, repo), exchange("40", 22).body)
    return replace(sample, number=number)


def issue(forgejo: Forgejo, number: int = 1, repo: str = "platform/edp") -> Issue:
    """An issue that was read before."""
    sample = parse_issue(Place(forgejo._session, repo), exchange("34", 7).body)
    return replace(sample, number=number)


def comment(forgejo: Forgejo, number: int = 1, repo: str = "platform/edp") -> IssueComment:
    """A comment that was read before."""
    sample = parse_comment(Place(forgejo._session, repo), exchange("34", 44).body)
    return replace(sample, id=number)
