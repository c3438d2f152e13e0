"""The token shows nowhere: not in texts, reprs, logs, tracebacks or chains of errors."""

import base64
import logging
import pickle
import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from forgejo_loopback import Visitor, misbehaving, saying
from forgejo_recordings import TOKEN, client, exchange, pull_request, repository
from hypothesis import given, settings
from hypothesis import strategies as st

import forgejo
from forgejo import Forgejo, ForgejoError
from forgejo.redaction import Redactor


def all_texts(error: BaseException) -> str:
    """Everything that a logger, a debugger or a pickle could show of an error."""
    chain = "".join(traceback.format_exception(error))
    return "\n".join([str(error), repr(error), repr(vars(error)), repr(error.args), chain])


def echo_of_401() -> str:
    """The real text, in which the server repeats the token that was sent."""
    return (
        "token is malformed: token contains an invalid number of segments\n"
        f"access token does not exist [sha: {TOKEN}]\n"
        f'task with token "{TOKEN}": resource does not exist'
    )


ECHOES: dict[str, httpx.Response] = {
    "401": httpx.Response(401, json={"message": echo_of_401()}),
    "details": httpx.Response(404, json={"message": "x", "errors": [TOKEN, TOKEN.upper()]}),
    "409": httpx.Response(409, json={"message": f"PushRejected {TOKEN}"}),
    "html": httpx.Response(200, html=f"<p>{TOKEN}</p>", headers={"content-type": TOKEN}),
    "status": httpx.Response(500, json={"message": TOKEN}),
    "total": httpx.Response(200, json=[], headers={"x-total-count": TOKEN}),
    "encoding": httpx.Response(
        200, headers={"content-encoding": TOKEN}, stream=httpx.ByteStream(b"")
    ),
    "location": httpx.Response(301, headers={"location": f"https://a.example/{TOKEN}"}),
    "json": httpx.Response(200, json={"version": [TOKEN]}),
    "broken": httpx.Response(
        200, content=TOKEN.encode(), headers={"content-type": "application/json"}
    ),
    "bytes": httpx.Response(
        200, content=TOKEN.encode() + b"\xff", headers={"content-type": "application/json"}
    ),
}  # fmt: skip


@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
def test_no_error_repeats_the_token(echo: httpx.Response) -> None:
    with pytest.raises(ForgejoError) as caught:
        list(repository(client(lambda _request: echo)).get_labels())

    assert TOKEN not in all_texts(caught.value).replace(TOKEN.upper(), TOKEN)


@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
def test_no_error_of_a_write_repeats_the_token(echo: httpx.Response) -> None:
    with pytest.raises(ForgejoError) as caught:
        repository(client(lambda _request: echo)).create_issue("t")

    assert TOKEN not in all_texts(caught.value)


@pytest.mark.parametrize(
    "head",
    [
        f"HTTP/1.1 200 OK\r\n{TOKEN}\r\n\r\n",
        f"{TOKEN}\r\n\r\n",
        f"HTTP/1.1 200 OK\r\nTransfer-Encoding: {TOKEN}\r\n\r\n",
        f"HTTP/1.1 200 OK\r\nContent-Length: {TOKEN}\r\n\r\n",
        f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{TOKEN}zz\r\n",
    ],
)
def test_an_error_below_http_does_not_repeat_the_token(visit: Visitor, head: str) -> None:
    with misbehaving(saying(head.encode())) as url, pytest.raises(ForgejoError) as caught:
        visit(url, retry_budget=0.0).get_version()

    assert TOKEN not in all_texts(caught.value)


def test_the_token_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = httpx.Response(401, json={"message": echo_of_401()})

    with pytest.raises(forgejo.AuthenticationError):
        client(lambda _request: echo).get_user()

    assert "forgejo call method=GET path=/user status=401" in caplog.text
    assert TOKEN not in caplog.text
    assert all(TOKEN not in repr(vars(record)) for record in caplog.records)


def test_a_call_without_an_answer_is_logged_as_failed(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="forgejo")

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(forgejo.UnavailableError):
        client(refuse, retry_budget=0.0).get_version()

    assert [record.getMessage() for record in caplog.records] == [
        "forgejo call method=GET path=/version status=failed ms=0"
    ]


REPRS: dict[str, Callable[[Forgejo], Any]] = {
    "client": lambda api: api,
    "session": lambda api: api._session,
    "identity": lambda api: api._session._identity,
    "redactor": lambda api: api._session._redactor,
    "place": lambda api: repository(api).place,
    "repository": repository,
    "pull request": pull_request,
    "list": lambda api: repository(api).get_labels(),
}


@pytest.mark.parametrize("thing", REPRS.values(), ids=REPRS)
def test_no_repr_shows_the_token(thing: Callable[[Forgejo], Any]) -> None:
    shown = repr(thing(client(lambda _request: httpx.Response(500))))

    assert TOKEN not in shown
    assert "Session" not in shown or "https://forgejo.example" in shown


@pytest.mark.parametrize(
    "form",
    [
        TOKEN,
        TOKEN.upper(),
        TOKEN.encode().hex(),
        base64.b64encode(f"bot:{TOKEN}".encode()).decode(),
        base64.b64encode(f"edp-bot:{TOKEN}".encode()).decode(),
        base64.b64encode(f"{TOKEN}:".encode()).decode(),
        base64.urlsafe_b64encode(f"x{TOKEN}".encode()).decode(),
        f"https://bot:{TOKEN}@forgejo.example/platform/edp",
    ],
)
def test_the_token_is_found_in_the_forms_in_which_it_travels(form: str) -> None:
    cleaned = Redactor(TOKEN).clean(f"before {form} after")

    assert "[redacted]" in cleaned
    assert TOKEN[4:-4] not in cleaned
    assert base64.b64encode(TOKEN.encode()).decode()[4:-6] not in cleaned


def test_a_token_that_needs_percent_encoding_is_found_encoded() -> None:
    assert quote("a/b+c", safe="") not in Redactor("a/b+c").clean("token=a%2Fb%2Bc")


def test_paths_of_the_servers_disk_are_not_passed_on() -> None:
    text = "To /data/repositories/platform/edp.git\n ! [rejected] a -> b, see http://a/b/c.git"

    cleaned = Redactor("").clean(text)

    assert "/data" not in cleaned
    assert "http://a/b/c.git" in cleaned


def test_what_could_disturb_a_terminal_is_replaced() -> None:
    cleaned = Redactor("").clean("a\x1b[31m\r::set-env::\u202e\u200b\x00b")

    assert cleaned == "a?[31m?::set-env::???b"


def test_a_long_text_is_cut_after_it_was_cleaned() -> None:
    text = "x" * 490 + TOKEN

    cleaned = Redactor(TOKEN).clean(text)

    assert cleaned == "x" * 490 + "[redacted]"
    assert len(Redactor("").clean("x" * 1000)) == 501


@settings(deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_no_neighbours_hide_the_token(before: str, after: str) -> None:
    assert TOKEN not in Redactor(TOKEN).clean(before + TOKEN + after)


def test_the_facts_of_an_error_stand_apart_from_its_text() -> None:
    seen = exchange("02", 0)
    error = forgejo.ScopeError("m", scopes=("write:issue",), status=403)

    assert error.scopes == ("write:issue",)
    assert str(error) == "403 m"
    assert error.message == "m"
    assert seen.status in (200, 401)
    assert str(pickle.loads(pickle.dumps(ForgejoError("m")))) == "m"  # noqa: S301 (our own bytes)
