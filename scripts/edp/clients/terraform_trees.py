"""The files that Terraform roots are made of: of a work tree, or of a commit."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from edp.clients.git import GitRepository, TreeEntry
from edp.clients.worktree import WorkTree
from edp.core.terraform.paths import is_wanted
from edp.core.terraform.reach import Tree
from edp.errors import InvalidInputError

LARGEST_FILE: Final = 1024 * 1024
"""Bytes; a larger file of configuration cannot be read, and so not be planned."""
_EXECUTABLE: Final = "100755"
_FILES: Final = ("100644", _EXECUTABLE)


def tree_of_folder(tree: WorkTree) -> Tree:
    """The work tree as it is, without what git ignores."""
    paths, links, contents = set[str](), set[str](), dict[str, bytes]()
    for path in tree.files():
        place = f"{tree.root}/{path}"
        if os.path.islink(place) or os.path.isdir(place):  # noqa: PTH112, PTH114 (many files)
            links.add(path)
            continue
        paths.add(path)
        if is_wanted(path) and os.path.getsize(place) <= LARGEST_FILE:  # noqa: PTH202
            contents[path] = tree.read(path)
    return Tree(frozenset(paths), contents, frozenset(links))


def tree_of_commit(git: GitRepository, commit: str) -> Tree:
    """A commit's files; what of their content is not here is fetched where there is a server."""
    entries = git.list_tree(commit)
    files = [entry for entry in entries if entry.mode in _FILES]
    wanted = {entry.path: entry.sha for entry in files if is_wanted(entry.path)}
    blobs = _read(git, wanted.values(), commit)
    return Tree(
        paths=frozenset(entry.path for entry in files),
        contents={
            path: blobs[sha] for path, sha in wanted.items() if len(blobs[sha]) <= LARGEST_FILE
        },
        links=frozenset(entry.path for entry in entries if entry.mode not in _FILES),
    )


def export(git: GitRepository, commit: str, folder: Path, *, below: Iterable[str]) -> None:
    """Write a commit's files at and below the paths into a folder that only its owner reads.

    "" is the repository itself; a path that is not there is left out, and so are links: where one
    leads is not reviewed.
    """
    wanted = set(below)
    paths = () if "" in wanted else tuple(sorted(wanted))
    entries = [entry for entry in git.list_tree(commit, paths=paths) if entry.mode in _FILES]
    blobs = _read(git, (entry.sha for entry in entries), commit)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for entry in entries:
        _write(folder / entry.path, blobs[entry.sha], entry)


def _write(place: Path, content: bytes, entry: TreeEntry) -> None:
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    place.touch(mode=0o700 if entry.mode == _EXECUTABLE else 0o600)
    place.write_bytes(content)


def _read(git: GitRepository, shas: Iterable[str], commit: str) -> dict[str, bytes]:
    wanted = frozenset(shas)
    if git.git.remote is not None:
        git.fetch_blobs(wanted)
    elif git.missing_blobs(wanted):
        raise InvalidInputError(
            f"this clone does not have all files as of {commit[:8]}",
            hint="fetch the contents, too: git fetch --refetch --no-filter origin",
        )
    return dict(git.read_blobs(wanted))
