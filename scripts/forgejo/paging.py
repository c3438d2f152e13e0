"""Lists that are lazy and complete: all of them, or an error."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, overload

from forgejo.exceptions import IncompleteListError, NotForgejoError
from forgejo.fields import Json
from forgejo.paths import Query
from forgejo.session import Reply, Session

PAGE_SIZE = 50  # larger ones are clamped silently
_MOST_PAGES = 1000
_MOST_PASSES = 3

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page and the number of items that the server says the whole list has."""

    items: tuple[T, ...]
    total: int


@dataclass(frozen=True)
class Listing(Generic[T]):
    """How to read a list: a page by its number, what makes items the same, which to keep."""

    fetch: Callable[[int], Page[T]]
    key: Callable[[T], Hashable]
    keep: Callable[[T], bool] | None = None
    page_size: int = PAGE_SIZE
    is_paged: bool = True


class PaginatedList(Generic[T]):
    """Items of a list, read page by page when they are needed.

    The list is whole when the pages hold as many items as X-Total-Count says and the total
    stayed the same while they were read; when it changed, they are read again, three times
    at most. Everything else raises IncompleteListError; what was yielded before it is not
    all there is. Items are never repeated; one that vanished while the pages were read may
    still be in the list. One thing cannot be seen: an item removed and another one added
    between two pages, so that the total stays, can hide a third one.
    """

    def __init__(self, listing: Listing[T]) -> None:
        """Remember how to read the list; nothing is read yet."""
        self._listing = listing
        self._items: list[T] = []
        self._seen: set[Hashable] = set()
        self._passes = 0
        self._is_complete = False
        self._begin_pass()

    def __iter__(self) -> Iterator[T]:
        """Yield all items, reading pages on the way."""
        position = 0
        while True:
            while position < len(self._items):
                yield self._items[position]
                position += 1
            if self._is_complete:
                return
            self._read_page()

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        """One item, reading only as far as needed, or a slice of the whole list."""
        if isinstance(index, slice) or index < 0:
            self._read_all()
            return self._items[index]
        while len(self._items) <= index and not self._is_complete:
            self._read_page()
        return self._items[index]

    def __repr__(self) -> str:
        """Show how far the list was read."""
        state = "all" if self._is_complete else "not all"
        return f"<PaginatedList: {len(self._items)} items, {state} read>"

    @property
    def total_count(self) -> int:
        """The number of items; reads all pages, because only then is it known for certain."""
        self._read_all()
        return len(self._items)

    def _read_all(self) -> None:
        while not self._is_complete:
            self._read_page()

    def _begin_pass(self) -> None:
        self._passes += 1
        self._next_page = 1
        self._count = 0
        self._totals: set[int] = set()

    def _read_page(self) -> None:
        page = self._listing.fetch(self._next_page)
        self._next_page += 1
        self._count += len(page.items)
        self._totals.add(page.total)
        self._take(page.items)
        if self._is_last(page):
            self._finish_pass()
        elif self._next_page > _MOST_PAGES:
            raise IncompleteListError(f"the list does not end within {_MOST_PAGES} pages")

    def _take(self, items: tuple[T, ...]) -> None:
        for item in items:
            key = self._listing.key(item)
            if key in self._seen:
                continue
            self._seen.add(key)
            if self._listing.keep is None or self._listing.keep(item):
                self._items.append(item)

    def _is_last(self, page: Page[T]) -> bool:
        """A short page ends the list only if all items are there: servers clamp the size."""
        is_short = len(page.items) < self._listing.page_size
        has_all = self._count >= page.total
        is_overfull = self._count > page.total
        is_single = not self._listing.is_paged
        return is_single or is_overfull or not page.items or (is_short and has_all)

    def _finish_pass(self) -> None:
        if self._totals == {self._count}:
            self._is_complete = True
            return
        if self._passes >= _MOST_PASSES:
            said = " then ".join(str(total) for total in sorted(self._totals))
            raise IncompleteListError(
                f"read {self._count} items of a list of which the server says it has {said}"
            )
        self._begin_pass()


@dataclass(frozen=True)
class Source(Generic[T]):
    """A list endpoint: where it is and what its items are."""

    session: Session
    path: str
    parse: Callable[[Json], T]
    key: Callable[[T], Hashable]


def paginated(
    source: Source[T],
    query: Query = (),
    *,
    keep: Callable[[T], bool] | None = None,
    is_paged: bool = True,
) -> PaginatedList[T]:
    """The items of an endpoint that answers with an array and X-Total-Count."""

    def fetch(number: int) -> Page[T]:
        paging = (("limit", str(PAGE_SIZE)), ("page", str(number))) if is_paged else ()
        return source.session.get(source.path, parse_page, (*query, *paging))

    def parse_page(reply: Reply) -> Page[T]:
        return _page(reply, source.parse)

    return PaginatedList(Listing(fetch, source.key, keep, is_paged=is_paged))


def _page(reply: Reply, parse: Callable[[Json], T]) -> Page[T]:
    """Read an array; Forgejo writes an empty list as null in places, but then says 0."""
    if reply.total is None:
        raise IncompleteListError("the server did not say how many items the list has")
    if reply.json is None and reply.total == 0:
        return Page((), 0)
    if not isinstance(reply.json, list):
        raise NotForgejoError("expected a list")
    return Page(tuple(parse(item) for item in reply.json), reply.total)
