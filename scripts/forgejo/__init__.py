"""A typed, synchronous client for Forgejo's API that reads like PyGithub."""

from forgejo.branches import Branch, BranchCommit, BranchProtection
from forgejo.client import Forgejo
from forgejo.contents import CommitTarget, ContentFile, FileChange, FileCommit
from forgejo.exceptions import (
    AlreadyExistsError,
    AlreadyMergedError,
    AmbiguousError,
    ArchivedError,
    ArgumentError,
    AuthenticationError,
    ConflictError,
    ForbiddenError,
    ForgejoError,
    HeadOutOfDateError,
    IncompleteListError,
    LostRaceError,
    MergeConflictError,
    MergedButBranchKeptError,
    MovedError,
    NotAllowedToMergeError,
    NotForgejoError,
    NotFoundError,
    ScopeError,
    ServerError,
    TooLargeError,
    TooManyRequestsError,
    TryAgainLaterError,
    UnavailableError,
    UnsupportedError,
    UntrustedServerError,
    ValidationError,
)
from forgejo.git_data import (
    ChangedFile,
    Commit,
    Comparison,
    GitRef,
    GitTree,
    Signature,
    TreeEntry,
)
from forgejo.issues import Issue, IssueComment
from forgejo.labels import Label
from forgejo.paging import PaginatedList
from forgejo.pull_request import PullRequest, PullRequestBranch
from forgejo.repository import Repository
from forgejo.reviews import Review
from forgejo.statuses import CombinedStatus, CommitStatus
from forgejo.tags import Tag
from forgejo.users import ServerVersion, User
from forgejo.workflows import DispatchedRun

__all__ = [
    "AlreadyExistsError",
    "AlreadyMergedError",
    "AmbiguousError",
    "ArchivedError",
    "ArgumentError",
    "AuthenticationError",
    "Branch",
    "BranchCommit",
    "BranchProtection",
    "ChangedFile",
    "CombinedStatus",
    "Commit",
    "CommitStatus",
    "CommitTarget",
    "Comparison",
    "ConflictError",
    "ContentFile",
    "DispatchedRun",
    "FileChange",
    "FileCommit",
    "ForbiddenError",
    "Forgejo",
    "ForgejoError",
    "GitRef",
    "GitTree",
    "HeadOutOfDateError",
    "IncompleteListError",
    "Issue",
    "IssueComment",
    "Label",
    "LostRaceError",
    "MergeConflictError",
    "MergedButBranchKeptError",
    "MovedError",
    "NotAllowedToMergeError",
    "NotForgejoError",
    "NotFoundError",
    "PaginatedList",
    "PullRequest",
    "PullRequestBranch",
    "Repository",
    "Review",
    "ScopeError",
    "ServerError",
    "ServerVersion",
    "Signature",
    "Tag",
    "TooLargeError",
    "TooManyRequestsError",
    "TreeEntry",
    "TryAgainLaterError",
    "UnavailableError",
    "UnsupportedError",
    "UntrustedServerError",
    "User",
    "ValidationError",
]
