"""Trees, commits, comparisons and refs, read straight from git."""

import re

from sandbox.forge.api_repos import BAD_REF, REPO
from sandbox.forge.call import Call, Endpoint
from sandbox.forge.paging import commit_headers, page_of
from sandbox.forge.refusal import RefusalError, not_found
from sandbox.forge.shapes_git import commit_shape, comparison_shape, reference_shape, tree_shape
from sandbox.http_messages import Response

TREE_PAGE = 1000


def get_tree(call: Call) -> Response:
    """Entries, 1000 a page; `truncated` tells that this page is not all there is.

    The answer's `sha` is the commit's where a commit was named.
    """
    name, store = call.params["sha"], call.repository.store
    sha = store.commit_of(name) or name
    if len(sha) != 40 or store.object_type(sha) not in ("commit", "tree"):
        raise RefusalError(400, f"sha not found [{name}]")
    recursive = call.request.first("recursive") in ("1", "true", "True")
    entries = store.entries(sha, recursive=recursive)
    page = max(_positive(call.request.first("page")), 1)
    size = min(_positive(call.request.first("per_page")) or TREE_PAGE, TREE_PAGE)
    shown = entries[(page - 1) * size : page * size]
    total = len(entries)
    headers = {"X-Total-Count": str(total)}
    shape = tree_shape(call, sha, shown) | {
        "truncated": bool(shown) and len(shown) < total,
        "page": page,
        "total_count": total,
    }
    return call.json(200, shape, headers)


def _positive(text: str) -> int:
    return int(text) if text.isdigit() else 0


def get_commit(call: Call) -> Response:
    name = call.params["sha"]
    if BAD_REF.search(name):
        raise RefusalError(422, f"no valid ref or sha: {name}")
    sha = call.repository.store.commit_of(name)
    if sha is None:
        raise not_found(message=name)
    return call.json(200, commit_shape(call, sha))


def list_commits(call: Call) -> Response:
    store = call.repository.store
    if store.is_empty():
        raise RefusalError(409, "Git Repository is empty.")
    start = store.commit_of(call.request.first("sha") or call.repository.default_branch)
    if start is None:
        return call.json(404, None)
    shas = store.log(start, *_limits(call))
    if call.request.first("path") and not shas:
        raise not_found(message="FileCommitsCount")
    page = page_of(call.request)
    total = {"X-Total": str(len(shas))}
    headers = commit_headers(call.request, call.root, page, len(shas)) | total
    return call.json(200, [commit_shape(call, sha) for sha in page.cut(shas)], headers)


def _limits(call: Call) -> list[str]:
    """What narrows a list of commits: ancestors that do not count, and a path."""
    unwanted = call.repository.store.commit_of(call.request.first("not"))
    path = call.request.first("path")
    return ([f"^{unwanted}"] if unwanted else []) + (["--", path] if path else [])


def compare(call: Call) -> Response:
    """Two dots mean what three mean."""
    base, _, head = re.sub(r"\.{2,3}", "\n", call.params["basehead"], count=1).partition("\n")
    old, new = _end(call, base, "base"), _end(call, head, "head")
    shas = call.repository.store.log(f"{old}..{new}")
    return call.json(200, comparison_shape(call, shas))


def _end(call: Call, name: str, side: str) -> str:
    sha = call.repository.store.commit_of(name)
    if sha is None:
        text = f"could not find '{name}' to be a commit, branch or tag in the {side} repository"
        raise not_found(f"{text} {call.repository.full_name}")
    return sha


def list_refs(call: Call) -> Response:
    """Refs whose name starts with the prefix; always a list, never empty."""
    prefix = f"refs/{call.params.get('prefix', '')}"
    refs = call.repository.store.refs("refs/heads/") | call.repository.store.refs("refs/tags/")
    found = {ref: sha for ref, sha in sorted(refs.items()) if ref.startswith(prefix)}
    if not found:
        raise not_found()
    return call.json(200, [reference_shape(call, ref, sha) for ref, sha in found.items()])


ENDPOINTS = [
    Endpoint("GET", REPO + "/git/trees/{sha}", get_tree),
    Endpoint("GET", REPO + "/git/commits/{sha}", get_commit),
    Endpoint("GET", REPO + "/commits", list_commits),
    Endpoint("GET", REPO + "/compare/{basehead*}", compare),
    Endpoint("GET", REPO + "/git/refs", list_refs),
    Endpoint("GET", REPO + "/git/refs/{prefix*}", list_refs),
]
