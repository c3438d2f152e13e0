"""Organisations, users made by an administrator, and access tokens."""

import re

from sandbox.forge.access import is_owner, is_visible
from sandbox.forge.accounts import (
    delete_account,
    delete_repository,
    organisations_of,
    repositories_of,
)
from sandbox.forge.call import Call, Endpoint, no_content
from sandbox.forge.forms import Field, Form
from sandbox.forge.records import User
from sandbox.forge.refusal import RefusalError, not_found, server_error
from sandbox.forge.shapes_accounts import organisation_shape, token_shape, user_shape
from sandbox.http_messages import Response

SHORTEST_PASSWORD = 8
VISIBILITIES = ("public", "limited", "private")
LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9]|[._-](?=[A-Za-z0-9])){0,39}")
GROUPS = (
    "activitypub", "admin", "issue", "misc", "notification", "organization", "package",
    "repository", "user",
)  # fmt: skip
SCOPES = {"all", "public-only"} | {
    f"{may}:{group}" for may in ("read", "write") for group in GROUPS
}
NEW_ORGANISATION = Form(
    "CreateOrgOption", (Field("username", required=True, name="UserName"), Field("visibility"))
)
NEW_USER = Form(
    "CreateUserOption",
    (
        Field("username", required=True),
        Field("email", required=True),
        Field("password"),
        Field("must_change_password", "bool"),
    ),
)
NEW_TOKEN = Form(
    "CreateAccessTokenOption", (Field("name", required=True), Field("scopes", "[]string"))
)


# --- organisations


def create_organisation(call: Call) -> Response:
    form = call.form(NEW_ORGANISATION)
    _check_login(form["username"], "UserName")
    visibility = form.get("visibility") or "public"
    if visibility not in VISIBILITIES:
        raise RefusalError(422, "[Visibility]: In")
    _check_is_free(call, form["username"])
    made = call.forge.create_organisation(form["username"])
    made.visibility, made.owners = visibility, [call.user]
    return call.json(201, organisation_shape(call, made))


def find_organisation(call: Call) -> User:
    """The organisation in the path, if the caller may know of it."""
    name = call.params["org"]
    found = call.forge.users.get(name.lower())
    if found is None or not found.is_organisation:
        text = f"user redirect does not exist [name: {name}]"
        raise not_found(text, message="GetOrgByName")
    if not is_visible(call.caller.user, found):
        raise not_found(message="HasOrgOrUserVisible")
    return found


def get_organisation(call: Call) -> Response:
    return call.json(200, organisation_shape(call, find_organisation(call)))


def delete_organisation(call: Call) -> Response:
    found = find_organisation(call)
    if not (call.caller.is_admin or is_owner(call.user, found)):
        raise RefusalError(403, "Must be an organization owner")
    if repositories_of(call.forge, found):
        raise server_error(f"user still has ownership of repositories [uid: {found.id}]")
    delete_account(call.forge, found)
    return no_content()


# --- users


def create_user(call: Call) -> Response:
    _require_site_admin(call)
    form = call.form(NEW_USER)
    login, email, password = form["username"], form["email"], form.get("password", "")
    _check_login(login, "Username")
    if len(password) < SHORTEST_PASSWORD:
        raise RefusalError(400, "PasswordIsRequired")
    _check_is_free(call, login)
    if any(known.email.lower() == email.lower() for known in call.forge.users.values()):
        raise RefusalError(422, f"e-mail already in use [email: {email}]")
    made = call.forge.create_user(login, password=password, email=email)
    made.must_change_password = form.get("must_change_password", True)
    return call.json(201, user_shape(call, made, itself=True))


def delete_user(call: Call) -> Response:
    _require_site_admin(call)
    user = _find_user(call)
    if user.is_organisation:
        raise RefusalError(422, f"{user.login} is an organization not a user")
    if user is call.user:
        raise RefusalError(422, "you cannot delete yourself")
    if call.request.first("purge") == "true":
        _purge(call, user)
    if repositories_of(call.forge, user):
        raise RefusalError(422, f"user still has ownership of repositories [uid: {user.id}]")
    if organisations_of(call.forge, user):
        raise RefusalError(422, f"user still has membership of organizations [uid: {user.id}]")
    delete_account(call.forge, user)
    return no_content()


def _purge(call: Call, user: User) -> None:
    for repository in repositories_of(call.forge, user):
        delete_repository(call.forge, repository)
    for organisation in organisations_of(call.forge, user):
        organisation.owners.remove(user)


def _require_site_admin(call: Call) -> None:
    if not call.caller.is_admin:
        raise RefusalError(403, "user should be the site admin")


def _find_user(call: Call) -> User:
    login = call.params["login"]
    found = call.forge.users.get(login.lower())
    if found is None:
        text = f"user redirect does not exist [name: {login}]"
        raise not_found(text, message="GetUserByName")
    return found


def _check_login(login: str, field: str) -> None:
    if not LOGIN.fullmatch(login):
        raise RefusalError(422, f"[{field}]: invalid username")


def _check_is_free(call: Call, login: str) -> None:
    if login.lower() in call.forge.users:
        raise RefusalError(422, f"user already exists [name: {login}]")


# --- access tokens


def create_token(call: Call) -> Response:
    """Nothing but a password makes tokens, and only one's own or an administrator's."""
    owner = _find_user(call)
    if not (call.caller.is_admin or owner is call.user):
        text = "doer should be the site admin or be same as the contextUser"
        raise RefusalError(403, text)
    if call.caller.token is not None:
        raise RefusalError(401, "auth method not allowed")
    form = call.form(NEW_TOKEN)
    if any((one.user, one.name) == (owner, form["name"]) for one in call.forge.tokens.values()):
        raise RefusalError(400, "access token name has been used already")
    secret = call.forge.create_token(owner.login, _scopes(form.get("scopes")), name=form["name"])
    token, now = call.forge.tokens[secret], call.forge.now()
    return call.json(201, token_shape(token, id=call.forge.next_id("token"), created=now))


def _scopes(asked: list[str] | None) -> list[str]:
    for scope in asked or []:
        if scope not in SCOPES:
            text = f"invalid access token scope: {scope}"
            raise RefusalError(400, f"invalid access token scope provided: {text}")
    if not asked:
        raise RefusalError(400, "access token must have a scope")
    return asked


ENDPOINTS = [
    Endpoint("POST", "/api/v1/orgs", create_organisation, group="organization", need="login"),
    Endpoint("GET", "/api/v1/orgs/{org}", get_organisation, group="organization"),
    Endpoint(
        "DELETE", "/api/v1/orgs/{org}", delete_organisation, group="organization", need="login"
    ),
    Endpoint("POST", "/api/v1/admin/users", create_user, group="admin", need="login"),
    Endpoint("DELETE", "/api/v1/admin/users/{login}", delete_user, group="admin", need="login"),
    Endpoint("POST", "/api/v1/users/{login}/tokens", create_token, group="user", need="login"),
]
