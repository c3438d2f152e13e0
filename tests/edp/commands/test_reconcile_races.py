"""What moves between the check and the merge: only what was checked is merged."""

from collections.abc import Callable

import pytest
import small_platform
from world import FULL_NAME, World

from sandbox.web import Fault

DEV = "environments/dev/web.yaml"
HOLD = "environments/holds/dev/web.yaml"
HOLD_TEXT = b"apiVersion: edp/v1\nversion: 1.0.0\nreason: an incident\nby: alice\n"
MERGE = "/pulls/1/merge"


@pytest.fixture
def released(world: World) -> World:
    """web 1.1.0 is released and may go into dev at once."""
    world.release("web", "1.1.0")
    return world


def hold(world: World) -> Callable[[], object]:
    return lambda: world.commit({HOLD: HOLD_TEXT}, "hold web in dev")


def test_a_hold_that_comes_before_the_merge_is_obeyed(released: World) -> None:
    released.once_before("POST", "/pulls", hold(released))

    released.reconcile()

    assert released.pin(DEV) == "1.0.0"
    state, text = released.policy(released.the_pull().head.sha)
    assert (state, text) == ("pending", "hold: held at 1.0.0 by alice: an incident")


@pytest.mark.parametrize("moment", ["/statuses/", "/pulls/1/reviews", MERGE])
def test_a_hold_at_the_moment_of_the_merge_is_never_merged_over_in_silence(
    released: World, moment: str
) -> None:
    released.edp("promote", "web", "--to", "dev")
    released.once_before("POST", moment, hold(released))

    done = released.edp("reconcile")

    assert released.platform.server.before_effect is None
    assert released.pin(DEV) == "1.1.0"
    assert done.code == 5
    assert f"{HOLD} changed on the default branch while #1 was merged" in done.stderr
    (comment,) = released.comments(1)
    assert comment.startswith("Merged onto something that was not checked")
    assert [line["kind"] for line in released.audit()] == ["policy", "promotion"]


def test_another_environments_change_at_that_moment_is_taken_in(released: World) -> None:
    path = "environments/test/queue.yaml"
    changed = released.file(path) + b"# reviewed\n"
    released.once_before("POST", MERGE, lambda: released.commit({path: changed}))

    done = released.edp("reconcile")

    assert done.code == 0, done.stderr
    assert released.pin(DEV) == "1.1.0"
    assert released.file(path) == changed


def test_a_change_of_the_same_environment_at_that_moment_is_told(released: World) -> None:
    path = "environments/dev/queue.yaml"
    released.once_before(
        "POST", MERGE, lambda: released.commit({path: released.file(path) + b"# changed\n"})
    )

    done = released.edp("reconcile")

    assert done.code == 5
    assert f"{path} changed on the default branch while #1 was merged" in done.stderr


def test_a_base_that_moved_before_the_merge_is_decided_on_anew(released: World) -> None:
    changed = released.file(DEV).replace(b"# the pin", b"# the pin, reviewed")
    released.once_before("POST", "/pulls", lambda: released.commit({DEV: changed}))

    done = released.edp("reconcile")

    assert done.code == 0, done.stderr
    assert released.file(DEV) == changed.replace(b"web/v1.0.0", b"web/v1.1.0")
    assert released.open_pulls() == []


def test_a_promotion_that_conflicts_with_a_new_base_is_made_anew(released: World) -> None:
    released.edp("promote", "web", "--to", "dev")
    old = released.the_pull().head.sha
    changed = released.file(DEV).replace(
        b"refs/tags/web/v1.0.0  # the pin", b"refs/tags/web/v1.0.0"
    )
    released.commit({DEV: changed})

    done = released.edp("reconcile")

    assert done.code == 0, done.stderr
    assert released.file(DEV) == changed.replace(b"web/v1.0.0", b"web/v1.1.0")
    assert released.pull(1).head.sha != old
    assert released.pull(1).merged


def test_a_commit_pushed_to_the_branch_at_that_moment_is_not_merged(released: World) -> None:
    released.once_before(
        "POST",
        MERGE,
        lambda: released.platform.forge.seed_files(
            FULL_NAME, {"evil.txt": b"!"}, branch="promote/web/dev", author="alice"
        ),
    )

    done = released.edp("reconcile")

    assert done.code == 0, done.stderr
    assert released.pin(DEV) == "1.0.0"
    pull = released.the_pull()
    assert released.text("evil.txt", "promote/web/dev") == "!"
    state, text = released.policy(pull.head.sha)
    assert (state, "branch: its branch has a commit that is not the bot's" in text) == (
        "pending", True,
    )  # fmt: skip
    (comment,) = released.comments(pull.number)
    assert "not the bot" in comment


