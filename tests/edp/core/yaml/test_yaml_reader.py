"""Reading: what Kubernetes would read, or an error with the file and the line."""

import pytest

from edp.core.yaml.reader import YamlError, read_document, read_documents

APPLICATION = b"""\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: keycloak
spec:
  source:
    path: stacks/keycloak
    targetRevision: refs/tags/keycloak/v1.4.0   # the pin
    helm:
      valuesObject: {replicas: 2, tags: [1.10, "1.10", >-
        x]}
  destination: {namespace: keycloak}
"""


def value_of(text: str) -> object:
    return read_document(text.encode(), path="file.yaml").value


def error_of(content: bytes) -> YamlError:
    with pytest.raises(YamlError) as caught:
        read_document(content, path="environments/dev/web.yaml")
    return caught.value


def test_an_application_becomes_plain_values() -> None:
    document = read_document(APPLICATION.replace(b">-\n        x", b"x"), path="keycloak.yaml")

    assert document.path == "keycloak.yaml"
    assert document.value == {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "keycloak"},
        "spec": {
            "source": {
                "path": "stacks/keycloak",
                "targetRevision": "refs/tags/keycloak/v1.4.0",
                "helm": {"valuesObject": {"replicas": 2, "tags": [1.1, "1.10", "x"]}},
            },
            "destination": {"namespace": "keycloak"},
        },
    }


PLACED = b"""\
# a comment
spec:
  source:
    targetRevision: 1.10
    name:
      "1.10"
  items:
    - one
    - {two: 2}
    - - 'three'
    - |
      block
  "":
"""


@pytest.mark.parametrize(
    ("keys", "line", "key_line"),
    [
        ((), 2, 2),
        (("spec",), 3, 2),
        (("spec", "source", "targetRevision"), 4, 4),
        (("spec", "source", "name"), 6, 5),
        (("spec", "source", "missing"), 4, 3),
        (("spec", "missing", "deeper"), 3, 2),
        (("spec", "items"), 8, 7),
        (("spec", "items", 0), 8, 8),
        (("spec", "items", 1, "two"), 9, 9),
        (("spec", "items", 2, 0), 10, 10),
        (("spec", "items", 9), 8, 7),
        (("spec", ""), 13, 13),
    ],
)
def test_values_and_keys_have_lines(keys: tuple[str | int, ...], line: int, key_line: int) -> None:
    document = read_document(PLACED, path="file.yaml")

    assert document.line(keys) == line
    assert document.key_line(keys) == key_line


@pytest.mark.parametrize(
    ("keys", "text", "is_quoted"),
    [
        (("spec", "source", "targetRevision"), "1.10", False),
        (("spec", "source", "name"), "1.10", True),
        (("spec", "items", 2, 0), "three", True),
        (("spec", "items", 3), "block\n", True),
        (("spec", "source"), None, False),
        (("spec", "absent"), None, False),
        (("spec", ""), "", False),
    ],
)
def test_a_scalar_tells_how_it_was_written(
    keys: tuple[str | int, ...], text: str | None, is_quoted: bool
) -> None:
    document = read_document(PLACED, path="file.yaml")

    assert document.scalar_text(keys) == text
    assert document.is_quoted(keys) is is_quoted


def test_lines_of_several_documents_count_from_the_top_of_the_file() -> None:
    content = b"a: 1\n---\n- b\n---\n...\n---\nc:\n  d: 4\n"

    documents = read_documents(content, path="all.yaml")

    assert [document.value for document in documents] == [{"a": 1}, ["b"], None, {"c": {"d": 4}}]
    assert [document.line(()) for document in documents] == [1, 3, 5, 7]
    assert documents[3].line(("c", "d")) == 8


@pytest.mark.parametrize("content", [b"", b"# nothing\n", b"\xef\xbb\xbf", b"\n\n"])
def test_a_file_without_documents_is_empty_where_several_are_read(content: bytes) -> None:
    assert read_documents(content, path="all.yaml") == ()


def test_a_document_that_says_nothing_is_null() -> None:
    assert value_of("---\n") is None


def test_a_byte_order_mark_is_stripped_and_remembered() -> None:
    marked = read_document(b"\xef\xbb\xbfa: b\n", path="file.yaml")
    unmarked = read_document(b"a: b\n", path="file.yaml")

    assert (marked.value, marked.has_bom, marked.line(("a",))) == ({"a": "b"}, True, 1)
    assert (unmarked.value, unmarked.has_bom) == ({"a": "b"}, False)


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_every_line_break_counts_lines(line_break: str) -> None:
    content = line_break.join(["a: 1", "b:", "  c: 2"]).encode()

    assert read_document(content, path="file.yaml").line(("b", "c")) == 3


def test_keys_are_the_strings_that_a_cluster_gets() -> None:
    document = read_document(b"on: 1\n0755: 2\n'<<': 3\n'1.10': 4\n'no': 5\noff: 6\n", path="x")

    assert document.value == {"true": 1, "493": 2, "<<": 3, "1.10": 4, "no": 5, "false": 6}
    assert document.line(("493",)) == 2
    assert document.line(("no",)) == 5


def test_the_same_content_is_the_same_document() -> None:
    assert read_document(b"a: 1", path="x") == read_document(b"a: 1 # one", path="x")


