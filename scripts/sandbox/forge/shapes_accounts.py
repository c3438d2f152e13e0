"""JSON as Forgejo writes it: accounts and repositories."""

import hashlib
from datetime import datetime
from typing import Any

from sandbox.forge.access import may
from sandbox.forge.call import Call
from sandbox.forge.records import Repository, Token, User

NEVER = "0001-01-01T00:00:00Z"
EPOCH = "1970-01-01T00:00:00Z"
Json = dict[str, Any]
REPOSITORY_DEFAULTS: Json = {
    "template": False, "parent": None, "mirror": False, "size": 24,
    "language": "", "link": "", "original_url": "", "website": "", "stars_count": 0,
    "forks_count": 0, "watchers_count": 1, "release_counter": 0, "has_issues": True,
    "has_wiki": True, "has_wiki_contents": False, "wiki_branch": "main",
    "globally_editable_wiki": False, "has_pull_requests": True, "has_projects": True,
    "has_releases": True, "has_packages": True, "has_actions": True,
    "ignore_whitespace_conflicts": False, "allow_rebase_update": True,
    "default_delete_branch_after_merge": False, "default_merge_style": "merge",
    "default_allow_maintainer_edit": False, "default_update_style": "merge", "avatar_url": "",
    "internal": False, "mirror_interval": "", "object_format_name": "sha1",
    "mirror_updated": NEVER, "repo_transfer": None, "topics": [],
}  # fmt: skip
FORK_UNITS: Json = {
    "has_issues": False, "has_wiki": False, "has_projects": False, "has_releases": False,
    "has_packages": False, "has_actions": False,
}  # fmt: skip
NOT_OF_FORKS = ("internal_tracker", "wiki_branch")


def stamp(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def maybe_stamp(when: datetime | None) -> str | None:
    return None if when is None else stamp(when)


def user_shape(call: Call, user: User, *, itself: bool = False) -> Json:
    """An account; only its owner and admins are shown the real address."""
    shown = itself and call.caller.user is not None
    known = shown and (call.caller.is_admin or call.caller.user is user)
    hidden_email = "" if user.is_organisation else f"{user.login}@noreply.localhost"
    avatar = hashlib.md5(user.login.encode(), usedforsecurity=False).hexdigest()
    return {
        "id": user.id, "login": user.login, "login_name": "", "source_id": 0, "full_name": "",
        "email": user.email if known else hidden_email,
        "avatar_url": f"{call.root}/avatars/{avatar}", "html_url": f"{call.root}/{user.login}",
        "language": "", "is_admin": known and user.is_admin,
        "last_login": EPOCH if known else NEVER, "created": stamp(user.created),
        "restricted": False, "active": known, "prohibit_login": False, "location": "",
        "pronouns": "", "website": "", "description": "", "visibility": user.visibility,
        "followers_count": 0, "following_count": 0, "starred_repos_count": 0,
        "username": user.login,
    }  # fmt: skip


def organisation_shape(call: Call, found: User) -> Json:
    """An organisation as it is shown itself; as an owner it looks like a user."""
    whole = user_shape(call, found)
    kept = ("id", "full_name", "email", "avatar_url", "description", "website", "location")
    return {key: whole[key] for key in (*kept, "created", "username")} | {
        "name": found.login,
        "visibility": found.visibility,
        "repo_admin_change_team_access": False,
    }


def token_shape(token: Token, *, id: int, created: datetime) -> Json:  # noqa: A002 - the API's word
    """A new access token: only now its secret is told."""
    return {
        "id": id,
        "name": token.name,
        "sha1": token.secret,
        "token_last_eight": token.secret[-8:],
        "scopes": sorted(token.scopes),
        "created_at": stamp(created),
        "repositories": None,
    }


def repository_shape(call: Call, repository: Repository) -> Json:
    """A repository; a fork has no issues, and shows its parent with its own permissions."""
    shape = _whole_repository_shape(call, repository)
    if repository.fork_of is None:
        return shape
    permissions = {"permissions": shape["permissions"]}
    parent = repository_shape(call, repository.fork_of) | permissions
    left = {key: value for key, value in shape.items() if key not in NOT_OF_FORKS}
    return left | FORK_UNITS | {"parent": parent}


def _whole_repository_shape(call: Call, repository: Repository) -> Json:
    root, name = call.root, repository.full_name
    styles = repository.disallowed_styles
    pulls = [pull.issue for pull in repository.pulls]
    wiki = f"{name}.wiki.git"
    return REPOSITORY_DEFAULTS | {
        "id": repository.id,
        "owner": user_shape(call, repository.owner),
        "name": repository.name,
        "full_name": name,
        "description": repository.description,
        "empty": not repository.branch_rows,
        "private": repository.private,
        "fork": repository.fork_of is not None,
        "languages_url": f"{root}/api/v1/repos/{name}/languages",
        "html_url": f"{root}/{name}",
        "url": f"{root}/api/v1/repos/{name}",
        "ssh_url": f"ssh://forge@localhost/{name}.git",
        "clone_url": f"{root}/{name}.git",
        "open_issues_count": sum(issue.state == "open" for issue in repository.issues),
        "open_pr_counter": sum(issue.state == "open" for issue in pulls),
        "default_branch": repository.default_branch,
        "archived": repository.archived,
        "created_at": stamp(repository.created),
        "updated_at": stamp(repository.updated),
        "archived_at": EPOCH,
        "permissions": permissions_shape(call, repository),
        "internal_tracker": {
            "enable_time_tracker": True,
            "allow_only_contributors_to_track_time": True,
            "enable_issue_dependencies": True,
        },
        "wiki_ssh_url": f"ssh://forge@localhost/{wiki}",
        "wiki_clone_url": f"{root}/{wiki}",
        "allow_merge_commits": "merge" not in styles,
        "allow_rebase": "rebase" not in styles,
        "allow_rebase_explicit": "rebase-merge" not in styles,
        "allow_squash_merge": "squash" not in styles,
        "allow_fast_forward_only_merge": "fast-forward-only" not in styles,
    }


def permissions_shape(call: Call, repository: Repository) -> Json:
    user = call.caller.user
    return {
        "admin": may(user, "admin", repository),
        "push": may(user, "write", repository),
        "pull": may(user, "read", repository),
    }
