"""A file's text and its parser events, within bounds that keep the parser and the memory safe."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, cast

import yaml

from edp.errors import InvalidInputError

MAXIMUM_BYTES: Final = 1024 * 1024
MAXIMUM_DEPTH: Final = 64
MAXIMUM_EVENTS: Final = 200_000

_BOM: Final = b"\xef\xbb\xbf"
_BREAK: Final = re.compile(r"\r\n|\r|\n")
_BREAK_AT_END: Final = re.compile(r"[\r\n]+\Z")
_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")


class YamlError(InvalidInputError):
    """A YAML file that cannot be read or edited: where, what, and what to do."""

    def __init__(self, problem: str, *, path: str, line: int, hint: str = "") -> None:
        super().__init__(f"{path}:{line}: {problem}", hint=hint)
        self.path = path
        self.line = line


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a file without its byte order mark; line breaks are untouched."""

    path: str
    text: str
    has_bom: bool

    def encode(self) -> bytes:
        """The bytes that this was decoded from."""
        return (_BOM if self.has_bom else b"") + self.text.encode()

    def error(self, problem: str, *, line: int, hint: str = "") -> YamlError:
        """An error at a line of this file."""
        return YamlError(problem, path=self.path, line=line, hint=hint)


def decode(content: bytes, *, path: str, maximum_bytes: int = MAXIMUM_BYTES) -> Source:
    """Decode strict UTF-8 of a bounded size, without a look at its meaning."""
    if len(content) > maximum_bytes:
        raise YamlError(
            f"the file has {len(content)} bytes, more than the {maximum_bytes} that are read",
            path=path,
            line=1,
            hint="split the file",
        )
    has_bom = content.startswith(_BOM)
    try:
        text = content[len(_BOM) :].decode() if has_bom else content.decode()
    except UnicodeDecodeError as exc:
        before = exc.object[: exc.start].decode(errors="replace")
        raise YamlError(
            "the file is not UTF-8", path=path, line=_line_after(before), hint="save it as UTF-8"
        ) from None
    source = Source(path, text, has_bom)
    if text.startswith("\ufeff"):
        raise source.error("the file has two byte order marks", line=1, hint="remove them")
    return source


def parse(source: Source) -> Iterator[yaml.Event]:
    """Yield the parser's events; depth and events per document are bounded, errors are ours."""
    depth = count = 0
    try:
        for event in yaml.parse(source.text, Loader=yaml.CSafeLoader):
            count += 1
            kind = type(event)
            if kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                depth += 1
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                depth -= 1
            elif kind is yaml.DocumentStartEvent:
                count = 0
            if depth > MAXIMUM_DEPTH or count > MAXIMUM_EVENTS:
                raise _too_complex(source, event, depth=depth)
            yield event
    except yaml.reader.ReaderError:
        raise _unprintable(source) from None
    except yaml.MarkedYAMLError as exc:
        raise _malformed(source, exc) from None


def start_of(event: yaml.Event) -> yaml.Mark:
    """Where an event begins; the C parser gives every event both marks."""
    return cast("yaml.Mark", event.start_mark)


def end_of(event: yaml.Event) -> yaml.Mark:
    """Where an event ends."""
    return cast("yaml.Mark", event.end_mark)


def line_of(event: yaml.Event) -> int:
    """The line in which an event begins, counted from one."""
    return start_of(event).line + 1


def quote(text: str) -> str:
    """A file's own text for a message: one line of ASCII, not too long."""
    return json.dumps(text if len(text) <= 60 else text[:60] + "…")


def _line_after(text: str) -> int:
    return len(_BREAK.findall(text)) + 1


def _too_complex(source: Source, event: yaml.Event, *, depth: int) -> YamlError:
    limit = f"{MAXIMUM_DEPTH} levels" if depth > MAXIMUM_DEPTH else f"{MAXIMUM_EVENTS} elements"
    return source.error(
        f"the YAML has more than {limit}", line=line_of(event), hint="split or flatten the file"
    )


def _unprintable(source: Source) -> YamlError:
    found = _UNPRINTABLE.search(source.text)
    where = found.start() if found else 0
    return source.error(
        f"the file has the control character U+{ord(source.text[where]):04X}",
        line=_line_after(source.text[:where]),
        hint="remove it, or write it as an escape in double quotes",
    )


def _malformed(source: Source, exc: yaml.MarkedYAMLError) -> YamlError:
    mark = exc.problem_mark or exc.context_mark
    lines = _BREAK.split(_BREAK_AT_END.sub("", source.text))
    # At the end of a text the parser is one line further than the text.
    line = min(mark.line + 1 if mark else 1, len(lines))
    parts = ", ".join(part for part in (exc.context, exc.problem) if part)
    has_tab = "\t" in lines[line - 1]
    return source.error(
        f"not valid YAML: {parts}",
        line=line,
        hint="the line has a tab: indent with spaces" if has_tab else "",
    )
