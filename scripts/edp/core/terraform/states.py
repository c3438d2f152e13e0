"""Whose state it is: backends compared as far as their settings stand in the files."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from edp.core.terraform.configuration import Backend, Place
from edp.core.terraform.paths import cleaned
from edp.core.terraform.reach import Reach
from edp.core.terraform.roots import root_path

_DEFAULT_PATH: Final = "terraform.tfstate"
# Settings that say where a state is. Others (region, credentials, locks) say how to get there.
_WHERE: Final = frozenset(
    (
        "address",
        "bucket",
        "conn_str",
        "container_name",
        "key",
        "namespace",
        "organization",
        "path",
        "prefix",
        "schema_name",
        "secret_suffix",
        "storage_account_name",
        "workspaces.name",
    )
)
# Those that tell states of one backend apart.
_NAMES: Final = frozenset(
    ("address", "key", "path", "prefix", "schema_name", "secret_suffix", "workspaces.name")
)
_NEEDED: Final[Mapping[str, frozenset[str]]] = {
    "azurerm": frozenset(("storage_account_name", "container_name", "key")),
    "gcs": frozenset(("bucket", "prefix")),
    "http": frozenset(("address",)),
    "local": frozenset(("path",)),
    "remote": frozenset(("organization", "workspaces.name")),
    "s3": frozenset(("bucket", "key")),
}


class Same(IntEnum):
    """Whether two backends are one state."""

    NO = 0
    UNKNOWN = 1
    LIKELY = 2
    """The names are equal; the rest is said elsewhere, such as in -backend-config."""
    SURE = 3


def state_of(reach: Reach) -> Backend:
    """Where a Terraform root keeps its state."""
    folder = root_path(reach.root)
    backend = reach.own.backend or Backend("local", {}, Place(folder, 1))
    return located(backend, folder)


def located(backend: Backend, folder: str) -> Backend:
    """The path of a local state as seen from the repository instead of from a folder."""
    if backend.kind != "local":
        return backend
    path = backend.values.get("path", _DEFAULT_PATH)
    if path is not None:
        path = cleaned(folder, path) or path
    return Backend("local", {"path": path}, backend.place)


def same_state(one: Backend, other: Backend) -> Same:
    """Whether two backends keep one state, `located` both."""
    if one.kind is None or other.kind is None:
        return Same.UNKNOWN
    if one.kind != other.kind:
        return Same.NO
    keys = _WHERE & (one.values.keys() | other.values.keys())
    pairs = {key: (one.values.get(key), other.values.get(key)) for key in keys}
    told = {key: a == b for key, (a, b) in pairs.items() if a is not None and b is not None}
    if not all(told.values()):
        return Same.NO
    if told.keys() == keys and keys >= _NEEDED.get(one.kind, _WHERE):
        return Same.SURE
    return Same.LIKELY if told.keys() & _NAMES else Same.UNKNOWN
