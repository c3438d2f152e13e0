"""One number for all files that a Terraform root is made of: equal numbers, equal files."""

import hashlib
from collections.abc import Iterator, Mapping

from edp.core.terraform.paths import folder_of, is_below, is_in_plan
from edp.core.terraform.reach import Reach


def inputs_of(reach: Reach, blobs: Mapping[str, str]) -> str:
    """SHA-256 over paths and blob ids; `blobs` has every file of the tree."""
    digest = hashlib.sha256(b"edp terraform inputs 1\n")
    for path in sorted(set(files_of(reach, blobs))):
        digest.update(f"{path}\0{blobs[path]}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()


def files_of(reach: Reach, paths: Mapping[str, object]) -> Iterator[str]:
    """The files of a tree that have a part in a Terraform root.

    What cannot be told counts: then every file below `terraform/` has one.
    """
    folders = {one.folder for one in reach.configurations}
    for path in paths:
        is_own = folder_of(path) in folders and is_in_plan(path)
        is_used = any(is_below(path, use.path) for use in reach.uses)
        if is_own or is_used or (reach.unknown and is_below(path, "terraform")):
            yield path
