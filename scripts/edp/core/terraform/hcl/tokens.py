"""The tokens of HCL, cut where Terraform cuts them.

A policy rests on this, so nothing may hide from it that Terraform sees: what ends a string, a
comment or a heredoc follows Terraform's own scanner, and what is not balanced is an error.
python-hcl2 can be cheated with a blank behind the end of a heredoc; a test shows it.
"""

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import Final, NamedTuple

MAXIMUM_BYTES: Final = 1024 * 1024
MAXIMUM_DEPTH: Final = 100
MAXIMUM_TOKENS: Final = 200_000

_MAIN: Final = re.compile(
    r"""
    (?P<blank>[ \t]+)
    |(?P<newline>\r?\n)
    |(?P<comment>(?:\#|//)[^\n]*|/\*(?s:.*?)\*/)
    |(?P<name>[^\W\d][\w-]*)
    |(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
    |<<-?(?P<heredoc>[^\W\d][\w-]*)\r?\n
    |(?P<sign>==|!=|<=|>=|&&|\|\||=>|::|\.\.\.|[{}\[\]()=,.?:!<>&|+\-*/%"~])
    """,
    re.VERBOSE,
)
_TEXT: Final = r"\$\$\{|%%\{|[$%](?!\{)"
_IN_QUOTES: Final = re.compile(rf'(?:[^"\\$%\r\n]+|\\[^\r\n]|{_TEXT})++')
_IN_HEREDOC: Final = re.compile(rf"(?:[^$%\n]+|{_TEXT})*+\n?")
_IN_TEMPLATE: Final = re.compile(rf"(?:[^$%]+|{_TEXT})++")
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U(000[0-9a-fA-F]{5})|([nrt\"\\]))")
_DOUBLED: Final = re.compile(r"([$%])\1\{")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_LETTERS: Final = {"n": "\n", "r": "\r", "t": "\t"}
_BLANKS: Final = " \t\n\v\f\r\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_OPENING: Final = frozenset("{[(")
_CLOSING: Final = frozenset("}])")


class SyntaxProblemError(Exception):
    """Not what Terraform would read, or more than is read here."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


class Kind(Enum):
    """What a token is."""

    NAME = auto()
    NUMBER = auto()
    SIGN = auto()
    NEWLINE = auto()
    OPEN_TEXT = auto()
    """A quote or the first line of a heredoc."""
    TEXT = auto()
    """Literal characters, with what escapes mean."""
    CLOSE_TEXT = auto()
    OPEN_PART = auto()
    """`${` or `%{` inside a text."""
    CLOSE_PART = auto()


class Token(NamedTuple):
    """One token; `depth` counts the brackets, texts and parts around it."""

    kind: Kind
    text: str
    line: int
    depth: int


def whole(text: str) -> str:
    """Text that can be encoded: halves of surrogate pairs are replaced, as Terraform does."""
    return _SURROGATE.sub("\ufffd", text)


def scan(text: str) -> tuple[Token, ...]:
    """The tokens of a file without blanks and comments."""
    return tuple(_Scanner(text, 1).run())


def scan_template(text: str, line: int) -> tuple[Token, ...]:
    """The tokens of a string of the JSON syntax, a template without escapes, all in one line."""
    return tuple(_Scanner(text, line).run_template())


class _Frame:
    """A text or a part of one that is open. `marker` ends a heredoc."""

    __slots__ = ("at_line_start", "braces", "depth", "is_text", "marker")

    def __init__(self, depth: int, *, is_text: bool, marker: str = "") -> None:
        self.depth = depth
        self.is_text = is_text
        self.marker = marker
        self.at_line_start = True
        self.braces = 0


class _Scanner:
    """A position in the text, and the texts and parts that are open there."""

    def __init__(self, text: str, line: int) -> None:
        self._text = text
        self._line = line
        self._at = 0
        self._depth = 0
        self._frames = [_Frame(0, is_text=False)]

    def run(self) -> Iterator[Token]:
        for count, token in enumerate(self._tokens()):
            if self._depth > MAXIMUM_DEPTH or count >= MAXIMUM_TOKENS:
                raise self._error("is nested too deeply or too long to be read")
            yield token
        if len(self._frames) > 1 or self._depth != self._frames[0].depth:
            raise self._error("ends inside a string or a bracket")

    def run_template(self) -> Iterator[Token]:
        self._frames[0] = _Frame(1, is_text=True)
        self._depth = 1
        line = self._line
        yield Token(Kind.OPEN_TEXT, '"', line, 0)
        for token in self.run():
            yield token._replace(line=line)
        yield Token(Kind.CLOSE_TEXT, '"', line, 0)

    def _tokens(self) -> Iterator[Token]:
        while self._at < len(self._text):
            frame = self._frames[-1]
            yield from self._text_tokens(frame) if frame.is_text else self._main_tokens(frame)

    def _main_tokens(self, frame: _Frame) -> Iterator[Token]:
        match = _MAIN.match(self._text, self._at)
        if match is None:
            raise self._error(f"unexpected {self._text[self._at]!a}")
        line, kind, text = self._line, match.lastgroup, match[0]
        self._advance(match.end())
        if kind == "name":
            yield Token(Kind.NAME, text, line, self._depth)
        elif kind == "sign":
            yield self._sign(frame, text, line)
        elif kind == "newline":
            yield Token(Kind.NEWLINE, "\n", line, self._depth)
        elif kind == "number":
            yield Token(Kind.NUMBER, text, line, self._depth)
        elif kind == "heredoc":
            yield self._open(Kind.OPEN_TEXT, text, line, marker=match["heredoc"])

    def _sign(self, frame: _Frame, text: str, line: int) -> Token:
        if text == '"':
            return self._open(Kind.OPEN_TEXT, text, line)
        if text == "}" and frame.braces == 0 and len(self._frames) > 1:
            return self._close(Kind.CLOSE_PART, text, line)
        frame.braces += (text == "{") - (text == "}")
        self._depth -= text in _CLOSING
        if self._depth < frame.depth:
            raise self._error("a bracket is closed that was not opened")
        token = Token(Kind.SIGN, text, line, self._depth)
        self._depth += text in _OPENING
        return token

    def _text_tokens(self, frame: _Frame) -> Iterator[Token]:
        line = self._line
        if self._text.startswith(("${", "%{"), self._at):
            frame.at_line_start = False
            self._advance(self._at + 2)
            yield self._open(Kind.OPEN_PART, self._text[self._at - 2 : self._at], line)
        elif frame.marker:
            yield from self._heredoc_line(frame)
        elif len(self._frames) > 1 and self._text.startswith('"', self._at):
            self._advance(self._at + 1)
            yield self._close(Kind.CLOSE_TEXT, '"', line)
        else:
            yield self._literal(_IN_QUOTES if len(self._frames) > 1 else _IN_TEMPLATE)

    def _literal(self, pattern: re.Pattern[str]) -> Token:
        match = pattern.match(self._text, self._at)
        if match is None:
            raise self._error("a string does not end in its line")
        line = self._line
        self._advance(match.end())
        text = match[0] if pattern is _IN_TEMPLATE else _ESCAPE.sub(_meaning, match[0])
        return self._text_token(text, line)

    def _text_token(self, text: str, line: int) -> Token:
        return Token(Kind.TEXT, _DOUBLED.sub(r"\1{", text), line, self._depth)

    def _heredoc_line(self, frame: _Frame) -> Iterator[Token]:
        match = _IN_HEREDOC.match(self._text, self._at)
        assert match is not None  # noqa: S101 (the pattern matches the empty text)
        line, text = self._line, match[0]
        is_line = text.endswith("\n") or match.end() == len(self._text)
        if frame.at_line_start and is_line and text.strip(_BLANKS) == frame.marker:
            # The line feed behind the marker ends the attribute as well.
            self._advance(match.end() - text.endswith("\n"))
            yield self._close(Kind.CLOSE_TEXT, frame.marker, line)
            return
        frame.at_line_start = text.endswith("\n")
        self._advance(match.end())
        yield self._text_token(text, line)

    def _open(self, kind: Kind, text: str, line: int, *, marker: str = "") -> Token:
        token = Token(kind, text, line, self._depth)
        self._depth += 1
        is_text = kind is Kind.OPEN_TEXT
        self._frames.append(_Frame(self._depth, is_text=is_text, marker=marker))
        return token

    def _close(self, kind: Kind, text: str, line: int) -> Token:
        if self._depth != self._frames.pop().depth:
            raise self._error("a bracket is not closed")
        self._depth -= 1
        return Token(kind, text, line, self._depth)

    def _advance(self, end: int) -> None:
        self._line += self._text.count("\n", self._at, end)
        self._at = end

    def _error(self, message: str) -> SyntaxProblemError:
        return SyntaxProblemError(message, self._line)


def _meaning(match: re.Match[str]) -> str:
    """What an escape in quotes stands for."""
    digits = match[1] or match[2]
    if digits is None:
        return _LETTERS.get(match[3], match[3])
    return whole(chr(number)) if (number := int(digits, 16)) <= 0x10FFFF else match[0]
