"""What paths alone tell: names, links, twins, files that nothing will ever read."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from edp.core.names import is_name
from edp.core.repository.layout import FREEZES, HOLDS, YANKED, Classified, Kind
from edp.core.repository.problems import Problem, shown
from edp.core.validation.facts import Entry, EntryKind

_KINDS: Final = {
    EntryKind.LINK: ("a symbolic link is not followed here", "put the file itself in its place"),
    EntryKind.SUBMODULE: ("a submodule is not read here", "copy its files into the repository"),
    EntryKind.OTHER: ("not a file", "remove it"),
}
_DECISIONS: Final = {
    f"{HOLDS}/": "environments/holds/<environment>/<stack>.yaml",
    f"{YANKED}/": "environments/yanked/<stack>/<version>.yaml",
    f"{FREEZES}/": "environments/freezes/<name>.yaml",
}
_PLAIN: Final = re.compile(r"[A-Za-z0-9._/-]+", re.ASCII)
_BESIDE: Final = ("README.md", ".gitkeep")


def check_listing(
    entries: Iterable[Entry], places: Mapping[str, Classified], folders: Collection[str]
) -> Iterator[Problem]:
    """Each path by itself, and each pair of paths that some file system takes for one.

    `places` says what the files hold, `folders` are those of environments.
    """
    seen: dict[str, str] = {}
    for entry in entries:
        twin = seen.setdefault(_folded(entry.path), entry.path)
        if twin != entry.path:
            message = f"differs from {shown(twin)} only in upper and lower case or accents"
            yield Problem(entry.path, 1, "", message, "rename one of the two")
        yield from _check_entry(entry, places, folders)


def _folded(path: str) -> str:
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _check_entry(
    entry: Entry, places: Mapping[str, Classified], folders: Collection[str]
) -> Iterator[Problem]:
    if entry.kind is not EntryKind.FILE:
        yield Problem(entry.path, 1, "", *_KINDS[entry.kind])
    elif not entry.path.startswith("environments/"):
        yield from _check_stack_folder(entry.path)
    elif not _PLAIN.fullmatch(entry.path):
        message = f"the name {shown(entry.path.rpartition('/')[2])} has other characters"
        yield Problem(entry.path, 1, "", message, "use ASCII letters, digits, dots, - and _")
    else:
        yield from _check_place(entry.path, places[entry.path], folders)


def _check_stack_folder(path: str) -> Iterator[Problem]:
    parts = path.split("/")
    if len(parts) > 2 and not is_name(parts[1]):
        message = f"the stack's name {shown(parts[1])} is not a name"
        yield Problem(path, 1, "", message, "use 1 to 63 lower-case letters, digits and hyphens")


def _check_place(path: str, place: Classified, folders: Collection[str]) -> Iterator[Problem]:
    folder, _, base = path.rpartition("/")
    for decisions, form in _DECISIONS.items() if place.kind is Kind.OTHER else ():
        if path.startswith(decisions) and base not in _BESIDE:
            yield Problem(path, 1, "", f"expected a path like {form}", "nothing reads this file")
    if folder in folders and _is_misnamed(base):
        wanted = "kustomization.yaml" if base.lower().startswith("kustomization") else "….yaml"
        message = f"named {base}: an environment's files are called {wanted}"
        yield Problem(path, 1, "", message, f"git mv {path} {folder}/{_renamed(base)}")


def _is_misnamed(base: str) -> bool:
    return base.endswith(".yml") or base in ("Kustomization", "kustomization")


def _renamed(base: str) -> str:
    return base.lower().removesuffix(".yml") + ".yaml"
