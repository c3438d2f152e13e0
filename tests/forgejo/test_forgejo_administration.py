"""Users, tokens, organisations and repositories are made and removed, and no password shows."""

import base64
import logging
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from forgejo_recordings import TOKEN, URL, FakeTime, client, exchange, repository

import forgejo
from forgejo import Forgejo

PASSWORD = "Pass phrase: äöü-1234"
SECRET = "2f4a9c0de1b3579864ac0b1d2e3f405162738495"
Action = Callable[[Forgejo], Any]


class Server:
    """Gives one answer, and remembers what it was asked."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(
            self.answer.status_code, headers=self.answer.headers, content=self.answer.content
        )

    @property
    def asked(self) -> tuple[str, str]:
        request = self.requests[-1]
        return request.method, request.url.raw_path.decode()


def recorded(scenario: str, index: int) -> Server:
    return Server(exchange(scenario, index).answer())


def nothing() -> Server:
    return Server(httpx.Response(204))


def signed_in(server: Server, login: str = "alice", password: str = PASSWORD) -> Forgejo:
    time = FakeTime()
    transport = httpx.MockTransport(server)
    return Forgejo(URL, password, login=login, transport=transport, clock=time.clock,
                   sleep=time.sleep)  # fmt: skip


# --- what is made


def test_a_new_user_need_not_change_the_password() -> None:
    server = recorded("37", 35)

    made = client(server).create_user("carol", email="carol@example.org", password=PASSWORD)

    assert made.login == "carol"
    assert server.asked == ("POST", "/api/v1/admin/users")
    assert httpx.Response(200, content=server.requests[0].content).json() == {
        "username": "carol", "email": "carol@example.org", "password": PASSWORD,
        "must_change_password": False,
    }  # fmt: skip


def test_a_password_makes_a_token_whose_secret_is_told_once() -> None:
    body = {**exchange("37", 27).body, "sha1": SECRET}
    server = Server(httpx.Response(201, json=body))

    token = signed_in(server).create_access_token("alice", name="ci", scopes=("write:repository",))

    sent = server.requests[0].headers["authorization"].removeprefix("Basic ")
    assert base64.b64decode(sent).decode() == f"alice:{PASSWORD}"
    assert server.asked == ("POST", "/api/v1/users/alice/tokens")
    assert (token.name, token.secret) == ("ci", SECRET)
    assert SECRET not in repr(token)


def test_a_new_organisation_is_named() -> None:
    made = client(recorded("37", 0)).create_organization("boot")

    assert (made.id, made.login) == (8, "boot")


def test_a_new_repository_has_a_first_commit() -> None:
    server = recorded("04", 0)

    made = client(server).create_repository("platform", "r-life")

    assert (made.full_name, made.default_branch, made.empty) == ("platform/r-life", "main", False)
    assert b'"auto_init": true' in server.requests[0].content


def test_a_collaborator_may_write_unless_said_otherwise() -> None:
    server = recorded("37", 15)

    repository(client(server), "boot/x").add_collaborator("alice")

    assert server.asked == ("PUT", "/api/v1/repos/boot/x/collaborators/alice")
    assert server.requests[0].content == b'{"permission": "write"}'


def test_a_branch_protection_is_returned_as_the_server_keeps_it() -> None:
    server = recorded("63", 0)

    rule = repository(client(server)).create_branch_protection(
        "main", required_approvals=1, status_check_contexts=["edp/policy"]
    )

    assert server.asked == ("POST", "/api/v1/repos/platform/edp/branch_protections")
    assert rule.required_approvals == 1
    assert b'"status_check_contexts": ["edp/policy"]' in server.requests[0].content


REMOVALS: dict[str, tuple[Action, str]] = {
    "repository": (lambda api: api.delete_repository("platform/edp"), "/repos/platform/edp"),
    "organisation": (lambda api: api.delete_organization("platform"), "/orgs/platform"),
    "user": (lambda api: api.delete_user("carol"), "/admin/users/carol"),
}


@pytest.mark.parametrize(("remove", "path"), REMOVALS.values(), ids=REMOVALS)
def test_what_is_removed_is_named_in_the_path(remove: Action, path: str) -> None:
    server = nothing()

    remove(client(server))

    assert server.asked == ("DELETE", f"/api/v1{path}")


# --- what is refused


def new_user(api: Forgejo) -> object:
    return api.create_user("carol", email="carol@example.org", password=PASSWORD)


def new_token(api: Forgejo) -> object:
    return api.create_access_token("alice", name="ci", scopes=["all"])


def new_organisation(api: Forgejo) -> object:
    return api.create_organization("boot")


def new_repository(api: Forgejo) -> object:
    return api.create_repository("platform", "r-life")


def new_collaborator(api: Forgejo) -> None:
    repository(api, "boot/x").add_collaborator("nobody-here")


REFUSALS: list[tuple[Action, str, int, type[forgejo.ForgejoError]]] = [
    (new_user, "37", 36, forgejo.AlreadyExistsError),
    (new_user, "37", 37, forgejo.ValidationError),
    (new_user, "02", 22, forgejo.ScopeError),
    (new_user, "02", 23, forgejo.ForbiddenError),
    (new_token, "37", 28, forgejo.ValidationError),
    (new_token, "37", 29, forgejo.ValidationError),
    (new_token, "37", 30, forgejo.ValidationError),
    (new_token, "37", 31, forgejo.AuthenticationError),
    (new_token, "37", 38, forgejo.ForbiddenError),
    (new_organisation, "37", 1, forgejo.AlreadyExistsError),
    (new_organisation, "02", 21, forgejo.ScopeError),
    (new_repository, "04", 1, forgejo.AlreadyExistsError),
    (new_repository, "04", 2, forgejo.ForbiddenError),
    (new_repository, "04", 3, forgejo.NotFoundError),
    (new_repository, "04", 4, forgejo.ValidationError),
    (new_collaborator, "37", 17, forgejo.ValidationError),
    (REMOVALS["repository"][0], "04", 26, forgejo.NotFoundError),
    (REMOVALS["repository"][0], "02", 26, forgejo.ScopeError),
    (REMOVALS["organisation"][0], "37", 4, forgejo.NotFoundError),
    (REMOVALS["user"][0], "37", 12, forgejo.NotFoundError),
]


@pytest.mark.parametrize(("act", "scenario", "index", "error"), REFUSALS)
def test_a_refusal_becomes_the_error_that_fits(
    act: Action, scenario: str, index: int, error: type[forgejo.ForgejoError]
) -> None:
    server = recorded(scenario, index)

    with pytest.raises(error) as caught:
        act(client(server))

    assert type(caught.value) is error
    assert caught.value.status == exchange(scenario, index).status
    assert len(server.requests) == 1


CREATIONS = (new_user, new_token, new_organisation, new_repository)


@pytest.mark.parametrize("create", CREATIONS)
def test_nothing_is_created_twice_because_an_answer_was_lost(create: Action) -> None:
    server = Server(httpx.Response(500, json={"message": ""}))

    with pytest.raises(forgejo.AmbiguousError):
        create(client(server))
    assert len(server.requests) == 1


@pytest.mark.parametrize("name", ["", "..", "a/b", "a?b", "a\nb", "\ud800"], ids=ascii)
@pytest.mark.parametrize("act", [
    lambda api, name: api.delete_user(name),
    lambda api, name: api.delete_organization(name),
    lambda api, name: api.delete_repository(f"platform/{name}"),
    lambda api, name: api.create_access_token(name, name="ci", scopes=["all"]),
    lambda api, name: api.create_repository(name, "edp"),
    lambda api, name: repository(api).add_collaborator(name),
], ids=range(6))  # fmt: skip
def test_a_name_that_would_be_another_path_is_never_sent(
    act: Callable[[Forgejo, str], object], name: str
) -> None:
    server = nothing()

    with pytest.raises(forgejo.ArgumentError):
        act(client(server), name)
    assert server.requests == []


# --- what never shows


def echo(secret: str) -> dict[str, httpx.Response]:
    """Answers of a server, or of what stands before it, that repeat a secret."""
    pair = base64.b64encode(f"alice:{secret}".encode()).decode()
    return {
        "message": httpx.Response(422, json={"message": f"[Password]: {secret}"}),
        "401": httpx.Response(
            401, json={"message": f"access token does not exist [sha: {secret}]"}
        ),
        "header": httpx.Response(403, json={"message": f"Authorization: Basic {pair}"}),
        "details": httpx.Response(404, json={"message": "x", "errors": [secret]}),
        "page": httpx.Response(200, html=f"<p>{secret}</p>"),
        "shape": httpx.Response(201, json={"login": [secret], "sha1": [secret]}),
        "500": httpx.Response(500, json={"message": secret}),
    }


@pytest.mark.parametrize("answer", echo(PASSWORD).values(), ids=echo(PASSWORD))
def test_no_error_repeats_the_password_of_a_new_user(answer: httpx.Response) -> None:
    with pytest.raises(forgejo.ForgejoError) as caught:
        new_user(client(Server(answer)))

    assert_hidden(caught.value, PASSWORD)


@pytest.mark.parametrize("answer", echo(PASSWORD).values(), ids=echo(PASSWORD))
def test_no_error_repeats_the_password_that_signs_in(answer: httpx.Response) -> None:
    with pytest.raises(forgejo.ForgejoError) as caught:
        new_token(signed_in(Server(answer)))

    assert_hidden(caught.value, PASSWORD)


def test_no_error_repeats_the_administrators_token() -> None:
    server = Server(httpx.Response(401, json={"message": f"{TOKEN} {PASSWORD}"}))

    with pytest.raises(forgejo.AuthenticationError) as caught:
        new_user(client(server))

    assert_hidden(caught.value, TOKEN)


def assert_hidden(error: Exception, secret: str) -> None:
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
    assert secret not in shown
    assert base64.b64encode(f"alice:{secret}".encode()).decode() not in shown


def test_the_log_and_the_client_tell_no_password(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    api = signed_in(Server(httpx.Response(201, json={"name": "ci", "sha1": SECRET})))

    new_token(api)
    new_user(client(recorded("37", 35)))

    assert "path=/users/alice/tokens" in caplog.text
    shown = caplog.text + repr(api) + repr(vars(api)) + repr(vars(api._session))
    assert PASSWORD not in shown
    assert SECRET not in shown


@pytest.mark.parametrize(
    ("login", "password"),
    [("a:b", "x"), ("a\nb", "x"), ("a", ""), ("a", "x\ny"), ("a", "x\0")],
    ids=ascii,
)
def test_what_cannot_sign_in_is_refused_without_being_shown(login: str, password: str) -> None:
    with pytest.raises(forgejo.ArgumentError) as caught:
        signed_in(nothing(), login, password)

    assert repr(password) not in str(caught.value)
