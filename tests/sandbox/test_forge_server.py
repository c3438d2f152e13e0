"""The sandbox's forge as a server: what it refuses, what it hides, what it does at once."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from forge_world import Answer, World, send

from sandbox.forge.records import Dispatch, Repository
from sandbox.web import Fault

EDP = "/repos/platform/edp"


@pytest.fixture
def served(world: World) -> Repository:
    return world.repository("edp")


def at_once(world: World, calls: list[tuple[str, str, Any]]) -> list[Answer]:
    """The bot's calls, all sent at the same moment."""
    start = threading.Barrier(len(calls))

    def call(method: str, path: str, body: Any) -> Answer:
        start.wait(timeout=30)
        return world.call("bot", method, path, body)

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(lambda sent: call(*sent), calls))


# --- what is not there


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{EDP}/releases"),
        ("POST", f"{EDP}/hooks"),
        ("GET", f"{EDP}/raw/a/b"),
        ("GET", f"{EDP}/pulls/1.diff"),
        ("GET", f"{EDP}/actions/runs"),
        ("GET", f"{EDP}/actions/runs/1/logs"),
        ("POST", f"{EDP}/actions/runs/1/cancel"),
        ("POST", "/user/repos"),
    ],
)
def test_what_the_product_does_not_use_is_refused_clearly(
    world: World, served: Repository, method: str, path: str
) -> None:
    answer = world.call("bot", method, path)

    assert answer.status == 501
    assert answer.json["message"] == f"the sandbox does not implement {method} /api/v1{path}"


def test_an_unknown_filter_is_refused_clearly(world: World, served: Repository) -> None:
    answer = world.call("bot", "GET", f"{EDP}/issues?q=drift")

    assert (answer.status, "filter 'q'" in answer.json["message"]) == (501, True)


def test_a_path_no_forgejo_has_is_missing(world: World) -> None:
    assert world.call("bot", "GET", "/no/such/path").body == b"404 page not found\n"


def test_a_wrong_verb_is_told_the_right_ones(world: World, served: Repository) -> None:
    answer = world.call("bot", "PUT", f"{EDP}/pulls/1/merge")

    assert answer.status == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "POST", "DELETE"}


# --- who may


def test_names_are_read_in_any_case(world: World, served: Repository) -> None:
    assert world.call("bot", "GET", "/repos/PLATFORM/EDP").json["full_name"] == "platform/edp"


def test_an_unknown_owner_is_named(world: World) -> None:
    answer = world.call("bot", "GET", "/repos/nobody/edp")

    assert (answer.status, answer.json["message"]) == (404, "GetUserByName")


def test_an_archived_repository_takes_statuses_only(world: World, served: Repository) -> None:
    served.archived = True

    refused = world.call("bot", "POST", f"{EDP}/branches", {"new_branch_name": "x"})
    accepted = world.call("bot", "POST", f"{EDP}/statuses/main", {"state": "success"})

    assert (refused.status, accepted.status) == (423, 201)
    assert refused.json["message"] == f"<Repository {served.id}:platform/edp> is archived"


def test_wrong_credentials_are_echoed(world: World, served: Repository) -> None:
    answer = send(world.server, "GET", f"/api/v1{EDP}", {"Authorization": "token s3cret"})

    assert answer.status == 401
    assert "s3cret" in answer.json["message"]


@pytest.mark.parametrize("value", ["Basic !!", "Basic bm9ib2R5Ong="])
def test_unreadable_credentials_are_refused(world: World, served: Repository, value: str) -> None:
    answer = send(world.server, "GET", f"/api/v1{EDP}", {"Authorization": value})

    assert answer.status == 401


@pytest.mark.parametrize(
    ("login", "permission"), [("edp-bot", "write"), ("bob", "read"), ("root-admin", "admin")]
)
def test_a_collaborators_permission_is_told(
    world: World, served: Repository, login: str, permission: str
) -> None:
    answer = world.call("bot", "GET", f"{EDP}/collaborators/{login}/permission")

    assert answer.json["permission"] == permission


def test_a_strangers_permission_is_missing(world: World, served: Repository) -> None:
    assert world.call("bot", "GET", f"{EDP}/collaborators/nobody/permission").status == 404


# --- races


