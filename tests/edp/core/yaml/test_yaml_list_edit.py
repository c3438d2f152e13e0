"""A list gains one string; every byte that was there stays."""

import pytest

from edp.core.yaml.list_edit import insert_sequence_item
from edp.core.yaml.reader import YamlError, read_document

KEYS = ("resources",)


def with_item(content: bytes, value: str) -> bytes:
    return insert_sequence_item(content, KEYS, value, path="dev/kustomization.yaml")


INSERTED = {
    "between": ("resources:\n- a.yaml\n@- k.yaml\n", "- c.yaml\n"),
    "first": ("resources:\n@- d.yaml\n- k.yaml\n", "- c.yaml\n"),
    "last": ("resources:\n- a.yaml\n- b.yaml\n@", "- c.yaml\n"),
    "one item": ("resources:\n- a.yaml\n@", "- c.yaml\n"),
    "not sorted": ("resources:\n- k.yaml\n- a.yaml\n@", "- c.yaml\n"),
    "more keys below": ("resources:\n- a.yaml\n@\nimages: []\n", "- c.yaml\n"),
    "indented": ("resources:\n  - a.yaml\n@  - k.yaml\n", "  - c.yaml\n"),
    "wide dash": ("resources:\n -   a.yaml\n@", " -   c.yaml\n"),
    "CRLF": ("resources:\r\n- a.yaml\r\n@- k.yaml\r\n", "- c.yaml\r\n"),
    "CRLF first": ("resources:\r\n@- k.yaml\r\n", "- c.yaml\r\n"),
    "CR only": ("resources:\r- a.yaml\r@- k.yaml\r", "- c.yaml\r"),
    "no final newline": ("resources:\n- a.yaml@", "\n- c.yaml"),
    "no final newline, CRLF": ("resources:\r\n- a.yaml@", "\r\n- c.yaml"),
    "no final newline, first": ("resources:\n@- k.yaml", "- c.yaml\n"),
    "BOM": ("\ufeffresources:\n- a.yaml\n@", "- c.yaml\n"),
    "comment at the item": ("resources:\n- a.yaml # é🚀\n@- k.yaml\n", "- c.yaml\n"),
    "comment above the next": ("resources:\n- a.yaml\n@# the k\n- k.yaml\n", "- c.yaml\n"),
    "comment above the list": ("resources:\n# all\n@- k.yaml\n", "- c.yaml\n"),
    "single quotes": ("resources:\n- 'a.yaml'\n@- k.yaml\n", "- 'c.yaml'\n"),
    "double quotes": ('resources:\n@- "k.yaml"\n- z\n', '- "c.yaml"\n'),
    "anchor elsewhere": ("a: &x b\nd: *x\nresources:\n- a.yaml\n@", "- c.yaml\n"),
    "second document": ("resources:\n- a.yaml\n@---\nb: c\n", "- c.yaml\n"),
    "flow": ("resources: [a.yaml, @k.yaml]\n", "c.yaml, "),
    "flow last": ("resources: [a.yaml,b.yaml@]  # c\n", ",c.yaml"),
    "flow first": ("resources: [@'k.yaml'  ,  'z.yaml']\n", "'c.yaml'  ,  "),
    "flow with a tab": ("resources: [a.yaml,\tb.yaml@]\n", ", c.yaml"),
    "flow one": ("resources: [ a.yaml@ ]\n", ", c.yaml"),
    "flow trailing comma": ("resources: [a.yaml@,]\n", ", c.yaml"),
    "JSON": ('{"resources":["a.yaml"@]}', ', "c.yaml"'),
    "empty": ("resources: [@]\nb: c\n", "c.yaml"),
    "empty with a blank": ("resources: [@ ]", "c.yaml"),
    "anchor": ("resources: &x [@]\n", "c.yaml"),
    "anchored item": ("resources:\n- &x a.yaml\n@", "- c.yaml\n"),
}


@pytest.mark.parametrize(("frame", "added"), INSERTED.values(), ids=INSERTED.keys())
def test_one_item_is_added(frame: str, added: str) -> None:
    before = frame.replace("@", "").encode()

    result = with_item(before, "c.yaml")

    assert result == frame.replace("@", added).encode()
    assert with_item(result, "c.yaml") == result


@pytest.mark.parametrize("content", [b"resources:\n- b\n- 'c.yaml'\n", b'resources: [b, "c.yaml"]'])
def test_an_item_that_is_there_changes_nothing(content: bytes) -> None:
    assert with_item(content, "c.yaml") == content


@pytest.mark.parametrize("content", [b"resources:\n- a\n", b"resources: [a]\n"])
@pytest.mark.parametrize("value", ["on", "1.10", "a, b", "x: y #", "", "*", "it's", "é", "- a"])
def test_an_item_is_a_string_whatever_it_looks_like(content: bytes, value: str) -> None:
    result = with_item(content, value)

    assert read_document(result, path="x").value == {"resources": sorted(["a", value])}


def test_a_list_can_be_the_document() -> None:
    assert insert_sequence_item(b"- a", (), "b", path="x") == b"- a\n- b"


REFUSED = {
    "no list": (b"resources: a\n", 1, "resources: expected a list"),
    "nothing": (b"a: b\nresources:\n", 2, "resources: expected a list"),
    "missing": (b"a: b\n", 1, 'the document: has no key "resources"'),
    "alias": (b"a: &x [b]\nresources: *x\n", 2, "resources: is the alias *x"),
    "aliased": (b"resources: &x [b]\na: *x\n", 1, "resources: the anchor &x is used by an alias"),
    "mapping": (b"resources:\n- a\n- b: c\n", 3, "resources: has an item that is not a string"),
    "number": (b"resources:\n- 1.10\n", 2, "resources: has an item that is not a string"),
    "infinity": (b"resources:\n- .inf\n", 2, "resources: has an item that is not a string"),
    "aliased item": (b"a: &x b\nresources:\n- *x\n", 3, "resources: has an item that is not a"),
    "tagged item": (b"resources:\n- !x a\n", 2, "resources: has an item that is not a string"),
    "block item": (b"resources:\n- |\n  a\n", 2, "resources: has an item that is not a string"),
    "item in two lines": (b"resources:\n- a\n  b\n", 2, "resources: has an item that is not a"),
    "item below its dash": (b"resources:\n-\n  a\n", 2, "resources: an item does not stand in a"),
    "flow in two lines": (b"resources: [a,\n  b]\n", 1, "resources: a list in brackets spans"),
    "empty in two lines": (b"resources: [\n]\n", 1, "resources: a list in brackets spans"),
}


@pytest.mark.parametrize(("content", "line", "problem"), REFUSED.values(), ids=REFUSED.keys())
def test_a_list_that_cannot_be_extended_safely_is_refused(
    content: bytes, line: int, problem: str
) -> None:
    with pytest.raises(YamlError) as caught:
        with_item(content, "c.yaml")

    assert caught.value.message.startswith(f"dev/kustomization.yaml:{line}: {problem}")


def test_an_item_must_be_unicode() -> None:
    with pytest.raises(YamlError, match="not valid Unicode"):
        with_item(b"resources: []", "\ud83d")
