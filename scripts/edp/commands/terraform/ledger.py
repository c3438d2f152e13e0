"""What the ledger says of applies, and adding to it: one commit for many, by compare-and-swap."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from edp.clients.git import GitRepository
from edp.commands.promotion.ledger import Ledger, read_ledger
from edp.commands.promotion.record import MOST_TRIES, pause_after, push_changes
from edp.core.ledger import paths
from edp.core.ledger.documents import CorruptDocumentError
from edp.core.terraform.records import (
    Record,
    read_record,
    record_bytes,
    record_path,
    root_of_record,
)
from edp.core.terraform.roots import TerraformRoot
from edp.core.terraform.summary import SUMMARY_PATH, Summary, summary_bytes
from edp.core.times import format_iso
from edp.errors import BusyError


@dataclass(frozen=True, slots=True)
class Applies:
    """The newest apply of each Terraform root; what cannot be trusted is in `broken`."""

    records: Mapping[TerraformRoot, Record]
    broken: Mapping[TerraformRoot, str]


@dataclass(frozen=True, slots=True)
class ApplyLedger:
    """The ledger's repository, written to in the product's name."""

    git: GitRepository
    email: str
    now: Callable[[], datetime]
    sleep: Callable[[float], None]

    def read(self) -> Applies:
        """Every record."""
        ledger = self._ledger()
        found = {root: path for path in ledger.blobs if (root := root_of_record(path))}
        blobs = {path: ledger.blobs[path] for path in found.values()}
        self.git.fetch_blobs(blobs.values())
        content = self.git.read_blobs(blobs.values())
        records, broken = dict[TerraformRoot, Record](), dict[TerraformRoot, str]()
        for root, path in found.items():
            try:
                records[root] = read_record(content[blobs[path]], root)
            except CorruptDocumentError as exc:
                broken[root] = f"the ledger's {path} is corrupt: {exc}"
        return Applies(records, broken)

    def write(self, records: Iterable[Record]) -> None:
        """Put the records in place and add their lines to the audit."""
        records = tuple(records)
        documents = {record_path(one.root): record_bytes(one) for one in records}
        self._push(lambda ledger: documents | self._audit(ledger, records))

    def write_summary(self, summary: Summary) -> None:
        """Say what is left to do, unless the ledger says so already."""
        content = summary_bytes(summary)
        (blob,) = self.git.write_blobs((content,))

        def changes(ledger: Ledger) -> dict[str, bytes]:
            is_there = ledger.blobs.get(SUMMARY_PATH) == blob
            return {} if is_there else {SUMMARY_PATH: content}

        self._push(changes)

    def _push(self, compose: Callable[[Ledger], dict[str, bytes]]) -> None:
        """One commit on what the branch is now; made anew if somebody was faster."""
        for tries in range(MOST_TRIES):
            ledger = self._ledger()
            changes = compose(ledger)
            if not changes:
                return
            lost = push_changes(
                self.git, ledger, changes, frozenset(), email=self.email, now=self.now()
            )
            if not lost:
                return
            self.sleep(pause_after(tries, lost))
            self.git.fetch()
        raise BusyError(
            f"the branch {paths.BRANCH} moved {MOST_TRIES} times while this run wrote to it",
            hint="run again; what was applied is planned again and found to be done",
        )

    def _ledger(self) -> Ledger:
        return read_ledger(self.git, None)

    def _audit(self, ledger: Ledger, records: Iterable[Record]) -> dict[str, bytes]:
        at = self.now()
        path = paths.audit_path(at)
        blob = ledger.blobs.get(path)
        present = b""
        if blob is not None:
            self.git.fetch_blobs([blob])
            present = self.git.read_blobs([blob])[blob]
        return {path: present + b"".join(_line(record, at) for record in records)}


def _line(record: Record, at: datetime) -> bytes:
    line = {
        "schema": 1,
        "at": format_iso(at),
        "commit": record.commit,
        "kind": "apply",
        "root": str(record.root),
        "result": record.result.value,
        "digest": record.digest,
        "pull": record.pull,
        "by": record.by,
        "run": record.run,
        "reason": record.reason,
    }
    return json.dumps(line).encode() + b"\n"
