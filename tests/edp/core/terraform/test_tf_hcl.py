"""Both syntaxes of Terraform are read where Terraform reads them, within bounds."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edp.core.terraform.hcl.body import Body, read_body
from edp.core.terraform.hcl.json_body import read_json_attributes, read_json_body
from edp.core.terraform.hcl.tokens import MAXIMUM_BYTES, Kind, SyntaxProblemError, scan
from edp.core.terraform.hcl.values import items_of, members_of, scalar_of, text_of


def heads(text: str) -> list[tuple[str, ...]]:
    """Kinds and labels of all blocks."""
    return [(block.kind, *block.labels) for block in read_body(text.encode()).walk()]


def value(text: str) -> str | None:
    """A value as a literal text."""
    attribute = read_body(f"a = {text}\n".encode()).attribute("a")
    assert attribute is not None
    return text_of(attribute.value)


def problem(content: bytes) -> tuple[str, int]:
    with pytest.raises(SyntaxProblemError) as caught:
        read_body(content)
    return caught.value.message, caught.value.line


def json_problem(content: bytes) -> tuple[str, int]:
    with pytest.raises(SyntaxProblemError) as caught:
        read_json_body(content)
    return caught.value.message, caught.value.line


def test_blocks_have_kinds_labels_and_lines() -> None:
    body = read_body(b'# first\nresource "aws_vpc" main {\n  tags {\n  }\n}\nlocals {}\n')

    assert [(one.kind, one.labels, one.line) for one in body.walk()] == [
        ("resource", ("aws_vpc", "main"), 2),
        ("tags", (), 3),
        ("locals", (), 6),
    ]


def test_a_block_may_stand_in_one_line() -> None:
    body = read_body(b'module "a" { source = "./a" }')

    (block,) = body.of_kind("module")
    source = block.body.attribute("source")
    assert source is not None
    assert (text_of(source.value), source.line) == ("./a", 1)


def test_a_value_ends_with_its_line_unless_a_bracket_is_open() -> None:
    body = read_body(b"a = [\n  1,\n  2,\n]\nb = (\n  x\n)\nc = f({\n  k = 1\n})\n")

    assert [one.name for one in body.attributes] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ('"plain"', "plain"),
        ('""', ""),
        (r'"a\"b\\c\n\t"', 'a"b\\c\n\t'),
        (r'"\u00e4\U0001F600"', "ä😀"),
        (r'"\UFFFFFFFF"', r"\UFFFFFFFF"),
        (r'"\ud83d"', "\ufffd"),
        ('"$${x} %%{y} $5 100%"', "${x} %{y} $5 100%"),
        ('"$$${x}"', "$${x}"),
        ('"${x}"', None),
        ('"a${x}"', None),
        ("x", None),
        ("<<EOT\nx\nEOT", None),
        ("<<EOT\nEOT", None),
        ('("x")', None),
    ],
)
def test_only_a_literal_in_quotes_is_told(text: str, meaning: str | None) -> None:
    assert value(text) == meaning


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a = <<EOT\nx\nEOT \nmodule m {}\n", id="blank behind the marker"),
        pytest.param("a = <<EOT\nx\n\t EOT\nmodule m {}\n", id="blank before the marker"),
        pytest.param("a = <<-EOT\n  EOT\nmodule m {}\n", id="indented heredoc"),
        pytest.param("a = <<EOT\r\nx\r\nEOT\r\nmodule m {}\r\n", id="CRLF"),
        pytest.param('a = <<EOT\n"${<<X\nEOT\nX\n}"\nEOT\nmodule m {}\n', id="in a heredoc"),
        pytest.param("a = <<EOT\n${x}EOT\nEOT\nmodule m {}\n", id="marker behind a part"),
        pytest.param("a = <<EOT\nEOT${x}\nEOT\nmodule m {}\n", id="marker before a part"),
        pytest.param("a = <<EOT\nEOT2\n EO\nEOT\nmodule m {}\n", id="longer marker"),
        pytest.param("a = <<EOT\n$\n%\n$$\nEOT\nmodule m {}\n", id="signs at line ends"),
        pytest.param('a = "$${" # }"\nmodule m {}\n', id="doubled sign"),
        pytest.param('a = "${"${"}"}"}"\nmodule m {}\n', id="nested strings"),
        pytest.param('a = "${ {b = "}"} }"\nmodule m {}\n', id="object in a part"),
        pytest.param('a = "%{ if x }{%{ endif }"\nmodule m {}\n', id="directive"),
        pytest.param('a = "\\"{"\nmodule m {}\n', id="escaped quote"),
        pytest.param("/* module a {} */ module m {}\n", id="inline comment"),
        pytest.param("# module a {}\n// module b {}\nmodule m {}\n", id="comments"),
        pytest.param("a = 1 /* {\n */\nmodule m {}", id="comment over lines"),
        pytest.param('a = "# ${1 /* " */} //"\nmodule m {}', id="comment in a part"),
        pytest.param("\ufeffmodule m {}", id="byte order mark"),
        pytest.param("ä-1 = 2\nmodule m {}", id="letters of all scripts"),
        pytest.param("a = b ? c : [for k, v in d : k => v...]\nmodule m {}", id="operators"),
    ],
)
def test_what_looks_like_a_block_is_told_from_one(text: str) -> None:
    assert heads(text) == [("module", "m")]


@pytest.mark.parametrize(
    ("content", "message", "line"),
    [
        (b"a = \n", "unexpected '\\n'", 1),
        (b"a {\n", "ends inside a string or a bracket", 2),
        (b"a", "unexpected the end of the file", 1),
        (b"}\n", "a bracket is closed that was not opened", 1),
        (b"x\na = 1\n", "unexpected '\\n'", 1),
        (b'a "${x}" {}', "unexpected '\"'", 1),
        (b"1 = 2", "unexpected '1'", 1),
        (b"a = (\n1\n", "ends inside a string or a bracket", 3),
        (b'a = "x\n', "a string does not end in its line", 1),
        (b'a = "x', "ends inside a string or a bracket", 1),
        (b'a = "${(}"', "a bracket is not closed", 1),
        (b'a = "${)}"', "a bracket is closed that was not opened", 1),
        (b"a = <<EOT\nx\n", "ends inside a string or a bracket", 3),
        (b"a = 1\nb = \x00", "unexpected '\\x00'", 2),
        (b"a = 1\n\xff", "is not UTF-8", 2),
        (b"\xff\xfea\x00", "is not UTF-8", 1),
        (b"#" * (MAXIMUM_BYTES + 1), "has 1048577 bytes, more than the 1048576 that are read", 1),
        (b"a = " + b"[" * 10_000, "is nested too deeply or too long to be read", 1),
        (b"a {" * 10_000, "is nested too deeply or too long to be read", 1),
        (b'a = "${' * 10_000, "is nested too deeply or too long to be read", 1),
        (b"1," * 150_000, "is nested too deeply or too long to be read", 1),
    ],
)
def test_what_terraform_refuses_is_named_with_its_line(
    content: bytes, message: str, line: int
) -> None:
    assert problem(content) == (message, line)


def test_an_object_has_members() -> None:
    attribute = read_body(b'a = {\n  b = "x", "c" : 2\n  d = { e = [1] }\n}\n').attribute("a")
    assert attribute is not None

    members = members_of(attribute.value)

    assert members is not None
    assert {name: scalar_of(one) for name, one in members.items()} == {
        "b": "x",
        "c": "2",
        "d": None,
    }


@pytest.mark.parametrize(
    "text",
    [
        "{(x) = 1}",
        "{for k in x : k => 1}",
        "merge({a = 1}, {b = 2})",
        "{a = 1}.a",
        "x",
        "{a =}",
        "{a}",
    ],
)
def test_a_computed_object_has_none(text: str) -> None:
    attribute = read_body(f"a = {text}".encode()).attribute("a")
    assert attribute is not None

    assert members_of(attribute.value) is None


def test_a_list_has_items() -> None:
    attribute = read_body(b'a = [\n"x",\n"y",\n]').attribute("a")
    assert attribute is not None

    assert [text_of(item) for item in items_of(attribute.value)] == ["x", "y"]


def test_the_json_syntax_means_the_same() -> None:
    content = rb"""{
      "//": "a comment",
      "module": {
        "a": {"source": "./a", "count": 2},
        "//": "another"
      },
      "module": [{"b": [{"source": "./b"}]}],
      "resource": {"x_y": {"z": {"tags": {"k": ["${file(\"t\")}", null, true]}}}},
      "terraform": [{"backend": {"s3": {"key": "k"}}}, null]
    }"""

    body = read_json_body(content)

    assert [(one.kind, *one.labels, one.line) for one in body.walk()] == [
        ("module", "a", 4),
        ("module", "b", 7),
        ("resource", "x_y", "z", 8),
        ("terraform", 9),
        ("backend", "s3", 9),
    ]
    tags = body.of_kind("resource")[0].body.attribute("tags")
    assert tags is not None
    assert [token.text for token in tags.value if token.kind is Kind.NAME] == [
        "file",
        "null",
        "true",
    ]


def test_json_keeps_every_member_of_a_name() -> None:
    body = read_json_body(b'{"module": {"a": {"source": "./a"}, "a": {"source": "./b"}}}')

    sources = [block.body.attribute("source") for block in body.of_kind("module")]
    assert [text_of(one.value) for one in sources if one] == ["./a", "./b"]


@pytest.mark.parametrize(
    ("content", "message", "line"),
    [
        (b"", "is not JSON: Expecting value", 1),
        (b'{"a":\n}', "is not JSON: Expecting value", 2),
        (b"[" * 100_000, "is nested too deeply or has too long a number", 1),
        (b"[" * 500 + b"]" * 500, "is nested too deeply or too long to be read", 1),
        (b'{"a": ' + b"1" * 5000 + b"}", "is nested too deeply or has too long a number", 1),
        (b'"module"', "a block is expected to be an object", 1),
        (b'{"module":\n"x"}', "a block is expected to be an object", 2),
        (b'{"a": "${"}', "ends inside a string or a bracket", 1),
        (b"\xff", "is not UTF-8", 1),
    ],
)
def test_what_is_no_json_syntax_is_named(content: bytes, message: str, line: int) -> None:
    assert json_problem(content) == (message, line)


def test_json_that_never_closes_a_string_is_refused_at_once() -> None:
    # With a search for the end from every quote this takes hours.
    message, _ = json_problem(b'"' + b'\\"' * 400_000)

    assert message.startswith("is not JSON")


def test_half_a_character_is_replaced() -> None:
    (attribute,) = read_json_body(rb'{"\udc00": "x"}').attributes

    assert attribute.name == "\ufffd"


def test_a_json_file_of_values_has_no_blocks() -> None:
    body = read_json_attributes(b'{"module": "x", "data": {"y": 1}}')

    assert ([one.name for one in body.attributes], body.blocks) == (["module", "data"], ())


texts = st.text(max_size=40)


@given(texts)
def test_json_strings_keep_their_meaning(text: str) -> None:
    escaped = text.replace("${", "$${").replace("%{", "%%{")

    body = read_json_body(json.dumps({"a": escaped}).encode())

    attribute = body.attribute("a")
    assert attribute is not None
    assert text_of(attribute.value) == text


@given(st.text(alphabet='ab={}[]()"\\$%<>-EOT\n #/*,.', max_size=60))
def test_no_text_is_more_than_an_error(text: str) -> None:
    with suppress(SyntaxProblemError):
        body = read_body(text.encode())

        assert isinstance(body, Body)
        assert len(scan(text)) <= len(text) + 1
