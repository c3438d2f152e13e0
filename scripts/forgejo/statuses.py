"""Commit statuses. The request says `state`, the answer says `status`; both are `state` here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from forgejo.exceptions import ArgumentError, IncompleteListError
from forgejo.fields import Fields, Json
from forgejo.paging import PAGE_SIZE, Listing, Page, PaginatedList, Source, paginated
from forgejo.paths import full_sha, ref_name, segment
from forgejo.place import Place, given
from forgejo.session import Reply
from forgejo.users import User, optional_user

StatusState = Literal["pending", "success", "error", "failure", "warning", "skipped"]

_WORST_FIRST = ("error", "failure", "warning", "pending", "success", "skipped")


@dataclass(frozen=True)
class CommitStatus:
    """A status of a commit. Forgejo validates nothing: `state` may be any text.

    `creator` is None for statuses that Actions posted. Anyone with write access can post any
    context, so check the creator before trusting one.
    """

    id: int
    state: str
    context: str
    description: str
    target_url: str
    creator: User | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class CombinedStatus:
    """The latest status of each context of a commit.

    `sha` and `state` are empty when there is none; Forgejo does not tell an unknown commit
    from one without statuses. `state` is the worst of all contexts, computed here because the
    server's covers one page only; `error` and unknown words count as `failure`.
    """

    sha: str
    state: str
    statuses: tuple[CommitStatus, ...]


def parse_status(value: Json) -> CommitStatus:
    """Read a status."""
    fields = Fields.of(value, "commit status")
    return CommitStatus(
        id=fields.integer("id"),
        state=fields.text("status"),
        context=fields.text("context"),
        description=fields.text("description"),
        target_url=fields.text("target_url"),
        creator=optional_user(fields, "creator"),
        created_at=fields.moment("created_at"),
        updated_at=fields.moment("updated_at"),
    )


@dataclass(frozen=True)
class NewStatus:
    """What to post."""

    state: StatusState
    context: str
    description: str = ""
    target_url: str = ""


def create_status(place: Place, sha: str, status: NewStatus) -> CommitStatus:
    """Post a status; what Forgejo would store without a word is refused here."""
    if status.state not in get_args(StatusState):
        raise ArgumentError(f"{status.state!r} is not the state of a commit status")
    if not status.context:
        raise ArgumentError("a commit status needs a context")
    body = given(
        state=status.state,
        context=status.context,
        description=status.description,
        target_url=status.target_url or None,
    )
    return place.create(f"/statuses/{full_sha(sha)}", body, parse_status)


def list_statuses(place: Place, ref: str) -> PaginatedList[CommitStatus]:
    """All statuses ever posted; without page= Forgejo would ignore the limit."""
    path = f"{place.path}/commits/{segment(ref_name(ref))}/statuses"
    return paginated(Source(place.session, path, parse_status, lambda status: status.id))


def get_combined_status(place: Place, ref: str) -> CombinedStatus:
    """The latest status of each context, all pages of them."""
    below = f"/commits/{segment(ref_name(ref))}/status"
    shas: set[str] = set()

    def fetch(number: int) -> Page[CommitStatus]:
        query = (("limit", str(PAGE_SIZE)), ("page", str(number)))
        sha, page = place.get_reply(below, _parse_combined_page, query)
        if page.items:
            shas.add(sha)
            totals.append(page.total)
            return page
        return Page((), totals[-1] if totals else 0)  # past the end the answer tells no total

    totals: list[int] = []
    statuses = tuple(PaginatedList(Listing(fetch, lambda status: status.id)))
    if len(shas) > 1:
        raise IncompleteListError(f"{ref!r} moved while its statuses were read")
    return CombinedStatus("".join(shas), combined_state(statuses), statuses)


def _parse_combined_page(reply: Reply) -> tuple[str, Page[CommitStatus]]:
    fields = Fields.of(reply.json, "combined status")
    statuses = tuple(parse_status(item) for item in fields.items("statuses"))
    if statuses and reply.total is None:
        raise IncompleteListError("the server did not say how many statuses there are")
    return fields.sha_if_any("sha"), Page(statuses, reply.total or 0)


def combined_state(statuses: tuple[CommitStatus, ...]) -> str:
    """The worst state: failure, warning, pending, success, skipped; empty without statuses."""
    if not statuses:
        return ""
    worst = min(_rank(status.state) for status in statuses)
    return "failure" if worst <= _rank("failure") else _WORST_FIRST[worst]


def _rank(state: str) -> int:
    return _WORST_FIRST.index(state) if state in _WORST_FIRST else 0