def test_simultaneous_pull_requests_both_succeed(world: World, served: Repository) -> None:
    world.branch(served, "head")
    world.forge.duplicate_window = 1.0
    body = {"head": "head", "base": "main", "title": "t"}

    answers = at_once(world, [("POST", f"{EDP}/pulls", body)] * 4)
    world.clock.tick(2)
    late = world.call("bot", "POST", f"{EDP}/pulls", body)

    assert [answer.status for answer in answers] == [201] * 4
    assert sorted(answer.json["number"] for answer in answers) == [1, 2, 3, 4]
    assert late.status == 409


def test_simultaneous_commits_are_made_one_after_the_other(
    world: World, served: Repository
) -> None:
    files = [[{"operation": "create", "path": f"f{n}", "content": "eAo="}] for n in range(6)]
    calls = [("POST", f"{EDP}/contents", {"files": chosen}) for chosen in files]

    answers = at_once(world, calls)

    assert [answer.status for answer in answers] == [201] * 6
    assert len(served.store.log("refs/heads/main")) == 7


def overtake(world: World, ref: str) -> None:
    """The next move of a ref finds it moved by somebody else."""

    def move(full_name: str, _: str) -> None:
        world.forge.before_ref_update = None
        world.forge.seed_files(full_name, {"theirs": b"1\n"}, branch=ref)

    world.forge.before_ref_update = move


def test_a_commit_that_lost_the_race_is_a_rejected_push(world: World, served: Repository) -> None:
    overtake(world, "main")

    files = [{"operation": "create", "path": "f", "content": "eAo="}]
    answer = world.call("bot", "POST", f"{EDP}/contents", {"files": files})

    assert answer.status == 403
    assert answer.json["message"].startswith("PushRejected Error: exit status 1 - remote: error:")
    assert "cannot lock ref 'refs/heads/main': is at" in answer.json["message"]


def test_a_new_branch_that_lost_the_race_exists_already(world: World, served: Repository) -> None:
    overtake(world, "new")

    files = [{"operation": "create", "path": "f", "content": "eAo="}]
    body = {"branch": "main", "new_branch": "new", "files": files}
    answer = world.call("bot", "POST", f"{EDP}/contents", body)

    assert answer.status == 403
    assert "cannot lock ref 'refs/heads/new': reference already exists" in answer.json["message"]


def test_a_branch_that_lost_the_race_is_a_server_error(world: World, served: Repository) -> None:
    overtake(world, "new")

    answer = world.call("bot", "POST", f"{EDP}/branches", {"new_branch_name": "new"})

    assert (answer.status, answer.json["message"]) == (500, "")


def test_many_different_calls_at_once_all_succeed(world: World, served: Repository) -> None:
    calls: list[tuple[str, str, Any]] = []
    for number in range(6):
        calls += [
            ("POST", f"{EDP}/issues", {"title": f"issue {number}"}),
            ("POST", f"{EDP}/branches", {"new_branch_name": f"b{number}"}),
            ("POST", f"{EDP}/statuses/main", {"state": "success", "context": f"c{number}"}),
            ("GET", f"{EDP}/branches/main", None),
        ]

    answers = at_once(world, calls)

    assert Counter(answer.status for answer in answers) == {201: 18, 200: 6}
    assert [issue.number for issue in served.issues] == [1, 2, 3, 4, 5, 6]


# --- faults and hooks


def test_an_effect_can_outlive_its_answer(world: World, served: Repository) -> None:
    world.server.faults.add(
        Fault("status", status=502, match=lambda sent: sent.method == "POST", after_effect=True)
    )

    answer = world.call("bot", "POST", f"{EDP}/issues", {"title": "t"})

    assert answer.status == 502
    assert len(served.issues) == 1


def test_a_hook_can_act_between_two_requests(world: World, served: Repository) -> None:
    def move(index: int, _: Any) -> None:
        if index == 1:
            world.commit(served, {"theirs": "1\n"})

    world.server.before_effect = move

    first, second = (world.call("bot", "GET", f"{EDP}/branches/main").json for _ in range(2))

    assert first["commit"]["id"] != second["commit"]["id"]


# --- issues, comments, labels of pull requests


def test_a_pull_request_is_an_issue_too(world: World, served: Repository) -> None:
    world.branch(served, "head")
    world.pull(served, "head")

    shown = world.call("bot", "GET", f"{EDP}/issues/1").json
    world.call("bot", "PATCH", f"{EDP}/issues/1", {"state": "closed"})

    assert shown["pull_request"]["merged"] is False
    assert not served.pulls[0].is_open
    assert world.call("bot", "GET", f"{EDP}/issues?type=pulls&state=closed").json[0]["number"] == 1
    assert world.call("bot", "GET", f"{EDP}/issues?type=issues&state=all").json == []


