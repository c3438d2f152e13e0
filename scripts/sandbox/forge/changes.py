"""A write to /contents: its preconditions, and the one commit it makes."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.forge.call import Call
from sandbox.forge.forms import Field, Form
from sandbox.forge.git_store import ZERO, RefMovedError, Signature
from sandbox.forge.protection import may_push, protected_file, rule_for
from sandbox.forge.records import Repository
from sandbox.forge.refusal import RefusalError, server_error
from sandbox.forge.rejected_push import hook_text, race_text

_SHARED = (
    Field("branch"),
    Field("new_branch"),
    Field("message"),
    Field("author", "any"),
    Field("committer", "any"),
    Field("dates", "any"),
    Field("signoff", "bool"),
    Field("force_overwrite_new_branch", "bool"),
)
CHANGE_FILES = Form("ChangeFilesOptions", (*_SHARED, Field("files", "any")))
SINGLE_FILE = Form("FileOptions", (*_SHARED, Field("content"), Field("sha"), Field("from_path")))
VERBS = {"create": "Add", "update": "Update", "delete": "Delete"}


@dataclass(frozen=True)
class ChangeRequest:
    branch: str
    new_branch: str
    files: tuple[Mapping[str, Any], ...]
    form: Mapping[str, Any]

    @property
    def makes_branch(self) -> bool:
        return self.new_branch != self.branch


@dataclass
class _Draft:
    """The files of the base commit and what the request does to them."""

    repository: Repository
    base: str | None
    updates: dict[str, str | None] = field(default_factory=dict)

    def blob(self, path: str) -> str | None:
        if path in self.updates:
            return self.updates[path]
        entry = self.repository.store.entry(self.base, path) if self.base else None
        return entry.sha if entry and entry.kind == "blob" else None

    def is_folder(self, path: str) -> bool:
        entry = self.repository.store.entry(self.base, path) if self.base else None
        return entry is not None and entry.kind == "tree"


def commit_files(call: Call, request: ChangeRequest) -> str:
    """Makes the commit and moves the branch; returns the commit's sha."""
    repository = call.repository
    base, old = _ends(repository, request)
    _check_protection(call, request)
    draft = _Draft(repository, base)
    for file in request.files:
        _apply(draft, file, needs_sha=not request.makes_branch)
    tree = repository.store.write_tree(base, draft.updates.items())
    author, committer = _people(call, request.form)
    message = _message(request, author)
    parents = [base] if base else []
    sha = repository.store.write_commit(tree, parents, message, author=author, committer=committer)
    _move(call, request.new_branch, sha, old)
    return sha


def _ends(repository: Repository, request: ChangeRequest) -> tuple[str | None, str]:
    """The commit the change starts from and where the written branch is now."""
    store = repository.store
    base = store.branch(request.branch)
    if base is None and not store.is_empty():
        raise RefusalError(404, f"branch does not exist [name: {request.branch}]")
    if not request.makes_branch:
        return base, base or ZERO
    old = store.branch(request.new_branch)
    if old is not None and not request.form.get("force_overwrite_new_branch"):
        raise RefusalError(422, f"branch already exists [name: {request.new_branch}]")
    return base, old or ZERO


def _check_protection(call: Call, request: ChangeRequest) -> None:
    repository = call.repository
    rule = rule_for(repository, request.new_branch)
    if rule is None:
        return
    paths = [str(file.get("path", "")) for file in request.files]
    if request.makes_branch:
        if not may_push(call.user, repository, request.new_branch):
            said = f"Forgejo: Not allowed to push to protected branch {request.new_branch}"
            text = hook_text(repository, said, f"{ZERO} -> {request.new_branch}")
            raise RefusalError(403, text)
        return
    if not may_push(call.user, repository, request.branch):
        raise RefusalError(403, f"user cannot commit to repo [user: {call.user.login}]")
    path = protected_file(rule, paths)
    if path is not None:
        raise RefusalError(403, f"path is protected and can not be changed [path: {path}]")


