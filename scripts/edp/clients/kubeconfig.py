"""A kubeconfig, reduced to how one API server is reached.

What would run a program, trust any server or send a token in clear is refused. Relative file names
are relative to the file they stand in and may lead out of its folder, as with kubectl.
"""

import base64
import binascii
import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from edp.core.yaml.reader import read_document
from edp.errors import InvalidInputError
from edp.text import did_you_mean, one_line

_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,16384}")
_MAXIMUM_BYTES: Final = 4 * 1024 * 1024
_KINDS: Final = {"contexts": "context", "clusters": "cluster", "users": "user"}
_REFUSED: Final = {
    "exec": "runs a program for its credentials, which edp does not do",
    "auth-provider": "asks a plugin for its credentials, which edp does not do",
    "as": "acts as somebody else, which edp does not do",
    "username": "has a password, which API servers do not take any more",
    "insecure-skip-tls-verify": "trusts any server, which edp does not do",
    "proxy-url": "goes through a proxy, which edp does not do",
}


@dataclass(frozen=True, slots=True)
class ClusterAccess:
    """One API server and who asks it. Certificates and keys are PEM texts."""

    server: str
    """Without a slash at its end."""
    token: str = field(default="", repr=False)
    authority: str = ""
    """Empty where the machine's own trust decides."""
    certificate: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    tls_server_name: str = ""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A named cluster, user or context, and the file that it stands in."""

    path: Path
    label: str
    values: Mapping[str, object] = field(repr=False)

    def text(self, key: str) -> str:
        value = self.values.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.error(f"{key}: expected a text")
        return value

    def content(self, key: str, *, data: str = "") -> str:
        """A file's text, or the same text inside the kubeconfig, which goes before it."""
        if data and self.text(data):
            return self._decoded(data)
        return self._file(key, self.text(key)) if self.text(key) else ""

    def error(self, problem: str, *, hint: str = "") -> InvalidInputError:
        return InvalidInputError(f"{self.path}: {self.label}: {problem}", hint=hint)

    def _decoded(self, key: str) -> str:
        try:
            return base64.b64decode(self.text(key), validate=True).decode("ascii")
        except (binascii.Error, ValueError):
            raise self.error(f"{key}: is not PEM in base64") from None

    def _file(self, key: str, name: str) -> str:
        try:
            return read_text(self.path.parent / name)
        except InvalidInputError as exc:
            raise self.error(f"{key}: {exc.message}") from None


def read_access(kubeconfig: str, context: str) -> ClusterAccess:
    """What `context` stands for in the files of `kubeconfig`, a value as in KUBECONFIG."""
    entries = _entries([Path(part) for part in kubeconfig.split(os.pathsep) if part])
    chosen = _find(entries, "contexts", context, kubeconfig)
    cluster = _find(entries, "clusters", chosen.text("cluster"), kubeconfig)
    user = _user(entries, chosen, kubeconfig)
    for entry in (cluster, user):
        _refuse_the_unsafe(entry)
    access = ClusterAccess(
        server=_server(cluster),
        token=_token(user),
        authority=cluster.content("certificate-authority", data="certificate-authority-data"),
        certificate=user.content("client-certificate", data="client-certificate-data"),
        key=user.content("client-key", data="client-key-data"),
        tls_server_name=cluster.text("tls-server-name"),
    )
    if bool(access.certificate) != bool(access.key):
        raise user.error("a client certificate and its key come together")
    _check_authority(access.authority, cluster)
    return access


def in_cluster_access(host: str, token_file: Path) -> ClusterAccess:
    """The account of the pod that the run itself is in; `host` is `host:port`."""
    name, _, port = host.rpartition(":")
    name = f"[{name.strip('[]')}]" if ":" in name else name
    authority = token_file.parent / "ca.crt"
    values = {"tokenFile": str(token_file), "certificate-authority": str(authority)}
    entry = _Entry(token_file, "the in-cluster account", values)
    access = ClusterAccess(
        server=f"https://{name}:{port}",
        token=_token(entry),
        authority=entry.content("certificate-authority"),
    )
    _check_authority(access.authority, entry)
    return access


