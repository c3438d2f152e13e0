"""The only writer to the terminal: results to stdout, what is for people to stderr."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TextIO

from edp.text import neutralise, redact


@dataclass(frozen=True, slots=True)
class Output:
    """Where a command writes. With `as_json` the one document is all that stdout gets."""

    stdout: TextIO
    stderr: TextIO
    as_json: bool = False
    verbose: bool = False
    secrets: tuple[str, ...] = ()

    def line(self, text: str = "") -> None:
        """A line of the result for people."""
        if not self.as_json:
            self._write(self.stdout, text)

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        """Rows in aligned columns; the first row is the head."""
        widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self.line("  ".join(cells).rstrip())

    def document(self, value: Mapping[str, object]) -> None:
        """The result for programs: one JSON document, if that was asked for."""
        if self.as_json:
            text = json.dumps(value, indent=2, ensure_ascii=True, default=str)
            self.stdout.write(redact(text, self.secrets) + "\n")
            self.stdout.flush()

    def raw(self, text: str) -> None:
        """A result that is a format of its own, as it is but for secrets."""
        self.stdout.write(redact(text, self.secrets))
        self.stdout.flush()

    def note(self, text: str) -> None:
        """Progress, a warning or an error."""
        self._write(self.stderr, text)

    def detail(self, text: str) -> None:
        """What only `-v` shows."""
        if self.verbose:
            self._write(self.stderr, text)

    def _write(self, stream: TextIO, text: str) -> None:
        safe = redact(neutralise(text), self.secrets)
        encoding = stream.encoding or "utf-8"
        stream.write(safe.encode(encoding, "replace").decode(encoding) + "\n")
        stream.flush()


def standard_output(*, as_json: bool, verbose: bool, secrets: tuple[str, ...] = ()) -> Output:
    """The process's own streams."""
    return Output(sys.stdout, sys.stderr, as_json=as_json, verbose=verbose, secrets=secrets)