def _apply(draft: _Draft, file: Mapping[str, Any], *, needs_sha: bool) -> None:
    operation, path = file.get("operation", ""), str(file.get("path", ""))
    if operation not in VERBS:
        raise server_error(f"invalid file operation: {operation} {path}")
    _check_path(path)
    if operation == "create":
        _check_free(draft, path)
    else:
        source = str(file.get("from_path") or path)
        _check_known(draft, source, str(file.get("sha", "")), operation, needs_sha=needs_sha)
        if source != path:
            draft.updates[source] = None
    content = None if operation == "delete" else _content(file)
    draft.updates[path] = None if content is None else draft.repository.store.write_blob(content)


def _check_path(path: str) -> None:
    parts = path.split("/")
    if ".git" in [part.lower() for part in parts]:
        raise RefusalError(422, f"path contains a malformed path component [path: {path}]")
    if not path or path.startswith("/") or any(part in ("", ".", "..") for part in parts):
        raise server_error(f"path is invalid [path: {path}]")


def _check_free(draft: _Draft, path: str) -> None:
    if draft.blob(path) is not None:
        raise RefusalError(422, f"repository file already exists [path: {path}]")
    if draft.is_folder(path):
        text = "a directory exists where you\u2019re trying to create a file"
        raise RefusalError(422, f"{text} [path: {path}]")
    parts = path.split("/")
    for above in ("/".join(parts[:depth]) for depth in range(1, len(parts))):
        if draft.blob(above) is not None:
            text = "a file exists where you\u2019re trying to create a subdirectory"
            raise RefusalError(422, f"{text} [path: {above}]")


def _check_known(draft: _Draft, path: str, sha: str, operation: str, *, needs_sha: bool) -> None:
    known = draft.blob(path)
    if known is None and operation == "delete":
        raise server_error(f"repository file does not exist [path: {path}]")
    if known is None:
        raise server_error(f"object does not exist [id: , rel_path: {path}]")
    if not sha and needs_sha:
        raise RefusalError(422, "a SHA or commit ID must be provided when updating a file")
    if sha and sha != known:
        raise RefusalError(409, f"sha does not match [given: {sha}, expected: {known}]")


def _content(file: Mapping[str, Any]) -> bytes:
    text = str(file.get("content", ""))
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        wrong = re.search(r"[^A-Za-z0-9+/]", text)
        position = wrong.start() if wrong else len(text)
        raise RefusalError(422, f"illegal base64 data at input byte {position}") from None


def _people(call: Call, form: Mapping[str, Any]) -> tuple[Signature, Signature]:
    """Author and committer; a given identity counts only with an address."""
    dates = form.get("dates") or {}
    own = call.forge.signature(call.user)
    author = _person(form.get("author"), own) or _person(form.get("committer"), own) or own
    committer = _person(form.get("committer"), own) or author
    return (
        Signature(author.name, author.email, _date(dates.get("author"), own.when)),
        Signature(committer.name, committer.email, _date(dates.get("committer"), own.when)),
    )


def _person(given: Any, own: Signature) -> Signature | None:
    if not isinstance(given, dict) or not given.get("email"):
        return None
    return Signature(str(given.get("name") or own.name), str(given["email"]), own.when)


def _date(text: Any, default: datetime) -> datetime:
    return datetime.fromisoformat(text) if isinstance(text, str) else default


def _message(request: ChangeRequest, author: Signature) -> str:
    """Ends with a newline, unless it ends with a sign-off."""
    text = str(request.form.get("message") or _generated(request.files))
    if request.form.get("signoff"):
        return f"{text.rstrip()}\n\nSigned-off-by: {author.name} <{author.email}>"
    return text if text.endswith("\n") else f"{text}\n"


def _generated(files: tuple[Mapping[str, Any], ...]) -> str:
    return "\n".join(f"{VERBS[file['operation']]} {file['path']}" for file in files)


def _move(call: Call, branch: str, sha: str, old: str) -> None:
    """Moves the branch; losing the race for it is told as a rejected push."""
    repository = call.repository
    try:
        call.forge.move_ref(repository, f"refs/heads/{branch}", sha, old)
    except RefMovedError as moved:
        raise RefusalError(403, race_text(repository, moved, f"{sha} -> {branch}")) from None
