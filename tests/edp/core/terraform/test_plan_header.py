"""Only a header that was written with the key is believed, and only as it was written."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edp.core.terraform.plan_header import (
    ReviewedPlans,
    content_of,
    header_line,
    is_plan_comment,
    read_header,
)
from edp.core.terraform.roots import TerraformRoot

KEY = b"a key that only trusted jobs have"
NETWORK, DATABASE = TerraformRoot("test", "network"), TerraformRoot("prod-eu1", "database")
PLANS = ReviewedPlans(
    repository="platform/edp",
    pull=12,
    head="0123456789abcdef0123456789abcdef01234567",
    digests=((NETWORK, "d1"), (DATABASE, "d2")),
    content="c0ffee",
)
LINE = header_line(PLANS, KEY)


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\ntext below\n"])
def test_a_header_is_read_as_it_was_written(end: str) -> None:
    assert read_header(LINE + end, KEY) == PLANS
    assert is_plan_comment(LINE + end)


def test_a_digest_is_found_by_its_terraform_root() -> None:
    assert PLANS.digest_of(NETWORK) == "d1"
    assert PLANS.digest_of(TerraformRoot("dev", "network")) == ""


def test_another_key_or_none_believes_nothing() -> None:
    assert read_header(LINE, b"another") is None
    assert read_header(LINE, b"") is None
    assert read_header(header_line(PLANS, b""), KEY) is None
    assert read_header(header_line(PLANS, b""), b"") is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("d1", "d9"),
        ("0123456789abcdef", "fedcba9876543210"),
        ('"pull":12', '"pull":13'),
        ("platform/edp", "platform/xyz"),
        ("test/network", "prod/network"),
        ("c0ffee", "c0ff33"),
        ('"version":1', '"version":2'),
        ('"kind":"plan"', '"kind":"note"'),
        ('"mac":"', '"mac":"0'),
        ('"mac"', '"cam"'),
        ('"roots":{', '"roots":{"test/more":"d3",'),
    ],
)
def test_a_header_that_somebody_edited_is_not_believed(old: str, new: str) -> None:
    assert old in LINE

    assert read_header(LINE.replace(old, new, 1), KEY) is None


@given(st.integers(0, len(LINE) - 1), st.characters())
def test_no_single_character_can_be_changed(position: int, character: str) -> None:
    edited = LINE[:position] + character + LINE[position + 1 :]

    found = read_header(edited, KEY)

    assert found is None or found == PLANS


@pytest.mark.parametrize(
    "body",
    [
        "",
        f"> {LINE}",
        f" {LINE}",
        f"text\n{LINE}",
        "<!-- edp:plan -->",
        "<!-- edp:plan [] -->",
        "<!-- edp:plan {} -->",
        '<!-- edp:plan {"mac": 7} -->',
        '<!-- edp:plan {"mac": "\\ud800é"} -->',
        "<!-- edp:plan {" + "[" * 100_000 + " -->",
        LINE[:-1],
    ],
    ids=range(11),
)
def test_anything_else_is_no_header(body: str) -> None:
    assert read_header(body, KEY) is None


@given(st.text())
def test_no_text_is_an_error(text: str) -> None:
    assert read_header(text, KEY) is None
    assert read_header(f"<!-- edp:plan {text} -->", KEY) is None


@pytest.mark.parametrize("change", [{"version": 2}, {"kind": "x"}, {"roots": []}, {"pull": "12"}])
def test_a_header_of_another_version_of_edp_is_not_read(change: dict[str, object]) -> None:
    from edp.core.terraform import plan_header

    fields = json.loads(LINE[len("<!-- edp:plan ") : -len(" -->")]) | change
    del fields["mac"]
    signed = fields | {"mac": plan_header._mac(fields, KEY)}

    assert read_header(f"<!-- edp:plan {json.dumps(signed)} -->", KEY) is None


def test_nothing_in_a_header_ends_its_comment() -> None:
    line = header_line(replace(PLANS, repository="a--><script>", content="-->\n"), KEY)

    assert line.count("-->") == 1
    assert "\n" not in line
    assert "<script" not in line


def test_the_content_can_be_read_without_a_key() -> None:
    assert content_of(LINE) == f"{PLANS.head}/c0ffee"
    assert content_of("something else") == ""
