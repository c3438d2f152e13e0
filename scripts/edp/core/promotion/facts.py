"""Everything that a promotion decision may know, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from edp.core.promotion.evidence import Evidence
from edp.core.promotion.pairs import Pair, Pin, Release
from edp.core.repository.decision_files import Freeze, Hold, Yank
from edp.core.repository.promotion_graph import PromotionGraph
from edp.core.repository.stack_file import StackFile

POLICY_CONTEXT = "edp/policy"
CLOSED_BY_BOT_LABEL = "edp/closed-by-bot"
ALLOWED_AGAIN_LABEL = "edp/allowed-again"
TAKE_NEWEST_LABEL = "edp/take-newest"
MANUAL_PIN_LABEL = "edp/manual-pin"


@dataclass(frozen=True, slots=True)
class Review:
    """One review of a pull request, as the forge tells it; oldest first where there are several."""

    login: str
    state: str
    official: bool
    stale: bool
    dismissed: bool
    commit: str


@dataclass(frozen=True, slots=True)
class Status:
    """The newest commit status of one context."""

    context: str
    state: str
    description: str
    creator: str


class BranchContent(StrEnum):
    """What a promotion branch is, judged by its content alone."""

    OURS = "ours"
    """One commit on `main`'s history that changes exactly what the promotion changes."""
    FOREIGN = "foreign"
    """Somebody else's commit: reported, never overwritten."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """The content of a promotion branch: the version it would pin."""

    head: str
    content: BranchContent
    version: str = ""
    reason: str = ""
    """Why it is foreign."""
    merges_cleanly: bool = True
    """False when merging it into the present `main` would conflict or change anything else."""
    is_chosen: bool = False
    """True if a person asked for this very version."""
    is_arrival: bool = False
    """True if it brings the stack into the environment."""


@dataclass(frozen=True, slots=True)
class PullRequest:
    """An open pull request of the bot from a promotion branch of the same repository."""

    number: int
    pair: Pair
    head: str
    title: str
    body: str
    labels: tuple[str, ...] = ()
    reviews: tuple[Review, ...] | None = None
    """None when they were not read: nothing that was asked depends on them."""
    statuses: tuple[Status, ...] = ()
    created_at: datetime | None = None
    is_draft: bool = False

    def status(self, context: str) -> Status | None:
        return next((one for one in self.statuses if one.context == context), None)


@dataclass(frozen=True, slots=True)
class TerraformFacts:
    """What the ledger says of Terraform, against what was merged since."""

    waiting: Mapping[str, str] = field(default_factory=dict)
    """By environment: why its Terraform is not as merged."""
    unseen: str = ""
    """The newest commit below `terraform/` that no `edp apply` has seen yet; empty if none."""
    broken: str = ""
    """Why the ledger's document cannot be trusted."""


@dataclass(frozen=True, slots=True)
class Facts:
    """One consistent look at git, forge, clusters and ledger."""

    now: datetime
    base: str
    """The commit of the default branch that everything below was read from."""
    graph: PromotionGraph
    pins: Mapping[Pair, Pin]
    releases: Mapping[str, tuple[Release, ...]]
    """By stack, oldest version first."""
    evidence: Mapping[tuple[str, str, str], Evidence] = field(default_factory=dict)
    """By stack, version, environment; this run's observations are in it already."""
    holds: Mapping[Pair, Hold] = field(default_factory=dict)
    yanks: Mapping[tuple[str, str], Yank] = field(default_factory=dict)
    freezes: Mapping[str, Freeze] = field(default_factory=dict)
    closed: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    """By stack, version, environment: promotions that a person closed, with their reason."""
    broken_evidence: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    proposals: Mapping[Pair, Proposal] = field(default_factory=dict)
    pulls: Mapping[Pair, tuple[PullRequest, ...]] = field(default_factory=dict)
    """Open ones, the lowest number first."""
    required_contexts: tuple[str, ...] = ()
    """Globs that the protection of the default branch requires to succeed."""
    unreadable: Mapping[Pair, str] = field(default_factory=dict)
    """Why the pin of a pair cannot be told; such a pair is left alone."""
    stacks: Mapping[str, StackFile] = field(default_factory=dict)
    """The stacks' own files on `main`, as far as they were needed."""
    changelogs: Mapping[str, str] = field(default_factory=dict)
    """By stack: the text of its changelog, as far as it was needed."""
    arrival_values: Mapping[Pair, str] = field(default_factory=dict)
    """Of an arriving stack: the part of its Application that the environment owns, as YAML."""
    unreachable: Mapping[str, str] = field(default_factory=dict)
    """By Argo CD: why it gave no answer."""
    terraform: "TerraformFacts | None" = None
    """None where no `edp apply` has ever told the ledger anything."""

    def release(self, stack: str, version: str) -> Release | None:
        return next((one for one in self.releases.get(stack, ()) if one.version == version), None)

    def pull(self, pair: Pair) -> PullRequest | None:
        pulls = self.pulls.get(pair, ())
        return pulls[0] if pulls else None
