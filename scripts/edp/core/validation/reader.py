"""Reading files for validation: what is wrong goes into the report, and the rest goes on."""

from collections.abc import Iterable
from typing import TypeVar

from pydantic import BaseModel

from edp.core.repository.problems import FileProblemsError, Problem
from edp.core.repository.reading import check_document, open_document
from edp.core.validation.facts import Entry, EntryKind, Facts, Report
from edp.core.validation.overlays import Overlay, Paths, read_overlay
from edp.core.yaml.reader import Document
from edp.core.yaml.source import MAXIMUM_BYTES

M = TypeVar("M", bound=BaseModel)


class Reader:
    """The work tree's files with the report that their problems go into."""

    def __init__(self, facts: Facts) -> None:
        """Nothing is read yet."""
        self.facts = facts
        self.report = Report()
        self.files = {one.path: one for one in facts.entries if one.kind is EntryKind.FILE}
        self.paths = Paths.of(frozenset(self.files))

    def tell(self, problems: Iterable[Problem]) -> None:
        """Put problems into the report."""
        self.report.problems.extend(problems)

    def content(self, path: str) -> bytes | None:
        """A file's bytes; None, and a problem, if there are too many of them to read."""
        entry = self.files[path]
        self.report.files += 1
        if entry.size > MAXIMUM_BYTES:
            self.tell([_too_large(entry)])
            return None
        return self.facts.read(path)

    def document(self, path: str) -> Document | None:
        """A file's one YAML document; None, and a problem, if it has none."""
        content = self.content(path)
        if content is None:
            return None
        try:
            return open_document(content, path=path)
        except FileProblemsError as exc:
            self.tell(exc.problems)
            return None

    def model(self, model: type[M], document: Document | None) -> M | None:
        """A document as a model; None, and its problems, if it is none."""
        if document is None:
            return None
        try:
            return check_document(model, document)
        except FileProblemsError as exc:
            self.tell(exc.problems)
            return None

    def overlay(self, environment: str, path: str) -> Overlay | None:
        """An environment's kustomization; None, and its problems, if it is none."""
        document = self.document(path)
        if document is None:
            return None
        try:
            return read_overlay(environment, document)
        except FileProblemsError as exc:
            self.tell(exc.problems)
            return None


def _too_large(entry: Entry) -> Problem:
    message = f"the file has {entry.size} bytes, more than the {MAXIMUM_BYTES} that are read"
    return Problem(entry.path, 1, "", message, "split the file")
