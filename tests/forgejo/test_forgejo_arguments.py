"""Names that can never be right are refused before anything is sent."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from forgejo_recordings import TOKEN, client, comment, issue, pull_request, repository
from hypothesis import given, settings
from hypothesis import strategies as st

import forgejo
from forgejo import CommitTarget, FileChange, Forgejo, Repository

SHA = "a8926a52d8dcba5c4386945476ab6a2ad008afd4"
PLAIN = re.compile(r"[A-Za-z0-9._~/%?=&-]*")


def ascii_of(text: str) -> str:
    return ascii(text)[1:30]


class Wire:
    """Remembers the targets of all requests and answers that nothing exists."""

    def __init__(self) -> None:
        self.targets: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.targets.append(request.url.raw_path.decode("ascii"))
        return httpx.Response(404, json={"message": "not found", "errors": []})

    def repository(self) -> Repository:
        return repository(client(self))


BAD_REPOSITORIES = (
    "", "platform", "/edp", "platform/", "a/b/c", "platform/edp\n", "platform/e dp", "../edp",
    "platform/..", "./edp", "platform/.", "platform/a..b", "-x/edp", "platform/-x", "a;b/edp",
    "platform/$(id)", "plаtform/edp", "platform/edp?x=y", "platform/edp#a", "platform/%2e%2e",
    "platform\\edp", "platform/edp\0", "platform/" + "x" * 300, "x" * 300 + "/edp",
    "platform/\ud800",
)  # fmt: skip


@pytest.mark.parametrize("name", BAD_REPOSITORIES, ids=ascii_of)
def test_a_name_that_no_repository_has_is_never_sent(name: str) -> None:
    wire = Wire()

    with pytest.raises(forgejo.ArgumentError):
        client(wire).get_repo(name)
    assert wire.targets == []


BAD_REFS = (
    "", "-x", "--upload-pack=x", "/x", "x/", "a//b", "../x", "a/../b", "a..b", ".x", "a/.x",
    "x.lock", "a.lock/b", "x.", "@", "a@{1}", "a b", "a~1", "a^", "a:b", "a?", "a*", "a[b",
    "a\\b", "a\nb", "a\rb", "a\tb", "a\0b", "a\x7fb", "\ud800", "x" * 300, "ü" * 128,
)  # fmt: skip

PULL = pull_request(client(Wire()))
BY_REF: dict[str, Callable[[Repository, str], Any]] = {
    "get_branch": lambda repo, name: repo.get_branch(name),
    "delete_branch": lambda repo, name: repo.delete_branch(name),
    "create_branch": lambda repo, name: repo.create_branch(name, source="main"),
    "create_branch from": lambda repo, name: repo.create_branch("x", source=name),
    "get_file": lambda repo, name: repo.get_file("a", ref=name),
    "get_directory": lambda repo, name: repo.get_directory(ref=name),
    "get_commit": lambda repo, name: repo.get_commit(name),
    "get_git_commit": lambda repo, name: repo.get_git_commit(name),
    "get_commits": lambda repo, name: list(repo.get_commits(sha=name)),
    "get_git_tree": lambda repo, name: repo.get_git_tree(name),
    "get_git_ref": lambda repo, name: repo.get_git_ref(f"refs/{name}"),
    "compare base": lambda repo, name: repo.compare(name, "main"),
    "compare head": lambda repo, name: repo.compare("main", name),
    "get_statuses": lambda repo, name: list(repo.get_statuses(name)),
    "get_combined_status": lambda repo, name: repo.get_combined_status(name),
    "create_pull head": lambda repo, name: repo.create_pull(
        head=f"me:{name}", base="main", title="t"
    ),
    "create_pull base": lambda repo, name: repo.create_pull(head="x", base=name, title="t"),
    "get_pulls base": lambda repo, name: list(repo.get_pulls(base=name)),
    "get_pulls head": lambda repo, name: list(repo.get_pulls(head=name)),
    "get_tag": lambda repo, name: repo.get_tag(name),
    "delete_tag": lambda repo, name: repo.delete_tag(name),
    "create_tag": lambda repo, name: repo.create_tag(name, target="main"),
    "create_tag at": lambda repo, name: repo.create_tag("v1", target=name),
    "dispatch": lambda repo, name: repo.dispatch_workflow("plan.yaml", ref=name),
    "commit to": lambda repo, name: repo.create_file("a", b"", target=CommitTarget("m", name)),
    "commit to new": lambda repo, name: repo.create_file(
        "a", b"", target=CommitTarget("m", new_branch=name)
    ),
    "pull base": lambda repo, name: replace(PULL, place=repo.place).edit(base=name),
}
each_ref_call = pytest.mark.parametrize("call", BY_REF.values(), ids=BY_REF)


@each_ref_call
def test_a_name_that_git_refuses_is_never_sent(call: Callable[[Repository, str], Any]) -> None:
    wire = Wire()
    accepted = [name for name in BAD_REFS if not is_refused(call, wire.repository(), name)]

    assert (accepted, wire.targets) == ([], [])


def is_refused(call: Callable[[Repository, str], Any], repo: Repository, name: str) -> bool:
    try:
        call(repo, name)
    except forgejo.ArgumentError:
        return True
    except forgejo.ForgejoError:
        return False
    return False


@pytest.mark.parametrize("head", ["refs/heads/x", "alice:refs/heads/x", "a:-x", "al/ice:x", ":x"])
def test_the_head_of_a_pull_request_is_a_branch_of_somebody(head: str) -> None:
    wire = Wire()

    with pytest.raises(forgejo.ArgumentError):
        wire.repository().create_pull(head=head, base="main", title="t")
    assert wire.targets == []


@pytest.mark.parametrize(
    "name", ["a;b", "$(id)", "`id`", "prоmote/x", "a&b=c", "a#b", "a%2e%2e", "<b>", "ö/ü", "a'\""]
)
@pytest.mark.parametrize("name_of", ["get_branch", "get_commit", "get_pulls head", "compare head"])
def test_an_odd_name_that_git_allows_travels_encoded(name: str, name_of: str) -> None:
    wire = Wire()

    with pytest.raises(forgejo.NotFoundError):
        BY_REF[name_of](wire.repository(), name)

    assert len(wire.targets) == 1
    assert PLAIN.fullmatch(wire.targets[0])
    assert "%" in wire.targets[0]


BAD_PATHS = (
    "", "/a", "a/", "a//b", "../x", "a/../b", "./a", "a/.", ".git/config", "a/.git/x", "a\nb",
    "a\0b", "\ud800", "x" * 300, "a/" * 2100 + "b",
)  # fmt: skip
TARGET = CommitTarget("m")
BY_PATH: dict[str, Callable[[Repository, str], Any]] = {
    "get_file": lambda repo, path: repo.get_file(path),
    "create_file": lambda repo, path: repo.create_file(path, b"", target=TARGET),
    "update_file": lambda repo, path: repo.update_file(path, b"", sha=SHA, target=TARGET),
    "delete_file": lambda repo, path: repo.delete_file(path, sha=SHA, target=TARGET),
    "change_files": lambda repo, path: repo.change_files(
        FileChange.create(path, b""), target=TARGET
    ),
    "rename": lambda repo, path: repo.change_files(
        FileChange.update("a", b"", sha=SHA, from_path=path), target=TARGET
    ),
    "get_commits": lambda repo, path: list(repo.get_commits(sha="main", path=path)),
}


@pytest.mark.parametrize("call", BY_PATH.values(), ids=BY_PATH)
def test_a_path_that_leaves_the_repository_is_never_sent(
    call: Callable[[Repository, str], Any],
) -> None:
    wire = Wire()
    accepted = [path for path in BAD_PATHS if not is_refused(call, wire.repository(), path)]

    assert (accepted, wire.targets) == ([], [])


BAD_SHAS = ("", SHA[:7], SHA.upper(), SHA + "\n", SHA + "0", "main", "g" * 40, "０" * 40, "../x")
BY_SHA: dict[str, Callable[[Forgejo, str], Any]] = {
    "merge": lambda api, sha: pull_request(api).merge(head_commit_id=sha),
    "review": lambda api, sha: pull_request(api).create_review(event="APPROVED", commit_id=sha),
    "status": lambda api, sha: repository(api).create_status(sha, state="success", context="c"),
    "pulls of": lambda api, sha: repository(api).get_pulls_of_commit(sha),
    "update": lambda api, sha: repository(api).update_file("a", b"", sha=sha, target=TARGET),
    "delete": lambda api, sha: repository(api).delete_file("a", sha=sha, target=TARGET),
}


@pytest.mark.parametrize("sha", BAD_SHAS)
@pytest.mark.parametrize("call", BY_SHA.values(), ids=BY_SHA)
def test_a_write_is_bound_to_a_whole_commit_id(
    call: Callable[[Forgejo, str], Any], sha: str
) -> None:
    wire = Wire()

    with pytest.raises(forgejo.ArgumentError):
        call(client(wire), sha)
    assert wire.targets == []


BY_NUMBER: dict[str, Callable[[Forgejo, int], Any]] = {
    "pull": lambda api, number: repository(api).get_pull(number),
    "issue": lambda api, number: repository(api).get_issue(number),
    "merge": lambda api, number: pull_request(api, number).merge(head_commit_id=SHA),
    "label": lambda api, number: issue(api).remove_from_labels(number),
    "dismiss": lambda api, number: pull_request(api).dismiss_review(number, message="m"),
    "comment": lambda api, number: comment(api, number).delete(),
}


@pytest.mark.parametrize("number", [0, -1, True, 2**63])
@pytest.mark.parametrize("call", BY_NUMBER.values(), ids=BY_NUMBER)
def test_a_number_that_nothing_has_is_never_sent(
    call: Callable[[Forgejo, int], Any], number: int
) -> None:
    wire = Wire()

    with pytest.raises(forgejo.ArgumentError):
        call(client(wire), number)
    assert wire.targets == []


WRONG: dict[str, Callable[[Forgejo], Any]] = {
    "no changes": lambda api: repository(api).change_files(target=TARGET),
    "no labels": lambda api: issue(api).add_to_labels(),
    "a workflow elsewhere": lambda api: repository(api).dispatch_workflow("../x", ref="main"),
    "no workflow": lambda api: repository(api).dispatch_workflow("", ref="main"),
    "an unknown review": lambda api: pull_request(api).create_review(event="APPROVE"),  # type: ignore[arg-type] # on purpose
    "an unknown state": lambda api: repository(api).create_status(
        SHA, state="bogus", context="c"  # type: ignore[arg-type] # on purpose
    ),
    "no context": lambda api: repository(api).create_status(SHA, state="success", context=""),
    "no rule": lambda api: repository(api).get_branch_protection(".."),
    "a label that is no text": lambda api: list(repository(api).get_issues(labels=("\ud800",))),
}  # fmt: skip


@pytest.mark.parametrize("call", WRONG.values(), ids=WRONG)
def test_what_forgejo_would_take_without_a_word_is_refused(call: Callable[[Forgejo], Any]) -> None:
    wire = Wire()

    with pytest.raises(forgejo.ArgumentError):
        call(client(wire))
    assert wire.targets == []


@pytest.mark.parametrize("token", [f"{TOKEN}\r\nX: y", f"{TOKEN} ", "tökén", f"{TOKEN}\0"])
def test_a_token_that_is_no_header_is_refused_without_showing_it(token: str) -> None:
    with pytest.raises(forgejo.ArgumentError) as caught:
        Forgejo("https://forgejo.example", token)

    assert token[:6] not in repr(caught.value)


@pytest.mark.parametrize("agent", ["edp\r\nX: y", "ēdp"])
def test_a_user_agent_that_is_no_header_is_refused(agent: str) -> None:
    with pytest.raises(forgejo.ArgumentError):
        Forgejo("https://forgejo.example", user_agent=agent)


@settings(deadline=None)
@given(st.text(max_size=400))
def test_no_text_reaches_a_url_unencoded(text: str) -> None:
    wire = Wire()
    api = client(wire)
    calls: tuple[Callable[[str], Any], ...] = (
        api.get_repo,
        repository(api).get_branch,
        repository(api).get_tag,
        repository(api).get_file,
        lambda name: list(repository(api).get_issues(created_by=name)),
    )

    for call in calls:
        with pytest.raises(forgejo.ForgejoError):
            call(text)

    for target in wire.targets:
        assert PLAIN.fullmatch(target)
        assert not {".", ".."} & set(target.split("?")[0].split("/"))
