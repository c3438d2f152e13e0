"""What is being waited for, on a terminal: one line that the next one replaces."""

from dataclasses import dataclass
from typing import Final, TextIO

_ERASE: Final = "\r\x1b[2K"


@dataclass(frozen=True, slots=True)
class Progress:
    """Writes to a terminal only; a file or a pipe gets nothing. `text` is the demo's own."""

    stream: TextIO

    def show(self, text: str) -> None:
        """Say what goes on now."""
        self._write(f"{_ERASE}     … {text}")

    def clear(self) -> None:
        """Take it away again."""
        self._write(_ERASE)

    def _write(self, text: str) -> None:
        if self.stream.isatty():
            self.stream.write(text)
            self.stream.flush()
