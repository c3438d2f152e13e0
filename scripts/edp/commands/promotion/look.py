"""One consistent look at everything: forge first, then git, then ledger and clusters."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from edp.app import App
from edp.clients.git import GitRepository
from edp.commands.promotion import ledger as ledger_branch
from edp.commands.promotion import main_branch, releases
from edp.commands.promotion.clients import Clients
from edp.commands.promotion.cluster_facts import ClusterFacts
from edp.commands.promotion.forge_facts import ForgeFacts
from edp.commands.promotion.main_branch import MainBranch
from edp.core.ledger.documents import Closed
from edp.core.ledger.paths import Key, evidence_path
from edp.core.promotion.arrival import owned_values
from edp.core.promotion.facts import Facts
from edp.core.promotion.needs import (
    Needs,
    find_needs,
    keys_now,
    some_in_turn,
    stacks_that_move,
)
from edp.core.promotion.pairs import Pair
from edp.core.promotion.snapshot import PinCache, Snapshot, graph_of, read_snapshot
from edp.core.promotion.sources import effective_sources
from edp.core.release.versions import Tag
from edp.core.repository.layout import GRAPH_PATH, stack_file_path
from edp.core.repository.promotion_graph import PromotionGraph
from edp.core.repository.reading import FileProblemsError, read_model
from edp.core.repository.stack_file import StackFile

_FIRST_SIGHTS: Final = 5000
"""In one run: a large platform's first runs neither take long nor write all of it at once."""


@dataclass(frozen=True, slots=True)
class Look:
    """Facts, and what carrying out decisions needs beside them."""

    facts: Facts
    snapshot: Snapshot
    main: MainBranch
    content: Mapping[str, bytes]
    """The blobs that were read, by id."""
    needs: Needs


@dataclass(slots=True)
class Looker:
    """Looks as often as a run must, and remembers what need not be read again.

    `pair` limits everything to one stack; None looks at all there is.
    """

    app: App
    clients: Clients
    forge: ForgeFacts
    clusters: ClusterFacts
    pair: Pair | None
    awaited: set[Pair] = field(default_factory=set)
    """The pairs that a promotion waited for at any look."""
    reopened: set[Key] = field(default_factory=set)
    """Promotions that a person closed and another now allows again."""
    ledger: ledger_branch.Ledger | None = None
    """As the newest look found it."""
    _cache: PinCache = field(default_factory=PinCache)
    _content: dict[str, bytes] = field(default_factory=dict)
    _main: MainBranch | None = None

    @property
    def stack(self) -> str | None:
        """The only stack that is looked at; None for all."""
        return self.pair.stack if self.pair else None

    def look(self) -> Look:
        """Put together what git holds now and what is known of the rest."""
        content, git = self._content, self.clients.git
        branch = self.clients.base.branch
        main = self._main = main_branch.read_main(git, branch, self.stack, self._main)
        ledger = self.ledger = ledger_branch.read_ledger(
            self.clients.ledger, self.stack, self.ledger
        )
        tags = releases.read_tags(git, self.stack)
        wanted = main_branch.blobs_to_read(main, self.stack)
        self._fetch_ahead(main, ledger, wanted)
        _read(git, content, wanted)
        snapshot = read_snapshot(
            main.head, main.blobs, content, stack=self.stack, cache=self._cache
        )
        facts = self._facts_of_main(main, snapshot, tags)
        needs = find_needs(facts, self.pair)
        facts = self._with_content(main, facts, tags, ledger=ledger, needs=needs)
        self.awaited |= needs.awaited
        seen = needs.awaited | self._first_sights(facts, ledger)
        facts = self.clusters.observe(facts, seen, snapshot=snapshot, main=main)
        return Look(self.forge.detailed(facts), snapshot, main, content, needs)

    def _fetch_ahead(
        self, main: MainBranch, ledger: ledger_branch.Ledger, wanted: frozenset[str]
    ) -> None:
        """Fetch together what pins, promotions and the ledger's next commit will be read from.

        It is a guess by names alone: whoever reads asks for what is still missing.
        """
        begun = {branch.pair.stack for branch in main.branches}
        stacks = begun if self.stack is None else {self.stack}
        wanted |= releases.blobs_of(releases.stack_file_changes(main, stacks))
        wanted |= set(self._files_of(main, stacks).values())
        documents = ledger_branch.blobs_to_write(ledger, stacks)
        if self.clients.ledger is self.clients.git:
            wanted |= documents
        self.clients.git.fetch_blobs(wanted - self._content.keys())
        self.clients.ledger.fetch_blobs(documents - self._content.keys())

    def _facts_of_main(self, main: MainBranch, snapshot: Snapshot, tags: tuple[Tag, ...]) -> Facts:
        """What trees, tags and pull requests tell; tags are not yet held to the stacks' history."""
        graph, content = snapshot.graph, self._content
        return Facts(
            now=self.app.now(),
            base=snapshot.commit,
            graph=graph,
            pins=snapshot.pins,
            unreadable=snapshot.unreadable,
            releases=releases.releases_of(tags, main, email=graph.bots.email, checked={}),
            holds=snapshot.holds,
            yanks=snapshot.yanks,
            freezes=snapshot.freezes,
            proposals=main_branch.proposals_of(self.clients.git, main, content, snapshot),
            pulls=self.forge.promotions(graph.bots.bot),
            required_contexts=self.clients.base.required_contexts,
        )

    def _with_content(
        self,
        main: MainBranch,
        facts: Facts,
        tags: tuple[Tag, ...],
        *,
        ledger: ledger_branch.Ledger,
        needs: Needs,
    ) -> Facts:
        """The second and last content that a look needs: of the stacks that move, and evidence."""
        git, content, moving = self.clients.git, self._content, self._moving(facts)
        changes = releases.stack_file_changes(main, moving)
        files = self._files_of(main, moving)
        wanted = releases.blobs_of(changes) | set(files.values())
        documents = ledger_branch.blobs_to_read(ledger, needs.evidence, moving)
        if self.clients.ledger is git:
            wanted, documents = wanted | documents, wanted | documents
        _read(git, content, wanted)
        _read(self.clients.ledger, content, documents)
        introduced = releases.introduced(changes, content)
        checked = releases.by_stack(introduced, moving)
        found = ledger_branch.read_documents(ledger, content, needs.evidence)
        email = facts.graph.bots.email
        facts = replace(
            facts,
            releases=releases.releases_of(tags, main, email=email, checked=checked),
            stacks=_stacks(files, content),
            changelogs=_changelogs(files, content),
            evidence=found.evidence,
            broken_evidence=found.broken,
            closed=self._closed(found.closed),
            terraform=ledger_branch.terraform_facts(ledger, content, main),
        )
        return self._with_arrival(main, content, facts)

    def _closed(self, written: Mapping[Key, Closed]) -> dict[Key, str]:
        known = {**written, **self.forge.closed}
        return {key: reason(one) for key, one in known.items() if key not in self.reopened}

    def _moving(self, facts: Facts) -> frozenset[str]:
        return frozenset({self.pair.stack}) if self.pair else stacks_that_move(facts)

    def _files_of(self, main: MainBranch, stacks: Iterable[str]) -> dict[str, str]:
        """The blobs of the stacks' own files and changelogs on `main`, by path."""
        paths = [
            path
            for stack in sorted(stacks)
            for path in (stack_file_path(stack), f"stacks/{stack}/CHANGELOG.md")
        ]
        if not paths:
            return {}
        entries = self.clients.git.list_tree(main.head, paths=tuple(paths))
        return {entry.path: entry.sha for entry in entries if entry.mode == main_branch.PLAIN_FILE}

    def _first_sights(self, facts: Facts, ledger: ledger_branch.Ledger) -> frozenset[Pair]:
        """Pairs of which nothing is written yet; each is told once, when it is first healthy."""
        if self.pair is not None:
            return frozenset()
        untold = (
            Pair(key[0], key[2])
            for key in keys_now(facts.pins)
            if evidence_path(key) not in ledger.blobs
        )
        return some_in_turn(untold, at_most=_FIRST_SIGHTS, now=facts.now)

    def _with_arrival(self, main: MainBranch, content: Mapping[str, bytes], facts: Facts) -> Facts:
        pair = self.pair
        if pair is None or pair in facts.pins or pair.environment not in facts.graph.environments:
            return facts
        source = arrival_source(main, content, facts, pair)
        return replace(facts, arrival_values={pair: owned_values(source)} if source else {})


