"""Every recorded exchange whose endpoint the client has is served to it."""

import dataclasses
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from forgejo_recordings import (
    TOKEN,
    Exchange,
    client,
    exchanges,
)
from forgejo_routes import ROUTES, Route

import forgejo

SCENARIOS = (
    *("01", "02", "04", "05", "06", "07", "08", "09", "10", "11", "20", "21", "22", "23", "24"),
    *("30", "31", "32", "34", "35", "38", "39", "40", "50", "52", "54", "55"),
    *("59", "63"),
)


def find(seen: Exchange) -> tuple[Route, re.Match[str], str] | None:
    path = seen.plain_path.removeprefix("/api/v1")
    if path == "/repos/issues/search":
        return None  # no repository of this name
    repo = re.match(r"/repos/(?P<repo>[^/]+/[^/]+)(?P<rest>/.*|$)", path)
    for route in ROUTES:
        is_server_wide = route.pattern in ("/version", "/user")
        below = path if is_server_wide or not repo else repo["rest"]
        match = re.fullmatch(route.pattern, below)
        if match and route.method == seen.method and (repo or is_server_wide):
            return route, match, repo["repo"] if repo else ""
    return None


RECORDED = list(exchanges(*SCENARIOS))
REPLAYED = [pytest.param(seen, *found, id=seen.name) for seen in RECORDED if (found := find(seen))]


def serving(seen: Exchange) -> Callable[[httpx.Request], httpx.Response]:
    """Serve the exchange; further pages are empty, a branch looked up again is gone.

    A redirect leads back to itself for ever.
    """
    moved_to = unquote(seen.response["headers"].get("location", "").partition("?")[0])

    def serve(request: httpx.Request) -> httpx.Response:
        path = unquote(request.url.raw_path.decode().partition("?")[0]).rstrip("/")
        if request.method != seen.method:
            gone = f"branch does not exist [name: {path.partition('/branches/')[2]}]"
            return httpx.Response(404, json={"message": "", "errors": [gone]})
        assert path in (seen.plain_path, moved_to)
        if request.url.params.get("page", "1") == "1":
            return seen.answer()
        return after_the_end(seen)

    return serve


def after_the_end(seen: Exchange) -> httpx.Response:
    headers = {k: v for k, v in seen.response["headers"].items() if k == "x-total-count"}
    empty: Any = []
    if isinstance(seen.body, dict):
        empty = {**seen.body, "tree": None, "statuses": None, "truncated": True}
    return httpx.Response(200, json=empty, headers=headers)


def is_whole(seen: Exchange) -> bool:
    body = seen.body
    if isinstance(body, dict) and "statuses" in body:
        return len(body["statuses"] or []) == (seen.total or 0)
    if isinstance(body, dict) and "tree" in body and "total_count" in body:
        return len(body["tree"] or []) == body["total_count"]
    return seen.total is None or len(body or []) == seen.total


PLAIN_ERRORS: dict[int, type[Exception]] = {
    400: forgejo.ValidationError,
    401: forgejo.AuthenticationError,
    403: forgejo.ForbiddenError,
    404: forgejo.NotFoundError,
    409: forgejo.ConflictError,
    412: forgejo.ValidationError,
    422: forgejo.ValidationError,
    423: forgejo.ArchivedError,
}


def expected_error(seen: Exchange) -> type[Exception]:
    if seen.status == 404 and "json" not in seen.response:
        return forgejo.UnsupportedError
    if seen.status == 301:
        return forgejo.MovedError
    if seen.status == 500:
        return forgejo.ServerError if seen.method == "GET" else forgejo.AmbiguousError
    if seen.plain_path.endswith("/merge"):
        return expected_merge_error(seen)
    texts = {
        "required scope": forgejo.ScopeError,
        "cannot lock ref": forgejo.LostRaceError,
        "already exist": forgejo.AlreadyExistsError,
    }
    special = [error for text, error in texts.items() if text in seen.message]
    return special[0] if special else PLAIN_ERRORS[seen.status]


