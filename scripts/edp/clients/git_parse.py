"""Reading git's output. Pure; an output that is not as documented is an UnavailableError."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from edp.clients.git_command import decode
from edp.clients.git_values import Change, Commit, CommitChanges, TagObject, TreeEntry
from edp.errors import UnavailableError

_PERSON: Final = re.compile(rb"(?P<name>[^<]*)<(?P<email>[^>]*)>.* (?P<at>-?\d{1,15}) [+-]\d{4}")
_NO_MODE: Final = "000000"
_LATEST: Final = 253402300799


def parse_batch(output: bytes) -> Iterator[tuple[str, str, bytes]]:
    """Name, kind and content of each object of `cat-file --batch`; kind "" if it is missing."""
    position = 0
    while position < len(output):
        end = output.index(b"\n", position)
        name, _, rest = decode(output[position:end]).rpartition(" ")
        position = end + 1
        if rest == "missing":
            yield name, "", b""
            continue
        sha, _, kind = name.partition(" ")
        yield sha, kind, output[position : position + int(rest)]
        position += int(rest) + 1


def parse_commit(sha: str, raw: bytes) -> Commit:
    """A commit object."""
    head, _, message = raw.partition(b"\n\n")
    fields: dict[bytes, list[bytes]] = {}
    for line in head.split(b"\n"):
        key, _, value = line.partition(b" ")
        fields.setdefault(key, []).append(value)
    author = _person(fields.get(b"author", [b""])[0])
    committer = _person(fields.get(b"committer", [b""])[0])
    return Commit(
        sha=sha,
        parents=tuple(map(decode, fields.get(b"parent", []))),
        tree=decode(fields.get(b"tree", [b""])[0]),
        author_name=author[0],
        author_email=author[1],
        committer_name=committer[0],
        committer_email=committer[1],
        committed_at=committer[2],
        message=decode(message),
    )


def _person(raw: bytes) -> tuple[str, str, datetime]:
    match = _PERSON.fullmatch(raw)
    if match is None:
        return "", "", datetime.fromtimestamp(0, UTC)
    seconds = min(max(int(match["at"]), 0), _LATEST)
    name, email = decode(match["name"]).strip(), decode(match["email"]).strip()
    return name, email, datetime.fromtimestamp(seconds, UTC)


def parse_tree(output: bytes) -> tuple[TreeEntry, ...]:
    """The output of `ls-tree -z`."""
    return tuple(_tree_entry(record) for record in output.split(b"\0") if record)


def _tree_entry(record: bytes) -> TreeEntry:
    head, tab, path = record.partition(b"\t")
    parts = decode(head).split()
    if not tab or len(parts) != 3:
        raise UnavailableError("git ls-tree: its output cannot be understood")
    mode, kind, sha = parts
    return TreeEntry(mode, kind, sha, decode(path))


def parse_changes(output: bytes) -> tuple[Change, ...]:
    """The output of `diff-tree --raw -z`."""
    history = parse_history(b"\0".join((b"", output)))
    return history[0].changes if history else ()


def parse_history(output: bytes) -> tuple[CommitChanges, ...]:
    """The output of `log --raw -z --format=%H`: an id, then its changes, each with its path."""
    history: list[tuple[str, list[Change]]] = []
    tokens = iter(output.removesuffix(b"\0").split(b"\0")) if output else iter(())
    for token in tokens:
        word = token.removeprefix(b"\n")
        if not word.startswith(b":"):
            history.append((decode(word), []))
        else:
            history[-1][1].append(_change(word, next(tokens, b"")))
    return tuple(CommitChanges(sha, tuple(changes)) for sha, changes in history)


def _change(head: bytes, path: bytes) -> Change:
    parts = decode(head).removeprefix(":").split()
    if len(parts) != 5 or not path:
        raise UnavailableError("git log: its output cannot be understood")
    old_mode, new_mode, old, new, status = parts
    return Change(
        status=status[:1],
        path=decode(path),
        old_mode="" if old_mode == _NO_MODE else old_mode,
        new_mode="" if new_mode == _NO_MODE else new_mode,
        old_blob="" if old_mode == _NO_MODE else old,
        new_blob="" if new_mode == _NO_MODE else new,
    )


TAG_FORMAT: Final = "%00".join(
    (
        "%(refname)",
        "%(objectname)",
        "%(objecttype)",
        "%(*objectname)",
        "%(*objecttype)",
        "%(taggeremail:trim)",
    )
)


def parse_tags(output: bytes) -> tuple[TagObject, ...]:
    """The output of `for-each-ref --format=TAG_FORMAT`; a tag of a tag keeps that as target."""
    return tuple(_tag(line) for line in output.split(b"\n") if line)


def _tag(line: bytes) -> TagObject:
    fields = decode(line).split("\0")
    if len(fields) != 6:
        raise UnavailableError("git for-each-ref: its output cannot be understood")
    ref, sha, kind, target, target_kind, email = fields
    if kind != "tag":
        return TagObject(ref, sha, kind, sha if kind == "commit" else "", "")
    return TagObject(ref, sha, kind, target if target_kind in ("commit", "tag") else "", email)
