"""What the outputs of a Terraform root say of a cluster, checked before Argo CD is given it.

The output `argocd_cluster` decides; without one, `kubeconfig` does. Errors name the Terraform root
and the field, never a value.
"""

import base64
import binascii
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NoReturn
from urllib.parse import urlsplit

from edp.core.names import is_name
from edp.core.terraform.root_outputs import Output
from edp.core.terraform.roots import TerraformRoot
from edp.core.yaml.reader import read_document
from edp.errors import InvalidInputError

CLUSTER: Final = "argocd_cluster"
KUBECONFIG: Final = "kubeconfig"
_FIELDS: Final = frozenset({"name", "server", "ca", "token"})
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,16384}")
_OWN_NAME: Final = "in-cluster"
_OWN_HOST: Final = re.compile(r"kubernetes(\.default(\.svc(\.[a-z0-9.-]+)?)?)?")
_LARGEST: Final = 4 * 1024 * 1024
_UNSAFE: Final = {
    "exec": "runs a program for its credentials",
    "auth-provider": "asks a plugin for its credentials",
    "as": "acts as somebody else",
    "insecure-skip-tls-verify": "trusts any server",
    "proxy-url": "goes through a proxy",
}
_HINT: Final = f"give Argo CD a ServiceAccount's token by the output {CLUSTER}: docs/terraform.md"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster and the account by which Argo CD reaches it."""

    name: str
    server: str
    """Begins with https://, without a slash at its end."""
    authority: str
    """PEM."""
    token: str = field(repr=False)
    tls_server_name: str = ""


@dataclass(frozen=True, slots=True)
class _Part:
    """One output, or one object inside it, and what to call it."""

    root: TerraformRoot
    label: str
    values: Mapping[object, object] = field(repr=False)

    def refuse(self, key: str, problem: str, *, hint: str = "") -> NoReturn:
        where = f"{self.label}.{key}" if key else self.label
        raise InvalidInputError(f"{self.root}: {where}: {problem}", hint=hint)

    def text(self, key: str, *, optional: bool = False) -> str:
        value = self.values.get(key)
        if value is None and optional:
            return ""
        if not isinstance(value, str) or not value.strip():
            self.refuse(key, "expected a text that is not empty")
        return value.strip()

    def only(self, key: str, one: str) -> "_Part":
        """The single entry of a kubeconfig's list."""
        items = self.values.get(key)
        count = len(items) if isinstance(items, list) else 0
        if not isinstance(items, list) or count != 1:
            self.refuse(key, f"expected exactly one, found {count}")
        item = items[0]
        inner = item.get(one) if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(inner, dict):
            self.refuse(key, f"holds no {one}")
        return _Part(self.root, f"{self.label}.{key}", {**inner, "name": item.get("name")})


def cluster_of(root: TerraformRoot, outputs: Mapping[str, Output]) -> Cluster | None:
    """The cluster that the outputs describe; None if they describe none."""
    for name, read in ((CLUSTER, _of_object), (KUBECONFIG, _of_kubeconfig)):
        output = outputs.get(name)
        if output is None or output.value is None:
            continue
        if not output.is_sensitive:
            _Part(root, name, {}).refuse("", "is not marked sensitive", hint="sensitive = true")
        return read(root, output.value)
    return None


def _of_object(root: TerraformRoot, value: object) -> Cluster:
    part = _Part(root, CLUSTER, value if isinstance(value, dict) else {})
    if not isinstance(value, dict):
        part.refuse("", "expected an object with name, server, ca and token")
    if set(value) - _FIELDS:
        part.refuse("", "holds more than name, server, ca and token")
    return Cluster(
        name=_name(part),
        server=_server(part),
        authority=_authority(part, "ca"),
        token=_token(part),
    )


def _of_kubeconfig(root: TerraformRoot, value: object) -> Cluster:
    whole = _Part(root, KUBECONFIG, _document(root, value))
    cluster = whole.only("clusters", "cluster")
    user = whole.only("users", "user")
    for part in (cluster, user):
        for key, why in _UNSAFE.items():
            if part.values.get(key):
                part.refuse(key, f"{why}, which Argo CD is not given", hint=_HINT)
    if not user.values.get("token"):
        user.refuse("token", "there is none; other credentials are not passed on", hint=_HINT)
    return Cluster(
        name=_name(cluster),
        server=_server(cluster),
        authority=_authority(cluster, "certificate-authority-data"),
        token=_token(user),
        tls_server_name=_tls_server_name(cluster),
    )


def _document(root: TerraformRoot, value: object) -> Mapping[object, object]:
    part = _Part(root, KUBECONFIG, {})
    if not isinstance(value, str):
        part.refuse("", "expected the text of a kubeconfig")
    try:
        document = read_document(value.encode(), path=KUBECONFIG, maximum_bytes=_LARGEST).value
    except (InvalidInputError, UnicodeEncodeError):
        # The reader quotes what it does not understand, and that could be the token.
        part.refuse("", "is not YAML that can be read")
    if not isinstance(document, dict):
        part.refuse("", "is not a kubeconfig")
    return dict(document.items())


def _name(part: _Part) -> str:
    name = part.text("name")
    if not is_name(name):
        part.refuse("name", "is not a name", hint="lower-case letters, digits and inner hyphens")
    if name == _OWN_NAME:
        part.refuse("name", "is what Argo CD calls its own cluster")
    return name


def _server(part: _Part) -> str:
    server = part.text("server")
    try:
        parts = urlsplit(server)
        is_whole = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        part.refuse("server", "is not an address")
    is_clean = not (parts.username or parts.password or parts.query or parts.fragment)
    is_plain = server.isascii() and server.isprintable() and " " not in server
    if parts.scheme != "https" or not (is_whole and is_clean and is_plain):
        part.refuse("server", "expected https://host:port, and nothing else")
    if _OWN_HOST.fullmatch(parts.hostname or ""):
        part.refuse("server", "is Argo CD's own cluster")
    return server.rstrip("/")


def _token(part: _Part) -> str:
    token = part.text("token")
    if not _TOKEN.fullmatch(token):
        part.refuse("token", "holds characters that no token has")
    return token


def _tls_server_name(part: _Part) -> str:
    name = part.text("tls-server-name", optional=True)
    if name and not all(is_name(label) for label in name.split(".")):
        part.refuse("tls-server-name", "is not the name of a host")
    return name


def _authority(part: _Part, key: str) -> str:
    """The certificates in PEM, whether they came so or in base64."""
    text = part.text(key)
    if not text.startswith("-----BEGIN "):
        try:
            text = base64.b64decode("".join(text.split()), validate=True).decode("ascii").strip()
        except (binascii.Error, ValueError):
            part.refuse(key, "is neither PEM nor PEM in base64")
    if "PRIVATE KEY" in text:
        part.refuse(key, "holds a private key")
    if not text.isascii():
        part.refuse(key, "holds no certificates in PEM")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError):
        part.refuse(key, "holds no certificates in PEM")
    return f"{text}\n"
