"""Paths inside the repository, and which of its files Terraform reads by itself."""

from typing import Final

_SUFFIXES: Final = (".tf", ".tf.json", ".tofu", ".tofu.json")
_TEMPLATES: Final = (".tftpl", ".tpl", ".tmpl")
_VALUES: Final = (".tfvars", ".tfvars.json")
_READ_BY_EDP: Final = (
    "root.yaml",
    ".terraform.lock.hcl",
    "terraform/policy.yaml",
    "environments/promotion.yaml",
)
_NOT_OF_A_PLAN: Final = (".md", ".tftest.hcl", ".tftest.json", ".tofutest.hcl", ".tofutest.json")


def cleaned(folder: str, relative: str) -> str | None:
    """A path without dot segments, as seen from a folder; None if it leaves the repository."""
    if relative.startswith(("/", "~")) or "\\" in relative or "\0" in relative:
        return None
    parts = folder.split("/") if folder else []
    for step in relative.split("/"):
        if step == ".." and not parts:
            return None
        if step == "..":
            parts.pop()
        elif step not in ("", "."):
            parts.append(step)
    return "/".join(parts)


def folder_of(path: str) -> str:
    """The folder that a file stands in; "" is the repository itself."""
    return path.rpartition("/")[0]


def is_below(path: str, folder: str) -> bool:
    """Whether the path is the folder or anything in it."""
    return folder in ("", path) or path.startswith(f"{folder}/")


def is_configuration(path: str) -> bool:
    """Whether Terraform or OpenTofu reads the file as a part of its folder's module."""
    name = path.rpartition("/")[2]
    is_ignored = name.startswith(".") or (name.startswith("#") and name.endswith("#"))
    return name.endswith(_SUFFIXES) and not is_ignored


def is_values_file(path: str) -> bool:
    """Whether the file gives values to variables."""
    return path.endswith(_VALUES)


def is_wanted(path: str) -> bool:
    """Whether `affected` and the checks look into the file: whose content a tree must have."""
    return is_configuration(path) or path.endswith((*_TEMPLATES, *_VALUES, *_READ_BY_EDP))


def is_in_plan(path: str) -> bool:
    """Whether a file beside the configuration can have a part in a plan: not prose, not tests."""
    return not path.lower().endswith(_NOT_OF_A_PLAN)
