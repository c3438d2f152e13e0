"""`terraform/summary.json` in the ledger: what each environment's Terraform still waits for.

Promotions into an environment wait while its Terraform is not applied; one small document tells.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from edp.core.ledger.documents import CorruptDocumentError, decode, encode
from edp.core.names import is_name, is_sha
from edp.core.terraform.turns import Standing, Turn
from edp.text import one_line

SUMMARY_PATH: Final = "terraform/summary.json"


@dataclass(frozen=True, slots=True)
class Summary:
    """What the newest `edp apply` left to do."""

    commit: str
    """The newest commit of the default branch below `terraform/` that it has seen."""
    waiting: Mapping[str, str] = field(default_factory=dict)
    """By environment: why its Terraform is not as merged. Those that are quiet are not here."""


def summary_of(commit: str, found: Iterable[Standing]) -> Summary:
    """The first Terraform root of each environment that is not done speaks for it."""
    waiting: dict[str, str] = {}
    for one in found:
        if one.turn is not Turn.DONE:
            said = one.reason or "is not applied"
            waiting.setdefault(one.root.environment, f"{one.root}: {said}")
    return Summary(commit, waiting)


def summary_bytes(summary: Summary) -> bytes:
    """The document, always the same bytes for the same summary."""
    waiting = {name: one_line(text, 300) for name, text in sorted(summary.waiting.items())}
    return encode({"commit": summary.commit, "waiting": waiting})


def read_summary(content: bytes) -> Summary:
    """The inverse of `summary_bytes`; CorruptDocumentError for anything else."""
    document = decode(content)
    commit, waiting = document.get("commit"), document.get("waiting")
    if not isinstance(commit, str) or not is_sha(commit) or not isinstance(waiting, dict):
        raise CorruptDocumentError("it is no summary of Terraform")
    if not all(is_name(name) and isinstance(text, str) for name, text in waiting.items()):
        raise CorruptDocumentError("what waits in it cannot be read")
    return Summary(commit, waiting)