def expected_merge_error(seen: Exchange) -> type[Exception]:
    by_message = {
        "head out of date": forgejo.HeadOutOfDateError,
        "Please try again later": forgejo.TryAgainLaterError,
        "the head branch is protected": forgejo.MergedButBranchKeptError,
    }
    if seen.status == 409 and "StdErr" in seen.body:
        return forgejo.MergeConflictError
    if seen.status == 405 and not seen.message:
        return forgejo.AlreadyMergedError
    if seen.message in by_message:
        return by_message[seen.message]
    return forgejo.NotAllowedToMergeError if seen.status == 405 else PLAIN_ERRORS[seen.status]


def is_refused_before_sending(seen: Exchange) -> bool:
    """Requests that the client cannot be made to send, because they are never right."""
    path = seen.plain_path
    is_not_one_sha = "/statuses/" in path or path.endswith("/pull")
    return (
        (is_not_one_sha and seen.method == "POST" and not re.search(r"/[0-9a-f]{40}$", path))
        or ".." in path.replace("...", "")
        or "/.git/" in path
        or path.endswith("/issues/0")
        or (path.endswith("/pulls/reviews") and seen.status == 200)
        or (path.endswith("/reviews") and (seen.body or {}) and is_draft(seen))
    )


def is_draft(seen: Exchange) -> bool:
    return isinstance(seen.body, dict) and seen.body.get("state") == "PENDING"


def carry_out(seen: Exchange, route: Route, match: re.Match[str], name: str) -> Any:
    result = route.call(client(serving(seen)), name, match, seen)
    return list(result) if route.is_list else result


@pytest.mark.parametrize(("seen", "route", "match", "name"), REPLAYED)
def test_a_recorded_answer_becomes_a_typed_result_or_a_typed_error(
    seen: Exchange, route: Route, match: re.Match[str], name: str
) -> None:
    error = outcome(seen)

    if error is None:
        check(carry_out(seen, route, match, name), seen)
        return
    with pytest.raises(error) as caught:
        carry_out(seen, route, match, name)

    assert type(caught.value) is error
    assert TOKEN not in str(caught.value)
    assert "/data/repositories" not in repr(caught.value)


def outcome(seen: Exchange) -> type[Exception] | None:
    """The error that this exchange must raise, or None if it must be read."""
    if is_refused_before_sending(seen):
        return forgejo.ArgumentError
    if (
        seen.method == "GET"
        and seen.status == 404
        and seen.plain_path.endswith(("/merge", "/pull"))
    ):
        return None
    if "/contents/" in seen.path and seen.body == []:
        return forgejo.NotFoundError  # an empty repository says so for any path
    if seen.method == "DELETE" and "/branches/" in seen.path and seen.status == 500:
        return None  # gone already, as the look-up says
    if seen.status >= 300:
        return expected_error(seen)
    is_list = isinstance(seen.body, list) or "total_count" in (seen.body or {})
    return forgejo.IncompleteListError if is_list and not is_whole(seen) else None


def check(result: Any, seen: Exchange) -> None:
    """Compare every field of the result with the key of the same name in the JSON."""
    if isinstance(result, bool):
        assert result is (seen.status == 204)
    elif isinstance(result, list | tuple):
        rows = seen.body if isinstance(seen.body, list) else list(filter(None, [seen.body]))
        check_rows(result, rows)
    elif dataclasses.is_dataclass(result) and isinstance(seen.body, dict):
        check_fields(result, seen.body)


def check_rows(results: Iterable[Any], rows: list[dict[str, Any]]) -> None:
    found = list(results)
    if not found:
        return
    assert len(found) == len(rows) or len(found) == len({str(row.get("id")) for row in rows})
    if len(found) == len(rows):
        for result, row in zip(found, rows, strict=True):
            check_fields(result, row)


def check_fields(result: Any, row: dict[str, Any]) -> None:
    for one in dataclasses.fields(result):
        there = row.get(one.name)
        ours = getattr(result, one.name)
        if isinstance(there, str | int | bool) and type(there) is type(ours):
            assert ours == there or one.name in ("state", "message", "event"), one.name


def test_nearly_all_recorded_exchanges_are_replayed() -> None:
    assert len(REPLAYED) >= 400
