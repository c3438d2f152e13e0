"""Reading the ledger's branch: what was observed, and what people closed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from edp.clients.git import GitRepository
from edp.commands.promotion.main_branch import TERRAFORM, MainBranch
from edp.core.ledger import paths
from edp.core.ledger.documents import (
    Closed,
    CorruptDocumentError,
    read_closed,
    read_evidence,
)
from edp.core.ledger.paths import Key
from edp.core.promotion.evidence import Evidence
from edp.core.promotion.facts import TerraformFacts
from edp.core.terraform.summary import SUMMARY_PATH, read_summary

REF: Final = f"refs/heads/{paths.BRANCH}"


@dataclass(frozen=True, slots=True)
class Ledger:
    """The branch as fetched; `head` is empty while there is none."""

    head: str
    blobs: Mapping[str, str]

    def keys(self, folder: str) -> frozenset[Key]:
        """The documents of a folder."""
        found = (paths.parse_key(path, folder) for path in self.blobs)
        return frozenset(key for key in found if key is not None)


@dataclass(frozen=True, slots=True)
class Documents:
    """What the ledger says of some keys. What cannot be trusted is in `broken` with the reason."""

    evidence: Mapping[Key, Evidence]
    closed: Mapping[Key, Closed]
    broken: Mapping[Key, str]


def read_ledger(git: GitRepository, stack: str | None, known: Ledger | None = None) -> Ledger:
    """The branch's tree, of one stack or of all; `known` is the answer while nothing has moved."""
    head = git.refs().get(REF, "")
    if known is not None and known.head == head:
        return known
    entries = git.list_tree(head, paths=_places(stack)) if head else ()
    return Ledger(head, {entry.path: entry.sha for entry in entries})


def _places(stack: str | None) -> tuple[str, ...]:
    if stack is None:
        return ()
    return (f"evidence/{stack}", f"closed/{stack}", "audit", paths.CURSOR, SUMMARY_PATH)


def blobs_to_read(ledger: Ledger, evidence: Iterable[Key], stacks: Iterable[str]) -> frozenset[str]:
    """The content of the keys' evidence, and of what people closed of these stacks."""
    wanted = {ledger.blobs.get(paths.evidence_path(key), "") for key in evidence}
    moving = frozenset(stacks)
    wanted |= {
        ledger.blobs[paths.closed_path(key)] for key in ledger.keys("closed") if key[0] in moving
    }
    wanted.add(ledger.blobs.get(SUMMARY_PATH, ""))
    return frozenset(wanted - {""})


def terraform_facts(
    ledger: Ledger, content: Mapping[str, bytes], main: MainBranch
) -> TerraformFacts | None:
    """What the newest `edp apply` left to do; None if there never was one."""
    blob = ledger.blobs.get(SUMMARY_PATH)
    if blob is None or blob not in content:
        return None
    try:
        summary = read_summary(content[blob])
    except CorruptDocumentError as exc:
        return TerraformFacts(broken=_corrupt(SUMMARY_PATH, exc))
    newest = main.newest_below(TERRAFORM)
    seen_at, newest_at = main.places.get(summary.commit), main.places.get(newest)
    is_unseen = newest_at is not None and (seen_at is None or newest_at < seen_at)
    return TerraformFacts(summary.waiting, newest if is_unseen else "")


def blobs_to_write(ledger: Ledger, stacks: Iterable[str]) -> frozenset[str]:
    """The content of what a run will probably write anew when it looks at these stacks."""
    folders = tuple(f"{folder}/{stack}/" for folder in ("evidence", "closed") for stack in stacks)
    newest_audit = max((path for path in ledger.blobs if path.startswith("audit/")), default="")
    names = (paths.CURSOR, newest_audit, SUMMARY_PATH)
    return frozenset(
        blob for path, blob in ledger.blobs.items() if path in names or path.startswith(folders)
    )


def read_documents(
    ledger: Ledger, content: Mapping[str, bytes], evidence: Iterable[Key]
) -> Documents:
    """The documents whose content was read."""
    found: dict[Key, Evidence] = {}
    closed: dict[Key, Closed] = {}
    broken: dict[Key, str] = {}
    for key, path, text in _present(ledger, content, evidence, paths.evidence_path):
        try:
            found[key] = read_evidence(text, key)
        except CorruptDocumentError as exc:
            broken[key] = _corrupt(path, exc)
    for key, path, text in _present(ledger, content, ledger.keys("closed"), paths.closed_path):
        try:
            closed[key] = read_closed(text)
        except CorruptDocumentError as exc:
            broken[key] = _corrupt(path, exc)
    return Documents(found, closed, broken)


def _present(
    ledger: Ledger,
    content: Mapping[str, bytes],
    keys: Iterable[Key],
    path_of: Callable[[Key], str],
) -> Iterator[tuple[Key, str, bytes]]:
    for key in keys:
        path = path_of(key)
        blob = ledger.blobs.get(path)
        if blob is not None and blob in content:
            yield key, path, content[blob]


def _corrupt(path: str, error: CorruptDocumentError) -> str:
    return f"the ledger's {path} is corrupt: {error}"