@pytest.mark.parametrize(
    ("content", "line", "problem", "hint"),
    [
        (b"", 1, "the file is empty", "write one YAML document"),
        (b"# only\n# comments\n", 1, "the file is empty", "write one YAML document"),
        (b"a: 1\n---\nb: 2\n", 2, "a second document begins here", "keep one document"),
        (b"a:\n  name: x\n  b: 1\n  name: y\n", 4, 'duplicate key "name" (first in line 2)', "two"),
        (b"1: a\n'1': b\n", 2, 'duplicate key "1" (first in line 1)', "remove one"),
        (b"{a: 1,\n a: 2}", 2, 'duplicate key "a" (first in line 1)', "remove one"),
        (b"a: 1\nb: &x 2\n", 2, "anchor &x: not used here", "write the value out"),
        (b"a: &x {b: 1}\n", 1, "anchor &x: not used here", "write the value out"),
        (b"&x a: 1\n", 1, "anchor &x: not used here", "write the value out"),
        (b"a:\n  - *x\n", 2, "alias *x: not used here", "write the value out"),
        (b"a: 1\n<<: {b: 1}\n", 2, "merge keys (<<) are not used here", "write the keys out"),
        (b"yes: a\ntrue: b\n", 2, 'duplicate key "true" (first in line 1)', "remove one"),
        (b"1.10: a\n", 1, 'the key "1.10" is not a text', "quote it"),
        (b"a: 1\n~: b\n", 2, 'the key "~" is not a text', "quote it"),
        (b".nan: b\n", 1, 'the key ".nan" is not a text', "quote it"),
        (b"a: !secret b\n", 1, 'tag "!secret": not used here', "remove the tag"),
        (b"a: ! b\n", 1, 'tag "!": not used here', "remove the tag"),
        (b"a: !!python/object:os.system {}\n", 1, "tag ", "remove the tag"),
        (b"!!str a: b\n", 1, "tag ", "remove the tag"),
        (b"- a\n- !!set {}\n", 2, "tag ", "remove the tag"),
        (b"? [a]\n: b\n", 1, "a key must be a text", ""),
        (
            b"a: .inf\n",
            1,
            ".inf is not a number that JSON can hold",
            'quote it if it is a text: ".',
        ),
        (b"a: b: c\n", 1, "not valid YAML: mapping values are not allowed", ""),
        (b"a:\n\tb: 1\n", 2, "not valid YAML: ", "the line has a tab: indent with spaces"),
        (b"a: 1\nb: 'open\n", 2, "not valid YAML: ", ""),
        (b"a: [1, 2\n", 1, "not valid YAML: ", ""),
        (b"%YAML 3.0\n---\na: b\n", 1, "not valid YAML: found incompatible YAML document", ""),
        (b"a: 1\r\nb: \x00\r\n", 2, "the file has the control character U+0000", "remove it"),
        (b"a: 1\rb: \x7f\r", 2, "the file has the control character U+007F", "remove it"),
        (b"a: \x1b[31m\n", 1, "the file has the control character U+001B", "remove it"),
        ("a: 1\nb: \uffff\n".encode(), 2, "the file has the control character U+FFFF", "remove"),
        (b"a: 1\r\nb: caf\xe9\r\n", 2, "the file is not UTF-8", "save it as UTF-8"),
        (b"\xff\xfea\x00", 1, "the file is not UTF-8", "save it as UTF-8"),
        (b"\xed\xa0\x80", 1, "the file is not UTF-8", "save it as UTF-8"),
        (b"\xef\xbb\xbf\xef\xbb\xbfa: 1", 1, "the file has two byte order marks", "remove them"),
        (b"\x7fELF\x02\x01\x01\x00\x00", 1, "the file has the control character U+007F", ""),
    ],
)
def test_what_readers_disagree_about_is_refused(
    content: bytes, line: int, problem: str, hint: str
) -> None:
    error = error_of(content)

    assert (error.path, error.line) == ("environments/dev/web.yaml", line)
    assert error.message.startswith(f"environments/dev/web.yaml:{line}: {problem}")
    assert hint in error.hint
    assert error.exit_code == 2


def bomb() -> bytes:
    lines = ["a: &a [lol, lol, lol]"]
    lines += [f"{name}: &{name} [{', '.join([f'*{last}'] * 9)}]" for last, name in bomb_steps()]
    return "\n".join(lines).encode()


def bomb_steps() -> list[tuple[str, str]]:
    return [(chr(code), chr(code + 1)) for code in range(ord("a"), ord("k"))]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"[" * 40_000, ""),
        (b"{a: " * 40_000, ""),
        (b"- " * 40_000, "the YAML has more than 64 levels"),
        (b"\n".join(b" " * depth + b"a:" for depth in range(500)), "more than 64 levels"),
        (b"[" * 65 + b"]" * 65, "the YAML has more than 64 levels"),
        (b"[" + b"a," * 210_000 + b"]", "the YAML has more than 200000 elements"),
        (bomb(), "anchor &a: not used here"),
        (b"a" * (50 * 1024 * 1024), "the file has 52428800 bytes, more than the 1048576 that"),
        (b"\x00" * 1_000_000, "control character U+0000"),
    ],
)
def test_a_bomb_is_defused(content: bytes, problem: str) -> None:
    error = error_of(content)

    assert problem in error.message
    assert error.line >= 1


def test_depth_64_is_read() -> None:
    assert value_of("[" * 64 + "]" * 64) is not None


def test_elements_are_counted_for_each_document() -> None:
    content = b"---\n" + b"- a\n" * 150_000 + b"---\n" + b"- b\n" * 100_000

    documents = read_documents(content, path="all.yaml")

    assert len(documents) == 2


def test_a_larger_file_can_be_asked_for() -> None:
    content = b"a: " + b"x" * (2 * 1024 * 1024)

    assert read_document(content, path="big.yaml", maximum_bytes=len(content)).value is not None
    assert read_documents(content, path="big.yaml", maximum_bytes=len(content))
    with pytest.raises(YamlError, match="more than the 10 that are read"):
        read_documents(content, path="big.yaml", maximum_bytes=10)
