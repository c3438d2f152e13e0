"""An edit that does more than it says is refused."""

import pytest

from edp.core.yaml.proof import Edit, apply_proven
from edp.core.yaml.source import YamlError, decode, parse
from edp.core.yaml.written import Written

CONTENT = b"a: &x 1\nb: one\nc: *x\n---\n- d\n"
VALUE_OF_B = 6


def applied(text: str, *, value: str = "two", style: str = "") -> bytes:
    source = decode(CONTENT, path="file.yaml")
    edit = Edit(11, 14, text, value, Written(text, style))
    return apply_proven(source, list(parse(source)), edit, at=VALUE_OF_B, is_new=False)


def test_an_edit_that_holds_is_applied() -> None:
    assert applied("two") == CONTENT.replace(b"one", b"two")


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("three", ""),
        ("two\nd: e", ""),
        ("[two]", ""),
        ("&y two", ""),
        ("!x two", ""),
        ("*x", ""),
        ("'two'", '"'),
        ("'two", "'"),
        ("two\n---\n", ""),
        ("two\nc: &x 1\nd:", ""),
    ],
)
def test_an_edit_that_changes_anything_else_is_refused(text: str, style: str) -> None:
    with pytest.raises(YamlError, match="could not be proven") as caught:
        applied(text, style=style)

    assert caught.value.line == 2
