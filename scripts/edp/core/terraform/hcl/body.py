"""Blocks and attributes of a file, both syntaxes alike."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from edp.core.terraform.hcl.tokens import (
    MAXIMUM_BYTES,
    Kind,
    SyntaxProblemError,
    Token,
    scan,
)

_BOM: Final = b"\xef\xbb\xbf"

Tokens = tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Attribute:
    """`name = value`, the value as tokens."""

    name: str
    value: Tokens
    line: int


@dataclass(frozen=True, slots=True)
class Block:
    """`kind "label" { … }`."""

    kind: str
    labels: tuple[str, ...]
    body: "Body"
    line: int


@dataclass(frozen=True, slots=True)
class Body:
    """What stands in a file or in a block, in its order. Of one name there may be several."""

    attributes: tuple[Attribute, ...] = ()
    blocks: tuple[Block, ...] = ()

    def attribute(self, name: str) -> Attribute | None:
        """The first attribute of that name; Terraform refuses a second one."""
        return next((one for one in self.attributes if one.name == name), None)

    def of_kind(self, kind: str) -> tuple[Block, ...]:
        """The blocks of a kind that stand here themselves."""
        return tuple(block for block in self.blocks if block.kind == kind)

    def walk(self) -> Iterator[Block]:
        """All blocks below, each before those inside of it."""
        for block in self.blocks:
            yield block
            yield from block.body.walk()


def decode(content: bytes) -> str:
    """A file's text without its byte order mark; SyntaxProblemError if it is none."""
    if len(content) > MAXIMUM_BYTES:
        raise SyntaxProblemError(
            f"has {len(content)} bytes, more than the {MAXIMUM_BYTES} that are read", 1
        )
    try:
        return content.removeprefix(_BOM).decode()
    except UnicodeDecodeError as exc:
        raise SyntaxProblemError("is not UTF-8", content.count(b"\n", 0, exc.start) + 1) from None


def read_body(content: bytes) -> Body:
    """A file in the native syntax; SyntaxProblemError if Terraform would not read it either."""
    tokens = scan(decode(content))
    return _Parser(tokens).body(closing="")


class _Parser:
    """A position in the tokens."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        last = tokens[-1].line if tokens else 1
        self._tokens = (*tokens, Token(Kind.NEWLINE, "", last, 0))
        self._at = 0

    def body(self, closing: str) -> Body:
        attributes: list[Attribute] = []
        blocks: list[Block] = []
        while (token := self._after_newlines()).text != closing:
            if token.kind is not Kind.NAME:
                raise self._unexpected(token)
            self._at += 1
            if self._tokens[self._at].text == "=":
                self._at += 1
                attributes.append(Attribute(token.text, self._expression(), token.line))
            else:
                blocks.append(self._block(token))
        self._at += 1
        return Body(tuple(attributes), tuple(blocks))

    def _after_newlines(self) -> Token:
        """The next token that is no line's end; the last of all has an empty text."""
        while self._tokens[self._at].text == "\n":
            self._at += 1
        return self._tokens[self._at]

    def _expression(self) -> Tokens:
        begin = self._at
        depth = self._tokens[begin].depth
        while not self._ends(self._tokens[self._at], depth):
            self._at += 1
        if self._at == begin:
            raise self._unexpected(self._tokens[begin])
        return self._tokens[begin : self._at]

    def _ends(self, token: Token, depth: int) -> bool:
        is_newline = token.kind is Kind.NEWLINE and token.depth <= depth
        return is_newline or (token.text == "}" and token.depth < depth)

    def _block(self, opening: Token) -> Block:
        labels = []
        while (token := self._tokens[self._at]).text != "{" or token.kind is not Kind.SIGN:
            labels.append(self._label(token))
        self._at += 1
        return Block(opening.text, tuple(labels), self.body(closing="}"), opening.line)

    def _label(self, token: Token) -> str:
        if token.kind is Kind.NAME:
            self._at += 1
            return token.text
        kinds = [one.kind for one in self._tokens[self._at : self._at + 3]]
        if kinds != [Kind.OPEN_TEXT, Kind.TEXT, Kind.CLOSE_TEXT]:
            raise self._unexpected(token)
        self._at += 3
        return self._tokens[self._at - 2].text

    def _unexpected(self, token: Token) -> SyntaxProblemError:
        found = "the end of the file" if not token.text else f"{token.text[:40]!a}"
        return SyntaxProblemError(f"unexpected {found}", token.line)
