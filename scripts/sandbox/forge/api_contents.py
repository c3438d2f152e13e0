"""Reading files and folders, and writing them as commits."""

import re
from typing import Any

from sandbox.forge.access import may
from sandbox.forge.api_repos import REPO, check_branch_name
from sandbox.forge.call import Call, Endpoint
from sandbox.forge.changes import CHANGE_FILES, SINGLE_FILE, ChangeRequest, commit_files
from sandbox.forge.git_store import TreeEntry
from sandbox.forge.records import Repository
from sandbox.forge.refusal import RefusalError, not_found, server_error
from sandbox.forge.shapes_git import UNSIGNED, file_shape, written_commit_shape
from sandbox.http_messages import Response


def commit_at(repository: Repository, ref: str) -> str | None:
    """The commit of a branch as reads see it (late after a push), a tag or a sha."""
    name = ref.removeprefix("refs/heads/")
    if name in repository.content_rows:
        return repository.content_rows[name]
    if repository.store.branch(name) is not None:
        return None
    return repository.store.commit_of(ref)


def get_contents(call: Call) -> Response:
    repository = call.repository
    path = call.params.get("path", "").strip("/")
    if repository.store.is_empty():
        return call.json(200, [])
    if ".git" in path.split("/"):
        raise server_error(f"path contains a malformed path component [path: {path}]")
    ref = call.request.first("ref") or repository.default_branch
    commit = commit_at(repository, ref)
    if commit is None:
        raise _missing(f"object does not exist [id: {ref}, rel_path: ]")
    shown = ref.removeprefix("refs/heads/")
    if not path:
        return call.json(200, _folder(call, repository.store.entries(commit), "", shown, commit))
    entry = _entry(repository, commit, path)
    if entry.kind == "tree":
        inside = repository.store.entries(entry.sha)
        return call.json(200, _folder(call, inside, f"{path}/", shown, commit))
    return call.json(200, file_shape(call, entry, shown, commit, whole=True))


def _missing(text: str) -> RefusalError:
    return not_found(text, message="GetContentsOrList")


def _entry(repository: Repository, commit: str, path: str) -> TreeEntry:
    found = repository.store.entry(commit, path)
    if found is not None:
        return found
    parent = repository.store.entry(commit, path.rsplit("/", 1)[0]) if "/" in path else None
    if parent is not None and parent.kind == "blob":
        raise _missing(f"object does not exist [id: {parent.sha}, rel_path: ]")
    raise _missing(f"object does not exist [id: , rel_path: {path.rsplit('/', 1)[-1]}]")


def _folder(
    call: Call, entries: list[TreeEntry], prefix: str, ref: str, commit: str
) -> list[dict[str, Any]]:
    placed = [
        TreeEntry(prefix + entry.path, entry.mode, entry.kind, entry.sha, entry.size)
        for entry in entries
    ]
    return [file_shape(call, entry, ref, commit, whole=False) for entry in placed]


# --- writing


def change_files(call: Call) -> Response:
    """Many files in one commit."""
    _require_write(call)
    form = call.form(CHANGE_FILES)
    files = form.get("files", [])
    request = _change_request(call, form, files)
    sha = commit_files(call, request)
    return call.json(201, _written(call, request, sha))


def create_file(call: Call) -> Response:
    return _write_one(call, "create", 201)


def update_file(call: Call) -> Response:
    return _write_one(call, "update", 200)


def delete_file(call: Call) -> Response:
    """Deleting answers 400 for a wrong sha and 404 for a missing file, unlike the other writes."""
    try:
        return _write_one(call, "delete", 200)
    except RefusalError as refusal:
        if refusal.message.startswith("sha does not match"):
            raise RefusalError(400, refusal.message) from None
        if refusal.message.startswith("repository file does not exist"):
            raise RefusalError(404, refusal.message) from None
        raise


def _write_one(call: Call, operation: str, status: int) -> Response:
    _require_write(call)
    form = call.form(SINGLE_FILE)
    if operation != "create" and not form.get("sha"):
        raise RefusalError(422, "[SHA]: Required")
    file = {"operation": operation, "path": call.params["path"]} | {
        key: form[key] for key in ("content", "sha", "from_path") if key in form
    }
    request = _change_request(call, form, [file])
    sha = commit_files(call, request)
    answer = _written(call, request, sha)
    return call.json(status, {"content": answer.pop("files")[0], **answer})


def _require_write(call: Call) -> None:
    if not may(call.user, "write", call.repository):
        raise RefusalError(403, "user should have a permission to write to this branch")


def _change_request(call: Call, form: dict[str, Any], files: list[dict[str, Any]]) -> ChangeRequest:
    branch = form.get("branch") or call.repository.default_branch
    new_branch = form.get("new_branch") or branch
    for name in (branch, new_branch):
        check_branch_name(name)
    for file in files:
        if len(file.get("path", "")) > 500:
            raise RefusalError(422, "[Path]: MaxSize")
    return ChangeRequest(branch, new_branch, tuple(files), form)


def _written(call: Call, request: ChangeRequest, sha: str) -> dict[str, Any]:
    store = call.repository.store
    shapes: list[dict[str, Any] | None] = []
    for file in request.files:
        entry = store.entry(sha, re.sub("^/+", "", file["path"]))
        if file["operation"] == "delete" or entry is None:
            shapes.append(None)
            continue
        shapes.append(file_shape(call, entry, request.new_branch, sha, whole=True))
    commit = written_commit_shape(call, sha)
    return {"files": shapes, "commit": commit, "verification": UNSIGNED}


ENDPOINTS = [
    Endpoint("GET", REPO + "/contents", get_contents),
    Endpoint("POST", REPO + "/contents", change_files, need="login"),
    Endpoint("GET", REPO + "/contents/{path*}", get_contents),
    Endpoint("POST", REPO + "/contents/{path*}", create_file, need="login"),
    Endpoint("PUT", REPO + "/contents/{path*}", update_file, need="login"),
    Endpoint("DELETE", REPO + "/contents/{path*}", delete_file, need="login"),
]