def test_a_forge_that_still_checks_for_conflicts_is_asked_again(released: World) -> None:
    released.platform.forge.conflict_check = 2.4

    done = released.edp("reconcile")

    assert done.code == 0, done.stderr
    assert released.pin(DEV) == "1.1.0"


def test_a_forge_that_never_stops_checking_is_busy_and_no_success_is_left(released: World) -> None:
    released.platform.forge.conflict_check = 3600

    done = released.edp("reconcile")

    assert done.code == 6
    assert released.pin(DEV) == "1.0.0"
    assert released.policy(released.the_pull().head.sha)[0] == "pending"


def test_a_branch_that_cannot_be_deleted_is_merged_all_the_same(released: World) -> None:
    released.platform.forge.protect_branch(FULL_NAME, "promote/*", enable_push=True)

    done = released.edp("reconcile")

    assert done.code == 0, done.stderr
    assert released.pin(DEV) == "1.1.0"
    assert released.pull(1).merged


def test_a_merge_whose_answer_was_lost_is_recognised(released: World) -> None:
    released.platform.server.faults.add(
        Fault(
            "reset",
            match=lambda request: request.method == "POST" and request.path.endswith(MERGE),
            after_effect=True,
        )
    )

    done = released.edp("reconcile")

    assert done.code == 0, done.stderr
    assert "#1 merged as" in done.stdout
    assert released.pin(DEV) == "1.1.0"


def test_a_creation_whose_answer_was_lost_is_found(released: World) -> None:
    released.platform.server.faults.add(
        Fault(
            "reset",
            match=lambda request: request.method == "POST" and request.path.endswith("/pulls"),
            after_effect=True,
        )
    )

    done = released.edp("reconcile")

    assert done.code == 0, done.stderr
    assert released.pin(DEV) == "1.1.0"
    assert [one.number for one in released.as_user("root").get_pulls(state="all")] == [1]


def test_a_forge_that_sees_pushes_late_is_waited_for(released: World) -> None:
    lag = released.platform.forge.lag
    lag.branch, lag.contents, lag.pull_head, lag.new_branch = 0.1, 0.3, 0.5, 1.7

    done = released.edp("reconcile")

    assert done.code == 0, done.stderr
    assert released.pin(DEV) == "1.1.0"
    assert released.open_pulls() == []


def test_a_rewrite_that_the_forge_sees_late_is_waited_for(released: World) -> None:
    released.edp("promote", "web", "--to", "dev")
    released.release("web", "1.2.0")
    released.platform.forge.lag.pull_head = 1.5

    first = released.edp("reconcile")
    released.settle()
    second = released.edp("reconcile")

    assert (first.code, second.code) == (0, 0), first.stderr + second.stderr
    assert released.pin(DEV) == "1.2.0"


def test_somebody_elses_merge_at_that_moment_is_recognised(released: World) -> None:
    def merge() -> None:
        pull = released.as_user("root").get_pull(1)
        pull.merge(head_commit_id=pull.head.sha)

    released.once_before("POST", MERGE, merge)

    done = released.edp("reconcile")

    assert done.code == 0, done.stderr
    assert released.pin(DEV) == "1.1.0"
    assert len(released.audit()) == 1


def test_a_dismissed_approval_of_the_gate_is_repeated_once(released: World) -> None:
    def dismiss() -> None:
        for review in released.platform.forge.repository(FULL_NAME).pulls[0].reviews:
            review.dismissed = True

    released.once_before("POST", MERGE, dismiss)

    done = released.edp("reconcile")

    assert done.code == 0, done.stderr
    assert released.pin(DEV) == "1.1.0"


def test_a_success_that_somebody_took_away_is_a_lost_race_decided_again(released: World) -> None:
    def spoil() -> None:
        head = released.as_user("root").get_pull(1).head.sha
        released.as_user("alice").create_status(head, state="failure", context="edp/policy")

    released.once_before("POST", MERGE, spoil)

    done = released.edp("reconcile")

    assert done.code == 0, done.stderr
    assert released.pin(DEV) == "1.1.0"


def test_another_run_that_pushes_at_the_same_moment_does_not_disturb(released: World) -> None:
    other: list[int] = []
    released.once_before(
        "POST",
        "/git-receive-pack",
        lambda: other.append(released.edp("promote", "web", "--to", "dev").code),
    )

    done = released.edp("reconcile")

    assert (done.code, other) == (0, [0]), done.stderr
    assert released.pin(DEV) == "1.1.0"
    assert len(list(released.as_user("root").get_pulls(state="all"))) == 1


def test_a_version_released_meanwhile_takes_over_before_the_merge(released: World) -> None:
    def release() -> None:
        released.commit(small_platform.stack_files("web", "1.2.0"), "web 1.2.0")
        assert released.edp("release").code == 0

    released.once_before("POST", "/pulls", release)

    done = released.edp("reconcile")

    assert done.code == 0, done.stderr
    assert released.pin(DEV) == "1.2.0"
