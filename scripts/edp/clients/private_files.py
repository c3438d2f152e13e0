"""Files with secrets, in a folder that nobody else can look into."""

import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile

from edp.errors import InvalidInputError, UnavailableError


def write_private_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write each file whole or not at all, for its owner alone; other files there stay."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _require_private(folder)
        for name, content in files.items():
            _write(folder, name, content)
    except OSError as exc:
        raise UnavailableError(f"{folder}: cannot be written ({type(exc).__name__})") from None


def _require_private(folder: Path) -> None:
    status = folder.lstat()
    is_ours = status.st_uid == os.geteuid() and not status.st_mode & 0o077
    if folder.is_symlink() or not is_ours:
        raise InvalidInputError(
            f"{folder}: others can look into this folder",
            hint=f"chmod 700 {folder}, or name a new one",
        )


def _write(folder: Path, name: str, content: bytes) -> None:
    # A temporary file has mode 0600 from its first byte on.
    with NamedTemporaryFile(dir=folder, prefix=".edp-", delete=False) as file:
        place = Path(file.name)
        try:
            file.write(content)
            file.flush()
            place.replace(folder / name)
        except BaseException:
            place.unlink(missing_ok=True)
            raise
