"""The files that a configuration names: in calls that read, and in texts that look like paths."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from edp.core.terraform.hcl.body import Tokens
from edp.core.terraform.hcl.tokens import Kind
from edp.core.terraform.hcl.values import split, text_of
from edp.text import one_line

READING: Final = frozenset(
    (
        "file",
        "filebase64",
        "filebase64sha256",
        "filebase64sha512",
        "fileexists",
        "filemd5",
        "fileset",
        "filesha1",
        "filesha256",
        "filesha512",
        "templatefile",
    )
)
_PATH_LIKE: Final = re.compile(r"[^\s:*?(){}<>|\"']{1,400}")
_LONGEST: Final = 120


class Base(Enum):
    """What a path is relative to."""

    MODULE = "module"
    """The folder of the file that names it."""
    ROOT = "root"
    """The folder of the Terraform root that uses it; a bare path means this too."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A file, or a folder with all below it; `function` is "" where it is only mentioned."""

    base: Base
    path: str
    line: int
    function: str = ""


@dataclass(frozen=True, slots=True)
class Obscure:
    """A call that reads a file which cannot be told without Terraform."""

    text: str
    line: int


def references_in(tokens: Tokens) -> Iterator[Reference | Obscure]:
    """Everything in one value."""
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if token.kind is Kind.NAME and token.text in READING and _is_call(tokens, index):
            # The path has been read; the other arguments are looked into like everything else.
            found, index = _read(tokens, index)
            yield found
            continue
        if token.kind is Kind.OPEN_TEXT:
            yield from _mentions(tokens[index : _end(tokens, index) + 1])
        elif token.text == "path" and token.kind is Kind.NAME and not _begins_text(tokens, index):
            yield from _bare_path(tokens[index : index + 3])
        index += 1


def _is_call(tokens: Tokens, index: int) -> bool:
    following = tokens[index + 1 : index + 2]
    return bool(following) and following[0].text == "(" and following[0].kind is Kind.SIGN


def _end(tokens: Tokens, index: int) -> int:
    """Where the bracket or text that opens here is closed."""
    depth = tokens[index].depth
    return next(at for at in range(index + 1, len(tokens)) if tokens[at].depth == depth)


def _read(tokens: Tokens, index: int) -> tuple[Reference | Obscure, int]:
    """What a call reads, and the index of the first token behind its path."""
    call, inner = tokens[index], tokens[index + 2 : _end(tokens, index + 1)]
    arguments = list(split(_without_lines(inner), frozenset(",")))
    path = _path(arguments[0]) if arguments else None
    if path is not None and call.text == "fileset":
        path = _folder_of_pattern(*path, arguments[1:2])
    if path is None:
        return Obscure(f"{call.text}({_shown(inner)})", call.line), index + 1
    behind = index + 2 + _index_of_comma(inner)
    return Reference(*path, call.line, call.text), behind


def _index_of_comma(inner: Tokens) -> int:
    depth = inner[0].depth
    commas = (at for at, one in enumerate(inner) if one.text == "," and one.depth == depth)
    return next(commas, len(inner))


def _without_lines(tokens: Tokens) -> Tokens:
    return tuple(token for token in tokens if token.kind is not Kind.NEWLINE)


def _folder_of_pattern(base: Base, folder: str, pattern: list[Tokens]) -> tuple[Base, str] | None:
    """The folder in which a literal pattern without steps upwards finds files."""
    text = text_of(pattern[0]) if pattern else None
    if text is None or ".." in text:
        return None
    known = re.split(r"[*?\[{\\]", text)[0]
    return base, "/".join(filter(None, (folder, known[: known.rfind("/") + 1])))


def _path(argument: Tokens) -> tuple[Base, str] | None:
    """`"x"`, `path.module`, `"${path.module}/x"`; None for what Terraform would have to compute."""
    literal = text_of(argument)
    if literal is not None:
        return Base.ROOT, literal
    base = _base(argument)
    if base is not None:
        return base, ""
    base, rest = _base_in_text(argument)
    if base is None or [token.kind for token in rest] != [Kind.TEXT, Kind.CLOSE_TEXT]:
        return None
    return _below(base, rest[0].text)


def _below(base: Base, text: str) -> tuple[Base, str] | None:
    """`/x` behind a folder is below it; `x` or `.x` would change the folder's name."""
    return (base, text.lstrip("/")) if text.startswith("/") else None


def _base(tokens: Tokens) -> Base | None:
    match [token.text for token in tokens]:
        case ["path", ".", "module"]:
            return Base.MODULE
        case ["path", ".", "root"]:
            return Base.ROOT
    return None


def _base_in_text(tokens: Tokens) -> tuple[Base | None, Tokens]:
    """The base of `"${path.module}…`, and the tokens behind it."""
    kinds = [token.kind for token in tokens[:6]]
    if kinds[:2] != [Kind.OPEN_TEXT, Kind.OPEN_PART] or kinds[5:] != [Kind.CLOSE_PART]:
        return None, ()
    base = _base(tokens[2:5])
    is_one_text = _end(tokens, 0) == len(tokens) - 1
    return (base, tokens[6:]) if is_one_text else (None, ())


def _mentions(text: Tokens) -> Iterator[Reference]:
    """A literal text that may be a path, or one that begins with a folder of Terraform's."""
    literal = text_of(text)
    if literal is not None:
        if _PATH_LIKE.fullmatch(literal) and ("/" in literal or "." in literal):
            yield Reference(Base.ROOT, literal, text[0].line)
        return
    base, rest = _base_in_text(text)
    if base is None:
        return
    known = rest[0].text if rest[0].kind is Kind.TEXT else ""
    if len(rest) > 2:
        # What follows is computed: everything in the folder may be meant.
        known = known[: known.rfind("/") + 1]
    path = _below(base, known) if known else (base, "")
    if path is not None:
        yield Reference(*path, text[0].line)


def _begins_text(tokens: Tokens, index: int) -> bool:
    """Whether a text begins with exactly this; it has been looked at as a text then."""
    before = [token.kind for token in tokens[max(index - 2, 0) : index]]
    after = [token.kind for token in tokens[index + 3 : index + 4]]
    return before == [Kind.OPEN_TEXT, Kind.OPEN_PART] and after == [Kind.CLOSE_PART]


def _bare_path(tokens: Tokens) -> Iterator[Reference]:
    base = _base(tokens)
    if base is not None:
        yield Reference(base, "", tokens[0].line)


def _shown(tokens: Tokens) -> str:
    return one_line("".join(token.text for token in tokens[:_LONGEST]), limit=_LONGEST)
