"""Reading from the server: refs, history without blobs, and blobs by name."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from edp.clients.git_command import Git, NoSuchRefError, decode, refspecs
from edp.clients.git_names import require_ref
from edp.clients.git_objects import missing_blobs
from edp.errors import InvalidInputError, UnavailableError

_FETCH: Final = (
    "fetch",
    "--quiet",
    "--no-write-fetch-head",
    "--no-tags",
    "--no-recurse-submodules",
    "--no-auto-maintenance",
)
_PARTIAL: Final = "--filter=blob:none"
# Given to this one command: with it, any other may fetch what it misses, blob by blob, and git
# before 2.45 does so without end when the server answers nothing.
_PROMISED: Final = {
    "remote.origin.promisor": "true",
    "remote.origin.partialCloneFilter": "blob:none",
}


def fetch(git: Git) -> None:
    """Bring every wanted ref up to date, and drop those that the server no longer has."""
    remote = git.require_remote()
    try:
        arguments = (*_FETCH, _PARTIAL, "--prune", "origin", *refspecs(remote))
        git.read_from_server(*arguments, config=_PROMISED)
    except NoSuchRefError as exc:
        raise _no_branch(git) from exc


def _no_branch(git: Git) -> Exception:
    """A page that is not git's reads like a repository without refs; only git lists some."""
    remote = git.require_remote()
    listed = read_refs(git)
    if not listed or f"refs/heads/{remote.branch}" in listed:
        return UnavailableError(
            f"{remote.url}: the repository is empty, or the answer did not come from git"
        )
    return InvalidInputError(f"{remote.url}: there is no branch {remote.branch}")


def fetch_blobs(git: Git, shas: Iterable[str]) -> None:
    """Fetch what is not here of these blobs, all at once; nothing is asked if all are."""
    missing = missing_blobs(git, shas)
    if not missing:
        return
    names = "".join(f"{sha}\n" for sha in missing).encode()
    negotiation = ("-c", "fetch.negotiationAlgorithm=noop")
    git.read_from_server(*negotiation, *_FETCH, "--stdin", "origin", input=names)


def read_refs(git: Git, names: Sequence[str] = ()) -> Mapping[str, str]:
    """What refs are on the server now; with `names`, only those."""
    patterns = [require_ref(name) for name in names]
    done = git.read_from_server("ls-remote", "--refs", "--quiet", "origin", *patterns)
    lines = [line.partition("\t") for line in decode(done.stdout).splitlines()]
    return {name: sha for sha, _, name in lines if not names or name in names}
