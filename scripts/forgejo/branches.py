"""Branches and the rules that protect them."""

from dataclasses import dataclass
from datetime import datetime

from forgejo.exceptions import AmbiguousError, NotFoundError
from forgejo.fields import Fields, Json, as_list
from forgejo.paging import PaginatedList, Source, paginated
from forgejo.paths import ref_name, ref_segments, segment
from forgejo.place import Place


@dataclass(frozen=True)
class BranchCommit:
    """The head of a branch."""

    id: str
    message: str
    timestamp: datetime


@dataclass(frozen=True)
class Branch:
    """A branch, and what its protection means for the caller."""

    name: str
    commit: BranchCommit
    protected: bool
    required_approvals: int
    enable_status_check: bool
    status_check_contexts: tuple[str, ...]
    user_can_push: bool
    user_can_merge: bool


def parse_branch(value: Json) -> Branch:
    """Read a branch."""
    fields = Fields.of(value, "branch")
    commit = fields.child("commit", "branch commit")
    return Branch(
        name=fields.text("name"),
        commit=BranchCommit(commit.sha("id"), commit.text("message"), commit.moment("timestamp")),
        protected=fields.flag("protected"),
        required_approvals=fields.integer("required_approvals"),
        enable_status_check=fields.flag("enable_status_check"),
        status_check_contexts=fields.texts("status_check_contexts"),
        user_can_push=fields.flag("user_can_push"),
        user_can_merge=fields.flag("user_can_merge"),
    )


def get_branch(place: Place, name: str) -> Branch:
    """One branch."""
    return place.get(f"/branches/{ref_segments(name)}", parse_branch)


def list_branches(place: Place) -> PaginatedList[Branch]:
    """All branches."""
    source = Source(place.session, f"{place.path}/branches", parse_branch, lambda found: found.name)
    return paginated(source)


def create_branch(place: Place, name: str, source: str) -> Branch:
    """Create a branch at a branch, tag or commit."""
    body: dict[str, Json] = {"new_branch_name": ref_name(name), "old_ref_name": ref_name(source)}
    return place.create("/branches", body, parse_branch)


def delete_branch(place: Place, name: str) -> None:
    """Delete a branch; Forgejo answers 500 when it is gone already, so that is looked up."""
    try:
        place.run("DELETE", f"/branches/{ref_segments(name)}")
    except AmbiguousError:
        if _exists(place, name):
            raise


def _exists(place: Place, name: str) -> bool:
    try:
        get_branch(place, name)
    except NotFoundError as exc:
        # The repository itself could be what is not found.
        return not exc.message.endswith(f"branch does not exist [name: {name}]")
    return True


@dataclass(frozen=True)
class BranchProtection:
    """A protection rule; `rule_name` is a branch name or a glob.

    A whitelisted user without write access is dropped silently by Forgejo: compare what was
    asked for with what is here.
    """

    rule_name: str
    enable_push: bool
    enable_push_whitelist: bool
    push_whitelist_usernames: tuple[str, ...]
    push_whitelist_teams: tuple[str, ...]
    enable_merge_whitelist: bool
    merge_whitelist_usernames: tuple[str, ...]
    merge_whitelist_teams: tuple[str, ...]
    enable_status_check: bool
    status_check_contexts: tuple[str, ...]
    required_approvals: int
    enable_approvals_whitelist: bool
    approvals_whitelist_username: tuple[str, ...]
    approvals_whitelist_teams: tuple[str, ...]
    block_on_rejected_reviews: bool
    block_on_official_review_requests: bool
    block_on_outdated_branch: bool
    dismiss_stale_approvals: bool
    ignore_stale_approvals: bool
    require_signed_commits: bool
    protected_file_patterns: str
    unprotected_file_patterns: str
    apply_to_admins: bool


def parse_protection(value: Json) -> BranchProtection:
    """Read a protection rule."""
    fields = Fields.of(value, "branch protection")
    return BranchProtection(
        rule_name=fields.text("rule_name"),
        enable_push=fields.flag("enable_push"),
        enable_push_whitelist=fields.flag("enable_push_whitelist"),
        push_whitelist_usernames=fields.texts("push_whitelist_usernames"),
        push_whitelist_teams=fields.texts("push_whitelist_teams"),
        enable_merge_whitelist=fields.flag("enable_merge_whitelist"),
        merge_whitelist_usernames=fields.texts("merge_whitelist_usernames"),
        merge_whitelist_teams=fields.texts("merge_whitelist_teams"),
        enable_status_check=fields.flag("enable_status_check"),
        status_check_contexts=fields.texts("status_check_contexts"),
        required_approvals=fields.integer("required_approvals"),
        enable_approvals_whitelist=fields.flag("enable_approvals_whitelist"),
        approvals_whitelist_username=fields.texts("approvals_whitelist_username"),
        approvals_whitelist_teams=fields.texts("approvals_whitelist_teams"),
        block_on_rejected_reviews=fields.flag("block_on_rejected_reviews"),
        block_on_official_review_requests=fields.flag("block_on_official_review_requests"),
        block_on_outdated_branch=fields.flag("block_on_outdated_branch"),
        dismiss_stale_approvals=fields.flag("dismiss_stale_approvals"),
        ignore_stale_approvals=fields.flag("ignore_stale_approvals"),
        require_signed_commits=fields.flag("require_signed_commits"),
        protected_file_patterns=fields.text("protected_file_patterns"),
        unprotected_file_patterns=fields.text("unprotected_file_patterns"),
        apply_to_admins=fields.flag("apply_to_admins"),
    )


def get_protection(place: Place, rule_name: str) -> BranchProtection:
    """One protection rule."""
    return place.get(f"/branch_protections/{segment(rule_name)}", parse_protection)


def list_protections(place: Place) -> tuple[BranchProtection, ...]:
    """All protection rules; the endpoint is not paged."""
    return place.get("/branch_protections", _parse_protections)


def _parse_protections(value: Json) -> tuple[BranchProtection, ...]:
    return tuple(parse_protection(item) for item in as_list(value, "branch protections"))
