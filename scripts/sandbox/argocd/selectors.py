"""Field and label selectors of LIST and WATCH."""

import re
from collections.abc import Callable
from typing import Any

from sandbox.argocd.kubernetes_status import bad_request
from sandbox.http_messages import Request

Document = dict[str, Any]
Selector = Callable[[Document], bool]
_REQUIREMENT = re.compile(
    r"(?P<key>[\w./-]+)\s*(?:(?P<sign>==|=|!=)\s*(?P<value>[\w.-]*)"
    r"|\s(?P<set>in|notin)\s*\((?P<values>[^)]*)\))?"
)


def is_selective(request: Request) -> bool:
    return bool(request.first("fieldSelector") or request.first("labelSelector"))


def selector(request: Request) -> Selector:
    """What a LIST or WATCH asks for; a selector that is not served is refused."""
    parts = [_field(text) for text in _split(request.first("fieldSelector"))]
    parts += [_label(text) for text in _split(request.first("labelSelector"))]
    return lambda document: all(part(document) for part in parts)


def _split(text: str) -> list[str]:
    return [part.strip() for part in re.split(r",(?![^(]*\))", text) if part.strip()]


def _field(text: str) -> Selector:
    found = re.fullmatch(r"([\w.]+)(!=|==|=)(.*)", text)
    if found is None:
        raise bad_request(f"invalid selector: '{text}'; can't understand '{text}'")
    key, sign, value = found.groups()
    if key not in ("metadata.name", "metadata.namespace"):
        raise bad_request(f"field label not supported: {key}")
    member = key.removeprefix("metadata.")
    return lambda document: (document["metadata"][member] == value) == (sign != "!=")


def _label(text: str) -> Selector:
    if text.startswith("!"):
        return lambda document: text[1:].strip() not in _labels(document)
    found = _REQUIREMENT.fullmatch(text)
    if found is None:
        raise bad_request(_complaint(text))
    key, sign, value, kind, values = found.group("key", "sign", "value", "set", "values")
    wanted = {part.strip() for part in values.split(",")} if kind else {value}
    if not (sign or kind):
        return lambda document: key in _labels(document)
    is_wanted = sign != "!=" and kind != "notin"
    return lambda document: (_labels(document).get(key) in wanted) == is_wanted


def _complaint(text: str) -> str:
    rest = re.sub(r"^[\w./-]+\s*(==|=|!=)?", "", text)[:1]
    return f"unable to parse requirement: found '{rest}', expected: identifier"


def _labels(document: Document) -> dict[str, str]:
    labels: dict[str, str] = document["metadata"].get("labels", {})
    return labels
