"""Leases, refusals and broken connections: what became of a push."""

import threading

import pytest
from git_http_server import TOKEN, Fault, GitServer
from git_repositories import BOT, NOON, Work

from edp.clients.git import GitRepository, PushOutcome, RefUpdate
from edp.clients.git_push import push_arguments
from edp.errors import InvalidInputError, UnavailableError

BRANCH = "refs/heads/promote/web/test"
OTHER = "refs/heads/promote/web/prod"


@pytest.fixture
def main(repository: GitRepository) -> str:
    return repository.refs()["refs/heads/main"]


def new_commit(repository: GitRepository, parent: str, content: bytes = b"new\n") -> str:
    blob = repository.write_blob(content)
    tree = repository.tree_with(parent, {"environments/test/web.yaml": blob})
    return repository.write_commit(tree, [parent], "promote", author=BOT, at=NOON)


def outcome_of(repository: GitRepository, update: RefUpdate) -> PushOutcome:
    (result,) = repository.push([update])
    assert result.update == update
    return result.outcome


def test_the_arguments_have_a_lease_for_each_ref_and_no_force() -> None:
    updates = [RefUpdate(BRANCH, "a" * 40, ""), RefUpdate(OTHER, "", "b" * 40)]

    arguments = push_arguments(updates, atomic=True)

    assert arguments[-5:] == (
        f"--force-with-lease={BRANCH}:",
        f"--force-with-lease={OTHER}:{'b' * 40}",
        "origin",
        f"{'a' * 40}:{BRANCH}",
        f":{OTHER}",
    )
    assert "--atomic" in arguments
    assert "--force" not in arguments


def test_a_new_branch_is_made_where_none_is(
    work: Work, repository: GitRepository, main: str
) -> None:
    commit = new_commit(repository, main)

    assert outcome_of(repository, RefUpdate(BRANCH, commit, "")) is PushOutcome.OK

    assert work.served_refs()[BRANCH] == commit
    assert repository.refs()[BRANCH] == commit


def test_a_branch_that_should_not_exist_is_left_alone(
    work: Work, repository: GitRepository, main: str
) -> None:
    work.publish(f"HEAD:{BRANCH}")

    outcome = outcome_of(repository, RefUpdate(BRANCH, new_commit(repository, main), ""))

    assert outcome is PushOutcome.STALE
    assert work.served_refs()[BRANCH] == main


def test_a_branch_that_moved_is_left_alone(
    work: Work, repository: GitRepository, main: str
) -> None:
    moved = work.commit("a person was here")
    work.publish(f"HEAD:{BRANCH}")

    outcome = outcome_of(repository, RefUpdate(BRANCH, new_commit(repository, main), main))

    assert outcome is PushOutcome.STALE
    assert work.served_refs()[BRANCH] == moved


def test_a_branch_is_rewritten_under_its_lease(
    work: Work, repository: GitRepository, main: str
) -> None:
    old, new = new_commit(repository, main, b"1\n"), new_commit(repository, main, b"2\n")
    repository.push([RefUpdate(BRANCH, old, "")])

    assert outcome_of(repository, RefUpdate(BRANCH, new, old)) is PushOutcome.OK

    assert work.served_refs()[BRANCH] == new


def test_pushing_what_is_there_already_is_well(repository: GitRepository, main: str) -> None:
    update = RefUpdate(BRANCH, new_commit(repository, main), "")
    repository.push([update])

    assert outcome_of(repository, update) is PushOutcome.OK


def test_a_branch_is_deleted_under_its_lease(
    work: Work, repository: GitRepository, main: str
) -> None:
    commit = new_commit(repository, main)
    repository.push([RefUpdate(BRANCH, commit, "")])

    stale = outcome_of(repository, RefUpdate(BRANCH, "", main))
    kept = work.served_refs()
    deleted = outcome_of(repository, RefUpdate(BRANCH, "", commit))

    assert (stale, deleted) == (PushOutcome.STALE, PushOutcome.OK)
    assert BRANCH in kept
    assert BRANCH not in work.served_refs()
    assert BRANCH not in repository.refs()


def test_deleting_what_is_gone_is_well(repository: GitRepository, main: str) -> None:
    assert outcome_of(repository, RefUpdate(BRANCH, "", main)) is PushOutcome.OK


def test_one_stale_branch_does_not_hold_up_the_others(
    work: Work, repository: GitRepository, main: str
) -> None:
    work.publish(f"HEAD:{BRANCH}")
    commit = new_commit(repository, main)

    results = repository.push([RefUpdate(BRANCH, commit, ""), RefUpdate(OTHER, commit, "")])

    assert [result.outcome for result in results] == [PushOutcome.STALE, PushOutcome.OK]
    assert results[0].reason == "stale info"


def test_an_atomic_push_does_all_or_nothing(
    work: Work, repository: GitRepository, main: str
) -> None:
    work.publish(f"HEAD:{BRANCH}")
    commit = new_commit(repository, main)
    updates = [RefUpdate(BRANCH, commit, ""), RefUpdate(OTHER, commit, "")]

    results = repository.push(updates, atomic=True)

    assert PushOutcome.OK not in {result.outcome for result in results}
    assert OTHER not in work.served_refs()