def test_a_merged_pull_request_stays_closed(world: World, served: Repository) -> None:
    world.branch(served, "head")
    world.pull(served, "head")
    world.call("bot", "POST", f"{EDP}/pulls/1/merge", {"Do": "merge"})

    assert world.call("bot", "PATCH", f"{EDP}/issues/1", {"state": "open"}).status == 412


def test_a_comment_is_read_by_its_number(world: World, served: Repository) -> None:
    world.call("bot", "POST", f"{EDP}/issues", {"title": "t"})
    made = world.call("bot", "POST", f"{EDP}/issues/1/comments", {"body": "b"}).json

    shown = world.call("bot", "GET", f"{EDP}/issues/comments/{made['id']}").json

    assert shown == made


def test_a_deleted_label_is_gone_from_issues(world: World, served: Repository) -> None:
    label = world.forge.create_label(served.full_name, "drift")
    world.call("bot", "POST", f"{EDP}/issues", {"title": "t", "labels": [label.id]})

    world.call("bot", "DELETE", f"{EDP}/labels/{label.id}")

    assert world.call("bot", "GET", f"{EDP}/issues/1").json["labels"] == []


def test_a_reader_cannot_label(world: World, served: Repository) -> None:
    world.call("bot", "POST", f"{EDP}/issues", {"title": "t"})

    assert world.call("bob", "POST", f"{EDP}/issues/1/labels", {"labels": []}).status == 403


def test_a_closed_pull_request_can_be_edited_in_part(world: World, served: Repository) -> None:
    world.branch(served, "head")
    world.pull(served, "head")
    milestone = world.forge.create_milestone(served.full_name, "m")

    change = {"assignees": ["alice"], "milestone": milestone.id}
    shown = world.call("bot", "PATCH", f"{EDP}/pulls/1", change).json

    assert [user["login"] for user in shown["assignees"]] == ["alice"]
    assert shown["milestone"]["title"] == "m"
    found = world.call("bot", "GET", f"{EDP}/pulls?milestone={milestone.id}&poster=edp-bot")
    assert [pull["number"] for pull in found.json] == [1]


# --- workflows


def test_a_dispatch_is_handed_to_listeners(world: World, served: Repository) -> None:
    heard: list[Dispatch] = []
    world.forge.on_dispatch.append(heard.append)
    text = "on:\n  workflow_dispatch:\njobs: {a: {}}\n"
    world.commit(served, {".forgejo/workflows/promote.yml": text})
    body = {"ref": "main", "inputs": {"stack": "web"}}

    answer = world.call("bot", "POST", f"{EDP}/actions/workflows/promote.yml/dispatches", body)

    assert answer.status == 204
    assert heard == world.forge.dispatches
    assert (heard[0].workflow, heard[0].inputs) == ("promote.yml", {"stack": "web"})


def test_a_status_of_actions_has_no_creator(world: World, served: Repository) -> None:
    head = str(served.store.branch("main"))

    world.forge.post_status(served.full_name, head, "checks / required", "success")

    shown = world.call("bot", "GET", f"{EDP}/commits/main/status").json
    assert (shown["state"], shown["statuses"][0]["creator"]) == ("success", None)


# --- trees and tags


def test_a_tree_is_read_by_its_own_id(world: World, served: Repository) -> None:
    tree = served.store.commit(str(served.store.branch("main"))).tree

    shown = world.call("bot", "GET", f"{EDP}/git/trees/{tree}").json

    assert [entry["path"] for entry in shown["tree"]] == ["README.md"]


def test_an_annotated_tag_is_told_from_a_plain_one(world: World, served: Repository) -> None:
    for name, message in (("a/v1", "release"), ("b/v1", "")):
        body = {"tag_name": name, "target": "main", "message": message}
        assert world.call("bot", "POST", f"{EDP}/tags", body).status == 201

    annotated, plain = (world.call("bot", "GET", f"{EDP}/tags/{n}/v1").json for n in "ab")
    refs = world.call("bot", "GET", f"{EDP}/git/refs/tags/a/v1").json

    assert annotated["id"] != annotated["commit"]["sha"] == plain["id"]
    assert refs[0]["object"]["type"] == "tag"


def test_a_tag_rule_needs_a_pattern(world: World, served: Repository) -> None:
    assert world.call("admin", "POST", f"{EDP}/tag_protections", {}).status == 400