def read_text(path: Path) -> str:
    """A small regular file's text; InvalidInputError says why there is none."""
    try:
        if not path.is_file():
            raise InvalidInputError(f"{path}: there is no such file")
        with path.open("rb") as file:
            content = file.read(_MAXIMUM_BYTES + 1)
    except (OSError, ValueError) as exc:
        raise InvalidInputError(f"{path}: cannot be read ({type(exc).__name__})") from None
    if len(content) > _MAXIMUM_BYTES:
        raise InvalidInputError(f"{path}: is larger than {_MAXIMUM_BYTES} bytes")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidInputError(f"{path}: is not a text") from None


def _entries(paths: list[Path]) -> dict[tuple[str, str], _Entry]:
    """By kind and name; like kubectl, the first file that has a name decides."""
    found: dict[tuple[str, str], _Entry] = {}
    existing = [path for path in paths if path.exists()]
    if not existing:
        shown = ", ".join(str(path) for path in paths)
        raise InvalidInputError(f"KUBECONFIG: there is no file {shown}")
    for path in existing:
        for key, entry in _entries_of(path):
            found.setdefault(key, entry)
    return found


def _entries_of(path: Path) -> list[tuple[tuple[str, str], _Entry]]:
    content = read_text(path).encode()
    document = read_document(content, path=str(path), maximum_bytes=_MAXIMUM_BYTES).value
    if not isinstance(document, dict):
        raise InvalidInputError(f"{path}: is not a kubeconfig")
    return [
        ((kind, name), _Entry(path, f"{one} {_quote(name)}", values))
        for kind, one in _KINDS.items()
        for name, values in _named(document.get(kind), one)
    ]


def _named(value: object, one: str) -> list[tuple[str, Mapping[str, object]]]:
    items = value if isinstance(value, list) else []
    found: list[tuple[str, Mapping[str, object]]] = []
    for item in items:
        name = item.get("name") if isinstance(item, dict) else None
        values = item.get(one) if isinstance(item, dict) else None
        if isinstance(name, str):
            found.append((name, values if isinstance(values, dict) else {}))
    return found


def _find(
    entries: Mapping[tuple[str, str], _Entry], kind: str, name: str, kubeconfig: str
) -> _Entry:
    if (kind, name) in entries:
        return entries[kind, name]
    known = sorted(other for one, other in entries if one == kind)
    shown = ", ".join(_quote(other) for other in known[:20]) or "none"
    raise InvalidInputError(
        f"KUBECONFIG ({one_line(kubeconfig, 100)}): there is no {_KINDS[kind]} {_quote(name)},"
        f" only: {shown}",
        hint=did_you_mean(name, known),
    )


def _user(entries: Mapping[tuple[str, str], _Entry], context: _Entry, kubeconfig: str) -> _Entry:
    if not context.text("user"):
        return _Entry(context.path, context.label, {})
    return _find(entries, "users", context.text("user"), kubeconfig)


def _refuse_the_unsafe(entry: _Entry) -> None:
    for key, why in _REFUSED.items():
        if entry.values.get(key):
            raise entry.error(
                f"{key}: {why}", hint="use a ServiceAccount's token, https and the cluster's CA"
            )


def _server(cluster: _Entry) -> str:
    server = cluster.text("server")
    try:
        parts = urlsplit(server)
        is_whole = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        raise cluster.error("server: is not an address") from None
    is_clean = not (parts.username or parts.password or parts.query or parts.fragment)
    if not (is_whole and is_clean and server.isascii() and server.isprintable()) or " " in server:
        raise cluster.error("server: is not an address", hint="write https://host:port")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise cluster.error("server: only https is used, http for this machine alone")
    return server.rstrip("/")


def _token(user: _Entry) -> str:
    token = (user.content("tokenFile") or user.text("token")).strip()
    if token and not _TOKEN.fullmatch(token):
        raise user.error("token: holds characters that no token has")
    return token


def _check_authority(authority: str, entry: _Entry) -> None:
    if not authority:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=authority)
    except (ssl.SSLError, ValueError, TypeError):
        raise entry.error("certificate-authority: holds no certificates in PEM") from None


def _quote(name: str) -> str:
    return f'"{one_line(name, 60)}"'
