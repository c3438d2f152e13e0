"""Answers that are not what they should be are typed errors; what is merely new is ignored."""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from forgejo_recordings import Exchange, client, exchange, issue, pull_request, repository
from hypothesis import given, settings
from hypothesis import strategies as st

import forgejo
from forgejo import Forgejo, ForgejoError

SHA = "df3899c0abb0986d1b814ef6a54536250d98544c"


@dataclass(frozen=True)
class Sample:
    """A recorded answer and the call that reads it."""

    seen: Exchange
    read: Callable[[Forgejo], Any]

    def read_from(self, body: Any, total: int | None = None) -> Any:
        def serve(request: httpx.Request) -> httpx.Response:
            is_first = request.url.params.get("page", "1") == "1"
            headers = {"content-type": "application/json"}
            if total is not None:
                headers["x-total-count"] = str(total)
            sent = body if is_first else b"[]"
            return httpx.Response(self.seen.status, content=sent, headers=headers)

        return self.read(client(serve, retry_budget=0.0))


SAMPLES = {
    "version": Sample(exchange("40", 0), lambda api: api.get_version()),
    "repository": Sample(exchange("40", 1), lambda api: api.get_repo("platform/flow")),
    "branch": Sample(exchange("40", 2), lambda api: repository(api).get_branch("main")),
    "tree": Sample(exchange("40", 3), lambda api: repository(api).get_git_tree("main")),
    "file": Sample(exchange("40", 4), lambda api: repository(api).get_file("a")),
    "pull": Sample(exchange("40", 22), lambda api: repository(api).get_pull(1)),
    "pulls": Sample(exchange("40", 14), lambda api: list(repository(api).get_pulls())),
    "commit": Sample(exchange("40", 26), lambda api: repository(api).get_commit("main")),
    "status": Sample(exchange("40", 21), lambda api: repository(api).get_combined_status(SHA)),
    "comments": Sample(exchange("40", 19), lambda api: list(issue(api).get_comments())),
    "issue": Sample(exchange("34", 7), lambda api: repository(api).get_issue(1)),
    "review": Sample(
        exchange("63", 16), lambda api: pull_request(api).create_review(event="APPROVED")
    ),
    "reviews": Sample(exchange("63", 10), lambda api: list(pull_request(api).get_reviews())),
    "protection": Sample(
        exchange("31", 10), lambda api: repository(api).get_branch_protection("main")
    ),
}
each_sample = pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)


def encoded(body: Any) -> bytes:
    return json.dumps(body).encode()


@each_sample
def test_unknown_keys_change_nothing(sample: Sample) -> None:
    with_more = copy.deepcopy(sample.seen.body)
    for spot in objects_in(with_more):
        spot["added_in_v99"] = {"deep": [None]}

    before = sample.read_from(encoded(sample.seen.body), sample.seen.total)
    after = sample.read_from(encoded(with_more), sample.seen.total)

    assert after == before


def objects_in(body: Any) -> Iterator[dict[str, Any]]:
    if isinstance(body, dict):
        for value in list(body.values()):
            yield from objects_in(value)
        yield body
    elif isinstance(body, list):
        for value in body:
            yield from objects_in(value)


NONSENSE: tuple[bytes, ...] = (
    b"", b"{", b"[", b"null", b"true", b"1", b'"x"', b"[]", b"{}", b"[null]", b"[[]]", b"[{}]",
    b"NaN", b'{"a": NaN}', b'{"id": 1, "id": 2}', b"\xff\xfe", b"\xef\xbb\xbf{}", b"{}{}",
    b"[" * 100_000, b'{"a":' * 5000 + b"1" + b"}" * 5000, b"9" * 5000, b'"\\ud800"',
    b'{"message": "\\ud800"}', b"<html></html>", b"\0",
)  # fmt: skip


@each_sample
def test_nonsense_is_a_typed_error(sample: Sample) -> None:
    for nonsense in NONSENSE:
        try:
            result = sample.read_from(nonsense, 1)
        except ForgejoError:
            continue
        raise AssertionError(f"{nonsense[:20]!r} was read as {result!r}")


def spots_in(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = body.items() if isinstance(body, dict) else enumerate(body)
    for key, value in items:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from spots_in(value, (*path, key))


STRANGE: tuple[Any, ...] = (None, True, 0, -1, 1.5, "", "x", "\u202e", [], {}, [None], 10**30)


@each_sample
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_value_of_another_type_is_read_or_a_typed_error(
    sample: Sample, data: st.DataObject
) -> None:
    body = copy.deepcopy(sample.seen.body)
    *parents, last = data.draw(st.sampled_from(list(spots_in(body))))
    spot = body
    for key in parents:
        spot = spot[key]
    if data.draw(st.booleans()):
        spot[last] = data.draw(st.sampled_from(STRANGE))
    else:
        del spot[last]

    try:
        sample.read_from(encoded(body), sample.seen.total)
    except ForgejoError:
        """A typed error is as good as a result; nothing else may come out."""


def test_half_a_character_is_refused_and_a_whole_pair_is_read() -> None:
    body = {**exchange("40", 22).body, "title": "\ud83d\ude80"}
    half = encoded(body).replace(b"\\ude80", b"")

    assert SAMPLES["pull"].read_from(encoded(body)).title == "🚀"
    with pytest.raises(forgejo.NotForgejoError, match="UnicodeEncodeError"):
        SAMPLES["pull"].read_from(half)


def test_a_missing_key_is_named() -> None:
    body = {**exchange("40", 22).body}
    del body["merge_base"]

    with pytest.raises(forgejo.NotForgejoError, match='pull request: the key "merge_base"'):
        SAMPLES["pull"].read_from(encoded(body))


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("number", "1", "expected a whole number, found str"),
        ("number", True, "expected a whole number, found bool"),
        ("title", None, "expected text, found null"),
        ("merged", "no", "expected true or false, found str"),
        ("created_at", "yesterday", "expected a time, found str"),
        ("created_at", "2026-11-24T12:00:00", "expected a time with its zone"),
        ("head", [], "expected a head of a pull request, found list"),
        ("labels", {}, "expected a list of pull request.labels, found dict"),
        ("user", None, "expected a user, found null"),
    ],
)
def test_a_key_of_the_wrong_type_is_named(key: str, value: Any, said: str) -> None:
    body = {**exchange("40", 22).body, key: value}

    with pytest.raises(forgejo.NotForgejoError, match=said):
        SAMPLES["pull"].read_from(encoded(body))


