"""The outputs of a Terraform root, and which of them are facts that anybody may read."""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from edp.core.terraform.roots import TerraformRoot
from edp.errors import InvalidInputError

_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,253}", re.ASCII)
_LARGEST: Final = 16 * 1024 * 1024
_SHORTEST_SECRET: Final = 6
"""A shorter text is no secret worth the name, and would be found everywhere."""


@dataclass(frozen=True, slots=True)
class Output:
    """One output. What is not clearly marked as harmless counts as sensitive."""

    value: object = field(repr=False)
    is_sensitive: bool


def read_outputs(root: TerraformRoot, content: bytes) -> Mapping[str, Output]:
    """What `terraform output -json` printed; InvalidInputError if that cannot be read."""
    if len(content) > _LARGEST:
        raise InvalidInputError(f"{root}: the outputs are larger than {_LARGEST} bytes")
    try:
        document: object = json.loads(content)
    except (ValueError, RecursionError):
        raise InvalidInputError(f"{root}: the outputs are not JSON") from None
    if not isinstance(document, dict) or not all(
        isinstance(one, dict) for one in document.values()
    ):
        raise InvalidInputError(f"{root}: the outputs are not an object of outputs")
    return {
        name: Output(one.get("value"), one.get("sensitive") is not False)
        for name, one in document.items()
    }


def facts_of(outputs: Mapping[str, Output], *, secrets: Collection[str] = ()) -> Mapping[str, str]:
    """Outputs that are no secret, as texts: a text as it is, all else as JSON.

    Only texts, numbers, truths, and flat lists and maps of them are facts. One in which `secrets`
    or a sensitive text turns up is left out, however it is marked.
    """
    hidden = {*secrets, *_sensitive_texts(outputs)}
    found = {
        name: _text(output.value)
        for name, output in sorted(outputs.items())
        if not output.is_sensitive and _KEY.fullmatch(name) and _is_flat(output.value)
    }
    return {name: text for name, text in found.items() if not any(one in text for one in hidden)}


def _sensitive_texts(outputs: Mapping[str, Output]) -> set[str]:
    return {
        output.value
        for output in outputs.values()
        if output.is_sensitive
        and isinstance(output.value, str)
        and len(output.value) >= _SHORTEST_SECRET
    }


def _is_flat(value: object) -> bool:
    if isinstance(value, dict):
        return all(_is_plain(one) or one is None for one in value.values())
    if isinstance(value, list):
        return all(_is_plain(one) or one is None for one in value)
    return _is_plain(value)


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
