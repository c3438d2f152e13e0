"""What holds for every document: random values, styles, comments and line breaks."""

import json
from dataclasses import dataclass, replace

import yaml
from hypothesis import given
from hypothesis import strategies as st

from edp.core.yaml.list_edit import insert_sequence_item
from edp.core.yaml.pin_edit import read_scalar, splice_scalar
from edp.core.yaml.reader import YamlError, read_document, read_documents

KEYS = ("spec", "source", "targetRevision")
# No first letter of a word like `no`: these are strings without quotes.
NAMES = st.from_regex(r"[a-eg-m][a-z]{0,6}", fullmatch=True)
TEXTS = st.text(max_size=20)
EDGES = st.sampled_from(
    ["1.10", "0o17", "on", "y", "null", "~", "", " a", "a: b #c", "a,b}", "*", "=", "'", '"', "é🚀"]
)
VALUES = st.one_of(
    EDGES, TEXTS, st.from_regex(r"refs/tags/[a-z]{1,5}/v[0-9]\.[0-9]", fullmatch=True)
)
PRINTABLE = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S"), exclude_characters="\ufeff"),
    max_size=12,
)


@dataclass(frozen=True)
class Frame:
    """A file around one value."""

    before: str
    value: str
    after: str

    @property
    def content(self) -> bytes:
        return (self.before + self.value + self.after).encode()


