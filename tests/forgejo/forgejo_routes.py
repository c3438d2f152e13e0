"""Which method of the client calls which endpoint, for replaying recorded exchanges."""

import dataclasses
import re
from collections.abc import Callable
from typing import Any

from forgejo_recordings import Exchange, comment, issue, pull_request, repository

import forgejo
from forgejo import CommitTarget, FileChange, Forgejo

SHA = "a8926a52d8dcba5c4386945476ab6a2ad008afd4"
TARGET = CommitTarget("m", branch="main")

Caller = Callable[[Forgejo, str, re.Match[str], Exchange], Any]


@dataclasses.dataclass(frozen=True)
class Route:
    """An endpoint, how its answers are listed (if they are), and the method that calls it."""

    method: str
    pattern: str
    call: Caller
    is_list: bool = False


def repo_call(call: Callable[[forgejo.Repository, re.Match[str]], Any]) -> Caller:
    return lambda api, name, match, _exchange: call(repository(api, name), match)


def pull_call(call: Callable[[forgejo.PullRequest], Any]) -> Caller:
    return lambda api, name, match, _exchange: call(pull_request(api, int(match["n"]), name))


def issue_call(call: Callable[[forgejo.Issue, re.Match[str]], Any]) -> Caller:
    return lambda api, name, match, _exchange: call(issue(api, int(match["n"]), name), match)


def comment_call(call: Callable[[forgejo.IssueComment], Any]) -> Caller:
    return lambda api, name, match, _exchange: call(comment(api, int(match["n"]), name))


def read_contents(api: Forgejo, name: str, match: re.Match[str], seen: Exchange) -> Any:
    ref = seen.query.get("ref", [None])[0]
    is_directory = isinstance(seen.body, list) or not match["path"]
    read = repository(api, name).get_directory if is_directory else repository(api, name).get_file
    return read(match["path"].strip("/"), ref=ref)


def review(api: Forgejo, name: str, match: re.Match[str], seen: Exchange) -> Any:
    event = seen.body["state"] if seen.status == 200 else "APPROVED"
    return pull_request(api, int(match["n"]), name).create_review(event=event, body="b")


def set_labels(api: Forgejo, name: str, match: re.Match[str], seen: Exchange) -> Any:
    ids = [label["id"] for label in seen.body] if seen.status == 200 else [1]
    return issue(api, int(match["n"]), name).add_to_labels(*ids)


