"""Reading files, trees, refs and statuses: proven against their ids, whole, of one commit."""

import base64
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from forgejo_recordings import client, exchange, repository

import forgejo
from forgejo import Repository
from forgejo.contents import blob_sha
from forgejo.statuses import combined_state, parse_status

SHA = "df3899c0abb0986d1b814ef6a54536250d98544c"
OTHER = "a8926a52d8dcba5c4386945476ab6a2ad008afd4"

Pages = Callable[[int], tuple[Any, int | None]]


def paged(pages: Pages) -> Repository:
    """A repository whose pages are made by a function: a body and the total of the header."""

    def serve(request: httpx.Request) -> httpx.Response:
        body, total = pages(int(request.url.params.get("page", "1")))
        headers = {} if total is None else {"X-Total-Count": str(total)}
        return httpx.Response(200, json=body, headers=headers)

    return repository(client(serve, retry_budget=0.0))


def entry(number: int) -> dict[str, Any]:
    return {"path": f"f{number}", "mode": "100644", "type": "blob", "size": 1, "sha": OTHER}


def tree_page(number: int, *, sha: str = SHA, total: int = 2300) -> dict[str, Any]:
    numbers = range((number - 1) * 1000, min(number * 1000, total))
    entries = [entry(one) for one in numbers] or None
    return {"sha": sha, "tree": entries, "total_count": total, "truncated": True}


def test_a_tree_is_read_page_by_page_until_it_is_whole() -> None:
    tree = paged(lambda number: (tree_page(number), None)).get_git_tree("main", recursive=True)

    assert tree.sha == SHA
    assert len({one.path for one in tree.entries}) == 2300


def test_a_tree_that_moved_between_two_pages_is_an_error() -> None:
    repo = paged(lambda number: (tree_page(number, sha=SHA if number == 1 else OTHER), None))

    with pytest.raises(forgejo.IncompleteListError, match="moved"):
        repo.get_git_tree("main")


def test_a_tree_that_ends_early_is_an_error() -> None:
    def ending(number: int) -> tuple[Any, None]:
        page = tree_page(number)
        return ({**page, "tree": None} if number == 3 else page), None

    with pytest.raises(forgejo.IncompleteListError, match="read 2000 items"):
        paged(ending).get_git_tree("main")


def test_a_ref_is_found_by_its_whole_name_among_longer_ones() -> None:
    rows = [
        {"ref": f"refs/heads/{name}", "object": {"type": "commit", "sha": sha}}
        for name, sha in (("feat/ab", OTHER), ("feat/a", SHA))
    ]
    repo = paged(lambda _number: (rows, None))

    assert repo.get_git_ref("heads/feat/a").sha == SHA
    assert repo.get_git_ref("refs/heads/feat/a").sha == SHA
    with pytest.raises(forgejo.NotFoundError, match="only longer ones"):
        repo.get_git_ref("heads/feat")


def test_refs_below_a_folder_are_found_by_its_slash() -> None:
    rows = [
        {"ref": f"refs/heads/{name}", "object": {"type": "commit", "sha": SHA}}
        for name in ("promote", "promoted/x", "promote/a")
    ]
    repo = paged(lambda _number: (rows, None))

    assert [ref.ref for ref in repo.get_git_matching_refs("heads/promote/")] == [
        "refs/heads/promote/a"
    ]
    assert len(repo.get_git_matching_refs("refs/heads/promote")) == 3
    with pytest.raises(forgejo.NotFoundError, match="begins with"):
        repo.get_git_matching_refs("heads/promoted/y/")


def file_of(stored: bytes, **changes: Any) -> Repository:
    body = {
        **exchange("40", 4).body,
        "content": base64.b64encode(stored).decode(),
        "sha": blob_sha(stored),
        "size": len(stored),
    }
    return paged(lambda _number: (body | changes, None))


@pytest.mark.parametrize("content", [b"", b"\0\xff binary", "ü\r\n".encode(), b"x" * 100_000])
def test_a_file_is_read_byte_for_byte(content: bytes) -> None:
    assert file_of(content).get_file("a").content == content


def test_a_file_of_a_sha256_repository_is_read() -> None:
    sha = blob_sha(b"x", like="0" * 64)

    assert file_of(b"x", sha=sha).get_file("a").content == b"x"


@pytest.mark.parametrize(
    "changes",
    [{"sha": OTHER}, {"content": "####"}, {"content": "\u202e"}, {"content": "eA"}, {"sha": "-x"}],
)
def test_a_file_that_does_not_match_its_id_is_an_error(changes: dict[str, Any]) -> None:
    with pytest.raises(forgejo.NotForgejoError):
        file_of(b"xyz", **changes).get_file("a")


def test_a_file_too_large_for_json_has_no_content() -> None:
    assert file_of(b"", content="", size=5_000_000).get_file("a").content is None


def test_a_link_is_no_file_content() -> None:
    assert file_of(b"x", type="symlink").get_file("a").content is None


