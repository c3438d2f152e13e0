"""The endpoints that find and open pull requests of a repository."""

from dataclasses import dataclass
from functools import partial

from forgejo.exceptions import ArgumentError, NotFoundError
from forgejo.issues import StateFilter
from forgejo.paging import PaginatedList, Source, paginated
from forgejo.paths import full_sha, is_plain_name, positive, ref_name, segment
from forgejo.place import Place, given
from forgejo.pull_request import PullRequest, parse_pull


def get_pull(place: Place, number: int) -> PullRequest:
    """One pull request."""
    return place.get(f"/pulls/{positive(number, 'pull request')}", partial(parse_pull, place))


def list_pulls(
    place: Place, *, state: StateFilter, base: str | None, head: str | None
) -> PaginatedList[PullRequest]:
    """Pull requests; filtered here too, for old servers ignore `base` and `head`."""
    filters: list[tuple[str, str]] = [("state", state)]
    filters += [("base", ref_name(base))] if base is not None else []
    filters += [("head", ref_name(head))] if head is not None else []

    def keep(pull: PullRequest) -> bool:
        is_base = base is None or pull.base.ref == base
        is_head = head is None or pull.head.label == head
        return is_base and is_head and state in ("all", pull.state)

    source = Source(
        place.session, f"{place.path}/pulls", partial(parse_pull, place), lambda pull: pull.id
    )
    return paginated(source, tuple(filters), keep=keep)


def pulls_of_commit(place: Place, sha: str) -> tuple[PullRequest, ...]:
    """The pull request whose merge made this commit, if any; Forgejo names at most one."""
    below = f"/commits/{segment(full_sha(sha))}/pull"
    try:
        return (place.get(below, partial(parse_pull, place)),)
    except NotFoundError as exc:
        if "pull request does not exist" in exc.message:
            return ()
        raise


@dataclass(frozen=True)
class NewPullRequest:
    """What to open."""

    head: str
    base: str
    title: str
    body: str = ""
    labels: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what Forgejo would answer with 500."""
        owner, colon, name = self.head.rpartition(":")
        if ref_name(name).startswith("refs/"):
            raise ArgumentError(f"{self.head!r}: expected a branch name, not a full ref")
        if colon and not is_plain_name(owner):
            raise ArgumentError(f"{self.head!r}: expected a head like owner:branch")
        ref_name(self.base)


def create_pull(place: Place, new: NewPullRequest) -> PullRequest:
    """Open a pull request."""
    body = given(
        head=new.head, base=new.base, title=new.title, body=new.body, labels=list(new.labels)
    )
    return place.create("/pulls", body, partial(parse_pull, place))
