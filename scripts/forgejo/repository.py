"""Repositories: where most calls begin."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from forgejo import (
    administration,
    branches,
    contents,
    git_data,
    issues,
    labels,
    pulls,
    statuses,
    tags,
    workflows,
)
from forgejo.administration import Permission, Setting
from forgejo.branches import Branch, BranchProtection
from forgejo.contents import CommitTarget, ContentFile, FileChange, FileCommit
from forgejo.fields import Fields, Json
from forgejo.git_data import Commit, Comparison, GitRef, GitTree
from forgejo.issues import Issue, StateFilter
from forgejo.labels import Label
from forgejo.paging import PaginatedList
from forgejo.place import Place
from forgejo.pull_request import PullRequest
from forgejo.session import Session
from forgejo.statuses import CombinedStatus, CommitStatus, StatusState
from forgejo.tags import Tag
from forgejo.users import User, parse_user
from forgejo.workflows import DispatchedRun, WorkflowJob, WorkflowRun


@dataclass(frozen=True)
class Repository:
    """A repository, as the calling user sees it; `can_push` and `can_admin` are the user's.

    All methods raise, besides what they name, AuthenticationError, ScopeError,
    UnavailableError, NotForgejoError and, for reads, ServerError. A write whose outcome is
    unknown, a 5xx included, raises AmbiguousError; one on an archived repository
    ArchivedError. A malformed argument raises ArgumentError before anything is sent.
    """

    place: Place = field(repr=False)
    id: int
    name: str
    full_name: str
    owner: User
    default_branch: str
    private: bool
    fork: bool
    archived: bool
    empty: bool
    html_url: str
    clone_url: str
    can_push: bool
    can_admin: bool

    def get_branch(self, name: str) -> Branch:
        """One branch. Raises NotFoundError. GET /repos/{owner}/{repo}/branches/{branch}"""
        return branches.get_branch(self.place, name)

    def get_branches(self) -> PaginatedList[Branch]:
        """All branches. Raises IncompleteListError. GET /repos/{owner}/{repo}/branches"""
        return branches.list_branches(self.place)

    def create_branch(self, name: str, *, source: str) -> Branch:
        """Create a branch at the branch, tag or commit `source`; returns it.

        Raises AlreadyExistsError (also for a tag, or a branch that is its folder),
        ForbiddenError, AmbiguousError (an unknown source, a protection rule and a lost race
        are all 500). POST /repos/{owner}/{repo}/branches
        """
        return branches.create_branch(self.place, name, source)

    def delete_branch(self, name: str) -> None:
        """Delete a branch; one that is gone already is no error.

        Raises ForbiddenError (default or protected). DELETE /repos/{owner}/{repo}/branches/{branch}
        """
        branches.delete_branch(self.place, name)

    def get_branch_protection(self, rule_name: str) -> BranchProtection:
        """One protection rule, by its branch name or glob.

        Raises ForbiddenError (not an administrator), NotFoundError.
        GET /repos/{owner}/{repo}/branch_protections/{name}
        """
        return branches.get_protection(self.place, rule_name)

    def get_branch_protections(self) -> tuple[BranchProtection, ...]:
        """All protection rules.

        Raises ForbiddenError (not an administrator).
        GET /repos/{owner}/{repo}/branch_protections
        """
        return branches.list_protections(self.place)

    def create_branch_protection(self, rule_name: str, **settings: Setting) -> BranchProtection:
        """Protect a branch or what a glob covers; settings are named as in BranchProtection.

        Compare what comes back: users without write access are dropped silently. Raises
        ForbiddenError (also a rule that exists), ValidationError (unknown users).
        POST /repos/{owner}/{repo}/branch_protections
        """
        return administration.create_protection(self.place, rule_name, settings)

    def create_tag_protection(self, pattern: str, *, usernames: Iterable[str]) -> None:
        """Let only these users make and move the tags that a glob covers.

        Raises ForbiddenError (also a pattern that exists), ValidationError.
        POST /repos/{owner}/{repo}/tag_protections
        """
        administration.create_tag_protection(self.place, pattern, usernames)

    def add_collaborator(self, login: str, *, permission: Permission = "write") -> None:
        """Let a user read, write or administer the repository.

        Raises ValidationError (unknown user), ForbiddenError.
        PUT /repos/{owner}/{repo}/collaborators/{collaborator}
        """
        administration.add_collaborator(self.place, login, permission)

    def get_file(self, path: str, *, ref: str | None = None) -> ContentFile:
        """One file with its content, checked against its blob id; `ref` is the default branch.

        Raises NotFoundError (also if it is a directory).
        GET /repos/{owner}/{repo}/contents/{filepath}
        """
        return contents.get_file(self.place, path, ref)

    def get_directory(self, path: str = "", *, ref: str | None = None) -> tuple[ContentFile, ...]:
        """The entries of one directory, without content; an empty path is the root.

        Raises NotFoundError (also if it is a file).
        GET /repos/{owner}/{repo}/contents/{filepath}
        """
        return contents.get_directory(self.place, path, ref)

    def create_file(self, path: str, content: bytes, *, target: CommitTarget) -> FileCommit:
        """Add a file in one commit; returns the commit.

        Raises AlreadyExistsError, ForbiddenError (protected), NotFoundError (no such branch),
        LostRaceError. POST /repos/{owner}/{repo}/contents/{filepath}
        """
        return contents.change_file(self.place, FileChange.create(path, content), target)

    def update_file(
        self, path: str, content: bytes, *, sha: str, target: CommitTarget
    ) -> FileCommit:
        """Replace the blob `sha` in one commit; returns the commit.

        Raises ConflictError (the file is another blob), ForbiddenError (protected),
        LostRaceError, AmbiguousError (a missing file is a 500).
        PUT /repos/{owner}/{repo}/contents/{filepath}
        """
        change = FileChange.update(path, content, sha=sha)
        return contents.change_file(self.place, change, target)

    def delete_file(self, path: str, *, sha: str, target: CommitTarget) -> FileCommit:
        """Remove the file whose blob is `sha` in one commit; returns the commit.

        Raises ValidationError (the file is another blob), NotFoundError, ForbiddenError,
        LostRaceError. DELETE /repos/{owner}/{repo}/contents/{filepath}
        """
        return contents.change_file(self.place, FileChange.delete(path, sha=sha), target)

    def change_files(self, *changes: FileChange, target: CommitTarget) -> FileCommit:
        """Make one commit of several changes; returns the commit.

        Forgejo makes an empty commit if nothing differs: compare before. Raises
        ConflictError (a file is another blob), AlreadyExistsError (a file, or the new branch),
        ForbiddenError (protected), LostRaceError, NotFoundError (no such branch),
        ValidationError, AmbiguousError (a missing file and some lost races are 500).
        POST /repos/{owner}/{repo}/contents
        """
        return contents.change_files(self.place, changes, target)

    def get_git_tree(self, ref: str, *, recursive: bool = False) -> GitTree:
        """The whole tree of a commit, branch or tag.

        Raises ValidationError (unknown ref), IncompleteListError.
        GET /repos/{owner}/{repo}/git/trees/{sha}
        """
        return git_data.get_tree(self.place, ref, recursive=recursive)

    def get_commit(self, ref: str) -> Commit:
        """One commit with the files it changes, by id, branch or tag.

        Raises NotFoundError. GET /repos/{owner}/{repo}/git/commits/{sha}
        """
        return git_data.get_commit(self.place, ref, with_files=True)

    def get_git_commit(self, ref: str) -> Commit:
        """One commit without its files, which is faster. Errors and endpoint as `get_commit`."""
        return git_data.get_commit(self.place, ref, with_files=False)

    def get_commits(self, *, sha: str, path: str | None = None) -> PaginatedList[Commit]:
        """The history of a ref, newest first, or of one path in it; without files.

        Raises NotFoundError, ConflictError (an empty repository), IncompleteListError.
        GET /repos/{owner}/{repo}/commits
        """
        return git_data.list_commits(self.place, sha, path)

    def get_git_ref(self, ref: str) -> GitRef:
        """The ref of exactly this name, such as `heads/main` or `refs/tags/v1`.

        Raises NotFoundError. GET /repos/{owner}/{repo}/git/refs/{ref}
        """
        return git_data.get_ref(self.place, ref)

    def get_git_matching_refs(self, prefix: str) -> tuple[GitRef, ...]:
        """All refs that begin with this, such as `heads/promote/`.

        Raises NotFoundError if there is none. GET /repos/{owner}/{repo}/git/refs/{ref}
        """
        return git_data.list_refs(self.place, prefix)

    def compare(self, base: str, head: str) -> Comparison:
        """What `head` has and `base` has not; no merge base, and `..` is the same as `...`.

        Raises NotFoundError, IncompleteListError. GET /repos/{owner}/{repo}/compare/{basehead}
        """
        return git_data.compare(self.place, base, head)

    def create_pull(
        self, *, head: str, base: str, title: str, body: str = "", labels: tuple[int, ...] = ()
    ) -> PullRequest:
        """Open a pull request; `labels` are ids, unknown ones are dropped by Forgejo.

        Two at once may both succeed: list them afterwards. Without a difference it is
        opened, too: check `changed_files`. Raises AlreadyExistsError (with its number),
        NotFoundError (head or base), ValidationError, AmbiguousError.
        POST /repos/{owner}/{repo}/pulls
        """
        new = pulls.NewPullRequest(head=head, base=base, title=title, body=body, labels=labels)
        return pulls.create_pull(self.place, new)

    def get_pull(self, number: int) -> PullRequest:
        """One pull request. Raises NotFoundError. GET /repos/{owner}/{repo}/pulls/{index}"""
        return pulls.get_pull(self.place, number)

    def get_pulls(
        self, *, state: StateFilter = "open", base: str | None = None, head: str | None = None
    ) -> PaginatedList[PullRequest]:
        """Pull requests; `head` is a bare branch name, of forks as well.

        Raises IncompleteListError. GET /repos/{owner}/{repo}/pulls
        """
        return pulls.list_pulls(self.place, state=state, base=base, head=head)

    def get_pulls_of_commit(self, sha: str) -> tuple[PullRequest, ...]:
        """The pull request whose merge made this commit (whole id), or none.

        Raises NotFoundError (the repository). GET /repos/{owner}/{repo}/commits/{sha}/pull
        """
        return pulls.pulls_of_commit(self.place, sha)

    def create_status(
        self,
        sha: str,
        *,
        state: StatusState,
        context: str,
        description: str = "",
        target_url: str = "",
    ) -> CommitStatus:
        """Post a status on a commit (whole id); returns it. Works on archived repositories.

        Raises NotFoundError (unknown commit), ForbiddenError, AmbiguousError.
        POST /repos/{owner}/{repo}/statuses/{sha}
        """
        status = statuses.NewStatus(state, context, description, target_url)
        return statuses.create_status(self.place, sha, status)

    def get_statuses(self, ref: str) -> PaginatedList[CommitStatus]:
        """All statuses ever posted on a commit, newest first; in one second oldest first.

        Raises NotFoundError, IncompleteListError.
        GET /repos/{owner}/{repo}/commits/{ref}/statuses
        """
        return statuses.list_statuses(self.place, ref)

    def get_combined_status(self, ref: str) -> CombinedStatus:
        """The latest status of each context, from all pages; empty for an unknown commit.

        Raises IncompleteListError. GET /repos/{owner}/{repo}/commits/{ref}/status
        """
        return statuses.get_combined_status(self.place, ref)

    def create_issue(self, title: str, *, body: str = "", labels: tuple[int, ...] = ()) -> Issue:
        """Open an issue; `labels` are ids, unknown ones are dropped by Forgejo.

        Raises ValidationError, ForbiddenError, AmbiguousError. POST /repos/{owner}/{repo}/issues
        """
        return issues.create_issue(self.place, title, body=body, labels=labels)

    def get_issue(self, number: int) -> Issue:
        """One issue. Raises NotFoundError. GET /repos/{owner}/{repo}/issues/{index}"""
        return issues.get_issue(self.place, number)

    def get_issues(
        self,
        *,
        state: StateFilter = "open",
        labels: tuple[str, ...] = (),
        created_by: str | None = None,
    ) -> PaginatedList[Issue]:
        """Issues that have all these labels (names); pull requests are left out.

        Raises NotFoundError (unknown `created_by`), IncompleteListError.
        GET /repos/{owner}/{repo}/issues
        """
        return issues.list_issues(self.place, state=state, labels=labels, created_by=created_by)

    def get_labels(self) -> PaginatedList[Label]:
        """All labels of the repository.

        Raises IncompleteListError. GET /repos/{owner}/{repo}/labels
        """
        return labels.list_labels(self.place)

    def create_label(self, name: str, *, color: str, description: str = "") -> Label:
        """Create a label, `color` like `#00aabb`; a second one of a name is not refused.

        Raises ValidationError, ForbiddenError, AmbiguousError. POST /repos/{owner}/{repo}/labels
        """
        return labels.create_label(self.place, name, color, description)

    def get_tags(self) -> PaginatedList[Tag]:
        """All tags. Raises IncompleteListError. GET /repos/{owner}/{repo}/tags"""
        return tags.list_tags(self.place)

    def get_tag(self, name: str) -> Tag:
        """One tag. Raises NotFoundError. GET /repos/{owner}/{repo}/tags/{tag}"""
        return tags.get_tag(self.place, name)

    def create_tag(self, name: str, *, target: str, message: str | None = None) -> Tag:
        """Create a tag at `target`, annotated if there is a message; returns it.

        Raises AlreadyExistsError, NotFoundError (no such target), ValidationError (protected),
        AmbiguousError. POST /repos/{owner}/{repo}/tags
        """
        return tags.create_tag(self.place, name, target, message)

    def delete_tag(self, name: str) -> None:
        """Delete a tag.

        Raises NotFoundError, ConflictError (it belongs to a release), ValidationError
        (protected), AmbiguousError. DELETE /repos/{owner}/{repo}/tags/{tag}
        """
        tags.delete_tag(self.place, name)

    def dispatch_workflow(
        self, file: str, *, ref: str, inputs: Mapping[str, str] | None = None
    ) -> DispatchedRun | None:
        """Start a workflow by its file name; returns the run, or None from older servers.

        Never tried again by itself. Raises NotFoundError (unknown full ref), ValidationError
        (a required input is missing), ForbiddenError, AmbiguousError (an unknown file or
        short ref is a 500). POST /repos/{owner}/{repo}/actions/workflows/{file}/dispatches
        """
        return workflows.dispatch_workflow(self.place, file, ref, inputs or {})

    def get_workflow_run(self, run_id: int) -> WorkflowRun:
        """One run. Raises NotFoundError. GET /repos/{owner}/{repo}/actions/runs/{run_id}"""
        return workflows.get_run(self.place, run_id)

    def get_workflow_jobs(self, run_id: int) -> tuple[WorkflowJob, ...]:
        """All jobs of one run; `has_ended` tells whether they, and so the run, are over.

        Raises NotFoundError. GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs
        """
        return workflows.list_jobs(self.place, run_id)


def parse_repository(session: Session, value: Json) -> Repository:
    """Read a repository; its methods use the name that the server tells, also after a rename."""
    fields = Fields.of(value, "repository")
    full_name = fields.text("full_name")
    permissions = fields.optional_child("permissions", "permissions")
    return Repository(
        place=Place(session, full_name),
        id=fields.integer("id"),
        name=fields.text("name"),
        full_name=full_name,
        owner=parse_user(fields.values.get("owner")),
        default_branch=fields.text("default_branch"),
        private=fields.flag("private"),
        fork=fields.flag("fork"),
        archived=fields.flag("archived"),
        empty=fields.flag("empty"),
        html_url=fields.text("html_url"),
        clone_url=fields.text("clone_url"),
        can_push=permissions is not None and permissions.flag("push"),
        can_admin=permissions is not None and permissions.flag("admin"),
    )
