"""JSON as Forgejo writes it: branches, commits, trees, files, tags."""

import base64
from typing import Any
from urllib.parse import quote

from sandbox.forge.call import Call
from sandbox.forge.git_store import FULL_SHA, Commit, FileChange, Signature, TreeEntry
from sandbox.forge.protection import may_merge, may_push, rule_for
from sandbox.forge.records import User
from sandbox.forge.shapes_accounts import NEVER, stamp, user_shape

Json = dict[str, Any]
UNSIGNED: Json = {
    "verified": False,
    "reason": "gpg.error.not_signed_commit",
    "signature": "",
    "signer": None,
    "payload": "",
}
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
CHANGES = {"A": "added", "D": "removed", "M": "modified"}
PULL_CHANGES = {"A": "added", "D": "deleted", "M": "changed"}


def branch_shape(call: Call, name: str, sha: str) -> Json:
    repository, user = call.repository, call.caller.user
    rule = rule_for(repository, name)
    settings = rule.settings if rule else {}
    shows_rule = rule is not None and call.caller.is_admin
    return {
        "name": name,
        "commit": _payload_commit(call, call.repository.store.commit(sha)),
        "protected": rule is not None,
        "required_approvals": settings.get("required_approvals", 0),
        "enable_status_check": settings.get("enable_status_check", False),
        "status_check_contexts": settings.get("status_check_contexts", []),
        "user_can_push": user is not None and may_push(user, repository, name),
        "user_can_merge": user is not None and may_merge(user, repository, name),
        "effective_branch_protection_name": rule.name if rule and shows_rule else "",
    }


def _payload_commit(call: Call, commit: Commit) -> Json:
    return {
        "id": commit.sha,
        "message": commit.message,
        "url": f"{call.root}/{call.repository.full_name}/commit/{commit.sha}",
        "author": _named(call, commit.author),
        "committer": _named(call, commit.committer),
        "verification": UNSIGNED,
        "timestamp": stamp(commit.committer.when),
        "added": None,
        "removed": None,
        "modified": None,
    }


def _named(call: Call, who: Signature) -> Json:
    user = _account(call, who)
    return {"name": who.name, "email": who.email, "username": user.login if user else ""}


def _account(call: Call, who: Signature) -> User | None:
    return next((user for user in call.forge.users.values() if user.email == who.email != ""), None)


def commit_shape(call: Call, sha: str) -> Json:
    """A commit as lists and /git/commits show it; the query may ask for less of it."""
    stat, files = _is_wanted(call, "stat"), _is_wanted(call, "files")
    store = call.repository.store
    commit = store.commit(sha)
    parent = commit.parents[0] if commit.parents else EMPTY_TREE
    changes = store.changes(parent, sha) if stat or files else []
    facts = _git_commit(call, commit, when=stamp(commit.committer.when))
    if not _is_wanted(call, "verification"):
        facts["verification"] = None
    author, committer = _account(call, commit.author), _account(call, commit.committer)
    return {
        "url": f"{call.api}/git/commits/{sha}",
        "sha": sha,
        "created": stamp(commit.committer.when),
        "html_url": f"{call.root}/{call.repository.full_name}/commit/{sha}",
        "commit": facts,
        "author": author and user_shape(call, author),
        "committer": committer and user_shape(call, committer),
        "parents": [_reference(call, "commits", parent) for parent in commit.parents],
        "files": [_file(change) for change in changes] if files else None,
        "stats": _stats(changes) if stat else None,
    }


def _is_wanted(call: Call, part: str) -> bool:
    return call.request.first(part) not in ("false", "0")


def _git_commit(call: Call, commit: Commit, *, when: str) -> Json:
    """Its `tree.sha` is the commit's own, as on the real server."""
    tree = _reference(call, "trees", commit.sha) | {"created": when}
    return {
        "url": f"{call.api}/git/commits/{commit.sha}",
        "author": _dated(commit.author),
        "committer": _dated(commit.committer),
        "message": commit.message,
        "tree": tree,
        "verification": UNSIGNED,
    }


def _dated(who: Signature) -> Json:
    return {"name": who.name, "email": who.email, "date": stamp(who.when)}


def _reference(call: Call, kind: str, sha: str) -> Json:
    return {"url": f"{call.api}/git/{kind}/{sha}", "sha": sha, "created": NEVER}


def _file(change: FileChange) -> Json:
    return {"filename": change.path, "status": CHANGES.get(change.letter, "modified")}


def _stats(changes: list[FileChange]) -> Json:
    additions = sum(change.additions for change in changes)
    deletions = sum(change.deletions for change in changes)
    return {"total": additions + deletions, "additions": additions, "deletions": deletions}


