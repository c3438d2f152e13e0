"""Users, as they stand inside other objects and by themselves."""

from dataclasses import dataclass

from forgejo.fields import Fields, Json


@dataclass(frozen=True)
class User:
    """A user or organisation."""

    id: int
    login: str
    full_name: str


def parse_user(value: Json) -> User:
    """Read a user."""
    fields = Fields.of(value, "user")
    full_name = fields.optional("full_name", fields.text) or ""
    return User(fields.integer("id"), fields.text("login"), full_name)


def optional_user(fields: Fields, key: str) -> User | None:
    """Read a user that may be missing or null."""
    value = fields.values.get(key)
    return None if value is None else parse_user(value)


@dataclass(frozen=True)
class ServerVersion:
    """The version of the server, such as `17.0.0-dev+gitea-1.22.0`."""

    text: str
    major: int

    def __str__(self) -> str:
        """The server's own words."""
        return self.text


def parse_version(value: Json) -> ServerVersion:
    """Read the version; without a leading number the major version is 0, the oldest."""
    text = Fields.of(value, "version").text("version")
    major = text.lstrip("v").partition(".")[0]
    return ServerVersion(text, int(major) if major.isascii() and major.isdigit() else 0)
