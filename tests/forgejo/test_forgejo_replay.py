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
    comment,
    exchanges,
    issue,
    pull_request,
    repository,
)

import forgejo
from forgejo import CommitTarget, FileChange, Forgejo

SCENARIOS = (
    *("01", "02", "04", "05", "06", "07", "08", "09", "10", "11", "20", "21", "22", "23", "24"),
    *("30", "31", "32", "34", "35", "38", "39", "40", "50", "63"),
)
SHA = "a8926a52d8dcba5c4386945476ab6a2ad008afd4"
TARGET = CommitTarget("m", branch="main")

Caller = Callable[[Forgejo, str, re.Match[str], Exchange], Any]


@dataclasses.dataclass(frozen=True)
class Route:
    """An endpoint, how its answers are listed (if they are), and the method that calls it."""

    method: str
    pattern: str
    call: Caller
    is_list: bool = False


def repo_call(call: Callable[[forgejo.Repository, re.Match[str]], Any]) -> Caller:
    return lambda api, name, match, _exchange: call(repository(api, name), match)


def pull_call(call: Callable[[forgejo.PullRequest], Any]) -> Caller:
    return lambda api, name, match, _exchange: call(pull_request(api, int(match["n"]), name))


def issue_call(call: Callable[[forgejo.Issue, re.Match[str]], Any]) -> Caller:
    return lambda api, name, match, _exchange: call(issue(api, int(match["n"]), name), match)


def comment_call(call: Callable[[forgejo.IssueComment], Any]) -> Caller:
    return lambda api, name, match, _exchange: call(comment(api, int(match["n"]), name))


def read_contents(api: Forgejo, name: str, match: re.Match[str], seen: Exchange) -> Any:
    ref = seen.query.get("ref", [None])[0]
    is_directory = isinstance(seen.body, list) or not match["path"]
    read = repository(api, name).get_directory if is_directory else repository(api, name).get_file
    return read(match["path"].strip("/"), ref=ref)


def review(api: Forgejo, name: str, match: re.Match[str], seen: Exchange) -> Any:
    event = seen.body["state"] if seen.status == 200 else "APPROVED"
    return pull_request(api, int(match["n"]), name).create_review(event=event, body="b")


def set_labels(api: Forgejo, name: str, match: re.Match[str], seen: Exchange) -> Any:
    ids = [label["id"] for label in seen.body] if seen.status == 200 else [1]
    return issue(api, int(match["n"]), name).add_to_labels(*ids)


