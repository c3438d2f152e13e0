"""Version, accounts, repositories and branches."""

import re

from sandbox.forge.access import permission
from sandbox.forge.call import Call, Endpoint, no_content
from sandbox.forge.forms import Field, Form
from sandbox.forge.git_store import ZERO
from sandbox.forge.protection import may_push, rule_for
from sandbox.forge.refusal import RefusalError, not_found, server_error
from sandbox.forge.rejected_push import hook_text
from sandbox.forge.shapes_accounts import NEVER, repository_shape, user_shape
from sandbox.forge.shapes_git import branch_shape
from sandbox.forge.state import VERSION
from sandbox.http_messages import Response

NAME_LIMIT = 100
BAD_REF = re.compile(r"\.\.|[\x00-\x20~^:?*\[\\\x7f]|//|@\{|^[/.@-]|/$|\.$|\.lock$|/\.|\.lock/")
NEW_BRANCH = Form(
    "CreateBranchRepoOption",
    (
        Field("new_branch_name", required=True, name="BranchName"),
        Field("old_ref_name"),
        Field("old_branch_name"),
    ),
)


def version(call: Call) -> Response:
    return call.json(200, {"version": VERSION})


def forgejo_version(call: Call) -> Response:
    return call.json(200, {"version": VERSION}, {"Content-Type": "application/json; charset=utf-8"})


def current_user(call: Call) -> Response:
    return call.json(200, user_shape(call, call.user, itself=True))


def get_user(call: Call) -> Response:
    login = call.params["login"]
    user = call.forge.users.get(login.lower())
    if user is None:
        raise RefusalError(404, f"user redirect does not exist [name: {login}]")
    return call.json(200, user_shape(call, user, itself=True))


def get_repository(call: Call) -> Response:
    return call.json(200, repository_shape(call, call.repository))


def get_permission(call: Call) -> Response:
    """What a collaborator may do; asked about oneself or by a repository admin."""
    user = call.forge.users.get(call.params["login"].lower())
    if user is None:
        raise not_found()
    level = permission(user, call.repository)
    role = "owner" if user is call.repository.owner else level
    shown = user_shape(call, user, itself=True) | {"active": False, "last_login": NEVER}
    return call.json(200, {"permission": role, "role_name": role, "user": shown})


def missing_branch(name: str) -> RefusalError:
    return not_found(f"branch does not exist [name: {name}]")


def check_branch_name(name: str) -> None:
    if BAD_REF.search(name):
        raise RefusalError(422, "[BranchName]: GitRefName")
    if len(name) > NAME_LIMIT:
        raise RefusalError(422, "[BranchName]: MaxSize")


def get_branch(call: Call) -> Response:
    name = call.params["branch"]
    sha = call.repository.branch_rows.get(name)
    if sha is None:
        raise missing_branch(name)
    return call.json(200, branch_shape(call, name, sha))


def list_branches(call: Call) -> Response:
    rows = sorted(call.repository.branch_rows.items())
    if not rows:
        return call.json(200, None, {"X-Total-Count": "0"})
    return call.page(rows, lambda row: branch_shape(call, *row))


def create_branch(call: Call) -> Response:
    repository, store = call.repository, call.repository.store
    if store.is_empty():
        raise RefusalError(404, "Git Repository is empty.")
    form = call.form(NEW_BRANCH)
    name = form["new_branch_name"]
    check_branch_name(name)
    sha = _start(call, form)
    _check_name_is_free(call, name)
    if rule_for(repository, name) and not may_push(call.user, repository, name):
        said = f"Forgejo: Not allowed to push to protected branch {name}"
        raise server_error(hook_text(repository, said, f"{sha} -> {name}"))
    call.forge.move_ref(repository, f"refs/heads/{name}", sha, ZERO)
    return call.json(201, branch_shape(call, name, sha))


def _start(call: Call, form: dict[str, str]) -> str:
    """Where the new branch starts; an unknown `old_ref_name` is a 500 on the real server."""
    store = call.repository.store
    old_branch = form.get("old_branch_name", "")
    if not form.get("old_ref_name") and old_branch and store.branch(old_branch) is None:
        raise RefusalError(404, "The old branch does not exist")
    start = form.get("old_ref_name") or old_branch or call.repository.default_branch
    sha = store.commit_of(start)
    if sha is None:
        raise server_error(f"object does not exist [id: {start}, rel_path: ]")
    return sha


def _check_name_is_free(call: Call, name: str) -> None:
    store = call.repository.store
    branches = store.branches()
    if name in branches:
        raise RefusalError(409, "The branch already exists.")
    if store.tag(name) is not None:
        raise RefusalError(409, "The branch with the same tag already exists.")
    if any(b.startswith(f"{name}/") or name.startswith(f"{b}/") for b in branches):
        raise RefusalError(409, "The branch with the same name already exists.")


def delete_branch(call: Call) -> Response:
    repository, name = call.repository, call.params["branch"]
    sha = repository.store.branch(name)
    if name == repository.default_branch:
        raise RefusalError(403, "can not delete default branch")
    if sha is None:
        raise server_error(f"object does not exist [id: refs/heads/{name}, rel_path: ]")
    if rule_for(repository, name) is not None:
        raise RefusalError(403, "branch protected")
    call.forge.move_ref(repository, f"refs/heads/{name}", ZERO, sha)
    return no_content()


REPO = "/api/v1/repos/{owner}/{repo}"
ENDPOINTS = [
    Endpoint("GET", "/api/v1/version", version, group=""),
    Endpoint("GET", "/api/forgejo/v1/version", forgejo_version, group=""),
    Endpoint("GET", "/api/v1/user", current_user, group="user", need="login"),
    Endpoint("GET", "/api/v1/users/{login}", get_user, group="user"),
    Endpoint("GET", REPO, get_repository),
    Endpoint("GET", REPO + "/collaborators/{login}/permission", get_permission, need="login"),
    Endpoint("GET", REPO + "/branches", list_branches),
    Endpoint("POST", REPO + "/branches", create_branch, need="write"),
    Endpoint("GET", REPO + "/branches/{branch*}", get_branch),
    Endpoint("DELETE", REPO + "/branches/{branch*}", delete_branch, need="write"),
]
