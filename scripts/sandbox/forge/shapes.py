"""JSON as Forgejo writes it: issues, pull requests, reviews, statuses."""

from sandbox.forge.call import Call
from sandbox.forge.records import (
    BranchRule,
    Comment,
    Issue,
    Label,
    Milestone,
    PullRequest,
    Repository,
    Review,
    Status,
    TagRule,
    User,
)
from sandbox.forge.shapes_accounts import (
    Json,
    maybe_stamp,
    repository_shape,
    stamp,
    user_shape,
)


def label_shape(call: Call, label: Label) -> Json:
    return {
        "id": label.id, "name": label.name, "exclusive": False, "is_archived": False,
        "color": label.color, "description": label.description,
        "url": f"{call.api}/labels/{label.id}",
    }  # fmt: skip


def milestone_shape(milestone: Milestone | None) -> Json | None:
    if milestone is None:
        return None
    when = stamp(milestone.created)
    return {
        "id": milestone.id, "title": milestone.title, "description": "", "state": "open",
        "open_issues": 0, "closed_issues": 0, "created_at": when, "updated_at": when,
        "closed_at": None, "due_on": None,
    }  # fmt: skip


def _discussion_shape(call: Call, issue: Issue) -> Json:
    """What issues and pull requests have in common."""
    people = [user_shape(call, user, itself=True) for user in issue.assignees]
    return {
        "number": issue.number,
        "user": user_shape(call, issue.poster, itself=True),
        "title": issue.title,
        "body": issue.body,
        "labels": [label_shape(call, label) for label in issue.labels],
        "milestone": milestone_shape(issue.milestone),
        "assignee": people[0] if people else None,
        "assignees": people or None,
        "state": issue.state,
        "is_locked": False,
        "comments": len(issue.comments),
        "created_at": stamp(issue.created),
        "updated_at": stamp(issue.updated),
        "closed_at": maybe_stamp(issue.closed),
        "due_date": None,
        "pin_order": issue.pin_order,
    }


def issue_shape(call: Call, issue: Issue) -> Json:
    repository = call.repository
    pull = next((pull for pull in repository.pulls if pull.issue is issue), None)
    kind = "issues" if pull is None else "pulls"
    return _discussion_shape(call, issue) | {
        "id": issue.id,
        "url": f"{call.api}/issues/{issue.number}",
        "html_url": f"{call.root}/{repository.full_name}/{kind}/{issue.number}",
        "original_author": "",
        "original_author_id": 0,
        "ref": "",
        "assets": [],
        "pull_request": pull and _pull_summary(call, pull),
        "repository": {
            "id": repository.id,
            "name": repository.name,
            "owner": repository.owner.login,
            "full_name": repository.full_name,
        },
    }


def _pull_summary(call: Call, pull: PullRequest) -> Json:
    return {
        "merged": pull.merged_at is not None,
        "merged_at": maybe_stamp(pull.merged_at),
        "draft": pull.is_draft,
        "html_url": f"{call.root}/{call.repository.full_name}/pulls/{pull.number}",
    }


def pull_shape(call: Call, pull: PullRequest, *, mergeable: bool) -> Json:
    repository = call.repository
    page = f"{call.root}/{repository.full_name}/pulls/{pull.number}"
    changes = repository.store.changes(pull.merge_base, pull.head_sha)
    merged_by = pull.merged_by and user_shape(call, pull.merged_by)
    return _discussion_shape(call, pull.issue) | {
        "id": pull.id,
        "url": f"{call.api}/pulls/{pull.number}",
        "requested_reviewers": [user_shape(call, user) for user in _reviewers(pull)],
        "requested_reviewers_teams": [],
        "draft": pull.is_draft,
        "review_comments": sum(review.comments_count for review in pull.reviews),
        "additions": sum(change.additions for change in changes),
        "deletions": sum(change.deletions for change in changes),
        "changed_files": len(changes),
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "mergeable": mergeable,
        "merged": pull.merged_at is not None,
        "merged_at": maybe_stamp(pull.merged_at),
        "merge_commit_sha": pull.merge_commit or None,
        "merged_by": merged_by,
        "allow_maintainer_edit": False,
        "base": _base_shape(call, pull),
        "head": _head_shape(call, pull),
        "merge_base": pull.merge_base,
        "flow": 0,
    }