ROUTES = (
    Route("GET", "/version", lambda api, *_: api.get_version()),
    Route("GET", "/user", lambda api, *_: api.get_user()),
    Route("GET", "", lambda api, name, *_: api.get_repo(name)),
    Route("GET", "/branches", repo_call(lambda r, _: r.get_branches()), is_list=True),
    Route("GET", "/branches/(?P<b>.+)", repo_call(lambda r, m: r.get_branch(m["b"]))),
    Route("POST", "/branches", repo_call(lambda r, _: r.create_branch("x", source="main"))),
    Route("DELETE", "/branches/(?P<b>.+)", repo_call(lambda r, m: r.delete_branch(m["b"]))),
    Route("GET", "/contents(?P<path>.*)", read_contents),
    Route(
        "POST",
        "/contents",
        repo_call(lambda r, _: r.change_files(FileChange.create("a", b"x"), target=TARGET)),
    ),
    Route(
        "POST",
        "/contents/(?P<p>.+)",
        repo_call(lambda r, m: r.create_file(m["p"], b"x", target=TARGET)),
    ),
    Route(
        "PUT",
        "/contents/(?P<p>.+)",
        repo_call(lambda r, m: r.update_file(m["p"], b"x", sha=SHA, target=TARGET)),
    ),
    Route(
        "DELETE",
        "/contents/(?P<p>.+)",
        repo_call(lambda r, m: r.delete_file(m["p"], sha=SHA, target=TARGET)),
    ),
    Route(
        "GET",
        "/git/trees/(?P<r>.+)",
        repo_call(lambda r, m: r.get_git_tree(m["r"], recursive=True)),
    ),
    Route(
        "GET", "/git/commits/(?P<r>(?!.*\\.diff$).+)", repo_call(lambda r, m: r.get_commit(m["r"]))
    ),
    Route("GET", "/git/refs/(?P<r>.+)", repo_call(lambda r, m: r.get_git_matching_refs(m["r"]))),
    Route("GET", "/commits", repo_call(lambda r, _: r.get_commits(sha="main")), is_list=True),
    Route(
        "GET",
        "/compare/(?P<a>.+)\\.\\.\\.(?P<b>.+)",
        repo_call(lambda r, m: r.compare(m["a"], m["b"])),
    ),
    Route("GET", "/pulls", repo_call(lambda r, _: r.get_pulls(state="all")), is_list=True),
    Route(
        "POST",
        "/pulls",
        repo_call(lambda r, _: r.create_pull(head="x", base="main", title="t")),
    ),
    Route("GET", "/pulls/(?P<n>\\d+)", repo_call(lambda r, m: r.get_pull(int(m["n"])))),
    Route("PATCH", "/pulls/(?P<n>\\d+)", pull_call(lambda p: p.edit(title="t"))),
    Route("GET", "/pulls/(?P<n>\\d+)/files", pull_call(lambda p: p.get_files()), is_list=True),
    Route("GET", "/pulls/(?P<n>\\d+)/commits", pull_call(lambda p: p.get_commits()), is_list=True),
    Route("GET", "/pulls/(?P<n>\\d+)/merge", pull_call(lambda p: p.is_merged())),
    Route("POST", "/pulls/(?P<n>\\d+)/merge", pull_call(lambda p: p.merge(head_commit_id=SHA))),
    Route("GET", "/pulls/(?P<n>\\d+)/reviews", pull_call(lambda p: p.get_reviews()), is_list=True),
    Route("POST", "/pulls/(?P<n>\\d+)/reviews", review),
    Route(
        "POST",
        "/pulls/(?P<n>\\d+)/reviews/11/dismissals",
        pull_call(lambda p: p.dismiss_review(11, message="m")),
    ),
    Route(
        "GET", "/commits/(?P<s>[^/]+)/pull", repo_call(lambda r, m: r.get_pulls_of_commit(m["s"]))
    ),
    Route(
        "GET", "/commits/(?P<s>.+)/status", repo_call(lambda r, m: r.get_combined_status(m["s"]))
    ),
    Route(
        "GET",
        "/commits/(?P<s>[^/]+)/statuses",
        repo_call(lambda r, m: r.get_statuses(m["s"])),
        is_list=True,
    ),
    Route(
        "POST",
        "/statuses/(?P<s>.+)",
        repo_call(lambda r, m: r.create_status(m["s"], state="success", context="c")),
    ),
    Route("GET", "/branch_protections", repo_call(lambda r, _: r.get_branch_protections())),
    Route(
        "GET",
        "/branch_protections/(?P<b>.+)",
        repo_call(lambda r, m: r.get_branch_protection(m["b"])),
    ),
    Route("GET", "/issues", repo_call(lambda r, _: r.get_issues(state="all")), is_list=True),
    Route("POST", "/issues", repo_call(lambda r, _: r.create_issue("t", body="b", labels=(4,)))),
    Route("GET", "/issues/(?P<n>\\d+)", repo_call(lambda r, m: r.get_issue(int(m["n"])))),
    Route("PATCH", "/issues/(?P<n>\\d+)", issue_call(lambda i, _: i.edit(body="b"))),
    Route(
        "GET",
        "/issues/(?P<n>\\d+)/comments",
        issue_call(lambda i, _: i.get_comments()),
        is_list=True,
    ),
    Route("POST", "/issues/(?P<n>\\d+)/comments", issue_call(lambda i, _: i.create_comment("b"))),
    Route("POST", "/issues/(?P<n>\\d+)/labels", set_labels),
    Route(
        "DELETE",
        "/issues/(?P<n>\\d+)/labels/(?P<l>\\d+)",
        issue_call(lambda i, m: i.remove_from_labels(int(m["l"]))),
    ),
    Route("PATCH", "/issues/comments/(?P<n>\\d+)", comment_call(lambda c: c.edit("b"))),
    Route("DELETE", "/issues/comments/(?P<n>\\d+)", comment_call(lambda c: c.delete())),
    Route("GET", "/labels", repo_call(lambda r, _: r.get_labels()), is_list=True),
    Route("POST", "/labels", repo_call(lambda r, _: r.create_label("l", color="#00aabb"))),
    Route("GET", "/tags", repo_call(lambda r, _: r.get_tags()), is_list=True),
    Route("GET", "/tags/(?P<t>.+)", repo_call(lambda r, m: r.get_tag(m["t"]))),
    Route("POST", "/tags", repo_call(lambda r, _: r.create_tag("v1", target="main", message="m"))),
    Route("DELETE", "/tags/(?P<t>.+)", repo_call(lambda r, m: r.delete_tag(m["t"]))),
    Route(
        "POST",
        "/actions/workflows/(?P<w>[^/]+)/dispatches",
        repo_call(lambda r, m: r.dispatch_workflow(m["w"], ref="main")),
    ),
    Route(
        "GET", "/actions/runs/(?P<n>\\d+)", repo_call(lambda r, m: r.get_workflow_run(int(m["n"])))
    ),
    Route(
        "GET",
        "/actions/runs/(?P<n>\\d+)/jobs",
        repo_call(lambda r, m: r.get_workflow_jobs(int(m["n"]))),
    ),
)
