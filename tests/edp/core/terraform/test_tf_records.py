"""Records of applies: bytes and back, and what of them is corrupt."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edp.core.ledger.documents import CorruptDocumentError
from edp.core.terraform.records import (
    Record,
    Result,
    read_record,
    record_bytes,
    record_path,
    root_of_record,
)
from edp.core.terraform.roots import TerraformRoot

ROOT = TerraformRoot("test", "network")
AT = datetime(2026, 11, 25, 10, 32, tzinfo=UTC)
SHA = "0123456789abcdef0123456789abcdef01234567"
RECORD = Record(
    root=ROOT,
    result=Result.APPLIED,
    inputs="1" * 64,
    commit=SHA,
    digest="d" * 64,
    rest=("a" * 32, "b" * 32),
    started_at=AT - timedelta(minutes=3),
    ended_at=AT,
    is_clean=True,
    pull=7,
    by="ada",
    run="12",
)


def changed(**values: object) -> bytes:
    return json.dumps({**json.loads(record_bytes(RECORD)), **values}).encode()


def without(name: str) -> bytes:
    document = json.loads(record_bytes(RECORD))
    del document[name]
    return json.dumps(document).encode()


# bytes and back


def test_a_record_can_be_read_by_people() -> None:
    document = json.loads(record_bytes(replace(RECORD, reason="afterwards it is drift")))

    assert document == {
        "schema": 1,
        "root": "test/network",
        "result": "applied",
        "inputs": "1" * 64,
        "commit": SHA,
        "digest": "d" * 64,
        "rest": ["a" * 32, "b" * 32],
        "startedAt": "2026-11-25T10:29:00Z",
        "endedAt": "2026-11-25T10:32:00Z",
        "clean": True,
        "pull": 7,
        "by": "ada",
        "run": "12",
        "reason": "afterwards it is drift",
    }


def test_every_field_of_a_record_is_written() -> None:
    assert len(json.loads(record_bytes(RECORD))) == len(fields(Record)) + len(["schema"])


def test_a_record_that_is_still_running_has_no_end() -> None:
    running = replace(RECORD, result=Result.RUNNING, ended_at=None, is_clean=False)

    assert json.loads(record_bytes(running))["endedAt"] is None
    assert read_record(record_bytes(running), ROOT) == running


moments = st.integers(0, 10**9).map(lambda seconds: AT + timedelta(microseconds=seconds))
marks = st.text("0123456789abcdef", min_size=32, max_size=32)
records = st.builds(
    Record,
    root=st.just(ROOT),
    result=st.sampled_from(Result),
    inputs=st.text(min_size=1),
    commit=st.text("0123456789abcdef", min_size=40, max_size=40),
    digest=st.text(),
    rest=st.lists(marks, max_size=5).map(tuple),
    started_at=moments,
    ended_at=moments,
    is_clean=st.booleans(),
    pull=st.integers(0, 10**9),
    by=st.sampled_from(["", "ada", "Grace Hopper"]),
    run=st.text(),
    reason=st.sampled_from(["", "the cloud said no", "it\u2019s over quota"]),
).map(lambda one: replace(one, ended_at=None) if one.result is Result.RUNNING else one)


@given(records)
def test_every_record_is_read_back_and_written_the_same(record: Record) -> None:
    content = record_bytes(record)

    assert read_record(content, ROOT) == record
    assert record_bytes(read_record(content, ROOT)) == content


@given(st.text(), st.text())
def test_what_others_say_is_one_harmless_line_and_stays_the_same(by: str, reason: str) -> None:
    content = record_bytes(replace(RECORD, by=by, reason=reason))

    found = read_record(content, ROOT)

    assert "\n" not in found.by + found.reason
    assert "\x1b" not in found.by + found.reason
    assert record_bytes(found) == content


def test_what_others_say_at_length_is_cut() -> None:
    record = replace(RECORD, by="a" * 1000, reason="e\x1b[2J\n" * 1000)

    found = read_record(record_bytes(record), ROOT)

    assert (len(found.by), len(found.reason)) == (100, 500)


def test_the_same_moment_in_another_zone_is_written_the_same() -> None:
    berlin = timezone(timedelta(hours=1))

    other = replace(RECORD, started_at=RECORD.started_at.astimezone(berlin))

    assert record_bytes(other) == record_bytes(RECORD)


def test_a_time_in_another_zone_is_read_as_the_moment_that_it_is() -> None:
    assert read_record(changed(endedAt="2026-11-25T11:32:00+01:00"), ROOT) == RECORD


def test_an_object_id_of_sha_256_is_a_commit_too() -> None:
    assert read_record(changed(commit="a" * 64), ROOT).commit == "a" * 64


# strictness


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"schema": 1, "pull": ' + b"9" * 5000 + b"}", "not JSON"),
        (b"<<<<<<< ours\n{}", "not JSON"),
        (record_bytes(RECORD)[:-10], "not JSON"),
        (b"[]", "not an object"),
        (b"null", "not an object"),
        (b"{}", "its schema is None, not 1"),
        (changed(schema=2), "its schema is 2, not 1"),
        (changed(schema="1"), "its schema is 1, not 1"),
        (changed(schema="\x1b[2J" + "x" * 500), r"its schema is x{19}…, not 1"),
        (b" " * (1024 * 1024 + 1), "too large"),
    ],
)
def test_what_is_no_document_of_this_schema_is_corrupt(content: bytes, problem: str) -> None:
    with pytest.raises(CorruptDocumentError, match=problem):
        read_record(content, ROOT)


@pytest.mark.parametrize("root", ["test/dns", "prod/network", "network", "", 7, None, ["test"]])
def test_a_record_of_another_root_is_corrupt(root: object) -> None:
    with pytest.raises(CorruptDocumentError, match="about something else"):
        read_record(changed(root=root), ROOT)


def test_a_record_that_stands_in_the_place_of_another_is_corrupt() -> None:
    with pytest.raises(CorruptDocumentError, match="about something else"):
        read_record(record_bytes(RECORD), TerraformRoot("prod", "network"))


@pytest.mark.parametrize("commit", ["", "main", SHA[:39], SHA + "0", SHA.upper(), f"{SHA}\n"])
def test_a_commit_that_is_no_object_id_is_corrupt(commit: str) -> None:
    with pytest.raises(CorruptDocumentError):
        read_record(changed(commit=commit), ROOT)


@pytest.mark.parametrize("name", sorted(json.loads(record_bytes(RECORD)).keys() - {"root"}))
def test_a_field_that_is_missing_makes_it_corrupt(name: str) -> None:
    with pytest.raises(CorruptDocumentError):
        read_record(without(name), ROOT)


WRONG = {
    "result": ["", "APPLIED", "fine", 1, None, ["applied"]],
    "inputs": [None, 7, ["1"]],
    "commit": [None, 7, [SHA]],
    "digest": [None, 7, {}],
    "rest": [None, "abc", {}, 7, [7], [None], [["a"]]],
    "startedAt": [None, 7, "", "yesterday", "2026-11-25T10:32:00", "9999-12-31T23:00:00-01:00"],
    "endedAt": [0, False, "", "soon", "2026-11-25T10:32:00", "0001-01-01T00:00:00+01:00"],
    "pull": [None, "7", 7.0, [7]],
    "by": [None, 7, ["ada"]],
    "run": [None, 12, True],
    "reason": [None, 7, []],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in WRONG.items() for value in values]
)
def test_a_field_of_another_kind_makes_it_corrupt(name: str, value: object) -> None:
    with pytest.raises(CorruptDocumentError, match=r"not a record of an apply: (Type|Value)Error"):
        read_record(changed(**{name: value}), ROOT)


@pytest.mark.parametrize("value", [False, None, 0, 1, "true", "false", [True]])
def test_nothing_but_true_says_that_it_was_clean(value: object) -> None:
    """Whether it is refused or read: it never opens the way to the next environment."""
    try:
        found = read_record(changed(clean=value), ROOT)
    except CorruptDocumentError:
        return
    assert not found.is_clean


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with pytest.raises(CorruptDocumentError):
        read_record(content, ROOT)


# paths


def test_a_record_has_its_place() -> None:
    assert record_path(ROOT) == "terraform/test/network.json"


names = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)


@given(st.builds(TerraformRoot, names, names))
def test_a_place_tells_which_root_it_is_about(root: TerraformRoot) -> None:
    assert root_of_record(record_path(root)) == root


@pytest.mark.parametrize(
    "path",
    [
        "",
        "terraform",
        "README.md",
        "audit/2026-11.jsonl",
        "evidence/test/network.json",
        "terraform/network.json",
        "terraform/test/network",
        "terraform/test/network.yaml",
        "terraform/test/network.json.json",
        "terraform/test/network.json\n",
        "terraform/test/eu1/network.json",
        "terraform/test/.json",
        "terraform//network.json",
        "terraform/../network.json",
        "terraform/test/...json",
        "terraform/Test/network.json",
        "terraform/test/-network.json",
        "/terraform/test/network.json",
        f"terraform/test/{'n' * 64}.json",
    ],
)
def test_any_other_path_is_no_place_of_a_record(path: str) -> None:
    assert root_of_record(path) is None


@pytest.mark.parametrize(
    "content",
    [
        without("root"),
        changed(endedAt=None),
        changed(result="running"),
        changed(clean="yes"),
        changed(pull=True),
        changed(pull=-1),
        changed(inputs=""),
        changed(more=1),
    ],
)
def test_what_nobody_would_have_written_is_corrupt(content: bytes) -> None:
    with pytest.raises(CorruptDocumentError):
        read_record(content, ROOT)
