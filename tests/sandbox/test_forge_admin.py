"""Accounts, tokens and repositories are made, opened to people and removed by the API."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from forge_world import Answer, World, running_world

PASSWORD = "correct-horse"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with running_world(tmp_path) as running:
        yield running


def new_user(world: World, login: str = "carol", **more: Any) -> Answer:
    person = {"username": login, "email": f"{login}@example.com", "password": PASSWORD}
    body = person | {"must_change_password": False} | more
    return world.call("admin", "POST", "/admin/users", body)


def sign_in(world: World, login: str, password: str = PASSWORD) -> str:
    """Lets the user call with a password; returns the name to call as."""
    pair = base64.b64encode(f"{login}:{password}".encode()).decode()
    world.headers[f"basic:{login}"] = {"Authorization": f"Basic {pair}"}
    return f"basic:{login}"


def new_token(world: World, caller: str, login: str, **more: Any) -> Answer:
    body = {"name": "ci", "scopes": ["write:repository"]} | more
    return world.call(caller, "POST", f"/users/{login}/tokens", body)


def new_repository(world: World, caller: str = "admin", **more: Any) -> Answer:
    body = {"name": "edp", "auto_init": True} | more
    return world.call(caller, "POST", "/orgs/platform/repos", body)


def message(answer: Answer) -> str:
    return str(answer.json["message"])


# --- users


def test_a_new_user_signs_in_with_the_password(world: World) -> None:
    new_user(world)

    answer = world.call(sign_in(world, "carol"), "GET", "/user")

    assert (answer.status, answer.json["login"]) == (200, "carol")


def test_a_new_user_must_change_the_password_unless_told_otherwise(world: World) -> None:
    new_user(world, must_change_password=True)

    answer = world.call(sign_in(world, "carol"), "GET", "/user")

    assert answer.status == 403
    assert message(answer).startswith("You must change your password.")


def test_a_wrong_password_is_refused(world: World) -> None:
    new_user(world)

    answer = world.call(sign_in(world, "carol", "wrong"), "GET", "/user")

    assert answer.status == 401
    assert "user's password is invalid" in message(answer)


@pytest.mark.parametrize(
    ("caller", "change", "status", "text"),
    [
        ("alice", {}, 403, "user should be the site admin"),
        ("bot", {}, 403, "token does not have at least one of required scope(s): [write:admin]"),
        ("anonymous", {}, 401, "token is required"),
        ("admin", {"username": "ALICE"}, 422, "user already exists [name: ALICE]"),
        ("admin", {"email": "Alice@example.org"}, 422,
         "e-mail already in use [email: Alice@example.org]"),
        ("admin", {"email": ""}, 422, "[Email]: Required"),
        ("admin", {"username": "a b"}, 422, "[Username]: invalid username"),
        ("admin", {"username": "x" * 41}, 422, "[Username]: invalid username"),
        ("admin", {"password": "seven77"}, 400, "PasswordIsRequired"),
    ],
)  # fmt: skip
def test_a_user_is_not_made(
    world: World, caller: str, change: dict[str, str], status: int, text: str
) -> None:
    body = {"username": "dave", "email": "dave@example.org", "password": PASSWORD} | change

    answer = world.call(caller, "POST", "/admin/users", body)

    assert (answer.status, message(answer)) == (status, text)
    assert "dave" not in world.forge.users


def test_a_deleted_user_and_the_tokens_are_gone(world: World) -> None:
    new_user(world)
    token = new_token(world, sign_in(world, "carol"), "carol").json["sha1"]
    world.headers["carol"] = {"Authorization": f"token {token}"}

    answer = world.call("admin", "DELETE", "/admin/users/carol")

    assert (answer.status, answer.body) == (204, b"")
    assert world.call("carol", "GET", "/user").status == 401
    assert world.call("admin", "GET", "/users/carol").status == 404


@pytest.mark.parametrize(
    ("caller", "login", "status", "text"),
    [
        ("alice", "bob", 403, "user should be the site admin"),
        ("admin", "nobody", 404, "GetUserByName"),
        ("admin", "platform", 422, "platform is an organization not a user"),
        ("admin", "root-admin", 422, "you cannot delete yourself"),
    ],
)
def test_a_user_is_not_deleted(
    world: World, caller: str, login: str, status: int, text: str
) -> None:
    answer = world.call(caller, "DELETE", f"/admin/users/{login}")

    assert (answer.status, message(answer)) == (status, text)


def test_a_user_who_owns_something_stays_unless_purged(world: World) -> None:
    world.forge.create_repository("alice", "own")
    world.call("alice", "POST", "/orgs", {"username": "hers"})

    refused = [world.call("admin", "DELETE", "/admin/users/alice")]
    world.call("admin", "DELETE", "/repos/alice/own")
    refused.append(world.call("admin", "DELETE", "/admin/users/alice"))

    assert [answer.status for answer in refused] == [422, 422]
    assert "ownership of repositories" in message(refused[0])
    assert "membership of organizations" in message(refused[1])


def test_a_purged_user_takes_the_repositories_along(world: World) -> None:
    made = world.forge.create_repository("alice", "own")
    world.call("alice", "POST", "/orgs", {"username": "hers"})

    answer = world.call("admin", "DELETE", "/admin/users/alice?purge=true")

    assert answer.status == 204
    assert world.call("admin", "GET", "/repos/alice/own").status == 404
    assert not made.store.path.exists()
    assert world.call("admin", "GET", "/orgs/hers").status == 200


# --- tokens


def test_a_new_token_works_within_its_scopes(world: World) -> None:
    made = new_token(world, sign_in(world, "alice", "alice-password"), "alice")
    world.headers["ci"] = {"Authorization": f"token {made.json['sha1']}"}
    world.repository("r")

    allowed = world.call("ci", "GET", "/repos/platform/r/branches")
    refused = world.call("ci", "GET", "/user")

    assert made.status == 201
    assert made.json["token_last_eight"] == made.json["sha1"][-8:]
    assert (allowed.status, refused.status) == (200, 403)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"name": "taken"}, "access token name has been used already"),
        ({"scopes": []}, "access token must have a scope"),
        ({"scopes": ["write:all"]},
         "invalid access token scope provided: invalid access token scope: write:all"),
    ],
)  # fmt: skip
def test_a_token_is_not_made(world: World, change: dict[str, Any], text: str) -> None:
    alice = sign_in(world, "alice", "alice-password")
    new_token(world, alice, "alice", name="taken")

    answer = new_token(world, alice, "alice", **change)

    assert (answer.status, message(answer)) == (400, text)


def test_a_token_as_password_makes_no_tokens(world: World) -> None:
    token = world.headers["alice"]["Authorization"].split()[1]

    answer = new_token(world, sign_in(world, "alice", token), "alice")

    assert (answer.status, message(answer)) == (401, "auth method not allowed")


def test_only_an_administrator_makes_tokens_of_others(world: World) -> None:
    alice = sign_in(world, "alice", "alice-password")
    admin = sign_in(world, "root-admin", "root-admin-password")

    assert new_token(world, alice, "bob").status == 403
    assert new_token(world, admin, "bob").status == 201
    assert new_token(world, admin, "nobody").status == 404


# --- organisations


def test_an_organisation_belongs_to_who_made_it(world: World) -> None:
    made = world.call("alice", "POST", "/orgs", {"username": "hers"})
    repository = world.call("alice", "POST", "/orgs/hers/repos", {"name": "x"})

    assert (made.status, made.json["name"]) == (201, "hers")
    assert repository.json["permissions"] == {"admin": True, "push": True, "pull": True}
    assert world.call("bob", "POST", "/orgs/hers/repos", {"name": "y"}).status == 403
    assert world.call("bob", "DELETE", "/orgs/hers").status == 403


@pytest.mark.parametrize(("visibility", "sees"), [
    ("public", {"admin", "alice", "bob", "anonymous"}),
    ("limited", {"admin", "alice", "bob"}),
    ("private", {"admin", "alice"}),
])  # fmt: skip
def test_an_organisation_and_its_repositories_show_to_those_who_may_see_it(
    world: World, visibility: str, sees: set[str]
) -> None:
    world.call("alice", "POST", "/orgs", {"username": "hers", "visibility": visibility})
    world.forge.create_repository("hers", "x")

    for path in ("/orgs/hers", "/repos/hers/x"):
        people = ("admin", "alice", "bob", "anonymous")
        found = {who for who in people if world.call(who, "GET", path).status == 200}
        assert found == sees


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"username": "alice"}, "user already exists [name: alice]"),
        ({"username": "-x"}, "[UserName]: invalid username"),
        ({}, "[UserName]: Required"),
        ({"username": "x", "visibility": "secret"}, "[Visibility]: In"),
    ],
)
def test_an_organisation_is_not_made(world: World, body: dict[str, str], text: str) -> None:
    answer = world.call("admin", "POST", "/orgs", body)

    assert (answer.status, message(answer)) == (422, text)


def test_an_organisation_goes_after_its_repositories(world: World) -> None:
    new_repository(world)

    refused = world.call("admin", "DELETE", "/orgs/platform")
    world.call("admin", "DELETE", "/repos/platform/edp")
    done = world.call("admin", "DELETE", "/orgs/platform")

    assert (refused.status, done.status) == (500, 204)
    assert world.call("admin", "GET", "/orgs/platform").status == 404
    assert world.call("admin", "GET", "/orgs/alice").status == 404


# --- repositories


def test_a_new_repository_has_one_commit_by_who_made_it(world: World) -> None:
    made = new_repository(world, description="Our platform")

    branch = world.call("admin", "GET", "/repos/platform/edp/branches/main").json
    readme = world.call("admin", "GET", "/repos/platform/edp/contents/README.md").json

    assert (made.json["empty"], made.json["default_branch"]) == (False, "main")
    assert branch["commit"]["message"] == "Initial commit\n"
    assert branch["commit"]["author"]["email"] == "root-admin@example.org"
    assert base64.b64decode(readme["content"]) == b"# edp\n\nOur platform"


def test_a_repository_may_begin_empty_and_private(world: World) -> None:
    made = new_repository(world, auto_init=False, private=True)

    assert made.json["empty"]
    assert world.call("bob", "GET", "/repos/platform/edp").status == 404


def test_a_deleted_repository_can_be_made_again(world: World) -> None:
    new_repository(world)
    world.call("admin", "POST", "/repos/platform/edp/issues", {"title": "t"})

    deleted = world.call("admin", "DELETE", "/repos/platform/edp")
    made = new_repository(world)

    assert (deleted.status, deleted.body, made.status) == (204, b"", 201)
    assert world.call("admin", "GET", "/repos/platform/edp/issues").json == []


def test_an_archived_repository_can_be_deleted(world: World) -> None:
    new_repository(world)
    world.forge.repository("platform/edp").archived = True

    assert world.call("admin", "DELETE", "/repos/platform/edp").status == 204


def test_only_owners_delete_a_repository(world: World) -> None:
    new_repository(world)
    world.forge.allow("platform/edp", "alice", "admin")

    answer = world.call("alice", "DELETE", "/repos/platform/edp")

    assert (answer.status, message(answer)) == (403, "user should be the owner of the repo")


# --- collaborators


def allowed(world: World, login: str, body: Any = None) -> int:
    path = f"/repos/platform/edp/collaborators/{login}"
    return world.call("admin", "PUT", path, body or {}).status


@pytest.mark.parametrize(
    ("permissions", "may"),
    [((None,), "write"), (("read",), "read"), (("admin", "read"), "read"), (("bogus",), "write"),
     (("read", "bogus"), "read")],
)  # fmt: skip
def test_a_collaborator_may_what_was_said(
    world: World, permissions: tuple[str | None, ...], may: str
) -> None:
    new_repository(world, private=True)

    for permission in permissions:
        body = {} if permission is None else {"permission": permission}
        assert allowed(world, "bob", body) == 204

    path = "/repos/platform/edp/collaborators/bob/permission"
    assert world.call("admin", "GET", path).json["permission"] == may


def test_who_is_no_collaborator_any_more_sees_nothing(world: World) -> None:
    new_repository(world, private=True)
    allowed(world, "bob")

    seen = world.call("bob", "GET", "/repos/platform/edp").status
    removed = world.call("admin", "DELETE", "/repos/platform/edp/collaborators/bob").status

    assert (seen, removed) == (200, 204)
    assert world.call("bob", "GET", "/repos/platform/edp").status == 404
    assert world.call("admin", "GET", "/repos/platform/edp/collaborators/bob").status == 404


def test_a_writer_lets_nobody_in(world: World) -> None:
    new_repository(world)
    allowed(world, "alice")

    answer = world.call("alice", "PUT", "/repos/platform/edp/collaborators/bob", {})

    assert answer.status == 403


def test_an_unknown_user_is_no_collaborator(world: World) -> None:
    new_repository(world)

    assert allowed(world, "nobody") == 422