def _reviewers(pull: PullRequest) -> list[User]:
    """Who was asked, and also who has given a verdict that still stands."""
    verdicts = ("APPROVED", "REQUEST_CHANGES")
    latest = {review.reviewer.login: review for review in pull.reviews if review.state in verdicts}
    stands = [review.reviewer for review in latest.values() if not review.dismissed]
    return [user for user in stands if user not in pull.requested] + pull.requested


def _base_shape(call: Call, pull: PullRequest) -> Json:
    repository = call.repository
    branch = pull.base_branch
    sha = repository.branch_rows.get(branch) or pull.merge_base
    return _end_shape(call, repository, label=branch, ref=branch, sha=sha)


def _head_shape(call: Call, pull: PullRequest) -> Json:
    source = pull.head_repository
    kept = pull.head_branch in source.branch_rows and not pull.head_deleted
    ref = pull.head_branch if kept else f"refs/pull/{pull.number}/head"
    return _end_shape(call, source, label=pull.head_branch, ref=ref, sha=pull.head_sha)


def _end_shape(call: Call, repository: Repository, *, label: str, ref: str, sha: str) -> Json:
    return {
        "label": label,
        "ref": ref,
        "sha": sha,
        "repo_id": repository.id,
        "repo": repository_shape(call, repository),
    }


def comment_shape(call: Call, issue: Issue, comment: Comment) -> Json:
    is_pull = any(pull.issue is issue for pull in call.repository.pulls)
    kind = "pulls" if is_pull else "issues"
    page = f"{call.root}/{call.repository.full_name}/{kind}/{issue.number}"
    return {
        "id": comment.id,
        "html_url": f"{page}#issuecomment-{comment.id}",
        "pull_request_url": page if is_pull else "",
        "issue_url": "" if is_pull else page,
        "user": user_shape(call, comment.poster),
        "original_author": "",
        "original_author_id": 0,
        "body": comment.body,
        "assets": [],
        "created_at": stamp(comment.created),
        "updated_at": stamp(comment.updated),
    }


def review_shape(call: Call, pull: PullRequest, review: Review) -> Json:
    page = f"{call.root}/{call.repository.full_name}/pulls/{pull.number}"
    return {
        "id": review.id,
        "user": user_shape(call, review.reviewer, itself=True),
        "team": None,
        "state": review.state,
        "body": review.body,
        "commit_id": review.commit_id,
        "stale": review.stale,
        "official": review.official,
        "dismissed": review.dismissed,
        "comments_count": review.comments_count,
        "submitted_at": stamp(review.submitted),
        "updated_at": stamp(review.updated),
        "html_url": f"{page}#issuecomment-{review.comment_id}",
        "pull_request_url": page,
    }


def status_shape(call: Call, status: Status) -> Json:
    return {
        "id": status.id,
        "status": status.state,
        "target_url": status.target_url,
        "description": status.description,
        "url": f"{call.api}/statuses/{status.sha}",
        "context": status.context,
        "creator": status.creator and user_shape(call, status.creator),
        "created_at": stamp(status.created),
        "updated_at": stamp(status.created),
    }


def branch_rule_shape(rule: BranchRule, *, is_glob: bool) -> Json:
    names = {"branch_name": "" if is_glob else rule.name, "rule_name": rule.name}
    times = {"created_at": stamp(rule.created), "updated_at": stamp(rule.updated)}
    return names | rule.settings | times


def tag_rule_shape(rule: TagRule) -> Json:
    return {
        "id": rule.id, "name_pattern": rule.pattern, "whitelist_usernames": rule.users,
        "whitelist_teams": [], "created_at": stamp(rule.created),
        "updated_at": stamp(rule.updated),
    }  # fmt: skip
