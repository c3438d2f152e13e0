"""The ledger's documents: bytes and back, and what of them is corrupt."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edp.core.health.verdict import Health, Memory
from edp.core.ledger.documents import (
    Closed,
    CorruptDocumentError,
    closed_bytes,
    evidence_bytes,
    read_closed,
    read_cursor,
    read_evidence,
)
from edp.core.ledger.paths import audit_path, closed_path, evidence_path, parse_key
from edp.core.promotion.evidence import Continuity, Evidence, Interval

KEY = ("keycloak", "1.4.0", "test")
AT = datetime(2026, 11, 25, 10, 32, tzinfo=UTC)
SHA = "0123456789abcdef0123456789abcdef01234567"
EVIDENCE = Evidence(
    stack="keycloak",
    version="1.4.0",
    environment="test",
    commit=SHA,
    health=Health.GREEN,
    reason="healthy",
    observed_at=AT,
    memory=Memory(spec_key="a", spec_seen_at=AT, refresh_version="7"),
    intervals=(Interval(AT - timedelta(hours=3), AT - timedelta(hours=2)), Interval(AT, AT)),
    continuity=Continuity(None, AT),
)


def test_a_document_can_be_read_by_people() -> None:
    document = json.loads(evidence_bytes(EVIDENCE))

    assert document["schema"] == 1
    assert document["observedAt"] == "2026-11-25T10:32:00Z"
    assert document["intervals"][0] == {
        "from": "2026-11-25T07:32:00Z",
        "to": "2026-11-25T08:32:00Z",
    }
    assert document["continuity"] == {
        "operation_finished_at": None,
        "health_since": "2026-11-25T10:32:00Z",
    }


def test_evidence_is_read_back() -> None:
    assert read_evidence(evidence_bytes(EVIDENCE), KEY) == EVIDENCE


moments = st.integers(0, 10**9).map(lambda seconds: AT + timedelta(microseconds=seconds))
maybe = st.none() | moments
memories = st.builds(
    Memory,
    spec_key=st.text(max_size=8),
    spec_seen_at=maybe,
    waiting_since=maybe,
    compared_key=st.text(max_size=8),
    compared_seen_at=maybe,
    comparison_error_at=maybe,
    refresh_seen_at=maybe,
    refresh_version=st.text(max_size=8),
    missing_at=maybe,
    operation_finished_at=maybe,
    health_since=maybe,
)
intervals = st.lists(moments, max_size=10).map(
    lambda found: tuple(
        Interval(begin, end)
        for begin, end in zip(sorted(found)[::2], sorted(found)[1::2], strict=False)
    )
)
documents = st.builds(
    Evidence,
    stack=st.just("keycloak"),
    version=st.just("1.4.0"),
    environment=st.just("test"),
    commit=st.just(SHA),
    health=st.sampled_from(Health),
    reason=st.sampled_from(["", "healthy", "it\u2019s Degraded"]),
    observed_at=moments,
    memory=memories,
    intervals=intervals,
    continuity=st.none() | st.builds(Continuity, maybe, maybe),
)


@given(documents)
def test_every_evidence_is_read_back_and_written_the_same(evidence: Evidence) -> None:
    content = evidence_bytes(evidence)

    assert read_evidence(content, KEY) == evidence
    assert evidence_bytes(read_evidence(content, KEY)) == content


def changed(**values: object) -> bytes:
    return json.dumps({**json.loads(evidence_bytes(EVIDENCE)), **values}).encode()


def without(name: str) -> bytes:
    document = json.loads(evidence_bytes(EVIDENCE))
    del document[name]
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"<<<<<<< ours\n{}", "not JSON"),
        (b"[]", "not an object"),
        (b"7", "not an object"),
        (b"{}", "its schema is None, not 1"),
        (changed(schema=2), "its schema is 2, not 1"),
        (changed(schema="1"), "its schema is 1, not 1"),
        (b" " * (1024 * 1024 + 1), "too large"),
        (changed(stack="grafana"), "about something else"),
        (changed(version="1.4.1"), "about something else"),
        (changed(environment="prod"), "about something else"),
        (changed(commit="main"), "cannot be"),
        (changed(commit=SHA.upper()), "cannot be"),
        (changed(commit=7), "not evidence: TypeError"),
        (changed(health="fine"), "not evidence: ValueError"),
        (changed(observedAt="yesterday"), "not evidence: ValueError"),
        (changed(observedAt="2026-11-25T10:32:00"), "not evidence: ValueError"),
        (changed(observedAt="9999-12-31T23:00:00-01:00"), "not evidence: ValueError"),
        (changed(observedAt=None), "not evidence: TypeError"),
        (changed(intervals=None), "not evidence: TypeError"),
        (changed(intervals=[7]), "not evidence: TypeError"),
        (changed(intervals=[{}]), "not evidence: KeyError"),
        (
            changed(intervals=[{"from": "2026-11-25T10:32:00Z", "to": "2026-11-24T10:32:00Z"}]),
            "cannot be",
        ),
        (changed(memory=None), "not evidence: TypeError"),
        (changed(memory={"colour": "red"}), "not evidence: TypeError"),
        (changed(memory={"missing_at": 7}), "not evidence: TypeError"),
        (changed(continuity=[]), "not evidence: TypeError"),
        (changed(continuity={"health_since": None}), "not evidence: TypeError"),
        (without("reason"), "not evidence: KeyError"),
        (without("memory"), "not evidence: KeyError"),
    ],
)
def test_a_corrupt_document_speaks_for_nothing(content: bytes, problem: str) -> None:
    with pytest.raises(CorruptDocumentError, match=problem):
        read_evidence(content, KEY)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for read in (lambda: read_evidence(content, KEY), lambda: read_closed(content)):
        with pytest.raises(CorruptDocumentError):
            read()


def test_an_interval_may_not_reach_into_the_one_before() -> None:
    hours = ["08", "10", "09", "11"]
    times = [f"2026-11-25T{hour}:00:00Z" for hour in hours]
    spans = [{"from": times[0], "to": times[1]}, {"from": times[2], "to": times[3]}]

    with pytest.raises(CorruptDocumentError, match="cannot be"):
        read_evidence(changed(intervals=spans), KEY)


# closed promotions and the cursor


def test_a_closed_promotion_is_read_back() -> None:
    closed = Closed(7, "closed by ada", AT)

    assert read_closed(closed_bytes(closed)) == closed


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b'{"schema": 1}',
        b'{"schema": 1, "pull": "7", "reason": "x", "at": "2026-11-25T10:32:00Z"}',
        b'{"schema": 1, "pull": 7, "reason": null, "at": "2026-11-25T10:32:00Z"}',
        b'{"schema": 1, "pull": 7, "reason": "x", "at": "soon"}',
    ],
)
def test_anything_else_is_no_closed_promotion(content: bytes) -> None:
    with pytest.raises(CorruptDocumentError):
        read_closed(content)


def test_the_cursor_is_a_commit() -> None:
    assert read_cursor(f"{SHA}\n".encode()) == SHA


@pytest.mark.parametrize("content", [b"", b"main", SHA[:39].encode(), b"\xff" * 40])
def test_anything_else_is_no_cursor(content: bytes) -> None:
    with pytest.raises(CorruptDocumentError, match="not a commit id"):
        read_cursor(content)


# paths


def test_each_document_has_its_place() -> None:
    assert evidence_path(KEY) == "evidence/keycloak/1.4.0/test.json"
    assert closed_path(KEY) == "closed/keycloak/1.4.0/test.json"
    assert audit_path(AT) == "audit/2026-11.jsonl"


def test_a_place_tells_what_it_is_about() -> None:
    assert parse_key(evidence_path(KEY), "evidence") == KEY
    assert parse_key(closed_path(KEY), "closed") == KEY


@pytest.mark.parametrize(
    "path",
    [
        "",
        "README.md",
        "closed/keycloak/1.4.0/test.json",
        "evidence/keycloak/1.4.0/test",
        "evidence/keycloak/1.4.0/test.yaml",
        "evidence/keycloak/1.4.0/x/test.json",
        "evidence/keycloak/latest/test.json",
        "evidence/Keycloak/1.4.0/test.json",
        "evidence/keycloak/1.4.0/..json",
        "evidence/../1.4.0/test.json",
    ],
)
def test_any_other_path_is_no_place_of_evidence(path: str) -> None:
    assert parse_key(path, "evidence") is None
