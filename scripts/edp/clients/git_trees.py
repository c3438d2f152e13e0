"""Writing trees: only the folders on the way to what changes are read and written."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Final

from edp.clients.git_command import Git, decode
from edp.clients.git_names import require_path, require_revision
from edp.clients.git_parse import parse_batch
from edp.core.names import require_sha
from edp.errors import InvalidInputError, UnavailableError

_FOLDER: Final = b"40000"
_FILE: Final = b"100644"

Entries = dict[bytes, tuple[bytes, bytes]]
"""Mode and raw id by name."""


def tree_with(git: Git, base: str, changes: Mapping[str, str | None]) -> str:
    """The tree of `base` ("" for an empty one) with some blobs put in place or (None) taken out.

    Modes of existing files stay; a new file is an ordinary one. No blob is read.
    """
    for path, blob in changes.items():
        require_path(path)
        if blob is not None:
            require_sha(blob, what=path)
    trees = _read_folders(git, base, _folders(changes))
    for path, blob in changes.items():
        _change(trees, path, blob)
    return _write(git, trees)


def _folders(paths: Mapping[str, object]) -> tuple[str, ...]:
    """Every folder above the paths, outer ones first, the root as ""."""
    found = {""}
    for path in paths:
        parts = path.split("/")[:-1]
        found.update("/".join(parts[: depth + 1]) for depth in range(len(parts)))
    return tuple(sorted(found, key=_depth))


def _depth(folder: str) -> tuple[int, str]:
    return (folder.count("/") + 1 if folder else 0, folder)


def _read_folders(git: Git, base: str, folders: tuple[str, ...]) -> dict[str, Entries]:
    if not base:
        return {folder: {} for folder in folders}
    root = git.text("rev-parse", "--verify", f"{require_revision(base)}^{{tree}}")
    names = "".join(f"{root}:{folder}\n" for folder in folders)
    answers = parse_batch(git.run("cat-file", "--batch", input=names.encode()).stdout)
    width = len(root) // 2
    return {
        folder: _entries(folder, kind, raw, width)
        for folder, (_, kind, raw) in zip(folders, answers, strict=True)
    }


def _entries(folder: str, kind: str, raw: bytes, width: int) -> Entries:
    if kind == "":
        return {}
    if kind != "tree":
        raise InvalidInputError(f"{folder}: this is a file, expected a folder")
    return dict(_parse(raw, width))


def _parse(raw: bytes, width: int) -> Iterator[tuple[bytes, tuple[bytes, bytes]]]:
    position = 0
    while position < len(raw):
        end = raw.index(b"\0", position)
        mode, _, name = raw[position:end].partition(b" ")
        yield name, (mode, raw[end + 1 : end + 1 + width])
        position = end + 1 + width


def _change(trees: dict[str, Entries], path: str, blob: str | None) -> None:
    folder, _, name = path.rpartition("/")
    entries, key = trees[folder], name.encode()
    if blob is None:
        entries.pop(key, None)
        return
    mode, _ = entries.get(key, (_FILE, b""))
    if mode == _FOLDER:
        raise InvalidInputError(f"{path}: this is a folder, expected a file")
    entries[key] = (mode, bytes.fromhex(blob))


def _write(git: Git, trees: dict[str, Entries]) -> str:
    """Inner folders first, so that each one's id is known before the folder above is written."""
    records = []
    width = _width(trees)
    for folder in sorted(trees, key=_depth, reverse=True):
        entries = trees[folder]
        sha = _tree_id(entries, width)
        if entries or not folder:
            records.append((sha, entries))
        if folder:
            _put_in_parent(trees, folder, (_FOLDER, sha) if entries else None)
    return _store(git, records)


def _put_in_parent(
    trees: dict[str, Entries], folder: str, entry: tuple[bytes, bytes] | None
) -> None:
    """Git has no empty folders: one without entries goes."""
    parent, _, name = folder.rpartition("/")
    if entry is None:
        trees[parent].pop(name.encode(), None)
    else:
        trees[parent][name.encode()] = entry


def _width(trees: Mapping[str, Entries]) -> int:
    return next((len(raw) for entries in trees.values() for _, raw in entries.values()), 20)


def _tree_id(entries: Entries, width: int) -> bytes:
    content = b"".join(
        mode + b" " + name + b"\0" + raw
        for name, (mode, raw) in sorted(entries.items(), key=_order)
    )
    made = hashlib.new("sha1" if width == 20 else "sha256", usedforsecurity=False)
    made.update(b"tree %d\0" % len(content) + content)
    return made.digest()


def _order(entry: tuple[bytes, tuple[bytes, bytes]]) -> bytes:
    """Git sorts a folder as if its name ended with a slash."""
    name, (mode, _) = entry
    return name + b"/" if mode == _FOLDER else name


def _store(git: Git, records: list[tuple[bytes, Entries]]) -> str:
    text = b"".join(b"".join(map(_record, entries.items())) + b"\0" for _, entries in records)
    done = git.run("mktree", "-z", "--missing", "--batch", input=text)
    written = decode(done.stdout).split()
    if written != [sha.hex() for sha, _ in records]:
        raise UnavailableError("git mktree: wrote other trees than it was asked to")
    return written[-1]


def _record(entry: tuple[bytes, tuple[bytes, bytes]]) -> bytes:
    name, (mode, raw) = entry
    kind = b"tree" if mode == _FOLDER else b"commit" if mode == b"160000" else b"blob"
    return mode.rjust(6, b"0") + b" " + kind + b" " + raw.hex().encode() + b"\t" + name + b"\0"
