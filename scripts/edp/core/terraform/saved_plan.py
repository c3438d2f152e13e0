"""What a saved plan belongs to. Terraform itself would apply most of them in the wrong place."""

import hashlib
import hmac
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Final

from edp.core.terraform.plan_json import (
    UnreadablePlanError,
    as_object,
    decode,
    encode,
    objects_at,
    text_at,
)
from edp.text import one_line

SCHEMA: Final = 1
LARGEST_STATE: Final = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Binding:
    """Everything that must be the same when a saved plan is applied."""

    repository: str
    root: str
    workspace: str
    backend_fingerprint: str
    files: str
    """A digest of the commits and files that the plan was made from."""
    tool: str
    version: str
    lock_file_sha256: str
    var_files_sha256: str
    state: str
    """Lineage and serial of the state; see `state_in`."""
    plan_sha256: str


_WORDS: Final = {
    "repository": "another repository",
    "root": "another Terraform root",
    "workspace": "another workspace",
    "backend_fingerprint": "another backend",
    "files": "other files",
    "tool": "another tool",
    "version": "another version of the tool",
    "lock_file_sha256": "another provider lock file",
    "var_files_sha256": "other variable files",
    "state": "another state",
}


def verify(binding: Binding, now: Binding) -> str:
    """Why the saved plan may not be applied now; "" if nothing that it was made of has changed."""
    for name, words in _WORDS.items():
        was, present = getattr(binding, name), getattr(now, name)
        if was != present:
            return f"the saved plan was made for {words}: {_shown(was)}, not {_shown(present)}"
    if not hmac.compare_digest(binding.plan_sha256.encode(), now.plan_sha256.encode()):
        return "the saved plan is not the file that was made: it was changed or cut"
    return ""


def _shown(value: str) -> str:
    return json.dumps(one_line(value, 80))


def binding_bytes(binding: Binding) -> bytes:
    """The document beside a saved plan."""
    return encode({"schema": SCHEMA, **asdict(binding)}) + b"\n"


def read_binding(content: bytes) -> Binding:
    """The inverse; UnreadablePlanError for anything else."""
    document = decode(content)
    names = {field.name for field in fields(Binding)}
    if document.get("schema") != SCHEMA or document.keys() != {"schema", *names}:
        raise UnreadablePlanError("what the saved plan belongs to cannot be read")
    return Binding(**{name: text_at(document, name) for name in names})


def backend_fingerprint(kind: str, values: Mapping[str, object], key: bytes) -> str:
    """One number for where a state is; keyed, as the values may hold a password."""
    return hmac.new(key, encode(["backend", kind, dict(values)]), hashlib.sha256).hexdigest()


def state_in(plan: bytes, *, largest: int = LARGEST_STATE) -> str:
    """`lineage/serial` of the state that a plan file was made on, as `terraform state pull` has it.

    The file is a zip; Terraform compares these two itself, but only once it has the lock.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(plan)) as archive:
            member = archive.getinfo("tfstate")
            if member.file_size > largest:
                raise UnreadablePlanError("the state inside the saved plan is too large")
            content = archive.read(member)
    except (zipfile.BadZipFile, KeyError, OSError, EOFError, NotImplementedError) as exc:
        raise UnreadablePlanError("the saved plan is no plan file, or was cut") from exc
    except (RuntimeError, ValueError, zlib.error) as exc:
        raise UnreadablePlanError("the saved plan is damaged") from exc
    return state_version(content)


def state_version(state: bytes) -> str:
    """`lineage/serial` of a state."""
    document = as_object(decode(state), "the state")
    serial = document.get("serial")
    if not isinstance(serial, int) or isinstance(serial, bool):
        raise UnreadablePlanError("the state has no serial")
    return f"{text_at(document, 'lineage')}/{serial}"


def count_resources(state: bytes) -> int:
    """How many objects a state owns, each instance for itself; none if there is no state."""
    if not state.strip():
        return 0
    resources = objects_at(as_object(decode(state), "the state"), "resources")
    owned = (one for one in resources if one.get("mode") == "managed")
    return sum(len(objects_at(one, "instances")) for one in owned)