def test_a_refusal_by_the_server_says_why(work: Work, repository: GitRepository, main: str) -> None:
    work.refuse_pushes("Forgejo: Not allowed to push to protected branch\x1b[31m ::error::x")

    (result,) = repository.push([RefUpdate(BRANCH, new_commit(repository, main), "")])

    assert result.outcome is PushOutcome.REJECTED
    assert result.reason.startswith(
        "pre-receive hook declined: Forgejo: Not allowed to push to protected branch"
    )
    assert "\x1b" not in result.reason


def test_a_branch_in_the_way_of_a_folder_is_a_refusal(
    work: Work, repository: GitRepository, main: str
) -> None:
    work.publish("HEAD:refs/heads/promote/web")

    (result,) = repository.push([RefUpdate(BRANCH, new_commit(repository, main), "")])

    assert result.outcome is PushOutcome.REJECTED
    assert "'refs/heads/promote/web' exists" in result.reason


def test_an_annotated_tag_is_pushed_by_its_object(
    work: Work, repository: GitRepository, main: str
) -> None:
    tag = repository.write_tag("web/v1.0.0", main, "web 1.0.0\n", tagger=BOT, at=NOON)

    assert outcome_of(repository, RefUpdate("refs/tags/web/v1.0.0", tag, "")) is PushOutcome.OK

    (found,) = repository.tags("web/")
    assert (found.kind, found.object, found.target) == ("tag", tag, main)
    work.git("fetch", "--quiet", str(work.served), "refs/tags/*:refs/tags/*")
    shown = work.git("show", "--no-patch", "web/v1.0.0")
    assert "Tagger: edp-bot <edp-bot@example.org>" in shown
    assert "web 1.0.0" in shown


def test_an_old_blob_in_a_new_place_is_fetched_before_it_is_pushed(
    work: Work, server: GitServer, repository: GitRepository
) -> None:
    (old,) = repository.list_tree("main", paths=["stacks"])
    work.write("stacks/web/stack.yaml", "version: 2.0.0\n")
    work.commit("bump")
    repository.fetch()
    main = repository.refs()["refs/heads/main"]
    tree = repository.tree_with(main, {"stacks/web/stack.yaml": old.sha})
    commit = repository.write_commit(tree, [main], "roll back", author=BOT, at=NOON)
    server.counted()

    assert outcome_of(repository, RefUpdate(BRANCH, commit, "")) is PushOutcome.OK

    assert len(server.counted()) == 5


@pytest.mark.parametrize("body", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n00"])
def test_a_cut_connection_after_the_effect_is_looked_at(
    server: GitServer, repository: GitRepository, main: str, body: bytes
) -> None:
    server.fault = Fault(cuts=True, after_effect=True, skip=1, times=1, body=body)
    update = RefUpdate(BRANCH, new_commit(repository, main), "")

    assert outcome_of(repository, update) is PushOutcome.OK

    assert server.counted()[-1].endswith("git-upload-pack")


@pytest.mark.parametrize("fault", [Fault(500, skip=1), Fault(500)], ids=["push", "advertisement"])
def test_a_push_without_effect_is_unavailable_and_not_repeated(
    work: Work, server: GitServer, repository: GitRepository, main: str, fault: Fault
) -> None:
    fault.times = 1
    server.fault = fault

    with pytest.raises(UnavailableError, match="was not pushed"):
        repository.push([RefUpdate(BRANCH, new_commit(repository, main), "")])

    assert BRANCH not in work.served_refs()
    assert sum("POST" in line and "receive" in line for line in server.counted()) <= 1


def test_a_push_that_lost_a_race_and_its_answer_is_stale(
    work: Work, server: GitServer, repository: GitRepository, main: str
) -> None:
    other = work.commit("other")
    server.fault = Fault(500, skip=1, times=1, effect=lambda: work.publish(f"{other}:{BRANCH}"))

    outcome = outcome_of(repository, RefUpdate(BRANCH, new_commit(repository, main), ""))

    assert outcome is PushOutcome.STALE


def test_a_token_without_write_access_is_an_input_error(
    server: GitServer, repository: GitRepository, main: str
) -> None:
    server.fault = Fault(403)

    with pytest.raises(InvalidInputError, match="access denied") as caught:
        repository.push([RefUpdate(BRANCH, new_commit(repository, main), "")])

    assert TOKEN not in caught.value.message


def test_two_runs_that_push_at_once_have_one_winner(
    work: Work, repository: GitRepository, main: str
) -> None:
    commits = [new_commit(repository, main, b"%d\n" % index) for index in range(4)]
    outcomes: list[PushOutcome] = []

    def push(commit: str) -> None:
        outcomes.append(outcome_of(repository, RefUpdate(BRANCH, commit, "")))

    threads = [threading.Thread(target=push, args=(commit,)) for commit in commits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["ok", "stale", "stale", "stale"]
    assert work.served_refs()[BRANCH] in commits


@pytest.mark.parametrize(
    "update",
    [
        RefUpdate("--receive-pack=x", "a" * 40, ""),
        RefUpdate("refs/heads/a:refs/heads/main", "a" * 40, ""),
        RefUpdate("refs/heads/../x", "a" * 40, ""),
        RefUpdate(BRANCH, "HEAD", ""),
        RefUpdate(BRANCH, "+" + "a" * 39, ""),
        RefUpdate(BRANCH, "", ""),
    ],
)
def test_no_other_words_become_arguments(
    server: GitServer, repository: GitRepository, update: RefUpdate
) -> None:
    with pytest.raises(InvalidInputError):
        repository.push([update])

    assert server.counted() == []
