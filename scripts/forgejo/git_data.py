"""Commits, refs, trees and comparisons."""

from dataclasses import dataclass
from datetime import datetime

from forgejo.exceptions import IncompleteListError, NotFoundError
from forgejo.fields import Fields, Json, as_list
from forgejo.paging import Listing, Page, PaginatedList, Source, paginated
from forgejo.paths import Query, file_path, ref_name, ref_segments, segment
from forgejo.place import Place
from forgejo.session import Reply

_WITHOUT_DIFF: Query = (("stat", "false"), ("verification", "false"), ("files", "false"))
_TREE_PAGE = 1000


@dataclass(frozen=True)
class Signature:
    """Who wrote a commit, and when."""

    name: str
    email: str
    date: datetime


@dataclass(frozen=True)
class ChangedFile:
    """A file that a commit touched: `added`, `modified`, `removed`, `renamed`, …"""

    filename: str
    status: str


@dataclass(frozen=True)
class Commit:
    """A commit. Forgejo reports the commit's own id as its tree's, so there is no tree here.

    `files` is empty where the endpoint does not tell them (`get_git_commit`, `get_commits`).
    """

    sha: str
    message: str
    author: Signature
    committer: Signature
    parents: tuple[str, ...]
    files: tuple[ChangedFile, ...]
    html_url: str


@dataclass(frozen=True)
class GitRef:
    """A full ref such as `refs/heads/main`; `type` is `commit`, or `tag` for annotated tags."""

    ref: str
    type: str
    sha: str


@dataclass(frozen=True)
class TreeEntry:
    """One entry; `type` is `blob`, `tree` or `commit`, `size` is in bytes."""

    path: str
    mode: str
    type: str
    size: int
    sha: str


@dataclass(frozen=True)
class GitTree:
    """A whole tree; `sha` is that of the commit or tree that was asked for."""

    sha: str
    entries: tuple[TreeEntry, ...]


@dataclass(frozen=True)
class Comparison:
    """What the head has and the base has not; each file once, newest commit first."""

    commits: tuple[Commit, ...]
    files: tuple[ChangedFile, ...]


def parse_signature(fields: Fields) -> Signature:
    """Read the author or committer of a commit."""
    return Signature(fields.text("name"), fields.text("email"), fields.moment("date"))


def parse_parents(fields: Fields) -> tuple[str, ...]:
    """Read the ids of a commit's parents."""
    return tuple(Fields.of(item, "parent").sha("sha") for item in fields.items("parents"))


def parse_changed_file(value: Json) -> ChangedFile:
    """Read a changed file."""
    fields = Fields.of(value, "changed file")
    return ChangedFile(fields.text("filename"), fields.text("status"))


def parse_commit(value: Json) -> Commit:
    """Read a commit."""
    fields = Fields.of(value, "commit")
    inner = fields.child("commit", "commit")
    return Commit(
        sha=fields.sha("sha"),
        message=inner.text("message"),
        author=parse_signature(inner.child("author", "author")),
        committer=parse_signature(inner.child("committer", "committer")),
        parents=parse_parents(fields),
        files=tuple(parse_changed_file(item) for item in fields.optional_items("files")),
        html_url=fields.text("html_url"),
    )


def get_commit(place: Place, ref: str, *, with_files: bool) -> Commit:
    """One commit, by id, branch or tag."""
    query = () if with_files else _WITHOUT_DIFF
    return place.get(f"/git/commits/{segment(ref_name(ref))}", parse_commit, query)


def list_commits(place: Place, sha: str, path: str | None) -> PaginatedList[Commit]:
    """The history of a ref, newest first, or only the commits that touched a path."""
    query: Query = (("sha", ref_name(sha)), *_WITHOUT_DIFF)
    if path is not None:
        query = (*query, ("path", file_path(path)))
    source = Source(place.session, f"{place.path}/commits", parse_commit, lambda commit: commit.sha)
    return paginated(source, query)


def list_refs(place: Place, prefix: str) -> tuple[GitRef, ...]:
    """All refs whose full name begins with `refs/<prefix>`; a slash at its end counts."""
    below = f"/git/refs/{ref_segments(prefix.removesuffix('/'))}"
    found = tuple(ref for ref in place.get(below, _parse_refs) if _begins(ref.ref, prefix))
    if not found:
        raise NotFoundError(f"{place.full_name} has no ref that begins with {prefix!r}")
    return found


def _begins(ref: str, prefix: str) -> bool:
    return ref.startswith(f"refs/{prefix.removeprefix('refs/')}")


def get_ref(place: Place, ref: str) -> GitRef:
    """The one ref of exactly this name; the endpoint itself matches prefixes."""
    full = ref_name(ref if ref.startswith("refs/") else f"refs/{ref}")
    for found in list_refs(place, full.removeprefix("refs/")):
        if found.ref == full:
            return found
    raise NotFoundError(f"{place.full_name} has no ref {full!r}, only longer ones")


def _parse_refs(value: Json) -> tuple[GitRef, ...]:
    return tuple(_parse_ref(item) for item in as_list(value, "refs"))


def _parse_ref(value: Json) -> GitRef:
    fields = Fields.of(value, "ref")
    target = fields.child("object", "ref object")
    return GitRef(fields.text("ref"), target.text("type"), target.sha("sha"))


def get_tree(place: Place, ref: str, *, recursive: bool) -> GitTree:
    """A whole tree, all its pages; `truncated` in the answers means nothing and is ignored."""
    below = f"/git/trees/{segment(ref_name(ref))}"
    query: Query = (("per_page", str(_TREE_PAGE)),)
    if recursive:
        query = (*query, ("recursive", "true"))
    shas: set[str] = set()

    def fetch(number: int) -> Page[TreeEntry]:
        page = (("page", str(number)),)
        sha, entries = place.get_reply(below, _parse_tree_page, (*query, *page))
        shas.add(sha)
        return entries

    entries = tuple(PaginatedList(Listing(fetch, lambda entry: entry.path, page_size=_TREE_PAGE)))
    if len(shas) != 1:
        raise IncompleteListError(f"{ref!r} moved while its tree was read")
    return GitTree(shas.pop(), entries)


def _parse_tree_page(reply: Reply) -> tuple[str, Page[TreeEntry]]:
    fields = Fields.of(reply.json, "tree")
    entries = tuple(_parse_entry(item) for item in fields.items("tree"))
    return fields.sha("sha"), Page(entries, fields.integer("total_count"))


def _parse_entry(value: Json) -> TreeEntry:
    fields = Fields.of(value, "tree entry")
    return TreeEntry(
        path=fields.text("path"),
        mode=fields.text("mode"),
        type=fields.text("type"),
        size=fields.optional("size", fields.integer) or 0,
        sha=fields.sha("sha"),
    )


def compare(place: Place, base: str, head: str) -> Comparison:
    """The commits of `head` that `base` has not."""
    below = f"/compare/{ref_segments(base)}...{ref_segments(head)}"
    return place.get(below, _parse_comparison)


def _parse_comparison(value: Json) -> Comparison:
    fields = Fields.of(value, "comparison")
    commits = tuple(parse_commit(item) for item in fields.items("commits"))
    if len(commits) != fields.integer("total_commits"):
        raise IncompleteListError("the comparison does not hold all of its commits")
    files = [parse_changed_file(item) for item in fields.items("files")]
    once = {file.filename: file for file in reversed(files)}
    return Comparison(commits, tuple(reversed(once.values())))