ROUTES = (
    Route("GET", "/version", lambda api, *_: api.get_version()),
    Route("GET", "/user", lambda api, *_: api.get_user()),
    Route("GET", "", lambda api, name, *_: api.get_repo(name)),
    Route("GET", "/branches", repo_call(lambda r, m: r.get_branches()), is_list=True),
    Route("GET", "/branches/(?P<b>.+)", repo_call(lambda r, m: r.get_branch(m["b"]))),
    Route("POST", "/branches", repo_call(lambda r, m: r.create_branch("x", source="main"))),
    Route("DELETE", "/branches/(?P<b>.+)", repo_call(lambda r, m: r.delete_branch(m["b"]))),
    Route("GET", "/contents(?P<path>.*)", read_contents),
    Route(
        "POST",
        "/contents",
        repo_call(lambda r, m: r.change_files(FileChange.create("a", b"x"), target=TARGET)),
    ),
    Route(
        "POST",
        "/contents/(?P<p>.+)",
        repo_call(lambda r, m: r.create_file(m["p"], b"x", target=TARGET)),
    ),
    Route(
        "PUT",
        "/contents/(?P<p>.+)",
        repo_call(lambda r, m: r.update_file(m["p"], b"x", sha=SHA, target=TARGET)),
    ),
    Route(
        "DELETE",
        "/contents/(?P<p>.+)",
        repo_call(lambda r, m: r.delete_file(m["p"], sha=SHA, target=TARGET)),
    ),
    Route(
        "GET",
        "/git/trees/(?P<r>.+)",
        repo_call(lambda r, m: r.get_git_tree(m["r"], recursive=True)),
    ),
    Route("GET", "/git/commits/(?P<r>(?!.*\\.diff$).+)", repo_call(lambda r, m: r.get_commit(m["r"]))),
    Route("GET", "/git/refs/(?P<r>.+)", repo_call(lambda r, m: r.get_git_matching_refs(m["r"]))),
    Route("GET", "/commits", repo_call(lambda r, m: r.get_commits(sha="main")), is_list=True),
    Route(
        "GET",
        "/compare/(?P<a>.+)\\.\\.\\.(?P<b>.+)",
        repo_call(lambda r, m: r.compare(m["a"], m["b"])),
    ),
    Route("GET", "/pulls", repo_call(lambda r, m: r.get_pulls(state="all")), is_list=True),
    Route(
        "POST",
        "/pulls",
        repo_call(lambda r, m: r.create_pull(head="x", base="main", title="t")),
    ),
    Route("GET", "/pulls/(?P<n>\\d+)", repo_call(lambda r, m: r.get_pull(int(m["n"])))),
    Route("PATCH", "/pulls/(?P<n>\\d+)", pull_call(lambda p: p.edit(title="t"))),
    Route("GET", "/pulls/(?P<n>\\d+)/files", pull_call(lambda p: p.get_files()), is_list=True),
    Route("GET", "/pulls/(?P<n>\\d+)/commits", pull_call(lambda p: p.get_commits()), is_list=True),
    Route("GET", "/pulls/(?P<n>\\d+)/merge", pull_call(lambda p: p.is_merged())),
    Route("POST", "/pulls/(?P<n>\\d+)/merge", pull_call(lambda p: p.merge(head_commit_id=SHA))),
    Route("GET", "/pulls/(?P<n>\\d+)/reviews", pull_call(lambda p: p.get_reviews()), is_list=True),
    Route("POST", "/pulls/(?P<n>\\d+)/reviews", review),
    Route(
        "POST",
        "/pulls/(?P<n>\\d+)/reviews/11/dismissals",
        pull_call(lambda p: p.dismiss_review(11, message="m")),
    ),
    Route("GET", "/commits/(?P<s>[^/]+)/pull", repo_call(lambda r, m: r.get_pulls_of_commit(m["s"]))),
    Route("GET", "/commits/(?P<s>.+)/status", repo_call(lambda r, m: r.get_combined_status(m["s"]))),
    Route(
        "GET",
        "/commits/(?P<s>[^/]+)/statuses",
        repo_call(lambda r, m: r.get_statuses(m["s"])),
        is_list=True,
    ),
    Route(
        "POST",
        "/statuses/(?P<s>.+)",
        repo_call(lambda r, m: r.create_status(m["s"], state="success", context="c")),
    ),
    Route("GET", "/branch_protections", repo_call(lambda r, m: r.get_branch_protections())),
    Route(
        "GET",
        "/branch_protections/(?P<b>.+)",
        repo_call(lambda r, m: r.get_branch_protection(m["b"])),
    ),
    Route("GET", "/issues", repo_call(lambda r, m: r.get_issues(state="all")), is_list=True),
    Route("POST", "/issues", repo_call(lambda r, m: r.create_issue("t", body="b", labels=(4,)))),
    Route("GET", "/issues/(?P<n>\\d+)", repo_call(lambda r, m: r.get_issue(int(m["n"])))),
    Route("PATCH", "/issues/(?P<n>\\d+)", issue_call(lambda i, m: i.edit(body="b"))),
    Route(
        "GET",
        "/issues/(?P<n>\\d+)/comments",
        issue_call(lambda i, m: i.get_comments()),
        is_list=True,
    ),
    Route("POST", "/issues/(?P<n>\\d+)/comments", issue_call(lambda i, m: i.create_comment("b"))),
    Route("POST", "/issues/(?P<n>\\d+)/labels", set_labels),
    Route(
        "DELETE",
        "/issues/(?P<n>\\d+)/labels/(?P<l>\\d+)",
        issue_call(lambda i, m: i.remove_from_labels(int(m["l"]))),
    ),
    Route("PATCH", "/issues/comments/(?P<n>\\d+)", comment_call(lambda c: c.edit("b"))),
    Route("DELETE", "/issues/comments/(?P<n>\\d+)", comment_call(lambda c: c.delete())),
    Route("GET", "/labels", repo_call(lambda r, m: r.get_labels()), is_list=True),
    Route("POST", "/labels", repo_call(lambda r, m: r.create_label("l", color="#00aabb"))),
    Route("GET", "/tags", repo_call(lambda r, m: r.get_tags()), is_list=True),
    Route("GET", "/tags/(?P<t>.+)", repo_call(lambda r, m: r.get_tag(m["t"]))),
    Route("POST", "/tags", repo_call(lambda r, m: r.create_tag("v1", target="main", message="m"))),
    Route("DELETE", "/tags/(?P<t>.+)", repo_call(lambda r, m: r.delete_tag(m["t"]))),
    Route(
        "POST",
        "/actions/workflows/(?P<w>[^/]+)/dispatches",
        repo_call(lambda r, m: r.dispatch_workflow(m["w"], ref="main")),
    ),
)


def find(seen: Exchange) -> tuple[Route, re.Match[str], str] | None:
    path = seen.plain_path.removeprefix("/api/v1")
    repo = re.match(r"/repos/(?P<repo>[^/]+/[^/]+)(?P<rest>/.*|$)", path)
    for route in ROUTES:
        is_server_wide = route.pattern in ("/version", "/user")
        below = path if is_server_wide or not repo else repo["rest"]
        match = re.fullmatch(route.pattern, below)
        if match and route.method == seen.method and (repo or is_server_wide):
            return route, match, repo["repo"] if repo else ""
    return None


RECORDED = list(exchanges(*SCENARIOS))
REPLAYED = [
    pytest.param(seen, *found, id=seen.name) for seen in RECORDED if (found := find(seen))
]


def serving(seen: Exchange) -> Callable[[httpx.Request], httpx.Response]:
    """Serve the exchange once; further pages are empty, a branch looked up again is gone."""

    def serve(request: httpx.Request) -> httpx.Response:
        path = unquote(request.url.raw_path.decode().partition("?")[0]).rstrip("/")
        if request.method != seen.method:
            gone = f"branch does not exist [name: {path.partition('/branches/')[2]}]"
            return httpx.Response(404, json={"message": "", "errors": [gone]})
        assert path == seen.plain_path
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
    assert "/data/repositories" not in repr(caught.value) or seen.status in (403, 409)


def outcome(seen: Exchange) -> type[Exception] | None:
    """The error that this exchange must raise, or None if it must be read."""
    if is_refused_before_sending(seen):
        return forgejo.ArgumentError
    if seen.method == "GET" and seen.status == 404 and seen.plain_path.endswith(("/merge", "/pull")):
        return None
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
        rows = seen.body if isinstance(seen.body, list) else []
        check_rows(result, rows or [])
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
            assert ours == there or one.name in ("state", "message"), one.name


def test_nearly_all_recorded_exchanges_are_replayed() -> None:
    print(f"{len(REPLAYED)} of {len(RECORDED)} recorded exchanges are replayed")

    assert len(REPLAYED) >= 400