def read_graph_of(clients: Clients) -> tuple[str, PromotionGraph]:
    """The head of the default branch and the graph there, without anything else."""
    head = main_branch.head_of(clients.git, clients.base.branch)
    entries = clients.git.list_tree(head, paths=(GRAPH_PATH,))
    blobs = {entry.path: entry.sha for entry in entries}
    content: dict[str, bytes] = {}
    _read(clients.git, content, blobs.values())
    return head, graph_of(blobs, content)


def arrival_source(
    main: MainBranch, content: Mapping[str, bytes], facts: Facts, pair: Pair
) -> bytes | None:
    """The Application's file in the first environment that vouches for the stack."""
    for source in effective_sources(facts.graph, facts.pins, pair):
        return content[main.blobs[facts.pins[Pair(pair.stack, source)].path]]
    return None


def _read(git: GitRepository, content: dict[str, bytes], wanted: Iterable[str]) -> None:
    missing = set(wanted) - content.keys()
    git.fetch_blobs(missing)
    content.update(git.read_blobs(missing))


def _stacks(files: Mapping[str, str], content: Mapping[str, bytes]) -> dict[str, StackFile]:
    found = {}
    for path, blob in files.items():
        if not path.endswith("/stack.yaml"):
            continue
        try:
            stack = read_model(StackFile, content[blob], path=path)
        except FileProblemsError:
            continue  # owners and timeouts fall back to nothing known; validate reports the file
        found[path.split("/")[1]] = stack
    return found


def _changelogs(files: Mapping[str, str], content: Mapping[str, bytes]) -> dict[str, str]:
    return {
        path.split("/")[1]: content[blob].decode(errors="replace")
        for path, blob in files.items()
        if path.endswith("/CHANGELOG.md")
    }


def reason(closed: Closed) -> str:
    """What a gate says of a promotion that a person closed."""
    return f"#{closed.pull} was closed by a person"
