"""Lists are lazy and whole: all items, or an error; never fewer."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpx
import pytest
from forgejo_recordings import FakeTime, client, exchange, pull_request, repository
from hypothesis import given, settings
from hypothesis import strategies as st

import forgejo
from forgejo import Label, PaginatedList
from forgejo.paging import Listing, Page


@dataclass
class Shelf:
    """A server with one list of labels; `clamp` is the most it gives at once."""

    ids: list[int]
    clamp: int = 50
    total: Callable[[list[int]], int] = len
    before_page: Callable[["Shelf", int], httpx.Response | None] = lambda _shelf, _page: None
    asked: list[int] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        self.asked.append(page)
        instead = self.before_page(self, len(self.asked))
        if instead is not None:
            return instead
        size = min(int(request.url.params["limit"]), self.clamp)
        found = self.ids[(page - 1) * size : page * size]
        return answer([label(number) for number in found], self.total(self.ids))

    def labels(self, time: FakeTime | None = None) -> PaginatedList[Label]:
        return repository(client(self, time)).get_labels()


def label(number: int) -> dict[str, object]:
    return {"id": number, "name": f"l{number}", "color": "00aabb", "description": ""}


def answer(body: object, total: int | None = None) -> httpx.Response:
    headers = {"Content-Type": "application/json"}
    if total is not None:
        headers["X-Total-Count"] = str(total)
    return httpx.Response(200, content=json.dumps(body), headers=headers)


def ids(labels: PaginatedList[Label]) -> list[int]:
    return [one.id for one in labels]


@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 100, 101, 137])
@pytest.mark.parametrize("clamp", [50, 30, 7])
def test_all_items_are_read_whatever_the_server_gives_at_once(count: int, clamp: int) -> None:
    shelf = Shelf(list(range(count)), clamp=clamp)

    assert ids(shelf.labels()) == list(range(count))


def test_nothing_is_read_before_it_is_needed() -> None:
    shelf = Shelf(list(range(120)))
    labels = shelf.labels()

    assert shelf.asked == []
    assert labels[3].id == 3
    assert shelf.asked == [1]
    assert labels[70].id == 70
    assert shelf.asked == [1, 2]
    assert repr(labels) == "<PaginatedList: 100 items, not all read>"


def test_a_list_is_read_once_and_then_remembered() -> None:
    shelf = Shelf(list(range(60)))
    labels = shelf.labels()

    assert ids(labels) == ids(labels)
    assert labels.total_count == 60
    assert labels[-1].id == 59
    assert [one.id for one in labels[58:]] == [58, 59]
    assert shelf.asked == [1, 2]
    assert repr(labels) == "<PaginatedList: 60 items, all read>"


def test_an_index_past_the_end_is_an_index_error() -> None:
    with pytest.raises(IndexError):
        Shelf([1, 2]).labels()[2]


def test_a_page_that_fails_once_is_read_again() -> None:
    def fail_once(_shelf: Shelf, count: int) -> httpx.Response | None:
        return httpx.Response(502) if count == 2 else None

    shelf = Shelf(list(range(120)), before_page=fail_once)

    assert ids(shelf.labels()) == list(range(120))
    assert shelf.asked == [1, 2, 2, 3]


def test_a_page_that_keeps_failing_raises_after_the_items_before_it() -> None:
    def fail(_shelf: Shelf, count: int) -> httpx.Response | None:
        return httpx.Response(502) if count >= 2 else None

    labels = iter(Shelf(list(range(120)), before_page=fail).labels())
    seen = [next(labels).id for _ in range(50)]

    with pytest.raises(forgejo.ServerError):
        next(labels)
    assert seen == list(range(50))


def test_a_page_that_comes_back_empty_is_silent_truncation() -> None:
    def empty(shelf: Shelf, count: int) -> httpx.Response | None:
        return answer([], len(shelf.ids)) if count % 2 == 0 else None

    with pytest.raises(forgejo.IncompleteListError, match=r"read 50 items .* says it has 120"):
        ids(Shelf(list(range(120)), before_page=empty).labels())


def test_a_page_that_comes_back_short_is_silent_truncation() -> None:
    def short(shelf: Shelf, count: int) -> httpx.Response | None:
        return answer([label(50)], len(shelf.ids)) if count % 3 == 2 else None

    with pytest.raises(forgejo.IncompleteListError):
        ids(Shelf(list(range(120)), before_page=short).labels())


def test_a_total_above_what_there_is_raises() -> None:
    with pytest.raises(forgejo.IncompleteListError):
        ids(Shelf(list(range(10)), total=lambda found: len(found) + 1).labels())


def test_a_total_below_what_there_is_raises() -> None:
    with pytest.raises(forgejo.IncompleteListError):
        ids(Shelf(list(range(10)), total=lambda found: len(found) - 1).labels())


def test_a_list_without_its_total_raises() -> None:
    api = client(lambda _request: answer([label(1)]))

    with pytest.raises(forgejo.IncompleteListError, match="did not say how many"):
        ids(repository(api).get_labels())


@pytest.mark.parametrize("total", ["many", "-1", "1, 1", "1.0", "²"])
def test_a_total_that_is_no_number_raises(total: str) -> None:
    headers = [(b"X-Total-Count", total.encode())]
    api = client(lambda _request: httpx.Response(200, json=[label(1)], headers=headers))

    with pytest.raises(forgejo.NotForgejoError, match="X-Total-Count"):
        ids(repository(api).get_labels())


def test_null_is_an_empty_list_only_if_the_total_says_so() -> None:
    empty = client(lambda _request: answer(None, 0))
    broken = client(lambda _request: answer(None, 3))

    assert ids(repository(empty).get_labels()) == []
    with pytest.raises(forgejo.NotForgejoError):
        ids(repository(broken).get_labels())


def test_an_item_removed_while_reading_makes_it_read_again() -> None:
    def remove(shelf: Shelf, count: int) -> None:
        if count == 2:
            shelf.ids.remove(10)

    shelf = Shelf(list(range(120)), before_page=remove)

    found = ids(shelf.labels())

    assert set(found) >= set(shelf.ids)
    assert len(found) == len(set(found))
    assert shelf.asked == [1, 2, 3, 1, 2, 3]


def test_an_item_added_in_front_while_reading_is_found_and_none_comes_twice() -> None:
    def add(shelf: Shelf, count: int) -> None:
        if count == 2:
            shelf.ids.insert(0, 999)

    shelf = Shelf(list(range(120)), before_page=add)

    found = ids(shelf.labels())

    assert sorted(found) == [*range(120), 999]


def test_a_list_that_never_stands_still_is_given_up_after_three_passes() -> None:
    def grow(shelf: Shelf, count: int) -> None:
        shelf.ids.append(1000 + count)

    shelf = Shelf(list(range(120)), before_page=grow)

    with pytest.raises(forgejo.IncompleteListError):
        ids(shelf.labels())
    assert len(shelf.asked) == 9


def test_an_endless_list_is_given_up() -> None:
    endless = Listing(lambda number: Page((number,), 10**9), lambda item: item)

    with pytest.raises(forgejo.IncompleteListError, match="1000 pages"):
        list(PaginatedList(endless))


def test_items_that_the_server_repeats_come_once() -> None:
    assert ids(Shelf([1, 2, 2, 3]).labels()) == [1, 2, 3]


@settings(deadline=None)
@given(st.integers(0, 130), st.integers(1, 50), st.lists(st.integers(1, 12), max_size=4))
def test_a_list_is_whole_or_an_error_however_items_come_and_go(
    count: int, clamp: int, changes: list[int]
) -> None:
    stayed = set(range(count))

    def change(shelf: Shelf, number: int) -> None:
        if number in changes:
            shelf.ids.insert(0, 1000 + number)

    shelf = Shelf(list(range(count)), clamp=clamp, before_page=change)
    try:
        found = ids(shelf.labels())
    except forgejo.IncompleteListError:
        return

    assert set(found) >= stayed
    assert len(found) == len(set(found))


def pulls_page() -> Iterator[dict[str, object]]:
    body = exchange("40", 22).body
    for number, base, label_, state in (
        (1, "main", "promote/web/test", "open"),
        (2, "release", "promote/web/test", "open"),
        (3, "main", "promote/web/prod", "open"),
        (4, "main", "promote/web/test", "closed"),
    ):
        yield {
            **body,
            "id": number,
            "number": number,
            "state": state,
            "base": {**body["base"], "ref": base},
            "head": {**body["head"], "label": label_},
        }


def test_filters_that_an_old_server_ignores_are_applied_here() -> None:
    rows = list(pulls_page())
    asked: list[str] = []

    def ignoring(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.query.decode())
        return answer(rows, len(rows))

    found = repository(client(ignoring)).get_pulls(base="main", head="promote/web/test")

    assert [pull.number for pull in found] == [1]
    assert asked == ["state=open&base=main&head=promote%2Fweb%2Ftest&limit=50&page=1"]


def test_issues_are_filtered_here_because_an_unknown_label_returns_everything() -> None:
    issue = exchange("34", 7).body
    drift = {**label(1), "name": "drift"}
    rows = [
        {**issue, "id": 1, "number": 1, "labels": [drift]},
        {**issue, "id": 2, "number": 2, "labels": []},
        {**issue, "id": 3, "number": 3, "labels": [drift], "pull_request": {"merged": False}},
        {**issue, "id": 4, "number": 4, "labels": [drift], "state": "closed"},
        {**issue, "id": 5, "number": 5, "labels": [drift], "user": {**issue["user"], "login": "x"}},
    ]
    api = client(lambda _request: answer(rows, len(rows)))
    login = issue["user"]["login"].upper()

    found = repository(api).get_issues(labels=("drift",), created_by=login)

    assert [one.number for one in found] == [1]


def test_comments_come_at_once_but_must_all_be_there() -> None:
    comment = exchange("34", 44).body
    rows = [{**comment, "id": number} for number in range(120)]
    whole = client(lambda _request: answer(rows, 120))
    cut = client(lambda _request: answer(rows[:100], 120))

    assert pull_request(whole).get_issue_comments().total_count == 120
    with pytest.raises(forgejo.IncompleteListError):
        list(pull_request(cut).get_issue_comments())
