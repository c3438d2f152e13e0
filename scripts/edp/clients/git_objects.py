"""Reading and writing git objects, without a work tree and without the network."""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from edp.clients.git_command import Git, decode
from edp.clients.git_names import require_person, require_ref, require_revision, require_shas
from edp.clients.git_parse import TAG_FORMAT, parse_batch, parse_commit, parse_tags, parse_tree
from edp.clients.git_values import Commit, Person, TagObject, TreeEntry
from edp.clients.process import OutputTooLargeError
from edp.core.names import require_sha
from edp.errors import InvalidInputError, UnavailableError

MAXIMUM_BLOBS: Final = 50 * 1024 * 1024


def missing_blobs(git: Git, shas: Iterable[str]) -> tuple[str, ...]:
    """Those of the objects that are not here."""
    wanted = require_shas(shas)
    if not wanted:
        return ()
    # `--buffer`, and only names out: a hundred thousand take a tenth of a second.
    done = git.run("cat-file", "--batch-check=%(objectname)", "--buffer", input=_lines(wanted))
    return tuple(
        decode(line.split()[0]) for line in done.stdout.splitlines() if line.endswith(b" missing")
    )


def read_blobs(
    git: Git, shas: Iterable[str], *, max_bytes: int = MAXIMUM_BLOBS
) -> Mapping[str, bytes]:
    """The content of each blob; InvalidInputError if all together are over `max_bytes`."""
    return _read(git, shas, kind="blob", max_bytes=max_bytes)


def commits(git: Git, shas: Iterable[str]) -> Mapping[str, Commit]:
    """Each commit by its id."""
    found = _read(git, shas, kind="commit", max_bytes=MAXIMUM_BLOBS)
    return {sha: parse_commit(sha, raw) for sha, raw in found.items()}


def _read(git: Git, shas: Iterable[str], *, kind: str, max_bytes: int) -> dict[str, bytes]:
    wanted = require_shas(shas)
    if not wanted:
        return {}
    limit = max_bytes + 100 * len(wanted)
    try:
        done = git.run("cat-file", "--batch", "--buffer", input=_lines(wanted), max_output=limit)
    except OutputTooLargeError as exc:
        raise InvalidInputError(
            f"{len(wanted)} {kind}s of the repository are larger than {max_bytes} bytes together"
        ) from exc
    found = {}
    for sha, found_kind, content in parse_batch(done.stdout):
        if found_kind != kind:
            raise UnavailableError(f"git: {sha} is {found_kind or 'missing'}, expected a {kind}")
        found[sha] = content
    return found


def list_tree(
    git: Git, treeish: str, *, paths: Sequence[str] = (), recursive: bool = True
) -> tuple[TreeEntry, ...]:
    """The entries of a tree in git's order; with `paths`, those at and below them."""
    flags = ("-r",) if recursive else ()
    revision = require_revision(treeish)
    done = git.run("ls-tree", *flags, "-z", "--full-tree", revision, "--", *paths)
    return parse_tree(done.stdout)


def refs(git: Git) -> Mapping[str, str]:
    """Every ref and the id it stands for."""
    lines = git.text("for-each-ref", "--format=%(objectname) %(refname)").splitlines()
    return {name: sha for sha, _, name in (line.partition(" ") for line in lines)}


def tags(git: Git, prefix: str = "") -> tuple[TagObject, ...]:
    """The tags whose name begins with `prefix`."""
    done = git.run("for-each-ref", f"--format={TAG_FORMAT}", "refs/tags")
    found = [tag for tag in parse_tags(done.stdout) if tag.ref.startswith(f"refs/tags/{prefix}")]
    return _peel(git, found)


def _peel(git: Git, found: Sequence[TagObject]) -> tuple[TagObject, ...]:
    """Git before 2.45 peels once, and a tag may point to a tag."""
    annotated = [tag.target for tag in found if tag.kind == "tag" and tag.target]
    if not annotated:
        return tuple(found)
    questions = [f"{sha}^{{commit}}" for sha in annotated]
    done = git.run("cat-file", "--batch-check=%(objectname)", input=_lines(questions))
    answers = [line.split()[0].decode() for line in done.stdout.splitlines()]
    commits_of = dict(zip(annotated, answers, strict=True))
    return tuple(_with_target(tag, commits_of) for tag in found)


def _with_target(tag: TagObject, commits_of: Mapping[str, str]) -> TagObject:
    target = commits_of.get(tag.target, tag.target) if tag.kind == "tag" else tag.target
    return replace(tag, target="" if "^" in target else target)


def resolve(git: Git, revision: str) -> str | None:
    """The commit that a revision names; None if there is none."""
    name = f"{require_revision(revision)}^{{commit}}"
    done = git.run("rev-parse", "--verify", "--quiet", name, allowed=(0, 1, 128))
    sha = decode(done.stdout).strip()
    return sha if done.returncode == 0 else None


def write_blob(git: Git, content: bytes) -> str:
    """Store a blob as it is, without any conversion of line ends."""
    return git.text("hash-object", "-w", "--no-filters", "--stdin", input=content)


def write_blobs(git: Git, contents: Sequence[bytes]) -> tuple[str, ...]:
    """Store many blobs with one process; their ids in the same order."""
    if len(contents) <= 1:
        return tuple(write_blob(git, content) for content in contents)
    with tempfile.TemporaryDirectory(dir=git.folder, prefix="edp-") as folder:
        files = [Path(folder) / str(index) for index in range(len(contents))]
        for file, content in zip(files, contents, strict=True):
            file.write_bytes(content)
        arguments = ("hash-object", "-w", "--no-filters", "--stdin-paths")
        return tuple(git.text(*arguments, input=_lines(map(str, files))).split())


def write_commit(
    git: Git, tree: str, parents: Sequence[str], message: str, *, author: Person, at: datetime
) -> str:
    """Store a commit; the same input gives the same id. The author is the committer too."""
    require_person(author)
    moment = f"@{int(at.timestamp())} +0000"
    identity = {}
    for role in ("AUTHOR", "COMMITTER"):
        identity[f"GIT_{role}_NAME"] = author.name
        identity[f"GIT_{role}_EMAIL"] = author.email
        identity[f"GIT_{role}_DATE"] = moment
    arguments = [part for sha in require_shas(parents) for part in ("-p", sha)]
    tree = require_sha(tree, what="tree")
    raw = _message(message)
    done = git.run("commit-tree", tree, *arguments, "-F", "-", input=raw, extra=identity)
    return decode(done.stdout).strip()


def write_tag(
    git: Git, name: str, target: str, message: str, *, tagger: Person, at: datetime
) -> str:
    """Store the object of an annotated tag on a commit; no ref is made."""
    require_ref(f"refs/tags/{name}")
    require_person(tagger)
    head = (
        f"object {require_sha(target, what='tag')}\ntype commit\ntag {name}\n"
        f"tagger {tagger.name} <{tagger.email}> {int(at.timestamp())} +0000\n\n"
    )
    return git.text("mktag", input=head.encode() + _message(message))


def _message(message: str) -> bytes:
    if "\0" in message:
        raise InvalidInputError("git: a message cannot hold a NUL character")
    return message.rstrip("\n").encode(errors="backslashreplace") + b"\n"


def _lines(words: Iterable[str]) -> bytes:
    return "".join(f"{word}\n" for word in words).encode()
