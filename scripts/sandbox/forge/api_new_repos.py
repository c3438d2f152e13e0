"""Making and deleting repositories, and letting people into them."""

import re
from typing import Any, cast

from sandbox.forge.access import is_owner, require_scope
from sandbox.forge.accounts import delete_repository
from sandbox.forge.api_accounts import find_organisation
from sandbox.forge.call import Call, Endpoint, no_content
from sandbox.forge.forms import Field, Form
from sandbox.forge.records import RANK, Permission, User
from sandbox.forge.refusal import RefusalError, not_found
from sandbox.forge.shapes_accounts import repository_shape
from sandbox.http_messages import Response

NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
NEW_REPOSITORY = Form(
    "CreateRepoOption",
    (
        Field("name", required=True),
        Field("description"),
        Field("private", "bool"),
        Field("auto_init", "bool"),
        Field("default_branch"),
        Field("readme"),
    ),
)
COLLABORATOR = Form("AddCollaboratorOption", (Field("permission"),))


def create_in_organisation(call: Call) -> Response:
    organisation = find_organisation(call)
    form = call.form(NEW_REPOSITORY)
    if not NAME.fullmatch(form["name"]):
        raise RefusalError(422, "[Name]: AlphaDashDot")
    if not (call.caller.is_admin or is_owner(call.user, organisation)):
        text = "Given user is not allowed to create repository in organization."
        raise RefusalError(403, text)
    return _create(call, organisation, form)


def _create(call: Call, owner: User, form: dict[str, Any]) -> Response:
    forge, name = call.forge, form["name"]
    if f"{owner.login}/{name}".lower() in forge.repositories:
        raise RefusalError(409, "The repository with the same name already exists.")
    has_first_commit = form.get("auto_init", False)
    if has_first_commit and form.get("readme", "") not in ("", "Default"):
        text = "readme template does not exist, available templates: [Default]"
        raise RefusalError(400, text)
    made = forge.create_repository(
        owner.login,
        name,
        private=form.get("private", False),
        default_branch=form.get("default_branch") or "main",
    )
    made.description = form.get("description", "")
    if has_first_commit:
        files = {"README.md": f"# {name}\n\n{made.description}".encode()}
        branch, author = made.default_branch, call.user.login
        forge.seed_files(
            made.full_name, files, message="Initial commit", branch=branch, author=author
        )
    return call.json(201, repository_shape(call, made))


def delete(call: Call) -> Response:
    owner = call.repository.owner
    if owner.is_organisation:
        require_scope(call.caller, "write:organization")
    if not (call.caller.is_admin or is_owner(call.user, owner)):
        raise RefusalError(403, "user should be the owner of the repo")
    delete_repository(call.forge, call.repository)
    return no_content()


# --- collaborators


def add_collaborator(call: Call) -> Response:
    """A permission that there is not changes nothing; somebody new may write."""
    user, known = _collaborator(call), call.repository.collaborators
    wanted = call.form(COLLABORATOR).get("permission", "")
    has_meaning = RANK.get(wanted, 0) > 0
    known[user.login] = (
        cast("Permission", wanted) if has_meaning else known.get(user.login, "write")
    )
    return no_content()


def get_collaborator(call: Call) -> Response:
    if _collaborator(call).login not in call.repository.collaborators:
        raise not_found()
    return no_content()


def remove_collaborator(call: Call) -> Response:
    call.repository.collaborators.pop(_collaborator(call).login, None)
    return no_content()


def _collaborator(call: Call) -> User:
    login = call.params["login"]
    found = call.forge.users.get(login.lower())
    if found is None:
        raise RefusalError(422, f"user does not exist [uid: 0, name: {login}]")
    return found


REPO = "/api/v1/repos/{owner}/{repo}"
ONE_COLLABORATOR = REPO + "/collaborators/{login}"
ENDPOINTS = [
    Endpoint(
        "POST", "/api/v1/orgs/{org}/repos", create_in_organisation,
        group="organization", need="login",
    ),
    Endpoint("DELETE", REPO, delete, need="login"),
    Endpoint("GET", ONE_COLLABORATOR, get_collaborator, need="login"),
    Endpoint("PUT", ONE_COLLABORATOR, add_collaborator, need="admin"),
    Endpoint("DELETE", ONE_COLLABORATOR, remove_collaborator, need="admin"),
]  # fmt: skip
