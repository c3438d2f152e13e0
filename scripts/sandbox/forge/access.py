"""Who is asking, what the token may do, and what the user may do in a repository."""

import base64
import binascii
from dataclasses import dataclass

from sandbox.forge.records import RANK, Permission, Repository, Token, User
from sandbox.forge.refusal import RefusalError
from sandbox.http_messages import Request

ALL = "all"
PUBLIC_ONLY = "public-only"


@dataclass(frozen=True)
class Caller:
    """The user behind a request and the token it used; both None when nobody signed in."""

    user: User | None = None
    token: Token | None = None

    @property
    def is_admin(self) -> bool:
        return self.user is not None and self.user.is_admin


class BadCredentialsError(Exception):
    """Credentials were sent and are wrong."""

    def __init__(self, text: str) -> None:
        super().__init__("wrong credentials")
        self.text = text


@dataclass(frozen=True)
class Accounts:
    """What authentication needs to know: the users and tokens there are."""

    users: dict[str, User]
    tokens: dict[str, Token]

    def caller(self, request: Request) -> Caller:
        """The caller of a request, from its Authorization header or its query."""
        scheme, _, value = request.header("authorization").partition(" ")
        if scheme.lower() in ("token", "bearer"):
            return self._by_token(value.strip())
        if scheme.lower() == "basic":
            return self._by_basic(value.strip())
        secret = request.first("token") or request.first("access_token")
        return self._by_token(secret) if secret else Caller()

    def _by_token(self, secret: str) -> Caller:
        token = self.tokens.get(secret)
        if token is None:
            raise BadCredentialsError(_token_text(secret))
        return Caller(token.user, token)

    def _by_basic(self, value: str) -> Caller:
        try:
            login, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise BadCredentialsError("invalid basic authentication") from None
        for secret in (password, login):
            if secret in self.tokens:
                return self._by_token(secret)
        user = self.users.get(login.lower())
        if user is None:
            raise BadCredentialsError(_token_text(password))
        if not user.password or user.password != password:
            raise BadCredentialsError(_password_text(user, password))
        return Caller(user)


def _token_text(secret: str) -> str:
    """The server really echoes the token that was sent."""
    malformed = "token is malformed: token contains an invalid number of segments"
    return (
        f"{malformed}\naccess token does not exist [sha: {secret}]\n{malformed}\n"
        f'task with token "{secret}": resource does not exist\n'
        f"authorized integration: parse JWT error: {malformed}"
    )


def _password_text(user: User, password: str) -> str:
    return (
        "token is malformed: token contains an invalid number of segments\n"
        f"user's password is invalid [uid: {user.id}, name: {user.login}]\n"
        f"access token does not exist [sha: {password}]\n"
        f'task with token "{password}": resource does not exist'
    )


def has_scope(token: Token | None, scope: str) -> bool:
    """Whether a token covers `read:x` or `write:x`; writing includes reading."""
    if token is None or ALL in token.scopes or scope in token.scopes:
        return True
    access, _, group = scope.partition(":")
    return access == "read" and f"write:{group}" in token.scopes


def is_public_only(token: Token | None) -> bool:
    return token is not None and PUBLIC_ONLY in token.scopes


def require_scope(caller: Caller, scope: str) -> None:
    if not has_scope(caller.token, scope):
        message = f"token does not have at least one of required scope(s): [{scope}]"
        raise RefusalError(403, message)


def permission(user: User | None, repository: Repository) -> Permission:
    """What a user may do in a repository, not looking at tokens."""
    owner = repository.owner
    is_public = not repository.private and is_visible(user, owner)
    public: Permission = "read" if is_public else "none"
    if user is None:
        return public
    if user.is_admin or is_owner(user, owner):
        return "admin"
    return repository.collaborators.get(user.login, public)


def is_owner(user: User | None, account: User) -> bool:
    """Whether a user is the account, or owns the organisation that it is."""
    return user is not None and (user is account or user in account.owners)


def is_visible(user: User | None, account: User) -> bool:
    """Whether a user may know of an account; a private organisation shows to its owners."""
    if account.visibility == "public" or (user is not None and user.is_admin):
        return True
    return is_owner(user, account) or (account.visibility == "limited" and user is not None)


def may(user: User | None, wanted: Permission, repository: Repository) -> bool:
    return RANK[permission(user, repository)] >= RANK[wanted]
