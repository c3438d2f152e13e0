"""`terraform/<environment>/<root>.json` in the ledger: what was applied, and how it ended."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from edp.core.ledger.documents import CorruptDocumentError, decode, encode
from edp.core.names import is_name, is_sha
from edp.core.terraform.roots import TerraformRoot
from edp.core.times import format_iso, parse_iso
from edp.text import one_line

FOLDER: Final = "terraform"
_KEYS: Final = frozenset(
    (
        "schema", "root", "result", "inputs", "commit", "digest", "rest", "startedAt", "endedAt",
        "clean", "pull", "by", "run", "reason",
    )
)  # fmt: skip


class Result(StrEnum):
    """How the newest apply of a Terraform root ended."""

    RUNNING = "running"
    """It has not, or its run was killed."""
    APPLIED = "applied"
    FAILED = "failed"
    ERRORED = "errored"
    """Its state could not be stored: `edp recover` must bring that back first."""


@dataclass(frozen=True, slots=True)
class Record:
    """The newest apply of a Terraform root."""

    root: TerraformRoot
    result: Result
    inputs: str
    """A digest of the files that it was applied from."""
    commit: str
    """Of the default branch."""
    digest: str
    """Keyed, of the changes that were let through."""
    rest: tuple[str, ...]
    """Keyed, one for each of these changes: what is left of them may still be made."""
    started_at: datetime
    ended_at: datetime | None
    is_clean: bool
    """Whether nothing was left to do afterwards."""
    pull: int
    """Of the pull request that was reviewed; 0 if somebody let the digest through by name."""
    by: str
    """Who merged it or named the digest."""
    run: str
    """The API's number of the workflow run; empty on a laptop."""
    reason: str = ""


def record_path(root: TerraformRoot) -> str:
    """Where the document stands."""
    return f"{FOLDER}/{root.environment}/{root.name}.json"


def root_of_record(path: str) -> TerraformRoot | None:
    """The inverse; None for any other path."""
    parts = path.removesuffix(".json").split("/")
    if len(parts) != 3 or parts[0] != FOLDER or not path.endswith(".json"):
        return None
    return TerraformRoot(*parts[1:]) if is_name(parts[1]) and is_name(parts[2]) else None


def record_bytes(record: Record) -> bytes:
    """The document, always the same bytes for the same record."""
    return encode(
        {
            "root": str(record.root),
            "result": record.result.value,
            "inputs": record.inputs,
            "commit": record.commit,
            "digest": record.digest,
            "rest": list(record.rest),
            "startedAt": format_iso(record.started_at),
            "endedAt": format_iso(record.ended_at) if record.ended_at else None,
            "clean": record.is_clean,
            "pull": record.pull,
            "by": one_line(record.by, 100),
            "run": record.run,
            "reason": one_line(record.reason, 500),
        }
    )


def read_record(content: bytes, root: TerraformRoot) -> Record:
    """The inverse of `record_bytes`; CorruptDocumentError for anything else."""
    document = decode(content)
    if document.get("root") != str(root):
        raise CorruptDocumentError("it is about something else")
    try:
        record = _record(document, root)
    except (KeyError, TypeError, ValueError) as exc:
        raise CorruptDocumentError(f"not a record of an apply: {type(exc).__name__}") from None
    if not is_sha(record.commit) or not record.inputs:
        raise CorruptDocumentError("its commit or its files cannot be")
    if (record.ended_at is None) is not (record.result is Result.RUNNING):
        raise CorruptDocumentError("its end and its result do not belong together")
    return record


def _record(document: dict[str, object], root: TerraformRoot) -> Record:
    ended, rest, pull = document["endedAt"], document["rest"], document["pull"]
    is_clean = document["clean"]
    if document.keys() != _KEYS:
        raise ValueError
    if not isinstance(rest, list) or type(pull) is not int or pull < 0:
        raise TypeError
    if not isinstance(is_clean, bool):
        raise TypeError
    return Record(
        root=root,
        result=Result(_text(document["result"])),
        inputs=_text(document["inputs"]),
        commit=_text(document["commit"]),
        digest=_text(document["digest"]),
        rest=tuple(map(_text, rest)),
        started_at=parse_iso(_text(document["startedAt"])),
        ended_at=None if ended is None else parse_iso(_text(ended)),
        is_clean=is_clean,
        pull=pull,
        by=_text(document["by"]),
        run=_text(document["run"]),
        reason=_text(document["reason"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
