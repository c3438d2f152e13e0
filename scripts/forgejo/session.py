"""One call to Forgejo: send, judge, try again when that is safe."""

import base64
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlsplit

import httpx

from forgejo.exceptions import ArgumentError, ForgejoError, NotForgejoError, Where
from forgejo.fields import Json
from forgejo.paths import Query, encode_query, same_origin_redirect
from forgejo.redaction import Redactor
from forgejo.responses import Answer, Judge, Special, json_of, nothing_of, raise_unless_successful
from forgejo.retry import Attempt, CallKind, delay_before_next, final_error
from forgejo.transport import Limits, exchange

_API = "/api/v1"
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_HOPS = 3
_logger = logging.getLogger("forgejo")

T = TypeVar("T")


@dataclass(frozen=True)
class Timing:
    """Time and chance, handed in: monotonic seconds, a sleep, [0, 1) and the wall clock."""

    clock: Callable[[], float]
    sleep: Callable[[float], None]
    random: Callable[[], float]
    now: Callable[[], datetime]


@dataclass(frozen=True)
class Identity:
    """Who calls; the token never shows."""

    token: str = field(repr=False)
    user_agent: str
    login: str = ""
    """Given, the token is sent as this user's password."""

    @property
    def authorization(self) -> str:
        """The header of every request."""
        if not self.login:
            return f"token {self.token}"
        pair = base64.b64encode(f"{self.login}:{self.token}".encode()).decode()
        return f"Basic {pair}"

    def __post_init__(self) -> None:
        """Refuse what cannot be a header, without showing it."""
        if self.login:
            self._check_password()
        elif not (self.token.isascii() and self.token.isprintable()) or " " in self.token:
            raise ArgumentError("the token holds characters that no token has")
        if not (self.user_agent.isascii() and self.user_agent.isprintable()):
            raise ArgumentError("the user agent must be printable ASCII")

    def _check_password(self) -> None:
        if ":" in self.login or not self.login.isprintable():
            raise ArgumentError("the login holds characters that no login has")
        if not self.token or not self.token.isprintable():
            raise ArgumentError("the password is empty or holds control characters")


@dataclass(frozen=True)
class Call:
    """What to send; `path` is encoded and begins below /api/v1."""

    method: str
    path: str
    kind: CallKind
    query: Query = ()
    body: dict[str, Json] | None = field(default=None, repr=False)
    special: Special | None = None
    secret: str = field(default="", repr=False)
    """What the body holds and no error may repeat, beside the token."""


@dataclass(frozen=True)
class Reply:
    """What a successful call brought; `json` is None when the answer has no body."""

    status: int
    json: Json
    total: int | None


class Session:
    """Sends calls to one server as one user."""

    def __init__(
        self,
        base: str,
        identity: Identity,
        transport: httpx.BaseTransport,
        timing: Timing,
        *,
        limits: Limits,
    ) -> None:
        """Take everything the calls have in common."""
        self.base = base
        self._origin = f"{urlsplit(base).scheme}://{urlsplit(base).netloc}"
        self._prefix = f"{urlsplit(base).path}{_API}"
        self._identity = identity
        self._redactor = Redactor(identity.token)
        self._transport = transport
        self._timing = timing
        self._limits = limits

    def __repr__(self) -> str:
        """Show the server, never the token."""
        return f"Session({self.base!r})"

    def close(self) -> None:
        """Close idle connections."""
        self._transport.close()

    def get(self, path: str, parse: Callable[[Reply], T], query: Query = ()) -> T:
        """Read JSON; a parse that fails counts as a failed read and is tried again."""
        return self.fetch(Call("GET", path, CallKind.READ, query), parse)

    def fetch(self, call: Call, parse: Callable[[Reply], T]) -> T:
        """Make a call that is answered with JSON."""
        return self._repeat(call, lambda: parse(self._json_reply(call)))

    def fetch_if_any(self, call: Call, parse: Callable[[Reply], T]) -> T | None:
        """Make a call that is answered with JSON or, by 204, with nothing."""

        def once() -> T | None:
            answer, judge = self._exchange(call)
            raise_unless_successful(answer, judge)
            return None if answer.status == 204 else parse(_reply(answer, judge))

        return self._repeat(call, once)

    def run(self, call: Call) -> None:
        """Make a call that is answered with nothing."""
        self._repeat(call, lambda: nothing_of(*self._exchange(call)))

    def _repeat(self, call: Call, once: Callable[[], T]) -> T:
        began = self._timing.clock()
        tries = 0
        while True:
            try:
                return once()
            except ArgumentError:
                raise
            except ForgejoError as error:
                error.where = error.where or Where(call.method, call.path)
                tries += 1
                attempt = Attempt(call.kind, tries, self._timing.clock() - began)
                delay = self._delay(attempt, error)
                if delay is None:
                    raise final_error(call.kind, error) from error.__cause__
            self._timing.sleep(delay)

    def _delay(self, attempt: Attempt, error: ForgejoError) -> float | None:
        budget, random = self._limits.retry_budget, self._timing.random()
        return delay_before_next(attempt, error, budget=budget, random=random)

    def _json_reply(self, call: Call) -> Reply:
        return _reply(*self._exchange(call))

    def _exchange(self, call: Call) -> tuple[Answer, Judge]:
        where = Where(call.method, call.path)
        judge = Judge(where, self._redactor_for(call), self._timing.now(), call.special)
        url = f"{self.base}{_API}{call.path}{encode_query(call.query)}"
        for _ in range(_MOST_HOPS):
            answer = self._send(call, url)
            target = self._redirect_target(call, answer)
            if target is None:
                break
            url = target
        return answer, judge

    def _redactor_for(self, call: Call) -> Redactor:
        return Redactor(self._identity.token, call.secret) if call.secret else self._redactor

    def _redirect_target(self, call: Call, answer: Answer) -> str | None:
        """A renamed repository answers 301; the token follows only within the API, and reads."""
        if call.method != "GET" or answer.status not in _REDIRECTS:
            return None
        location = same_origin_redirect(answer.headers.get("location", ""), self._prefix)
        return None if location is None else f"{self._origin}{location}"

    def _send(self, call: Call, url: str) -> Answer:
        began = self._timing.clock()
        outcome = "failed"
        try:
            answer = exchange(
                self._transport, self._request(call, url), self._limits, self._timing.clock
            )
            outcome = str(answer.status)
        except ForgejoError as error:
            error.reword(self._redactor_for(call).clean(error.message))
            raise
        finally:
            ms = round((self._timing.clock() - began) * 1000)
            _logger.debug(
                "forgejo call method=%s path=%s status=%s ms=%d",
                call.method,
                call.path,
                outcome,
                ms,
            )
        return answer

    def _request(self, call: Call, url: str) -> httpx.Request:
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": self._identity.user_agent,
        }
        if self._identity.token:
            headers["Authorization"] = self._identity.authorization
        content = b""
        if call.body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(call.body).encode()
        return httpx.Request(call.method, url, headers=headers, content=content or None)


def _reply(answer: Answer, judge: Judge) -> Reply:
    total = answer.headers.get("x-total-count")
    if total is not None and not (total.isascii() and total.isdigit()):
        raise NotForgejoError("X-Total-Count is no number", where=judge.where)
    return Reply(answer.status, json_of(answer, judge), None if total is None else int(total[:12]))
