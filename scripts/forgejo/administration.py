"""Setting up a server: users, access tokens, organisations, repositories, protections."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from forgejo.branches import BranchProtection, parse_protection
from forgejo.exceptions import ArgumentError
from forgejo.fields import Fields, Json
from forgejo.paths import is_plain_name, segment
from forgejo.place import Body, Place
from forgejo.retry import CallKind
from forgejo.session import Call, Session
from forgejo.users import User, parse_user

Permission = Literal["read", "write", "admin"]
Setting = bool | int | str | list[str]


@dataclass(frozen=True)
class AccessToken:
    """A new access token; the server never tells `secret` again."""

    name: str
    secret: str = field(repr=False)


def account(name: str) -> str:
    """The path segment of a user or organisation."""
    if not is_plain_name(name):
        raise ArgumentError(f"{name[:300]!r} is not the name of a user or organisation")
    return segment(name)


def create_user(session: Session, login: str, email: str, password: str) -> User:
    """Create a user who need not change the password first."""
    body: Body = {
        "username": login,
        "email": email,
        "password": password,
        "must_change_password": False,
    }
    call = Call("POST", "/admin/users", CallKind.CREATE, body=body, secret=password)
    return session.fetch(call, lambda reply: parse_user(reply.json))


def create_access_token(
    session: Session, login: str, name: str, scopes: Iterable[str]
) -> AccessToken:
    """Create a token of the user whose password the session sends."""
    body: Body = {"name": name, "scopes": list(scopes)}
    call = Call("POST", f"/users/{account(login)}/tokens", CallKind.CREATE, body=body)
    return session.fetch(call, lambda reply: _parse_token(reply.json))


def _parse_token(value: Json) -> AccessToken:
    fields = Fields.of(value, "access token")
    return AccessToken(fields.text("name"), fields.text("sha1"))


def create_organization(session: Session, name: str) -> User:
    """Create an organisation owned by the session's user."""
    call = Call("POST", "/orgs", CallKind.CREATE, body={"username": name})
    return session.fetch(call, lambda reply: _parse_organization(reply.json))


def _parse_organization(value: Json) -> User:
    fields = Fields.of(value, "organisation")
    full_name = fields.optional("full_name", fields.text) or ""
    return User(fields.integer("id"), fields.text("name"), full_name)


def repository_call(organization: str, name: str, *, private: bool) -> Call:
    """The call that creates a repository with one commit on `main`."""
    body: Body = {"name": name, "private": private, "auto_init": True, "default_branch": "main"}
    return Call("POST", f"/orgs/{account(organization)}/repos", CallKind.CREATE, body=body)


def delete(session: Session, path: str) -> None:
    """Delete what is at an encoded path."""
    session.run(Call("DELETE", path, CallKind.CONDITIONAL))


def add_collaborator(place: Place, login: str, permission: Permission) -> None:
    """Let a user read, write or administer the repository; repeating it changes nothing."""
    body: Body = {"permission": permission}
    place.run("PUT", f"/collaborators/{account(login)}", body)


def create_protection(
    place: Place, rule_name: str, settings: Mapping[str, Setting]
) -> BranchProtection:
    """Protect a branch, or all that a glob covers."""
    body: Body = {"rule_name": rule_name}
    body.update(
        {key: list(value) if isinstance(value, list) else value for key, value in settings.items()}
    )
    return place.create("/branch_protections", body, parse_protection)


def create_tag_protection(place: Place, pattern: str, usernames: Iterable[str]) -> None:
    """Let only these users make and move tags that a glob covers."""
    body: Body = {"name_pattern": pattern, "whitelist_usernames": list(usernames)}
    place.create("/tag_protections", body, lambda value: Fields.of(value, "tag protection"))
