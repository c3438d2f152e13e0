"""Making promotion branches: one commit on the base, built without a work tree."""

from dataclasses import dataclass
from typing import Final

from edp.app import App
from edp.clients.git import GitRepository, Person, PushOutcome, PushResult, RefUpdate
from edp.commands.promotion.look import Look, arrival_source
from edp.core.names import pin_text, promotion_branch
from edp.core.promotion.arrival import copied_application, new_application
from edp.core.promotion.commits import subject, trailers
from edp.core.promotion.decide import Decision
from edp.core.promotion.pairs import Pair
from edp.core.promotion.proposals import PIN_KEYS, add_to_listing
from edp.core.repository.layout import application_path, kustomization_path
from edp.core.yaml.pin_edit import splice_scalar
from edp.core.yaml.reader import YamlError
from edp.errors import ConflictError, InvalidInputError

_BOT: Final = "edp"


@dataclass(frozen=True, slots=True)
class BranchWriter:
    """Builds commits on `look`'s base and pushes them with a lease for each branch."""

    app: App
    git: GitRepository
    look: Look

    def build(self, decision: Decision, *, is_chosen: bool) -> RefUpdate:
        """Store the commit that carries a decision out; nothing is sent yet."""
        pair, version = decision.pair, decision.version or ""
        facts = self.look.facts
        files = self._arrival(pair, version) if pair not in facts.pins else self._pin(pair, version)
        blobs = self.git.write_blobs(list(files.values()))
        tree = self.git.tree_with(facts.base, dict(zip(files, blobs, strict=True)))
        title = subject(pair, decision.present, version)
        details = trailers(
            pair,
            decision.present,
            version,
            run_url=self.app.settings.run_url,
            is_chosen=is_chosen,
        )
        commit = self.git.write_commit(
            tree,
            [facts.base],
            f"{title}\n\n{details}\n",
            author=Person(_BOT, facts.graph.bots.email),
            at=facts.now,
        )
        return RefUpdate(self._ref(pair), commit, self._present_head(pair))

    def deletion(self, pair: Pair) -> RefUpdate:
        """The update that removes a branch as it was seen."""
        return RefUpdate(self._ref(pair), "", self._present_head(pair))

    def push(self, updates: dict[Pair, RefUpdate]) -> dict[Pair, PushResult]:
        """Push all at once, each branch for itself."""
        if not updates:
            return {}
        results = self.git.push(list(updates.values()))
        return dict(zip(updates, results, strict=True))

    def _ref(self, pair: Pair) -> str:
        return f"refs/heads/{promotion_branch(*pair)}"

    def _present_head(self, pair: Pair) -> str:
        proposal = self.look.facts.proposals.get(pair)
        return proposal.head if proposal else ""

    def _pin(self, pair: Pair, version: str) -> dict[str, bytes]:
        path = self.look.facts.pins[pair].path
        return {path: _spliced(self._content(path), pair, version, path)}

    def _arrival(self, pair: Pair, version: str) -> dict[str, bytes]:
        facts = self.look.facts
        path = application_path(facts.graph, pair)
        listing = kustomization_path(facts.graph, pair.environment)
        if listing not in self.look.main.blobs:
            raise InvalidInputError(
                f"{listing} is missing, so {pair.stack} cannot arrive there",
                hint="a kustomization.yaml lists the stacks of an environment",
            )
        source = arrival_source(self.look.main, self.look.content, facts, pair)
        if source is not None:
            application = copied_application(source, pair, version, path=path)
        else:
            application = self._new(pair, version)
        lines = add_to_listing(self._content(listing), pair.stack, path=listing)
        return {path: application, listing: lines}

    def _new(self, pair: Pair, version: str) -> bytes:
        stack = self.look.facts.stacks.get(pair.stack)
        if stack is None:
            raise InvalidInputError(
                f"stacks/{pair.stack}/stack.yaml cannot be read on the default branch",
                hint="edp validate",
            )
        return new_application(pair, version, namespace=stack.namespace)

    def _content(self, path: str) -> bytes:
        return self.look.content[self.look.main.blobs[path]]


def _spliced(content: bytes, pair: Pair, version: str, path: str) -> bytes:
    try:
        return splice_scalar(content, PIN_KEYS, pin_text(pair.stack, version), path=path)
    except YamlError as exc:
        raise InvalidInputError(exc.message, hint=exc.hint) from exc


def require_pushed(pair: Pair, result: PushResult) -> bool:
    """True if the branch took the push, False if it had moved; ConflictError if it never will."""
    if result.outcome is PushOutcome.REJECTED:
        raise ConflictError(
            f"{promotion_branch(*pair)} does not take the bot's push: {result.reason}",
            hint="let the bot push promote/*: see the branch protections",
        )
    return result.outcome is PushOutcome.OK
