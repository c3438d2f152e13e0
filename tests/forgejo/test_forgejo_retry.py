"""What is tried again, by the kind of call and the kind of trouble."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from forgejo_loopback import NAME, Visitor, small_forge
from forgejo_recordings import FakeTime, comment, issue, repository

import forgejo
from forgejo import Forgejo
from sandbox.faults import FaultKind
from sandbox.web import Fault, Request, Server

Act = Callable[[Forgejo], Any]

ALL: dict[str, Act] = {
    "read": lambda api: repository(api, NAME).place.session.get(
        f"/repos/{NAME}", lambda reply: reply.status
    ),
    "conditional": lambda api: comment(api, 1, NAME).edit("b"),
    "create": lambda api: issue(api, 1, NAME).create_comment("b"),
    "delete": lambda api: comment(api, 1, NAME).delete(),
    "dispatch": lambda api: repository(api, NAME).dispatch_workflow("plan.yaml", ref="main"),
}
READ, CREATE, DELETE, DISPATCH = (ALL[name] for name in ("read", "create", "delete", "dispatch"))
WRITES = {name: act for name, act in ALL.items() if name != "read"}


@dataclass(frozen=True)
class Trouble:
    """A disturbance, and what reads raise when it does not pass."""

    name: str
    kind: FaultKind
    error: type[forgejo.ForgejoError]
    status: int = 503
    after_effect: bool = False

    @property
    def deadline(self) -> float:
        """Seconds; short only where nothing else ends the call."""
        return 0.3 if self.kind == "hang" else 30.0

    def fault(self, times: int) -> Fault:
        return Fault(self.kind, times=times, status=self.status, after_effect=self.after_effect)


TROUBLES = (
    Trouble("500", "status", forgejo.ServerError, 500),
    Trouble("500 after the effect", "status", forgejo.ServerError, 500, after_effect=True),
    Trouble("502", "status", forgejo.ServerError, 502),
    Trouble("503", "status", forgejo.ServerError, 503),
    Trouble("504 after the effect", "status", forgejo.ServerError, 504, after_effect=True),
    Trouble("408", "status", forgejo.UnavailableError, 408),
    Trouble("plain 404", "status", forgejo.NotForgejoError, 404),
    Trouble("reset", "reset", forgejo.UnavailableError),
    Trouble("reset after the effect", "reset", forgejo.UnavailableError, after_effect=True),
    Trouble("cut", "cut", forgejo.UnavailableError, after_effect=True),
    Trouble("html", "html", forgejo.NotForgejoError),
    Trouble("empty", "empty", forgejo.NotForgejoError),
    Trouble("hang", "hang", forgejo.UnavailableError),
)
each_trouble = pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.name)


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with Server(small_forge(), name="forgejo") as server:
        yield server


@pytest.fixture
def server(running: Server) -> Server:
    """One server for all tests, without the faults of the test before."""
    running.faults.clear()
    return running


@dataclass
class Tally:
    """Counts the requests that arrive; the log would have those of slow threads, too."""

    server: Server
    before: int

    @property
    def count(self) -> int:
        return self.server.next_index() - self.before - 1


@pytest.fixture
def arrived(server: Server) -> Tally:
    return Tally(server, server.next_index())


@each_trouble
def test_a_read_is_repeated_until_the_trouble_has_passed(
    visit: Visitor, server: Server, trouble: Trouble
) -> None:
    server.faults.add(trouble.fault(times=2))

    assert READ(visit(server.url, deadline=trouble.deadline)) == 200
    assert server.faults.pending() == 0


@each_trouble
def test_a_read_gives_up_on_trouble_that_stays(
    visit: Visitor, server: Server, trouble: Trouble
) -> None:
    waited = FakeTime()
    server.faults.add(trouble.fault(times=99))
    budget = 1.0 if trouble.kind == "hang" else 120.0

    with pytest.raises(trouble.error) as caught:
        READ(visit(server.url, time=waited, deadline=trouble.deadline, retry_budget=budget))

    assert type(caught.value) is trouble.error
    assert f"/repos/{NAME}" in str(caught.value)
    assert sum(waited.slept) < budget


@each_trouble
@pytest.mark.parametrize("act", WRITES.values(), ids=WRITES)
def test_a_write_with_an_unknown_outcome_is_sent_once_and_ambiguous(
    visit: Visitor, server: Server, arrived: Tally, act: Act, trouble: Trouble
) -> None:
    waited = FakeTime()
    server.faults.add(trouble.fault(times=1))
    api = visit(server.url, time=waited, deadline=trouble.deadline)
    if act is DELETE and trouble.kind in ("empty", "cut"):
        act(api)  # an empty answer is all that a deletion has
        return

    with pytest.raises(forgejo.AmbiguousError, match="before doing it again"):
        act(api)

    assert arrived.count == 1
    assert waited.slept == []


@pytest.mark.parametrize("name", ["read", "conditional", "create", "delete"])
def test_what_was_refused_as_too_many_requests_is_sent_again(
    visit: Visitor, server: Server, name: str
) -> None:
    waited = FakeTime()
    server.faults.add(Fault("status", status=429, headers={"Retry-After": "7"}, times=2))

    ALL[name](visit(server.url, time=waited))

    assert waited.slept == [7, 7]


def test_a_dispatch_is_never_sent_again_not_even_after_too_many_requests(
    visit: Visitor, server: Server, arrived: Tally
) -> None:
    server.faults.add(Fault("status", status=429, headers={"Retry-After": "7"}))

    with pytest.raises(forgejo.TooManyRequestsError) as caught:
        DISPATCH(visit(server.url))

    assert caught.value.retry_after == 7
    assert arrived.count == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("12", 12),
        (" 12 ", 12),
        ("86400", 60),
        ("9" * 40, 60),
        ("Tue, 24 Nov 2026 12:00:30 GMT", 30),
        ("Tue, 24 Nov 2026 12:00:30", 30),
        ("Tue, 24 Nov 2026 14:00:30 +0200", 30),
        ("Tue, 24 Nov 2036 12:00:00 GMT", 60),
        ("Tue, 24 Nov 2006 12:00:00 GMT", 0),
        ("soon", 0.25),
        ("-5", 0.25),
        ("", 0.25),
        ("Tue, 99 Nov 2026 12:00:30 GMT", 0.25),
        ("Tue, 24 Nov 99999 12:00:30 GMT", 0.25),
        ("1e3", 0.25),
        ("٣", 0.25),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_seconds_or_a_date_and_at_most_a_minute(
    visit: Visitor, server: Server, header: str, seconds: float, status: int
) -> None:
    waited = FakeTime()
    encoded = header.encode().decode("latin-1")
    server.faults.add(Fault("status", status=status, headers={"Retry-After": encoded}))

    READ(visit(server.url, time=waited))

    assert waited.slept == [seconds]


def test_the_waits_grow_are_shuffled_and_end_within_the_budget(
    visit: Visitor, server: Server
) -> None:
    waited = FakeTime()
    chances = iter([0.0, 1.0, 0.5] * 50)
    server.faults.add(Fault("status", status=502, times=999))

    with pytest.raises(forgejo.ServerError):
        READ(visit(server.url, time=waited, rng=lambda: next(chances)))

    assert waited.slept[:6] == [0.0, 1.0, 1.0, 0.0, 8.0, 8.0]
    assert max(waited.slept) <= 20
    assert sum(waited.slept) < 120


def test_a_500_is_tried_three_times_because_it_can_mean_an_unknown_ref(
    visit: Visitor, server: Server, arrived: Tally
) -> None:
    server.faults.add(Fault("status", status=500, times=99))

    with pytest.raises(forgejo.ServerError):
        READ(visit(server.url))

    assert arrived.count == 3


def test_an_answer_that_is_not_forgejos_is_tried_six_times(
    visit: Visitor, server: Server, arrived: Tally
) -> None:
    server.faults.add(Fault("html", times=99))

    with pytest.raises(forgejo.NotForgejoError, match="text/html"):
        READ(visit(server.url))

    assert arrived.count == 6


def test_a_refusal_is_no_trouble_and_not_tried_again(
    visit: Visitor, server: Server, arrived: Tally
) -> None:
    body = b'{"message":"token is required"}'
    headers = {"Content-Type": "application/json"}
    server.faults.add(Fault("status", status=401, headers=headers, body=body, times=99))

    with pytest.raises(forgejo.AuthenticationError):
        READ(visit(server.url))

    assert arrived.count == 1


@pytest.mark.parametrize("act", ALL.values(), ids=ALL)
def test_without_trouble_each_call_is_one_request(
    visit: Visitor, server: Server, arrived: Tally, act: Act
) -> None:
    act(visit(server.url))

    assert arrived.count == 1


def test_faults_that_meet_other_requests_disturb_nothing(visit: Visitor, server: Server) -> None:
    def is_write(request: Request) -> bool:
        return request.method == "POST"

    server.faults.add(Fault("reset", match=is_write))

    assert READ(visit(server.url)) == 200
