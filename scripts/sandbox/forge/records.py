"""What the forge remembers: plain records, changed only while `Forge.lock` is held."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sandbox.forge.git_store import GitStore

Permission = Literal["none", "read", "write", "admin"]
RunStatus = Literal["waiting", "blocked", "running", "success", "failure", "cancelled", "skipped"]
RANK: dict[str, int] = {"none": 0, "read": 1, "write": 2, "admin": 3}


@dataclass(eq=False)
class User:
    id: int
    login: str
    email: str
    created: datetime
    password: str = ""
    is_admin: bool = False
    is_organisation: bool = False
    visibility: str = "public"
    must_change_password: bool = False
    owners: list["User"] = field(default_factory=list)
    """Of an organisation."""


@dataclass(eq=False)
class Token:
    secret: str = field(repr=False)
    user: User
    scopes: frozenset[str]
    name: str = ""


@dataclass(eq=False)
class Label:
    id: int
    name: str
    color: str
    description: str = ""


@dataclass(eq=False)
class Milestone:
    id: int
    title: str
    created: datetime


@dataclass(eq=False)
class Comment:
    id: int
    poster: User
    body: str
    created: datetime
    updated: datetime


@dataclass(eq=False)
class Review:
    id: int
    comment_id: int
    reviewer: User
    state: str
    body: str
    commit_id: str
    official: bool
    submitted: datetime
    updated: datetime
    stale: bool = False
    dismissed: bool = False
    comments_count: int = 0


@dataclass(eq=False)
class Issue:
    """An issue, or the discussion half of a pull request."""

    id: int
    number: int
    poster: User
    title: str
    body: str
    created: datetime
    updated: datetime
    labels: list[Label] = field(default_factory=list)
    assignees: list[User] = field(default_factory=list)
    milestone: Milestone | None = None
    comments: list[Comment] = field(default_factory=list)
    closed: datetime | None = None
    pin_order: int = 0
    blocked_by: list["Issue"] = field(default_factory=list)

    @property
    def state(self) -> str:
        return "open" if self.closed is None else "closed"


@dataclass(frozen=True)
class MergeRequest:
    """What a merge was asked to do."""

    style: str
    title: str = ""
    message: str = ""
    head_commit: str = ""
    delete_branch: bool = False
    force: bool = False


@dataclass(eq=False)
class PullRequest:
    id: int
    issue: Issue
    head_repository: "Repository"
    head_branch: str
    head_sha: str
    base_branch: str
    merge_base: str
    checked_at: datetime
    believed_until: datetime | None = None
    reviews: list[Review] = field(default_factory=list)
    requested: list[User] = field(default_factory=list)
    head_deleted: bool = False
    merged_at: datetime | None = None
    merged_by: User | None = None
    merge_commit: str = ""
    scheduled: tuple[User, MergeRequest] | None = None

    @property
    def number(self) -> int:
        return self.issue.number

    @property
    def is_open(self) -> bool:
        return self.issue.closed is None

    @property
    def is_draft(self) -> bool:
        return self.issue.title.upper().startswith(("WIP:", "[WIP]"))


@dataclass(eq=False)
class Status:
    id: int
    sha: str
    state: str
    context: str
    description: str
    target_url: str
    creator: User | None
    created: datetime


@dataclass(eq=False)
class BranchRule:
    """A branch protection; `settings` holds the fields of the API under their own names."""

    name: str
    settings: dict[str, Any]
    created: datetime
    updated: datetime


@dataclass(eq=False)
class TagRule:
    id: int
    pattern: str
    users: list[str]
    created: datetime
    updated: datetime


@dataclass(frozen=True)
class Dispatch:
    """A workflow run somebody asked for."""

    repository: str
    workflow: str
    ref: str
    inputs: dict[str, str]
    run_id: int
    by: str


@dataclass(frozen=True)
class Cause:
    """Who dispatched which workflow: what a run was started from."""

    workflow: str
    title: str
    ref: str
    commit: str
    by: User
    inputs: dict[str, str] = field(default_factory=dict)


@dataclass(eq=False)
class Job:
    id: int
    name: str
    status: RunStatus
    needs: tuple[str, ...] = ()
    runs_on: tuple[str, ...] = ("docker",)


@dataclass(eq=False)
class Run:
    """A run of a workflow; nothing runs here, so its status is what it was set to."""

    id: int
    number: int
    cause: Cause
    status: RunStatus
    jobs: list[Job]
    created: datetime
    updated: datetime
    started: datetime | None = None
    stopped: datetime | None = None


@dataclass(eq=False)
class Repository:
    id: int
    owner: User
    name: str
    store: GitStore
    created: datetime
    updated: datetime
    private: bool = False
    description: str = ""
    default_branch: str = "main"
    archived: bool = False
    fork_of: "Repository | None" = None
    collaborators: dict[str, Permission] = field(default_factory=dict)
    disallowed_styles: set[str] = field(default_factory=set)
    labels: list[Label] = field(default_factory=list)
    milestones: list[Milestone] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    pulls: list[PullRequest] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    branch_rules: list[BranchRule] = field(default_factory=list)
    tag_rules: list[TagRule] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    branch_rows: dict[str, str] = field(default_factory=dict)
    content_rows: dict[str, str] = field(default_factory=dict)
    numbers: int = 0

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"

    def next_number(self) -> int:
        self.numbers += 1
        return self.numbers
