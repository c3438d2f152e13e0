"""Pushing refs with an explicit lease for each, and telling what became of them."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from edp.clients.git_command import Git, decode
from edp.clients.git_names import require_ref
from edp.clients.git_remote import fetch_blobs, read_refs
from edp.clients.git_values import PushOutcome, PushResult, RefUpdate
from edp.clients.process import Completed
from edp.core.names import require_sha
from edp.errors import InvalidInputError, UnavailableError
from edp.text import one_line, redact

_AT_ONCE: Final = 1000
_LINE: Final = re.compile(r"(?P<flag>[ +*=!-])\t[^\t]*:(?P<ref>[^:\t]+)\t(?P<summary>.*)")
_REASON: Final = re.compile(r"\[(?P<kind>[^\]]*)\] \((?P<reason>.*)\)")
_STALE: Final = re.compile(
    r"stale info|fetch first|non-fast-forward|already exists|needs force|"
    r"cannot lock ref|incorrect old value|failed to (?:update|delete) ref|"
    r"failed to lock|remote ref updated since checkout"
)
_CANNOT_READ: Final = re.compile(r"unable to read [0-9a-f]{40,64}\b|bad object|missing blob")


def push_arguments(updates: Sequence[RefUpdate], *, atomic: bool) -> tuple[str, ...]:
    """Git's arguments; a lease for each ref, and never `+` or `--force`, which would void it."""
    flags = ("push", "--porcelain", "--no-verify", "--no-thin", "--no-follow-tags")
    flags += ("--no-recurse-submodules", *(("--atomic",) if atomic else ()))
    leases = [f"--force-with-lease={update.ref}:{update.expected}" for update in updates]
    return (*flags, *leases, "origin", *(f"{update.new}:{update.ref}" for update in updates))


def push(git: Git, updates: Sequence[RefUpdate], *, atomic: bool = False) -> tuple[PushResult, ...]:
    """Push each update; what the server holds decides when the connection broke.

    UnavailableError if an update did not take place and nobody refused it.
    """
    for update in updates:
        _check(update)
    size = len(updates) if atomic else _AT_ONCE
    chunks = [updates[start : start + size] for start in range(0, len(updates), size or 1)]
    return tuple(result for chunk in chunks for result in _push(git, chunk, atomic=atomic))


def _check(update: RefUpdate) -> None:
    require_ref(update.ref)
    for sha in filter(None, (update.new, update.expected)):
        require_sha(sha, what=update.ref)
    if not update.new and not update.expected:
        raise InvalidInputError(f"{update.ref}: what is deleted must be expected to be there")


def _push(git: Git, updates: Sequence[RefUpdate], *, atomic: bool) -> tuple[PushResult, ...]:
    done = _send(git, push_arguments(updates, atomic=atomic))
    if done and _CANNOT_READ.search(decode(done.stderr)):
        # An old blob in a new place, which is on the server but not here. Nothing was sent.
        fetch_blobs(git, _unsent_blobs(git, updates))
        done = _send(git, push_arguments(updates, atomic=atomic))
    told = _told(git, updates, done) if done else {}
    untold = [update for update in updates if update.ref not in told]
    if untold:
        told |= _look(git, untold, done)
    _follow(git, told.values())
    return tuple(told[update.ref] for update in updates)


def _send(git: Git, arguments: Sequence[str]) -> Completed | None:
    """None if it was cut off by the deadline."""
    try:
        return git.write_to_server(*arguments)
    except UnavailableError:
        return None


def _unsent_blobs(git: Git, updates: Sequence[RefUpdate]) -> list[str]:
    new = [update.new for update in updates if update.new]
    flags = ("rev-list", "--objects", "--missing=print")
    lines = git.text(*flags, *new, "--not", "--all", "--").splitlines()
    return [line[1:] for line in lines if line.startswith("?")]


def _told(git: Git, updates: Sequence[RefUpdate], done: Completed) -> dict[str, PushResult]:
    """The outcomes that git printed."""
    by_ref = {update.ref: update for update in updates}
    said = "; ".join(_remote_lines(done.stderr))
    told = {}
    for line in decode(done.stdout).splitlines():
        match = _LINE.fullmatch(line)
        if match and match["ref"] in by_ref:
            update = by_ref[match["ref"]]
            result = _result(git, update, match["flag"], match["summary"], said)
            if result:
                told[update.ref] = result
    return told


def _remote_lines(stderr: bytes) -> list[str]:
    lines = [line for line in decode(stderr).splitlines() if line.startswith("remote: ")]
    return [line.removeprefix("remote: ").strip() for line in lines if line[8:].strip()]


def _result(git: Git, update: RefUpdate, flag: str, summary: str, said: str) -> PushResult | None:
    """None where git does not know either."""
    if flag != "!":
        return PushResult(update, PushOutcome.OK)
    match = _REASON.search(summary)
    kind, reason = (match["kind"], match["reason"]) if match else ("", summary)
    is_stale = _STALE.search(reason) is not None and f"cannot create '{update.ref}'" not in said
    # curl sends a request again when a kept connection breaks; the server then refuses our own.
    # What should be deleted may be gone already.
    is_unsure = is_stale and (kind == "remote rejected" or not update.new)
    if kind == "remote failure" or is_unsure:
        return None
    if is_stale:
        return PushResult(update, PushOutcome.STALE, one_line(reason))
    whole = one_line(redact(f"{reason}: {said}" if said else reason, git.secrets))
    return PushResult(update, PushOutcome.REJECTED, whole)


def _look(git: Git, updates: Sequence[RefUpdate], done: Completed | None) -> dict[str, PushResult]:
    """What became of updates that git did not tell about: the server's refs decide."""
    if done is not None and isinstance(failure := git.failure(done), InvalidInputError):
        raise failure
    now = read_refs(git, [update.ref for update in updates])
    results = {}
    for update in updates:
        found = now.get(update.ref, "")
        if found == update.expected != update.new:
            said = done.describe(git.secrets) if done else f"no end within {git.deadline:g} s"
            raise UnavailableError(f"{update.ref}: was not pushed: {said}")
        is_there = found == update.new
        reason = "" if is_there else f"is on {found[:12] or 'nothing'} now"
        outcome = PushOutcome.OK if is_there else PushOutcome.STALE
        results[update.ref] = PushResult(update, outcome, reason)
    return results


def _follow(git: Git, results: Iterable[PushResult]) -> None:
    """Let the local copies of the refs follow what was pushed."""
    done = [result.update for result in results if result.outcome is PushOutcome.OK]
    commands = [
        f"update {update.ref}\0{update.new or '0' * len(update.expected)}\0\0" for update in done
    ]
    if commands:
        git.run("update-ref", "--stdin", "-z", input="".join(commands).encode())
