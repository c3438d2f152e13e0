"""Untrusted text is harmless where it is shown: terminals, workflow logs, Markdown."""

import base64
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edp.text import (
    REDACTED,
    code,
    did_you_mean,
    fence,
    markdown,
    neutralise,
    one_line,
    redact,
    title,
)

TOKEN = "3f9a1c7e5b2d4860a1b2c3d4e5f60718293a4b5c"


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("plain\ttext\nand more", "plain\ttext\nand more"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07rest", "rest"),
        ("\x1b]8;;http://x\x1b\\link", "link"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("a\x00b\x08c\x9bd", "a?b?c?d"),
        ("left\u202eright\u2066x\u200b\ufeff", "left?right?x??"),
        ("tag \U000e0041", "tag ?"),
        ("::add-mask::x", "|::add-mask::x"),
        ("  ::error::x\n##[group]y", "  |::error::x\n|##[group]y"),
        ("Zürich → 東京", "Zürich → 東京"),
    ],
)
def test_text_loses_what_a_terminal_or_a_runner_would_obey(text: str, harmless: str) -> None:
    assert neutralise(text) == harmless


@given(st.text())
def test_no_text_keeps_a_control_or_format_character(text: str) -> None:
    categories = {unicodedata.category(one) for one in neutralise(text) if one not in "\n\t"}

    assert "Cc" not in categories
    assert not any(line.lstrip().startswith("::") for line in neutralise(text).split("\n"))


def test_one_line_is_one_line_of_bounded_length() -> None:
    assert one_line("  a\n\n b\tc ") == "a b c"
    assert one_line("x" * 500, limit=10) == "xxxxxxxxx…"


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("*bold* _it_ `code`", "\\*bold\\* \\_it\\_ \\`code\\`"),
        ("[x](http://y)", "\\[x\\]\\(http\\:\\/\\/y\\)"),
        ("<img src=x>", "\\<img src\\=x\\>"),
        ("@alice", "@\u200dalice"),
        ("fixes #1", "fixes \\#1"),
        ("a | b", "a \\| b"),
        ("one\ntwo", "one two"),
    ],
)
def test_nothing_is_markup_a_mention_or_a_reference(text: str, escaped: str) -> None:
    assert markdown(text) == escaped


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("plain", "`plain`"),
        ("a`b", "``a`b``"),
        ("`a", "`` `a ``"),
        ("``", "``` `` ```"),
        ("", "`  `"),
        ("a|b", "`a¦b`"),
    ],
)
def test_a_code_span_ends_where_its_text_ends(text: str, span: str) -> None:
    assert code(text) == span


@given(st.text(alphabet="`ab\n~", max_size=40))
def test_a_code_block_cannot_be_ended_by_its_text(text: str) -> None:
    first, *body, last = fence(text).split("\n")

    assert first == last
    assert all(line.strip() != first and not line.lstrip().startswith(first) for line in body)


def test_a_code_block_has_its_language() -> None:
    assert fence("a: 1\n", "yaml") == "```yaml\na: 1\n```"


def test_a_title_has_plain_characters_only() -> None:
    assert title("Promote web 1.0 → 1.1 to prod-eu1") == "Promote web 1.0 → 1.1 to prod-eu1"
    assert title("a `b` <c> @d\n#e") == "a b c d e"
    assert title("x" * 200).endswith("…")
    assert len(title("x" * 200)) == 120


def test_a_near_word_is_proposed_and_a_far_one_is_not() -> None:
    assert did_you_mean("sok", ["soak", "approvals"]) == 'did you mean "soak"?'
    assert did_you_mean("zzz", ["soak", "approvals"]) == ""


@pytest.mark.parametrize(
    "shown",
    [
        TOKEN,
        TOKEN.upper(),
        base64.b64encode(f"edp-bot:{TOKEN}".encode()).decode(),
        base64.b64encode(f"x{TOKEN}".encode()).decode(),
        TOKEN.encode().hex(),
    ],
)
def test_a_secret_is_taken_out_in_every_form_in_which_it_travels(shown: str) -> None:
    text = redact(f"before {shown} after", [TOKEN])

    assert TOKEN.lower() not in text.lower()
    assert REDACTED in text
    assert text.startswith("before ")
    assert text.endswith(" after")


def test_without_secrets_nothing_is_redacted() -> None:
    assert redact(f"{TOKEN} /srv/git/x.git", []) == f"{TOKEN} /srv/git/x.git"
    assert redact("text", [""]) == "text"
