"""One string changes its bytes only, or the edit is refused with file and line."""

from itertools import pairwise

import pytest

from edp.core.yaml.pin_edit import read_scalar, splice_scalar
from edp.core.yaml.reader import YamlError

KEYS = ("spec", "pin")
PIN = "refs/tags/web/v1.4.0"
LONG = b"x" * 5000


def pinned(content: bytes, value: str = PIN) -> bytes:
    return splice_scalar(content, KEYS, value, path="dev/web.yaml")


def refusal(content: bytes, value: str = PIN) -> YamlError:
    with pytest.raises(YamlError) as caught:
        pinned(content, value)
    return caught.value


BYTE_EXACT = {
    "trailing comment": (b"spec:\n  pin: a # c\n", b"spec:\n  pin: @ # c\n"),
    "tab before comment": (b"spec:\n  pin: a\t# c\n", b"spec:\n  pin: @\t# c\n"),
    "CRLF": (b"spec:\r\n  pin: a\r\n  b: c\r\n", b"spec:\r\n  pin: @\r\n  b: c\r\n"),
    "CR only": (b"spec:\r  pin: a\r  b: c\r", b"spec:\r  pin: @\r  b: c\r"),
    "mixed line breaks": (b"a: b\nspec:\r\n  pin: a\r\n", b"a: b\nspec:\r\n  pin: @\r\n"),
    "BOM": (b"\xef\xbb\xbfspec:\n  pin: a\n", b"\xef\xbb\xbfspec:\n  pin: @\n"),
    "emoji before the value": (
        "a: 🚀é\nspec: {b: 🚀, pin: a}\n".encode(),
        "a: 🚀é\nspec: {b: 🚀, pin: @}\n".encode(),
    ),
    "no final newline": (b"spec:\n  pin: a", b"spec:\n  pin: @"),
    "document markers": (b"---\nspec:\n  pin: a\n...\n", b"---\nspec:\n  pin: @\n...\n"),
    "directive": (b"%YAML 1.1\n---\nspec:\n  pin: a\n", b"%YAML 1.1\n---\nspec:\n  pin: @\n"),
    "second document": (b"spec: {pin: a}\n---\nb: c\n", b"spec: {pin: @}\n---\nb: c\n"),
    "in the second document": (
        b"spec: 1\n---\nspec: {pin: a}\n",
        b"spec: 1\n---\nspec: {pin: @}\n",
    ),
    "flow map": (b"spec: {pin: a, b: c}\n", b"spec: {pin: @, b: c}\n"),
    "flow map over lines": (b"spec: {\n  pin: a,\n b: c}\n", b"spec: {\n  pin: @,\n b: c}\n"),
    "JSON": (b'{"spec":{"pin":"a","b":[1]}}', b'{"spec":{"pin":"@","b":[1]}}'),
    "list at indent 0 before": (
        b"a:\n- b: c\n-  d\nspec:\n  pin: a\n",
        b"a:\n- b: c\n-  d\nspec:\n  pin: @\n",
    ),
    "explicit key": (b"spec:\n  ? pin\n  : a\n", b"spec:\n  ? pin\n  : @\n"),
    "explicit key, no value": (b"spec:\n  ? pin\n  :\n", b"spec:\n  ? pin\n  : @\n"),
    "single quotes": (b"spec:\n  pin: 'it''s'  # c\n", b"spec:\n  pin: '@'  # c\n"),
    "double quotes": (b'spec:\n  pin: "a\\t\\u00e9"\n', b'spec:\n  pin: "@"\n'),
    "quoted keys": (b"\"spec\":\n  'pin': a\n", b"\"spec\":\n  'pin': @\n"),
    "anchor": (b"spec:\n  pin: &x  a # c\n", b"spec:\n  pin: &x  @ # c\n"),
    "anchor of a quoted value": (b"spec:\n  pin: &x 'a'\n", b"spec:\n  pin: &x '@'\n"),
    "anchor without value": (b"spec:\n  pin: &x # c\n", b"spec:\n  pin: &x @ # c\n"),
    "anchor of a parent": (b"spec: &s\n  pin: a\n", b"spec: &s\n  pin: @\n"),
    "anchor of a key": (b"spec:\n  &k pin: a\n", b"spec:\n  &k pin: @\n"),
    "alias elsewhere": (b"a: &x 1\nb: *x\nspec:\n  pin: a\n", b"a: &x 1\nb: *x\nspec:\n  pin: @\n"),
    "the anchor's name in another document": (
        b"spec:\n  pin: &x a\n---\na: &x 1\nb: *x\n",
        b"spec:\n  pin: &x @\n---\na: &x 1\nb: *x\n",
    ),
    "merge key beside it": (
        b"a: &x {pin: b}\nspec: {<<: *x, pin: a}\n",
        b"a: &x {pin: b}\nspec: {<<: *x, pin: @}\n",
    ),
    "tag elsewhere": (b"a: !x y\nspec:\n  pin: a\n", b"a: !x y\nspec:\n  pin: @\n"),
    "empty": (b"spec:\n  pin:\n  b: c\n", b"spec:\n  pin: @\n  b: c\n"),
    "empty with comment": (b"spec:\n  pin:   # c\n", b"spec:\n  pin: @   # c\n"),
    "empty at the end": (b"spec:\n  pin:", b"spec:\n  pin: @"),
    "empty above a comment": (b"spec:\n  pin:\n    # c\n", b"spec:\n  pin: @\n    # c\n"),
    "empty in flow": (b"spec: {pin: , b: c}\n", b"spec: {pin: @ , b: c}\n"),
    "empty last in flow": (b"spec: {pin: }\n", b"spec: {pin: @ }\n"),
    "empty in JSON": (b'{"spec": {"pin":}}\n', b'{"spec": {"pin": @}}\n'),
    "empty in quotes": (b'spec: {pin: ""}\n', b'spec: {pin: "@"}\n'),
    "tilde": (b"spec:\n  pin: ~ # c\n", b"spec:\n  pin: @ # c\n"),
    "null": (b"spec:\n  pin: null\n", b"spec:\n  pin: @\n"),
    "number": (b"spec:\n  pin: 1.10\n", b"spec:\n  pin: @\n"),
    "not a number": (b"spec:\n  pin: .nan\n", b"spec:\n  pin: @\n"),
    "trailing blanks": (b"spec:\n  pin: a  \t \n  b: c\n", b"spec:\n  pin: @  \t \n  b: c\n"),
    "blank lines": (b"\n\nspec:\n\n  pin: a\n\n\n", b"\n\nspec:\n\n  pin: @\n\n\n"),
    "quoted template": (b"spec:\n  pin: '{{ .Values.x }}'\n", b"spec:\n  pin: '@'\n"),
    "very long lines": (
        b"a: " + LONG + b"\nspec:\n  pin: " + LONG,
        b"a: " + LONG + b"\nspec:\n  pin: @",
    ),
    "value in the next line": (b"spec:\n  pin:\n    a # c\n", b"spec:\n  pin:\n    @ # c\n"),
    "same key elsewhere": (
        b"pin: a\nspec:\n  b: {pin: a}\n  pin: a\n",
        b"pin: a\nspec:\n  b: {pin: a}\n  pin: @\n",
    ),
    "complex key beside it": (
        b"spec:\n  ? [pin]\n  : b\n  pin: a\n",
        b"spec:\n  ? [pin]\n  : b\n  pin: @\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), BYTE_EXACT.values(), ids=BYTE_EXACT.keys())
def test_only_the_value_changes(before: bytes, after: bytes) -> None:
    result = pinned(before)

    assert result == after.replace(b"@", PIN.encode())
    assert pinned(result) == result
    assert read_scalar(result, KEYS, path="dev/web.yaml") == PIN


REFUSED = {
    "alias": (b"a: &x b\nspec:\n  pin: *x\n", 3, "spec.pin: is the alias *x"),
    "alias of a parent": (b"a: &x {pin: b}\nspec: *x\n", 2, "spec: is the alias *x"),
    "alias as key": (b"a: &x pin\nspec:\n  *x : b\n  pin: a\n", 3, "spec: has an alias as a key"),
    "aliased anchor": (b"spec:\n  pin: &x a\nb: *x\n", 2, "spec.pin: the anchor &x is used by an"),
    "aliased parent": (b"spec: &x\n  pin: a\nb: {<<: *x}\n", 1, "spec: the anchor &x is used by"),
    "merge key": (
        b"a: &x {pin: b}\nspec:\n  <<: *x\n",
        3,
        'spec: "pin" could come from a merge key (<<)',
    ),
    "tag": (b"spec:\n  pin: !x a\n", 2, 'spec.pin: has the tag "!x"'),
    "tag of a parent": (b"spec: !x\n  pin: a\n", 1, 'spec: has the tag "!x"'),
    "block literal": (b"spec:\n  pin: |\n    a\n", 2, "spec.pin: is a block scalar"),
    "folded": (b"spec:\n  pin: >-\n    a\n", 2, "spec.pin: is a block scalar"),
    "multi-line plain": (b"spec:\n  pin: a\n    b\n", 2, "spec.pin: spans several lines"),
    "multi-line single": (b"spec:\n  pin: 'a\n    b'\n", 2, "spec.pin: spans several lines"),
    "multi-line double": (b'spec:\n  pin: "a\\\n    b"\n', 2, "spec.pin: spans several lines"),
    "anchor in a line above": (b"spec:\n  pin: &x\n    a\n", 2, "spec.pin: spans several lines"),
    "duplicate key": (
        b"spec:\n  pin: a\n  b: c\n  'pin': d\n",
        4,
        'duplicate key "pin" (first in line 2)',
    ),
    "missing key": (b"a: b\nspec:\n  b: c\n", 3, 'spec: has no key "pin"'),
    "missing parent": (b"a: b\n", 1, 'the document: has no key "spec"'),
    "missing in every document": (b"a: b\n---\nspec: {}\n", 3, 'spec: has no key "pin"'),
    "list": (b"spec:\n- pin: a\n", 2, 'spec: is not a mapping, so it has no key "pin"'),
    "list as value": (b"spec:\n  pin: []\n", 2, "spec.pin: expected a string, found a list"),
    "template": (
        b"spec:\n  pin: {{ .Values.x }}\n",
        2,
        "spec.pin: expected a string, found a mapping",
    ),
    "two documents": (
        b"spec: {pin: a}\n---\nspec: {pin: a}\n",
        3,
        "spec.pin: stands in more than one document",
    ),
    "no colon": (b"spec:\n  ? pin\n  ? b\n", 3, "spec.pin: has no value"),
    "no colon in flow": (b"spec: {b: c, pin}\n", 1, "spec.pin: has no value"),
    "empty file": (b"", 1, "the file is empty"),
    "not UTF-8": (b"a: b\nspec: \xff\n", 2, "the file is not UTF-8"),
    "not YAML": (b"spec: [\n", 1, "not valid YAML: "),
    "too deep": (b"- " * 40_000, 1, "the YAML has more than 64 levels"),
    "brackets": (b"[" * 40_000, 1, ""),
    "too large": (b"a" * 1_048_577, 1, "the file has 1048577 bytes"),
    "recursive": (b"spec: &x\n  pin: a\n  me: *x\n", 1, "spec: the anchor &x is used by an"),
}


@pytest.mark.parametrize(("content", "line", "problem"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_proven_is_refused(content: bytes, line: int, problem: str) -> None:
    error = refusal(content)

    assert (error.path, error.line) == ("dev/web.yaml", line)
    assert error.message.startswith(f"dev/web.yaml:{line}: {problem}")


def test_a_template_without_quotes_is_told_to_take_some() -> None:
    assert refusal(b"spec:\n  pin: {{ .Values.x }}\n").hint == "quote the template"


def test_an_alias_bomb_beside_the_pin_is_no_danger() -> None:
    names = "abcdefghijklmnop"
    lines = ["a: &a [lol, lol]"]
    lines += [f"{name}: &{name} [{', '.join([f'*{last}'] * 9)}]" for last, name in pairwise(names)]
    content = "\n".join([*lines, "spec: {pin: a}\n"]).encode()

    result = pinned(content)

    assert result == content.replace(b"pin: a", b"pin: refs/tags/web/v1.4.0")


WRITTEN = [
    ("a", "refs/tags/web/v1.4.0", "refs/tags/web/v1.4.0"),
    ("a", "1.4.0", "1.4.0"),
    ("a", "1.4.0-rc.1+build", "1.4.0-rc.1+build"),
    ("a", "../base", "../base"),
    ("a", "1.10", '"1.10"'),
    ("a", "0123456", '"0123456"'),
    ("a", "12345678e9", '"12345678e9"'),
    ("a", "on", '"on"'),
    ("a", "y", '"y"'),
    ("a", "No", '"No"'),
    ("a", "null", '"null"'),
    ("a", "NaN", '"NaN"'),
    ("a", "", '""'),
    ("a", "~", '"~"'),
    ("a", "2026-11-22", '"2026-11-22"'),
    ("a", "12:30:45", '"12:30:45"'),
    ("a", "0o17", '"0o17"'),
    ("a", "1e3", '"1e3"'),
    ("a", "*", '"*"'),
    ("a", "=", '"="'),
    ("a", "<<", '"<<"'),
    ("a", "a: b #c", '"a: b #c"'),
    ("a", "a,b}", '"a,b}"'),
    ("a", "a ", '"a "'),
    ("a", "- a", '"- a"'),
    ("a", "{{ .Values.x }}", '"{{ .Values.x }}"'),
    ("a", 'say "hi"\\', '"say \\"hi\\"\\\\"'),
    ("a", "é🚀", '"é🚀"'),
    ("a", "one\ntwo\r\t\x00", '"one\\ntwo\\r\\t\\u0000"'),
    ("a", "\x7f\x85\xa0\u2028\ufeff\uffff", '"\\u007f\\u0085\\u00a0\\u2028\\ufeff\\uffff"'),
    ("'a'", "1.10", "'1.10'"),
    ("'a'", "it's", "'it''s'"),
    ("'a'", 'back\\slash "', "'back\\slash \"'"),
    ("'a'", "a: b #c", "'a: b #c'"),
    ("'a'", " a ", "' a '"),
    ("'a'", "", "''"),
    ("'a'", "one\ntwo", '"one\\ntwo"'),
    ("'a'", "\u2028", '"\\u2028"'),
    ('"a"', "1.10", '"1.10"'),
    ('"a"', "a,b}", '"a,b}"'),
    ("~", "on", '"on"'),
    ("1.10", "1.10", '"1.10"'),
    ("0o17", "0o17", '"0o17"'),
    ("2026-11-22", "2026-11-22", "2026-11-22"),
]


@pytest.mark.parametrize(("old", "value", "new"), WRITTEN)
@pytest.mark.parametrize("frame", ["spec:\n  pin: @ # c\n", "spec: {pin: @, b: [c]}\n"])
def test_a_value_is_written_so_that_every_reader_takes_it_as_a_string(
    old: str, value: str, new: str, frame: str
) -> None:
    result = pinned(frame.replace("@", old).encode(), value)

    assert result == frame.replace("@", new).encode()
    assert read_scalar(result, KEYS, path="dev/web.yaml") == value


def test_half_a_surrogate_pair_is_refused() -> None:
    assert "not valid Unicode" in refusal(b"spec:\n  pin: a\n", "\ud83d").message


@pytest.mark.parametrize(
    "content",
    [
        b"spec:\n  pin: 'refs/tags/web/v1.4.0'",
        b'spec:\n  pin: "refs/tags/web/v1.4\\x2e0"\r\n',
        b"spec:\n  pin: |-\n    refs/tags/web/v1.4.0\n",
        b"\xef\xbb\xbfspec: {pin:  refs/tags/web/v1.4.0 }",
    ],
)
def test_a_value_that_is_there_already_changes_nothing(content: bytes) -> None:
    assert pinned(content) == content


@pytest.mark.parametrize(
    ("written", "value"),
    [("a", "a"), ("'1.10'", "1.10"), ('"a\\nb"', "a\nb"), ("&x a", "a"), ("|\n    a\n", "a\n")],
)
def test_a_string_is_read(written: str, value: str) -> None:
    content = f"spec:\n  pin: {written}\n".encode()

    assert read_scalar(content, KEYS, path="dev/web.yaml") == value


@pytest.mark.parametrize(
    ("written", "found", "hint"),
    [
        ("1.10", "the number 1.1", 'quote it: "1.10"'),
        ("12345678e9", "the number 1.2345678e+16", 'quote it: "12345678e9"'),
        ("0123456", "the number 42798", 'quote it: "0123456"'),
        (".inf", "the number .inf", 'quote it: ".inf"'),
        ("yes", "the boolean true", 'quote it: "yes"'),
        ("Null", "null", "write a string"),
        ("~", "null", "write a string"),
        ("", "nothing", "write a string"),
        ("{a: b}", "a mapping", ""),
        ("[a]", "a list", ""),
    ],
)
def test_what_is_not_a_string_is_named(written: str, found: str, hint: str) -> None:
    with pytest.raises(YamlError) as caught:
        read_scalar(f"spec:\n  pin: {written}\n".encode(), KEYS, path="dev/web.yaml")

    assert caught.value.message == f"dev/web.yaml:2: spec.pin: expected a string, found {found}"
    assert caught.value.hint == hint


def test_a_whole_document_can_be_one_string() -> None:
    assert splice_scalar(b"--- a # c\n", (), "b", path="x") == b"--- b # c\n"
