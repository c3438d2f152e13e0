"""Branch and tag protections: which rule covers a ref, and what it refuses."""

from typing import Any

from sandbox.forge.access import may
from sandbox.forge.git_store import ZERO
from sandbox.forge.globs import glob_matches, glob_pattern
from sandbox.forge.records import BranchRule, PullRequest, Repository, Status, User

GLOB_SIGNS = frozenset("*?{}[]")
AGIT_ADVICE = (
    "You might want to replace 'origin' with the name of your Git remote if it is different from "
    "origin. You can freely choose the descriptor to set it to a topic.\\n"
    "You can learn about creating pull requests with AGit in the docs: "
    "https://forgejo.org/docs/latest/user/agit-support/"
)
BLOCKING_ORDER = ("error", "failure", "warning", "pending", "success", "skipped")


def default_rule() -> dict[str, Any]:
    """The settings of a new rule, in the order the API shows them."""
    return {
        "enable_push": False,
        "enable_push_whitelist": False,
        "push_whitelist_usernames": [],
        "push_whitelist_teams": [],
        "push_whitelist_deploy_keys": False,
        "enable_merge_whitelist": False,
        "merge_whitelist_usernames": [],
        "merge_whitelist_teams": [],
        "enable_status_check": False,
        "status_check_contexts": None,
        "required_approvals": 0,
        "enable_approvals_whitelist": False,
        "approvals_whitelist_username": [],
        "approvals_whitelist_teams": [],
        "block_on_rejected_reviews": False,
        "block_on_official_review_requests": False,
        "block_on_outdated_branch": False,
        "dismiss_stale_approvals": False,
        "ignore_stale_approvals": False,
        "require_signed_commits": False,
        "protected_file_patterns": "",
        "unprotected_file_patterns": "",
        "apply_to_admins": False,
    }


def is_glob(name: str) -> bool:
    return any(sign in GLOB_SIGNS for sign in name)


def rule_for(repository: Repository, branch: str) -> BranchRule | None:
    """The rule named exactly like the branch, else the first glob that covers it."""
    for rule in repository.branch_rules:
        if rule.name == branch:
            return rule
    for rule in repository.branch_rules:
        if is_glob(rule.name) and glob_matches(rule.name, branch, "/"):
            return rule
    return None


def may_push(user: User, repository: Repository, branch: str) -> bool:
    """Whether a user's commits are let onto a branch; being an admin does not help."""
    rule = rule_for(repository, branch)
    if not may(user, "write", repository):
        return False
    if rule is None:
        return True
    settings = rule.settings
    if not settings["enable_push"]:
        return False
    return (
        not settings["enable_push_whitelist"] or user.login in settings["push_whitelist_usernames"]
    )


def may_merge(user: User, repository: Repository, branch: str) -> bool:
    rule = rule_for(repository, branch)
    if not may(user, "write", repository):
        return False
    if rule is None or not rule.settings["enable_merge_whitelist"]:
        return True
    return user.login in rule.settings["merge_whitelist_usernames"]


def tag_is_protected_from(user: User, repository: Repository, tag: str) -> bool:
    rules = [rule for rule in repository.tag_rules if glob_matches(rule.pattern, tag)]
    return bool(rules) and not any(user.login in rule.users for rule in rules)


def push_refusal(user: User, repository: Repository, ref: str, new: str) -> str | None:
    """What the pre-receive hook says about one pushed ref, or None when it lets it pass."""
    if ref.startswith("refs/for/"):
        return "the sandbox does not implement AGit"
    if not may(user, "write", repository):
        return _no_access(user, repository, ref)
    if ref.startswith("refs/tags/"):
        tag = ref.removeprefix("refs/tags/")
        return f"Tag {tag} is protected" if tag_is_protected_from(user, repository, tag) else None
    if ref.startswith("refs/heads/"):
        return _branch_refusal(user, repository, ref.removeprefix("refs/heads/"), new)
    return None


def _branch_refusal(user: User, repository: Repository, branch: str, new: str) -> str | None:
    rule = rule_for(repository, branch)
    if new == ZERO:
        return _deletion_refusal(repository, branch, rule)
    if rule is None:
        return None
    if not may_push(user, repository, branch):
        return f"Not allowed to push to protected branch {branch}"
    if rule.settings["protected_file_patterns"]:
        return "the sandbox does not implement pushes to branches with protected files"
    return None


