"""What people do to promotions: respected, reported, never overwritten."""

from collections.abc import Callable

import pytest
from small_platform import gated
from world import FULL_NAME, StartWorld, World

import forgejo

TEST = "environments/test/web.yaml"
DEV = "environments/dev/web.yaml"
BRANCH = "promote/web/test"


@pytest.fixture
def waiting(start: StartWorld) -> World:
    """web 1.1.0 waits for an approval before test, as #2."""
    world = start(graph=gated("approvals: 1"))
    world.release("web", "1.1.0")
    world.walk(DEV, "1.1.0")
    world.reconcile()
    assert world.the_pull().number == 2
    return world


def labels(pull: forgejo.PullRequest) -> list[str]:
    return [label.name for label in pull.labels]


def impostor(world: World, branch: str = "promote/web/dev") -> forgejo.PullRequest:
    """A pull request by alice from a branch that is named like a promotion."""
    content = world.file(DEV).replace(b"web/v1.0.0", b"web/v1.1.0")
    world.platform.forge.seed_files(FULL_NAME, {DEV: content}, branch=branch, author="alice")
    return world.as_user("alice").create_pull(head=branch, base="main", title="Mine")


def test_a_forged_success_is_taken_back(waiting: World) -> None:
    head = waiting.the_pull().head.sha
    waiting.as_user("alice").create_status(head, state="success", context="edp/policy")

    done = waiting.reconcile()

    assert "#2: took back edp/policy success" in done.stdout
    assert waiting.policy(head) == ("pending", "approvals: 0 of 1")
    assert waiting.pin(TEST) == "1.0.0"


def test_somebodys_request_for_changes_stands_in_the_way(waiting: World) -> None:
    pull = waiting.as_user("bob").get_pull(2)
    pull.create_review(event="REQUEST_CHANGES", body="not before the weekend")
    waiting.approve(2, "alice")

    waiting.reconcile()
    waiting.reconcile()

    assert waiting.pin(TEST) == "1.0.0"
    assert waiting.policy(pull.head.sha)[1] == "approvals: changes requested by bob"
    (comment,) = waiting.comments(2)
    assert "changes requested by bob" in comment


def test_that_comment_is_edited_when_it_is_settled(waiting: World) -> None:
    pull = waiting.as_user("bob").get_pull(2)
    pull.create_review(event="REQUEST_CHANGES", body="not before the weekend")
    waiting.reconcile()
    waiting.commit({"environments/freezes/now.yaml": freeze()})
    waiting.approve(2, "bob")

    waiting.reconcile()

    (comment,) = waiting.comments(2)
    assert "goes on by itself again" in comment


def freeze() -> bytes:
    return (
        b"apiVersion: edp/v1\nenvironments: [test]\nfrom: 2026-11-01T00:00:00Z\n"
        b"until: 2026-12-01T00:00:00Z\nreason: quiet\n"
    )


def test_an_approval_of_an_older_commit_does_not_count(waiting: World) -> None:
    waiting.edp("promote", "web", "--to", "test", "--version", "1.1.0")
    waiting.approve(2, "alice")
    waiting.commit({TEST: waiting.file(TEST).replace(b"  # the pin", b"")})

    waiting.reconcile()

    pull = waiting.the_pull()
    assert waiting.pin(TEST) == "1.0.0"
    assert waiting.policy(pull.head.sha)[1].startswith("approvals: 0 of 1")
    assert "alice must approve again" in waiting.policy(pull.head.sha)[1]
    waiting.approve(2, "alice")
    waiting.reconcile()
    assert waiting.pin(TEST) == "1.1.0"


def test_an_approved_promotion_keeps_its_version_though_a_newer_one_is_eligible(
    waiting: World,
) -> None:
    waiting.commit({"environments/freezes/now.yaml": freeze()})
    waiting.approve(2)
    waiting.release("web", "1.2.0")
    waiting.walk(DEV, "1.2.0")

    waiting.reconcile()

    assert waiting.the_pull().title == "Promote web 1.0.0 → 1.1.0 to test"
    assert "1.2.0 comes next." in waiting.the_pull().body


def test_a_forks_pull_request_from_a_branch_of_that_name_is_not_touched(waiting: World) -> None:
    fork = waiting.platform.forge.fork_repository(FULL_NAME, "alice")
    waiting.platform.forge.seed_files(fork.full_name, {"x.txt": b"x"}, branch=BRANCH)
    theirs = waiting.as_user("alice").create_pull(
        head=f"alice:{BRANCH}", base="main", title="From a fork"
    )

    waiting.reconcile()

    after = waiting.pull(theirs.number)
    assert (after.state, after.title, after.head.sha) == ("open", "From a fork", theirs.head.sha)
    assert labels(after) == []
    assert waiting.pull(2).state == "open"


def test_an_impostors_pull_request_is_a_conflict_of_its_pair_alone(world: World) -> None:
    world.release("web", "1.1.0")
    world.release("queue", "1.1.0")
    theirs = impostor(world)

    done = world.edp("reconcile")

    assert done.code == 5
    assert "web in dev: " in done.stderr
    assert world.pin(DEV) == "1.0.0"
    assert world.pin("environments/dev/queue.yaml") == "1.1.0"
    after = world.pull(theirs.number)
    assert (after.state, after.title, after.head.sha) == ("open", "Mine", theirs.head.sha)


