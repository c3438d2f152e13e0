"""Files in a repository: reading them, and commits made through the API."""

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Literal

from forgejo.exceptions import ArgumentError, NotForgejoError, NotFoundError
from forgejo.fields import Fields, Json, as_list
from forgejo.git_data import Signature, parse_parents, parse_signature
from forgejo.paths import Query, file_path, file_segments, full_sha, ref_name
from forgejo.place import Body, Place, given

Operation = Literal["create", "update", "delete"]


@dataclass(frozen=True)
class ContentFile:
    """A file or an entry of a directory; `size` is in bytes.

    `type` is `file`, `dir`, `symlink` or `submodule`; `sha` is the id of the blob or tree.
    `content` is None for everything but a file read by itself; it was checked against `sha`.
    """

    name: str
    path: str
    sha: str
    type: str
    size: int
    content: bytes | None = field(repr=False)


@dataclass(frozen=True)
class FileChange:
    """One file of a commit; made by `create`, `update` and `delete` below."""

    operation: Operation
    path: str
    content: bytes | None = field(default=None, repr=False)
    sha: str | None = None
    from_path: str | None = None

    @classmethod
    def create(cls, path: str, content: bytes) -> "FileChange":
        """Add a file that must not exist yet."""
        return cls("create", path, content)

    @classmethod
    def update(
        cls, path: str, content: bytes, *, sha: str, from_path: str | None = None
    ) -> "FileChange":
        """Replace the blob `sha`; with `from_path` the file is renamed as well."""
        return cls("update", path, content, sha, from_path)

    @classmethod
    def delete(cls, path: str, *, sha: str) -> "FileChange":
        """Remove the file whose blob is `sha`."""
        return cls("delete", path, None, sha)


@dataclass(frozen=True)
class CommitTarget:
    """Where a commit through the API goes, and who wrote it.

    `branch` is the base, None for the default branch; with `new_branch` the commit is made on
    a new branch that starts there. The author counts only with an e-mail address.
    """

    message: str
    branch: str | None = None
    new_branch: str | None = None
    author_name: str | None = None
    author_email: str | None = None


@dataclass(frozen=True)
class FileCommit:
    """The commit that a change of files made."""

    sha: str
    message: str
    parents: tuple[str, ...]
    author: Signature


def get_file(place: Place, path: str, ref: str | None) -> ContentFile:
    """One file; an array in the answer means a directory or an empty repository."""

    def parse(value: Json) -> ContentFile:
        if isinstance(value, list):
            what = "is a directory" if value else "does not exist, the repository is empty"
            raise NotFoundError(f"{path} {what}")
        return parse_content(value)

    return place.get(f"/contents/{file_segments(path)}", parse, _ref_query(ref))


def get_directory(place: Place, path: str, ref: str | None) -> tuple[ContentFile, ...]:
    """The entries of one directory; an empty path is the root."""

    def parse(value: Json) -> tuple[ContentFile, ...]:
        if isinstance(value, dict):
            raise NotFoundError(f"{path} is a file")
        entries = tuple(parse_content(item) for item in as_list(value, "directory entries"))
        if path and not entries:
            raise NotFoundError(f"{path} does not exist, the repository is empty")
        return entries

    below = f"/contents/{file_segments(path)}" if path else "/contents"
    return place.get(below, parse, _ref_query(ref))


def _ref_query(ref: str | None) -> Query:
    return () if ref is None else (("ref", ref_name(ref)),)


def parse_content(value: Json) -> ContentFile:
    """Read a file or a directory entry."""
    fields = Fields.of(value, "content")
    sha, size = fields.sha("sha"), fields.integer("size")
    encoded = fields.optional("content", fields.text)
    is_file = fields.text("type") == "file"
    return ContentFile(
        name=fields.text("name"),
        path=fields.text("path"),
        sha=sha,
        type=fields.text("type"),
        size=size,
        content=None if encoded is None or not is_file else _decoded(encoded, sha, size),
    )


def _decoded(encoded: str, sha: str, size: int) -> bytes | None:
    """Decode a blob and prove that it is the one named by `sha`."""
    if not encoded and size:
        return None  # larger than the server puts into JSON
    try:
        content = base64.b64decode(encoded, validate=True)
    except ValueError as exc:
        raise NotForgejoError("the file's content is not base64") from exc
    if blob_sha(content, like=sha) != sha:
        raise NotForgejoError("the file's content does not match its id")
    return content


def blob_sha(content: bytes, *, like: str = "") -> str:
    """Git's id of a blob, in SHA-256 if `like` is such an id."""
    data = b"blob %d\0%s" % (len(content), content)
    if len(like) == 64:
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def change_files(place: Place, changes: tuple[FileChange, ...], target: CommitTarget) -> FileCommit:
    """Make one commit of several changes."""
    if not changes:
        raise ArgumentError("no changes: Forgejo would make an empty commit")
    files: list[Json] = [_change_body(change) for change in changes]
    return place.create("/contents", {**_target_body(target), "files": files}, parse_file_commit)


def change_file(place: Place, change: FileChange, target: CommitTarget) -> FileCommit:
    """Make one commit of one change, by the calls for single files."""
    below = f"/contents/{file_segments(change.path)}"
    file = {key: value for key, value in _change_body(change).items() if key in _SINGLE}
    body = {**file, **_target_body(target)}
    if change.operation == "create":
        return place.create(below, body, parse_file_commit)
    method = "PUT" if change.operation == "update" else "DELETE"
    return place.change(method, below, body, parse_file_commit)


_SINGLE = frozenset({"content", "sha", "from_path"})


def _change_body(change: FileChange) -> Body:
    content = change.content
    if change.operation == "delete":
        content = None
    return given(
        operation=change.operation,
        path=file_path(change.path),
        content=None if content is None else base64.b64encode(content).decode(),
        sha=None if change.sha is None else full_sha(change.sha),
        from_path=None if change.from_path is None else file_path(change.from_path),
    )


def _target_body(target: CommitTarget) -> Body:
    body = given(
        message=target.message,
        branch=None if target.branch is None else ref_name(target.branch),
        new_branch=None if target.new_branch is None else ref_name(target.new_branch),
    )
    if target.author_email is not None:
        body["author"] = {"name": target.author_name or "", "email": target.author_email}
    return body


def parse_file_commit(value: Json) -> FileCommit:
    """Read the commit that an answer tells."""
    fields = Fields.of(value, "answer").child("commit", "commit")
    return FileCommit(
        sha=fields.sha("sha"),
        message=fields.text("message"),
        parents=parse_parents(fields),
        author=parse_signature(fields.child("author", "author")),
    )
