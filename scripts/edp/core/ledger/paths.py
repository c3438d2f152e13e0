"""Where each document of the ledger stands in its branch."""

from datetime import datetime
from typing import Final

from edp.core import names

BRANCH: Final = "edp-ledger"
CURSOR: Final = "cursor"
README: Final = "README.md"

Key = tuple[str, str, str]
"""Stack, version, environment."""


def evidence_path(key: Key) -> str:
    """`evidence/<stack>/<version>/<environment>.json`."""
    return "evidence/{}/{}/{}.json".format(*key)


def closed_path(key: Key) -> str:
    """`closed/<stack>/<version>/<environment>.json`."""
    return "closed/{}/{}/{}.json".format(*key)


def audit_path(at: datetime) -> str:
    """`audit/<yyyy-mm>.jsonl` of the month in UTC."""
    return f"audit/{at:%Y-%m}.jsonl"


def parse_key(path: str, folder: str) -> Key | None:
    """The key of a document below `folder`; None if the path is anything else."""
    parts = path.split("/")
    if len(parts) != 4 or parts[0] != folder or not parts[3].endswith(".json"):
        return None
    stack, version, environment = parts[1], parts[2], parts[3].removesuffix(".json")
    is_key = names.is_name(stack) and names.is_version(version) and names.is_name(environment)
    return (stack, version, environment) if is_key else None
