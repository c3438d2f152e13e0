"""Files with secrets are for their owner alone."""

import os
from pathlib import Path
from stat import S_IMODE

import pytest

from edp.clients.private_files import write_private_files
from edp.errors import InvalidInputError, UnavailableError


def mode(path: Path) -> int:
    return S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_folder_and_files_are_closed_to_others(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        write_private_files(tmp_path / "new", {"a.json": b"one", "b.json": b"two"})
    finally:
        os.umask(before)

    assert mode(tmp_path / "new") == 0o700
    assert {path.name: mode(path) for path in (tmp_path / "new").iterdir()} == {
        "a.json": 0o600,
        "b.json": 0o600,
    }


def test_a_file_is_replaced_and_others_stay(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write_private_files(folder, {"a": b"one", "b": b"two"})
    (folder / "a").chmod(0o644)

    write_private_files(folder, {"a": b"three"})

    assert [(path.name, path.read_bytes()) for path in sorted(folder.iterdir())] == [
        ("a", b"three"),
        ("b", b"two"),
    ]
    assert mode(folder / "a") == 0o600


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    folder, other = tmp_path / "out", tmp_path / "other"
    write_private_files(folder, {})
    other.write_bytes(b"mine")
    (folder / "a").symlink_to(other)

    write_private_files(folder, {"a": b"secret"})

    assert other.read_bytes() == b"mine"
    assert not (folder / "a").is_symlink()


def test_a_folder_that_others_can_look_into_gets_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    folder.chmod(0o755)

    with pytest.raises(InvalidInputError, match="others can look into"):
        write_private_files(folder, {"a": b"secret"})

    assert list(folder.iterdir()) == []


def test_a_link_to_a_folder_gets_nothing(tmp_path: Path) -> None:
    write_private_files(tmp_path / "real", {})
    (tmp_path / "link").symlink_to(tmp_path / "real")

    with pytest.raises(InvalidInputError, match="others can look into"):
        write_private_files(tmp_path / "link", {"a": b"secret"})


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(UnavailableError, match="cannot be written"):
        write_private_files(tmp_path / "file" / "below", {"a": b"secret"})
    with pytest.raises(UnavailableError, match="cannot be written"):
        write_private_files(tmp_path / "file", {"a": b"secret"})


def test_a_file_that_could_not_take_its_place_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write_private_files(folder, {})
    (folder / "a").mkdir()

    with pytest.raises(UnavailableError, match="cannot be written"):
        write_private_files(folder, {"a": b"secret"})

    assert [path.name for path in folder.iterdir()] == ["a"]