def single(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


STYLED = st.one_of(
    NAMES,
    PRINTABLE.map(single),
    PRINTABLE.map(json.dumps).filter(lambda text: "\\ud" not in text),
    st.sampled_from(["~", "null", "1.10", "0755", "yes"]),
)


@st.composite
def frames(draw: st.DrawFn) -> Frame:
    line_break = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    head = draw(st.sampled_from(["", "\ufeff# mark", "---", f"%YAML 1.1{line_break}---"]))
    lines = [head, *(f"# {text}" for text in draw(st.lists(PRINTABLE, max_size=2)))]
    siblings = draw(st.dictionaries(NAMES, STYLED, max_size=3))
    lines += [f"{key}: {value} # c" for key, value in siblings.items()]
    blank = draw(st.sampled_from([" ", "  ", "\t"]))
    comment = draw(PRINTABLE.map(lambda text: f"{blank}# {text}") | st.sampled_from(["", "  "]))
    if draw(st.booleans()):
        before, after = "spec: {a: 'x', source: {targetRevision: ", ", z: [1]}}"
    else:
        before, after = f"spec:{line_break} source:{line_break}  targetRevision: ", ""
    more = draw(st.dictionaries(NAMES.map(lambda name: "t" + name), STYLED, max_size=2))
    tail = [f"{key}: {value}" for key, value in more.items()]
    has_ending = draw(st.booleans()) or len(tail) > 0
    ending = line_break + line_break.join(tail) if has_ending else ""
    return Frame(line_break.join([*lines, before]), draw(STYLED), after + comment + ending)


@given(frame=frames(), value=VALUES)
def test_a_splice_changes_the_bytes_of_the_value_only(frame: Frame, value: str) -> None:
    result = splice_scalar(frame.content, KEYS, value, path="x.yaml")

    before, after = frame.before.encode(), frame.after.encode()
    assert result.startswith(before)
    assert result.endswith(after)
    assert read_scalar(result, KEYS, path="x.yaml") == value
    assert splice_scalar(result, KEYS, value, path="x.yaml") == result


@given(frame=frames(), value=VALUES)
def test_a_splice_changes_no_other_value(frame: Frame, value: str) -> None:
    expected = read_document(frame.content, path="x.yaml").value
    expected["spec"]["source"]["targetRevision"] = value  # type: ignore[index,call-overload] # the frame has these mappings

    result = splice_scalar(frame.content, KEYS, value, path="x.yaml")

    assert read_document(result, path="x.yaml").value == expected


@given(frame=frames(), value=VALUES)
def test_another_parser_reads_the_new_string_too(frame: Frame, value: str) -> None:
    # PyYAML's own scanner refuses the tab before a comment that the others take.
    without_tab = replace(frame, after=frame.after.replace("\t", " "))

    result = splice_scalar(without_tab.content, KEYS, value, path="x.yaml")

    written = yaml.safe_load(result.decode().removeprefix("\ufeff"))
    assert written["spec"]["source"]["targetRevision"] == value


@given(frame=frames(), first=VALUES, second=VALUES)
def test_going_and_coming_back_in_one_style_is_no_change(
    frame: Frame, first: str, second: str
) -> None:
    start = splice_scalar(frame.content, KEYS, "\x07" + first, path="x.yaml")

    gone = splice_scalar(start, KEYS, second, path="x.yaml")

    assert splice_scalar(gone, KEYS, "\x07" + first, path="x.yaml") == start


def error_of(content: bytes, value: str) -> YamlError | None:
    try:
        documents = read_documents(content, path="x.yaml")
        splice_scalar(content, KEYS, value, path="x.yaml")
    except YamlError as error:
        return error
    assert all(document.line(()) >= 1 for document in documents)
    return None


@given(content=st.binary(max_size=80), value=VALUES, is_inside=st.booleans())
def test_arbitrary_bytes_end_in_a_value_or_in_an_error_with_a_line(
    content: bytes, value: str, is_inside: bool
) -> None:
    frame = b"spec: {source: {targetRevision: %b}}" if is_inside else b"%b"

    error = error_of(frame % content, value)

    assert error is None or error.message.startswith(f"x.yaml:{error.line}: ")


@given(
    text=st.text(st.sampled_from("ab:-? \n\r\t[]{},'\"#&*!|>%@`~<=.0"), max_size=40),
    is_inside=st.booleans(),
)
def test_arbitrary_syntax_ends_in_a_value_or_in_an_error_with_a_line(
    text: str, is_inside: bool
) -> None:
    content = f"spec: {{source: {{targetRevision: {text}}}}}" if is_inside else text

    error = error_of(content.encode(), "a")

    lines = content.count("\n") + content.count("\r") + 1
    assert error is None or 1 <= error.line <= lines


@st.composite
def lists(draw: st.DrawFn) -> tuple[bytes, list[str]]:
    items = draw(st.lists(NAMES, unique=True, max_size=5))
    items = sorted(items) if draw(st.booleans()) else items
    quoted = [draw(st.sampled_from([item, single(item), json.dumps(item)])) for item in items]
    line_break = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    if not items or draw(st.booleans()):
        body = " [" + draw(st.sampled_from([",", ", ", " , "])).join(quoted) + "]"
    else:
        indent = draw(st.sampled_from(["- ", "  - ", " -   "]))
        comment = draw(st.sampled_from(["", " # c", line_break + "# above"]))
        body = "".join(line_break + indent + item + comment for item in quoted)
    ending = draw(st.sampled_from(["", line_break, f"{line_break}images: [] # i{line_break}"]))
    return f"# k{line_break}resources:{body}{ending}".encode(), items


@given(case=lists(), value=VALUES | NAMES)
def test_an_insertion_adds_one_item_and_moves_no_byte(
    case: tuple[bytes, list[str]], value: str
) -> None:
    content, items = case

    result = insert_sequence_item(content, ("resources",), value, path="x.yaml")

    added = [] if value in items else [value]
    is_sorted = items == sorted(items)
    expected = sorted(items + added) if is_sorted else items + added
    document = read_document(result, path="x.yaml").value
    assert isinstance(document, dict)
    assert document["resources"] == expected
    assert is_subsequence(content, result)
    assert insert_sequence_item(result, ("resources",), value, path="x.yaml") == result


def is_subsequence(content: bytes, result: bytes) -> bool:
    """True if `result` is `content` with one run of bytes put in."""
    size = len(result) - len(content)
    return any(
        result[:at] == content[:at] and result[at + size :] == content[at:]
        for at in range(len(content) + 1)
    )