def written_commit_shape(call: Call, sha: str) -> Json:
    """The commit in the answer of a write to /contents; here `tree.sha` is the tree's."""
    commit = call.repository.store.commit(sha)
    return {
        **_reference(call, "commits", sha),
        "html_url": f"{call.root}/{call.repository.full_name}/commit/{sha}",
        "author": _dated(commit.author),
        "committer": _dated(commit.committer),
        "parents": [_reference(call, "commits", parent) for parent in commit.parents],
        "message": commit.message,
        "tree": _reference(call, "trees", commit.tree),
    }


def pull_file_shape(call: Call, change: FileChange, head: str) -> Json:
    page = f"{call.root}/{call.repository.full_name}"
    path = quote(change.path)
    return {
        "filename": change.path,
        "status": PULL_CHANGES.get(change.letter, "changed"),
        "additions": change.additions,
        "deletions": change.deletions,
        "changes": change.additions + change.deletions,
        "html_url": f"{page}/src/commit/{head}/{path}",
        "contents_url": f"{call.api}/contents/{path}?ref={head}",
        "raw_url": f"{page}/raw/commit/{head}/{path}",
    }


def file_shape(call: Call, entry: TreeEntry, ref: str, commit: str, *, whole: bool) -> Json:
    """A file or folder below /contents; only whole files carry their content."""
    store = call.repository.store
    page = f"{call.root}/{call.repository.full_name}"
    is_file = entry.kind == "blob"
    last = store.log("-1", commit, "--", entry.path)[0]
    path = quote(entry.path)
    address = f"{call.api}/contents/{path}?ref={quote(ref, safe='')}"
    kind = "commit" if FULL_SHA.fullmatch(ref) else _ref_kind(call, ref)
    place = f"{kind}/{quote(ref)}/{path}"
    git = f"{call.api}/git/{'blobs' if is_file else 'trees'}/{entry.sha}"
    content = base64.b64encode(store.blob(entry.sha)).decode() if whole else None
    html = f"{page}/src/{place}"
    return {
        "name": entry.path.rsplit("/", 1)[-1],
        "path": entry.path,
        "sha": entry.sha,
        "last_commit_sha": last,
        "last_commit_when": stamp(store.commit(last).committer.when),
        "type": "file" if is_file else "dir",
        "size": entry.size,
        "encoding": "base64" if whole else None,
        "content": content,
        "target": None,
        "url": address,
        "html_url": html,
        "git_url": git,
        "download_url": f"{page}/raw/{place}" if is_file else None,
        "submodule_git_url": None,
        "_links": {"self": address, "git": git, "html": html},
    }


def _ref_kind(call: Call, ref: str) -> str:
    if call.repository.store.branch(ref) is not None:
        return "branch"
    return "tag" if call.repository.store.tag(ref) is not None else "commit"


def tree_entry_shape(call: Call, entry: TreeEntry) -> Json:
    kind = "blobs" if entry.kind == "blob" else "trees"
    return {
        "path": entry.path,
        "mode": entry.mode,
        "type": entry.kind,
        "size": entry.size,
        "sha": entry.sha,
        "url": f"{call.api}/git/{kind}/{entry.sha}",
    }


def tag_shape(call: Call, name: str, sha: str) -> Json:
    """A tag; `id` is the tag object's sha where there is one."""
    store = call.repository.store
    target = store.peeled(sha) or sha
    annotated = store.object_type(sha) == "tag"
    text = store.raw_object("tag", sha) if annotated else store.commit(target).message
    message = text.partition("\n\n")[2] if annotated else text
    archive = f"{call.root}/{call.repository.full_name}/archive/{quote(name)}"
    when = stamp(store.commit(target).committer.when)
    return {
        "name": name,
        "message": message.strip(),
        "id": sha,
        "commit": {"url": f"{call.api}/git/commits/{sha}", "sha": target, "created": when},
        "zipball_url": f"{archive}.zip",
        "tarball_url": f"{archive}.tar.gz",
        "archive_download_count": {"zip": 0, "tar_gz": 0},
    }


def tree_shape(call: Call, tree: str, entries: list[TreeEntry]) -> Json:
    return {
        "sha": tree,
        "url": f"{call.api}/git/trees/{tree}",
        "tree": [tree_entry_shape(call, entry) for entry in entries] or None,
    }


def reference_shape(call: Call, ref: str, sha: str) -> Json:
    kind = call.repository.store.object_type(sha)
    target = {"type": kind, "sha": sha, "url": f"{call.api}/git/{kind}s/{sha}"}
    return {"ref": ref, "url": f"{call.api}/git/{ref}", "object": target}


def comparison_shape(call: Call, shas: list[str]) -> Json:
    """A file changed by two commits is listed twice."""
    commits = [commit_shape(call, sha) for sha in shas]
    files = [changed for commit in commits for changed in commit["files"]]
    return {"total_commits": len(commits), "commits": commits, "files": files}