def test_the_branch_of_an_impostors_open_pull_request_is_not_deleted(world: World) -> None:
    world.release("web", "1.1.0")
    theirs = impostor(world)
    world.commit({DEV: world.file(DEV).replace(b"web/v1.0.0", b"web/v1.1.0")})
    world.settle(2 * 3600)

    world.edp("reconcile")

    assert world.pull(theirs.number).state == "open"
    assert "refs/heads/promote/web/dev" in world.refs()


def push(world: World, files: dict[str, bytes | None]) -> str:
    return world.platform.forge.seed_files(FULL_NAME, files, branch=BRANCH, author="alice")


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda world: push(world, {"README.md": b"mine\n"}), id="a commit on top"),
        pytest.param(
            lambda world: push(world, {TEST: world.file(TEST, BRANCH) + b"# mine\n"}),
            id="a change of the same file",
        ),
    ],
)
def test_a_persons_commit_on_the_branch_is_reported_and_neither_merged_nor_overwritten(
    waiting: World, spoil: Callable[[World], str]
) -> None:
    head = spoil(waiting)
    waiting.approve(2)

    waiting.reconcile()
    with waiting.watching() as writes:
        waiting.reconcile()
    asked = waiting.edp("promote", "web", "--to", "test")

    assert waiting.head(BRANCH) == head
    assert waiting.pin(TEST) == "1.0.0"
    state, text = waiting.policy(head)
    assert state == "pending"
    assert "branch: its branch has a commit that is not the bot's" in text
    assert len(waiting.comments(2)) == 1
    assert (asked.code, writes) == (5, [])
    assert "delete the branch to let edp start again" in asked.stderr


def test_after_the_branch_is_deleted_it_starts_again_only_if_asked(waiting: World) -> None:
    push(waiting, {"README.md": b"mine\n"})
    waiting.platform.forge.seed_ref(FULL_NAME, f"refs/heads/{BRANCH}", None)
    assert waiting.open_pulls() == []

    waiting.reconcile()

    assert waiting.open_pulls() == []
    assert waiting.ledger_paths("closed/") == ["closed/web/1.1.0/test.json"]
    assert waiting.edp("promote", "web", "--to", "test", "--again").code == 0
    assert waiting.the_pull().title == "Promote web 1.0.0 → 1.1.0 to test"


def test_a_promotion_that_a_person_closed_stays_closed_and_is_remembered(waiting: World) -> None:
    waiting.as_user("alice").get_pull(2).close()

    waiting.reconcile()
    with waiting.watching() as writes:
        done = waiting.reconcile()

    assert waiting.open_pulls() == []
    assert writes == []
    assert waiting.ledger_paths("closed/") == ["closed/web/1.1.0/test.json"]
    assert "not closed: #2 was closed by a person" in done.stdout


def test_the_next_version_is_not_closed_with_it(waiting: World) -> None:
    waiting.as_user("alice").get_pull(2).close()
    waiting.reconcile()
    waiting.release("web", "1.2.0")
    waiting.walk(DEV, "1.2.0")

    waiting.reconcile()

    assert waiting.the_pull().title == "Promote web 1.0.0 → 1.2.0 to test"


def test_a_closed_pull_request_opened_again_by_a_person_goes_on(waiting: World) -> None:
    waiting.as_user("alice").get_pull(2).close()
    pull = waiting.as_user("alice").get_pull(2).edit(state="open")
    waiting.approve(pull.number)

    waiting.reconcile()

    assert waiting.pin(TEST) == "1.1.0"


def test_duplicates_are_closed_and_the_lowest_number_stays(waiting: World) -> None:
    waiting.platform.forge.duplicate_window = 60
    second = waiting.as_bot().create_pull(head=BRANCH, base="main", title="Promote again")

    waiting.reconcile()

    assert waiting.the_pull().number == 2
    closed = waiting.pull(second.number)
    assert (closed.state, labels(closed)) == ("closed", ["edp/closed-by-bot"])
    assert "#2 is the same promotion" in waiting.comments(second.number)[0]
    assert waiting.ledger_paths("closed/") == []


def test_a_title_that_somebody_wrote_is_put_back(waiting: World) -> None:
    waiting.as_user("alice").get_pull(2).edit(title="Promote nothing")

    waiting.reconcile()

    assert waiting.pull(2).title == "Promote web 1.0.0 → 1.1.0 to test"


def test_a_draft_stays_one_until_a_person_says_so(waiting: World) -> None:
    waiting.as_user("alice").get_pull(2).edit(title="WIP: wait for the database")
    waiting.approve(2, "alice")
    waiting.reconcile()

    assert waiting.pull(2).title == "WIP: Promote web 1.0.0 → 1.1.0 to test"
    assert waiting.policy(waiting.the_pull().head.sha) == (
        "pending",
        "branch: the pull request is marked as work in progress",
    )

    waiting.as_user("alice").get_pull(2).edit(title="wait no longer")
    waiting.reconcile()

    assert waiting.pin(TEST) == "1.1.0"