def _deletion_refusal(repository: Repository, branch: str, rule: BranchRule | None) -> str | None:
    if branch == repository.default_branch:
        return f"branch {branch} is the default branch and cannot be deleted"
    return f"branch {branch} is protected from deletion" if rule else None


def _no_access(user: User, repository: Repository, ref: str) -> str:
    branch = ref.removeprefix("refs/heads/")
    return (
        f"User '{user.login}' is not allowed to push to branch '{branch}' in "
        f"'{repository.full_name}'.\\n"
        f"If you instead wanted to create a pull request to the branch '{branch}', please use:\\n"
        f"git push origin HEAD:refs/for/{branch}/choose-a-descriptor\\n{AGIT_ADVICE}"
    )


def protected_file(rule: BranchRule, paths: list[str]) -> str | None:
    """The first path a rule protects; here `*` stops at dots as well as at slashes."""
    patterns = [
        text.strip().lower() for text in rule.settings["protected_file_patterns"].split(";")
    ]
    for path in paths:
        if any(pattern and glob_matches(pattern, path.lower(), "./") for pattern in patterns):
            return path
    return None


# --- merging


def merge_refusal(repository: Repository, pull: PullRequest) -> str | None:
    """The reason a protected base does not take a pull request yet."""
    rule = rule_for(repository, pull.base_branch)
    if rule is None:
        return None
    statuses = latest_statuses(repository, pull.head_sha)
    official = [review for review in pull.reviews if review.official and not review.dismissed]
    settings = rule.settings
    rejected = any(review.state == "REQUEST_CHANGES" for review in official)
    requested = any(_is_official(user, repository, rule) for user in pull.requested)
    checks = [
        (not statuses_pass(rule, statuses), "Not all required status checks successful"),
        (_approvals(pull, rule) < settings["required_approvals"], "Does not have enough approvals"),
        (settings["block_on_rejected_reviews"] and rejected, "There are requested changes"),
        (
            settings["block_on_official_review_requests"] and requested,
            "There are official review requests",
        ),
        (
            settings["block_on_outdated_branch"] and _is_behind(repository, pull),
            "The head branch is behind the base branch",
        ),
        (_touches_protected(repository, pull, rule), "Changed protected files"),
    ]
    return next((reason for refused, reason in checks if refused), None)


def latest_statuses(repository: Repository, sha: str) -> list[Status]:
    """The newest status of each context."""
    newest: dict[str, Status] = {}
    for status in repository.statuses:
        if status.sha == sha:
            newest[status.context] = status
    return list(newest.values())


def statuses_pass(rule: BranchRule, statuses: list[Status]) -> bool:
    if not rule.settings["enable_status_check"]:
        return True
    required = rule.settings["status_check_contexts"] or []
    if not required:
        return combined_state(statuses) == "success"
    return all(_context_passes(glob, statuses) for glob in required)


def _context_passes(glob: str, statuses: list[Status]) -> bool:
    if glob_pattern(glob) is None:
        return False
    matching = [status for status in statuses if glob_matches(glob, status.context)]
    return bool(matching) and all(status.state in ("success", "skipped") for status in matching)


def combined_state(statuses: list[Status]) -> str:
    """The worst state of a list, in the server's order; unknown states do not count."""
    states = {status.state for status in statuses}
    worst = next((state for state in BLOCKING_ORDER if state in states), "")
    return "failure" if worst == "error" else worst


def _approvals(pull: PullRequest, rule: BranchRule) -> int:
    return sum(
        review.state == "APPROVED"
        and review.official
        and not review.dismissed
        and not (review.stale and rule.settings["ignore_stale_approvals"])
        for review in pull.reviews
    )


def is_official(user: User, repository: Repository, branch: str) -> bool:
    """Whether a user's review counts for merges into a branch."""
    rule = rule_for(repository, branch)
    return may(user, "write", repository) if rule is None else _is_official(user, repository, rule)


def _is_official(user: User, repository: Repository, rule: BranchRule) -> bool:
    if rule.settings["enable_approvals_whitelist"]:
        return user.login in rule.settings["approvals_whitelist_username"]
    return may(user, "write", repository)


def _is_behind(repository: Repository, pull: PullRequest) -> bool:
    base = repository.store.branch(pull.base_branch)
    return base is not None and pull.merge_base != base


def _touches_protected(repository: Repository, pull: PullRequest, rule: BranchRule) -> bool:
    changed = repository.store.changes(pull.merge_base, pull.head_sha)
    return protected_file(rule, [change.path for change in changed]) is not None
