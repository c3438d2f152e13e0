"""What a value's tokens mean, as far as it can be told without Terraform."""

from collections.abc import Iterator, Mapping

from edp.core.terraform.hcl.body import Tokens
from edp.core.terraform.hcl.tokens import Kind, Token

_BETWEEN = frozenset(("\n", ","))


def text_of(tokens: Tokens) -> str | None:
    """A literal string in quotes; None for everything else, a heredoc included."""
    kinds = [token.kind for token in tokens]
    if kinds == [Kind.OPEN_TEXT, Kind.CLOSE_TEXT]:
        return "" if tokens[0].text == '"' else None
    if kinds == [Kind.OPEN_TEXT, Kind.TEXT, Kind.CLOSE_TEXT] and tokens[0].text == '"':
        return tokens[1].text
    return None


def scalar_of(tokens: Tokens) -> str | None:
    """A literal string, number or boolean as text."""
    if len(tokens) == 1 and (tokens[0].kind is Kind.NUMBER or tokens[0].text in ("true", "false")):
        return tokens[0].text
    return text_of(tokens)


def members_of(tokens: Tokens) -> Mapping[str, Tokens] | None:
    """The members of `{ name = value }`; None if it is no such object or a name is computed."""
    if len(tokens) < 2 or not _is_enclosed(tokens):
        return None
    found: dict[str, Tokens] = {}
    for item in split(tokens[1:-1], _BETWEEN):
        member = _member(item)
        if member is None:
            return None
        found[member[0]] = member[1]
    return found


def items_of(tokens: Tokens) -> tuple[Tokens, ...]:
    """The items of `[ … ]`, or the one value."""
    if tokens[0].text == "[" and tokens[-1].text == "]" and len(tokens) > 1:
        inner = tuple(token for token in tokens[1:-1] if token.kind is not Kind.NEWLINE)
        return tuple(split(inner, frozenset(",")))
    return (tokens,)


def split(tokens: Tokens, separators: frozenset[str]) -> Iterator[Tokens]:
    """The parts between separators that stand in no inner bracket or string; no empty ones."""
    depth = min((token.depth for token in tokens), default=0)
    part: list[Token] = []
    for token in tokens:
        if token.depth == depth and token.text in separators and token.kind is not Kind.TEXT:
            if part:
                yield tuple(part)
            part = []
        else:
            part.append(token)
    if part:
        yield tuple(part)


def _is_enclosed(tokens: Tokens) -> bool:
    """Whether the first token opens a brace that the last one closes."""
    depth = tokens[0].depth
    inner = tokens[1:-1]
    return (
        tokens[0].text == "{"
        and tokens[-1].text == "}"
        and all(token.depth > depth for token in inner)
    )


def _member(item: Tokens) -> tuple[str, Tokens] | None:
    depth = item[0].depth
    for index, token in enumerate(item):
        if token.depth == depth and token.text in ("=", ":") and token.kind is Kind.SIGN:
            key = (
                item[0].text if index == 1 and item[0].kind is Kind.NAME else text_of(item[:index])
            )
            return None if key is None or index + 1 == len(item) else (key, item[index + 1 :])
    return None
