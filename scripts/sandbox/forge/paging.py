"""Pages of lists, with the headers and the traps of the real server."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode

from sandbox.http_messages import Request

LARGEST_PAGE = 50
DEFAULT_PAGE = 30
T = TypeVar("T")


@dataclass(frozen=True)
class Page:
    """Which part of a list was asked for."""

    number: int
    size: int

    def cut(self, items: Sequence[T]) -> list[T]:
        start = (self.number - 1) * self.size
        return list(items[start : start + self.size])


def page_of(request: Request) -> Page:
    """`limit` above 50 is clamped silently; zero, negative and text mean 30."""
    limit = _integer(request.first("limit"))
    size = min(limit, LARGEST_PAGE) if limit > 0 else DEFAULT_PAGE
    return Page(max(_integer(request.first("page")), 1), size)


def list_headers(request: Request, root_url: str, page: Page, total: int) -> dict[str, str]:
    """X-Total-Count, and Link where there is more than this page."""
    links = ",".join(
        f'<{_url(request, root_url, number)}>; rel="{rel}"' for rel, number in _rels(page, total)
    )
    headers = {"X-Total-Count": str(total)}
    return {**headers, "Link": links} if links else headers


def commit_headers(request: Request, root_url: str, page: Page, total: int) -> dict[str, str]:
    """The further headers of commit and file lists."""
    pages = -(-total // page.size)
    return {
        **list_headers(request, root_url, page, total),
        "X-Page": str(page.number),
        "X-PerPage": str(page.size),
        "X-PageCount": str(pages),
        "X-HasMore": "true" if page.number < pages else "false",
    }


def _rels(page: Page, total: int) -> list[tuple[str, int]]:
    last = -(-total // page.size)
    current = min(page.number, max(last, 1))
    rels = [("next", current + 1), ("last", last)] if current < last else []
    if current > 1:
        rels += [("first", 1), ("prev", current - 1)]
    return rels


def _url(request: Request, root_url: str, number: int) -> str:
    query = {**request.query, "page": [str(number)]}
    pairs = [(name, value) for name in sorted(query) for value in query[name]]
    return f"{root_url}{request.path}?{urlencode(pairs)}"


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return 0
