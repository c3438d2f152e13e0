"""What a saved plan belongs to, read from the disk when it is made and before its apply."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from edp.clients.terraform import Terraform
from edp.clients.terraform_outcome import PlanFile, digest
from edp.core.terraform.paths import is_in_plan
from edp.core.terraform.reach import Reach
from edp.core.terraform.roots import TerraformRoot, root_path
from edp.core.terraform.saved_plan import Binding, backend_fingerprint, state_in
from edp.errors import RefusedError

_LOCK_FILE = ".terraform.lock.hcl"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a plan is made: `folder` has the repository's files."""

    repository: str
    folder: Path
    key: bytes = field(repr=False)


def bind(terraform: Terraform, reach: Reach, plan: PlanFile, where: Surroundings) -> Binding:
    """Everything that must be the same when this plan is applied; RefusedError for no plan file."""
    if plan.path.is_symlink() or not plan.path.is_file():
        raise RefusedError(f"{reach.root}: the saved plan is gone or no plain file")
    content = plan.path.read_bytes()
    return Binding(
        repository=where.repository,
        root=str(reach.root),
        workspace=terraform.workspace,
        backend_fingerprint=_backend(terraform, where.key),
        files=_digest(where.folder, _files(where.folder, reach)),
        tool=terraform.binary.tool,
        version=terraform.binary.version,
        lock_file_sha256=_lock_file(where.folder, reach.root),
        var_files_sha256=_digest(where.folder, reach.file.var_file_paths(reach.root)),
        state=state_in(content),
        plan_sha256=hashlib.sha256(content).hexdigest(),
    )


def _backend(terraform: Terraform, key: bytes) -> str:
    """As `init` has noted it; a local backend leaves no note."""
    note = terraform.private / "data" / "terraform.tfstate"
    try:
        backend = json.loads(note.read_bytes())["backend"]
        return backend_fingerprint(str(backend["type"]), backend["config"] or {}, key)
    except FileNotFoundError:
        return backend_fingerprint("local", {}, key)
    except (ValueError, KeyError, TypeError):
        return "unreadable"


def _lock_file(folder: Path, root: TerraformRoot) -> str:
    place = folder / root_path(root) / _LOCK_FILE
    return digest(place) if place.is_file() else ""


def _digest(folder: Path, paths: Iterable[str]) -> str:
    """One number for the files; a link or one that is gone counts as such."""
    found = hashlib.sha256()
    for path in sorted(set(paths)):
        place = folder / path
        is_plain = place.is_file() and not place.is_symlink()
        found.update(f"{path}\0{digest(place) if is_plain else 'none'}\n".encode(errors="replace"))
    return found.hexdigest()


def _files(folder: Path, reach: Reach) -> Iterator[str]:
    """What the Terraform root is made of, as it lies on the disk."""
    for one in reach.configurations:
        for entry in _entries(folder / one.folder):
            if is_in_plan(entry):
                yield f"{one.folder}/{entry}"
    for use in reach.uses:
        place = folder / use.path
        yield from (use.path,) if not place.is_dir() else _below(folder, use.path)


def _entries(place: Path) -> list[str]:
    return [one.name for one in os.scandir(place) if not one.is_dir(follow_symlinks=False)]


def _below(folder: Path, path: str) -> Iterator[str]:
    for place, _, names in os.walk(folder / path):
        yield from (str((Path(place) / name).relative_to(folder)) for name in names)