@pytest.mark.parametrize(
    "key", ["merged_at", "merged_by", "merge_commit_sha", "changed_files", "closed_at", "labels"]
)
def test_what_a_server_may_leave_out_may_also_be_null(key: str) -> None:
    missing = {**exchange("40", 22).body}
    null = {**missing, key: None}
    missing.pop(key, None)

    read = SAMPLES["pull"].read_from

    assert read(encoded(missing)) == read(encoded(null))
    assert getattr(read(encoded(null)), key) in (None, ())


@pytest.mark.parametrize("zero", ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", None])
def test_the_zero_of_go_is_no_time(zero: str | None) -> None:
    body = {**exchange("40", 22).body, "closed_at": zero}

    assert SAMPLES["pull"].read_from(encoded(body)).closed_at is None


@pytest.mark.parametrize("kind", ["text/html", "text/plain", "", "application/jsonx", "a/json"])
def test_an_answer_that_does_not_declare_json_is_not_read(kind: str) -> None:
    body = encoded({"version": "17"})

    with pytest.raises(forgejo.NotForgejoError, match="expected JSON"):
        client(
            lambda _request: httpx.Response(200, content=body, headers={"content-type": kind})
        ).get_version()


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON ; charset=utf-8"])
def test_json_may_name_its_charset(kind: str) -> None:
    body = encoded({"version": "v17.1"})
    answer = httpx.Response(200, content=body, headers={"content-type": kind})

    assert client(lambda _request: answer).get_version().major == 17


@pytest.mark.parametrize(
    ("text", "major"),
    [("17.0.0-dev+gitea-1.22.0", 17), ("v15.0", 15), ("9", 9), ("dev", 0), ("", 0), ("٣.1", 0)],
)
def test_a_version_without_a_number_is_the_oldest(text: str, major: int) -> None:
    version = client(lambda _request: httpx.Response(200, json={"version": text})).get_version()

    assert version.major == major
    assert str(version) == text


ERRORS: tuple[tuple[int, bytes, str, type[ForgejoError]], ...] = (
    (400, b"", "", forgejo.ValidationError),
    (401, b"<html>", "text/html", forgejo.AuthenticationError),
    (403, b"", "", forgejo.ForbiddenError),
    (403, b"null", "application/json", forgejo.ForbiddenError),
    (403, b'{"message": 5, "errors": "x"}', "application/json", forgejo.ForbiddenError),
    (404, b"null", "application/json", forgejo.NotFoundError),
    (404, b"{", "application/json", forgejo.NotForgejoError),
    (404, b"404 page not found\n", "text/plain", forgejo.UnsupportedError),
    (404, b"<html>", "text/html", forgejo.NotForgejoError),
    (405, b"", "", forgejo.UnsupportedError),
    (409, b"", "", forgejo.ConflictError),
    (418, b"", "", forgejo.ValidationError),
    (423, b"", "", forgejo.ArchivedError),
    (500, b'{"message": ""}', "application/json", forgejo.ServerError),
    (501, b"", "", forgejo.ServerError),
    (599, b"", "", forgejo.ServerError),
)


@pytest.mark.parametrize(("status", "body", "kind", "error"), ERRORS)
def test_an_error_with_any_body_has_its_type_and_a_text(
    status: int, body: bytes, kind: str, error: type[ForgejoError]
) -> None:
    answer = httpx.Response(status, content=body, headers={"content-type": kind})

    with pytest.raises(ForgejoError) as caught:
        client(lambda _request: answer, retry_budget=0.0).get_user()

    assert type(caught.value) is error
    assert caught.value.status == status
    assert str(caught.value).startswith(f"GET /user: {status} ")
    assert len(caught.value.message) > 3


def test_the_scopes_that_a_token_lacks_are_named() -> None:
    text = "token does not have at least one of required scope(s): [write:issue, read:user]"
    answer = httpx.Response(403, json={"message": text})

    with pytest.raises(forgejo.ScopeError) as caught:
        client(lambda _request: answer).get_user()

    assert caught.value.scopes == ("write:issue", "read:user")


def test_without_a_token_no_authorization_is_sent() -> None:
    seen: list[httpx.Headers] = []

    def keep(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers)
        return httpx.Response(200, json={"version": "17"})

    Forgejo("https://forgejo.example", transport=httpx.MockTransport(keep)).get_version()

    assert "authorization" not in seen[0]


def test_an_older_server_answers_a_dispatch_with_nothing() -> None:
    api = client(lambda _request: httpx.Response(204))

    assert repository(api).dispatch_workflow("plan.yaml", ref="main") is None