def test_a_directory_is_no_file_and_a_file_no_directory() -> None:
    directory = paged(lambda _number: ([exchange("40", 4).body], None))

    with pytest.raises(forgejo.NotFoundError, match="a is a directory"):
        directory.get_file("a")
    with pytest.raises(forgejo.NotFoundError, match="a is a file"):
        file_of(b"x").get_directory("a")


def test_an_empty_repository_has_an_empty_root_and_nothing_in_it() -> None:
    empty = paged(lambda _number: ([], None))

    assert empty.get_directory() == ()
    with pytest.raises(forgejo.NotFoundError, match="empty"):
        empty.get_file("a")


def test_a_comparison_without_all_of_its_commits_is_an_error() -> None:
    body = {"total_commits": 2, "commits": [], "files": []}

    with pytest.raises(forgejo.IncompleteListError):
        paged(lambda _number: (body, None)).compare("main", "x")


def test_a_comparison_names_each_file_once_as_it_is_in_the_end() -> None:
    files = [{"filename": "a", "status": "removed"}, {"filename": "a", "status": "added"}]
    body = {"total_commits": 0, "commits": [], "files": files}

    found = paged(lambda _number: (body, None)).compare("main", "x").files

    assert [(one.filename, one.status) for one in found] == [("a", "removed")]


def status(number: int, state: str = "success") -> dict[str, Any]:
    sample = exchange("30", 2).body
    return {**sample, "id": number, "context": f"c{number}", "status": state}


def status_page(statuses: list[dict[str, Any]], number: int, sha: str = SHA) -> dict[str, Any]:
    page = statuses[(number - 1) * 50 : number * 50]
    return {"state": "success", "sha": sha if page else "", "statuses": page or None}


def test_the_combined_status_is_that_of_all_pages() -> None:
    statuses = [status(number) for number in range(119)] + [status(119, "failure")]
    repo = paged(lambda number: (status_page(statuses, number), 120 if number < 4 else None))

    combined = repo.get_combined_status(SHA)

    assert len(combined.statuses) == 120
    assert (combined.sha, combined.state) == (SHA, "failure")


def test_exactly_one_full_page_of_statuses_is_whole() -> None:
    statuses = [status(number) for number in range(50)]
    repo = paged(lambda number: (status_page(statuses, number), 50 if number == 1 else None))

    assert len(repo.get_combined_status(SHA).statuses) == 50


def test_no_status_is_an_empty_state() -> None:
    combined = paged(lambda number: (status_page([], number), None)).get_combined_status(SHA)

    assert combined == forgejo.CombinedStatus("", "", ())


def test_a_page_of_statuses_that_is_missing_is_an_error() -> None:
    statuses = [status(number) for number in range(120)]
    repo = paged(lambda n: (status_page(statuses if n == 1 else [], n), 120 if n == 1 else None))

    with pytest.raises(forgejo.IncompleteListError):
        repo.get_combined_status(SHA)


def test_statuses_without_a_total_are_an_error() -> None:
    repo = paged(lambda number: (status_page([status(1)], number), None))

    with pytest.raises(forgejo.IncompleteListError, match="how many statuses"):
        repo.get_combined_status(SHA)


def test_statuses_of_two_commits_are_an_error() -> None:
    statuses = [status(number) for number in range(60)]
    repo = paged(lambda n: (status_page(statuses, n, SHA if n == 1 else OTHER), 60))

    with pytest.raises(forgejo.IncompleteListError, match="moved"):
        repo.get_combined_status("main")


@pytest.mark.parametrize(
    ("states", "worst"),
    [
        ((), ""),
        (("success", "skipped"), "success"),
        (("skipped",), "skipped"),
        (("success", "pending"), "pending"),
        (("pending", "warning"), "warning"),
        (("warning", "failure"), "failure"),
        (("success", "error"), "failure"),
        (("success", "bogus"), "failure"),
        (("success", ""), "failure"),
    ],
)
def test_the_worst_state_counts(states: tuple[str, ...], worst: str) -> None:
    found = tuple(parse_status(status(number, state)) for number, state in enumerate(states))

    assert combined_state(found) == worst


def test_the_commit_of_a_pull_request_must_be_a_commit_id() -> None:
    body = {**exchange("40", 22).body}
    body["head"] = {**body["head"], "sha": "--upload-pack=x"}

    with pytest.raises(forgejo.NotForgejoError, match="a whole object id"):
        paged(lambda _number: (body, None)).get_pull(1)


def test_no_pull_request_of_a_commit_is_not_an_unknown_repository() -> None:
    def answering(*errors: str) -> Repository:
        body = {"message": "The target couldn't be found.", "errors": list(errors)}
        return repository(client(lambda _request: httpx.Response(404, json=body)))

    assert answering("pull request does not exist [id: 0]").get_pulls_of_commit(SHA) == ()
    with pytest.raises(forgejo.NotFoundError):
        answering("repository does not exist").get_pulls_of_commit(SHA)
