"""`edp reconcile` on a virtual clock: what is merged, and what is waited for until when."""

from datetime import UTC, datetime, timedelta

from small_platform import gated
from world import StartWorld, World

DEV = "environments/dev/web.yaml"
TEST = "environments/test/web.yaml"
EU1 = "environments/prod/eu1/web.yaml"
US1 = "environments/prod/us1/web.yaml"
FREEZE = b"""\
apiVersion: edp/v1
environments: [test]
from: 2026-11-23T00:00:00Z
until: 2026-11-23T12:00:00Z
reason: the big sale
"""


def waits_for_test(world: World) -> str:
    """web 1.1.0 is live in dev and has a pull request into test; its policy status is returned."""
    world.release("web", "1.1.0")
    world.walk(DEV, "1.1.0")
    world.reconcile()
    state, text = world.policy(world.the_pull().head.sha)
    assert state == "pending"
    assert world.the_pull().title == "Promote web 1.0.0 → 1.1.0 to test"
    return text


def goes_on(world: World) -> None:
    """The next run merges, and the promotion's branch is gone."""
    world.reconcile()
    assert world.pin(TEST) == "1.1.0"
    assert "refs/heads/promote/web/test" not in world.refs()


def stays(world: World) -> str:
    world.reconcile()
    assert world.pin(TEST) == "1.0.0"
    return world.policy(world.the_pull().head.sha)[1]


def observed_for(world: World, minutes: int) -> None:
    """Reconcile every ten minutes, as the schedule does."""
    for _ in range(minutes // 10):
        world.settle(600)
        world.reconcile()


def test_a_version_walks_through_all_environments_with_one_approval(world: World) -> None:
    world.release("web", "1.1.0")
    world.walk(TEST, "1.1.0")
    world.reconcile()
    pull = world.the_pull()
    assert pull.title == "Promote web 1.0.0 → 1.1.0 to prod-eu1"
    world.approve(pull.number)

    world.walk(EU1, "1.1.0", runs=1)
    world.walk(US1, "1.1.0", runs=1)

    assert world.open_pulls() == []
    merged = [world.pull(number) for number in (1, 2, 3, 4)]
    assert [one.title.rpartition(" ")[2] for one in merged] == [
        "dev", "test", "prod-eu1", "prod-us1",
    ]  # fmt: skip
    for one in merged:
        assert (one.merged, one.merged_by and one.merged_by.login) == (True, "edp-gate")
        reviewers = [review.user.login for review in one.get_reviews() if review.user]
        assert reviewers[-1] == "edp-gate"
    assert world.pin("environments/dev/queue.yaml") == "1.0.0"
    assert world.reconcile().stdout == "nothing to do\n"


def test_a_merge_is_a_commit_of_two_parents_with_trailers(world: World) -> None:
    world.release("web", "1.1.0")
    base = world.head()

    world.reconcile()

    merge = world.store.commit(world.head())
    assert merge.parents == (base, world.pull(1).head.sha)
    assert merge.message.startswith("Promote web 1.0.0 -> 1.1.0 to dev (#1)\n\nPromoted-Stack: web")
    assert merge.author.name == "edp-gate"


def test_a_run_that_changes_nothing_writes_nothing(world: World) -> None:
    world.live_in_test("web", "1.1.0")
    world.reconcile()
    world.reconcile()
    refs = world.refs()

    with world.watching() as writes:
        done = world.reconcile()

    assert writes == []
    assert world.refs() == refs
    assert "web prod-eu1: #3 keep 1.0.0 -> 1.1.0\n  approvals: 0 of 1\n" in done.stdout


def test_a_dry_run_decides_the_same_and_writes_nothing(world: World) -> None:
    world.release("web", "1.1.0")
    refs = world.refs()

    with world.watching() as writes:
        done = world.reconcile("--dry-run", "--json")

    assert writes == []
    assert world.refs() == refs
    (decision,) = [one for one in done.document["decisions"] if one["step"] == "open"]
    assert (decision["stack"], decision["environment"], decision["version"]) == (
        "web", "dev", "1.1.0",
    )  # fmt: skip


def test_two_approvals_are_by_two_people(start: StartWorld) -> None:
    world = start(graph=gated("approvals: 2"))
    assert waits_for_test(world) == "approvals: 0 of 2"
    number = world.the_pull().number

    world.approve(number, "alice")
    world.approve(number, "alice")
    assert stays(world) == "approvals: 1 of 2 (alice)"
    world.approve(number, "bob")

    goes_on(world)


def test_outside_the_window_it_waits_until_it_opens(start: StartWorld) -> None:
    window = '{days: Mon-Thu, hours: "14:00-16:00", timezone: Europe/Berlin}'
    world = start(graph=gated(f"windows: [{window}]"))

    text = waits_for_test(world)
    world.clock.now = datetime(2026, 11, 23, 12, 50, tzinfo=UTC)
    assert text in stays(world)
    world.settle(660)

    assert text == "window: opens Mon 2026-11-23 14:00 Europe/Berlin"
    goes_on(world)


def test_a_soak_is_observed_every_ten_minutes_until_it_is_complete(start: StartWorld) -> None:
    world = start(graph=gated("soak: 30m"))
    text = waits_for_test(world)
    evidence = world.evidence("web", "1.1.0", "dev")["intervals"]
    began = datetime.fromisoformat(evidence[0]["from"])

    observed_for(world, 20)
    assert world.pin(TEST) == "1.0.0"
    assert world.policy(world.the_pull().head.sha)[1] == text
    observed_for(world, 10)

    assert (
        f"soak: dev: 30 min complete at {began + timedelta(minutes=30):%a %Y-%m-%d %H:%M}" in text
    )
    assert world.pin(TEST) == "1.1.0"


def test_the_soak_is_not_lost_while_automation_pauses(start: StartWorld) -> None:
    world = start(graph=gated("soak: 30m"))
    waits_for_test(world)
    observed_for(world, 20)

    world.settle(3 * 3600)
    world.reconcile()
    assert world.pin(TEST) == "1.0.0"
    observed_for(world, 10)

    assert world.pin(TEST) == "1.1.0"
    assert len(world.evidence("web", "1.1.0", "dev")["intervals"]) == 2


def test_a_freeze_file_waits_and_its_end_lets_go(start: StartWorld) -> None:
    world = start(graph=gated("approvals: 0"))
    world.commit({"environments/freezes/sale.yaml": FREEZE})

    assert waits_for_test(world) == "freeze: sale until Mon 2026-11-23 12:00 UTC: the big sale"
    world.clock.now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    world.settle()

    goes_on(world)


def test_an_environment_keeps_its_version_until_it_has_soaked_for_the_next(
    start: StartWorld,
) -> None:
    world = start(graph=gated("soak: 30m"))
    waits_for_test(world)
    world.release("web", "1.2.0")

    world.reconcile()
    told = world.policy(next(one.head.sha for one in world.open_pulls() if "dev" in one.title))[1]
    observed_for(world, 30)

    assert told.startswith("settling: 1.1.0 ")
    assert world.pin(TEST) == "1.1.0"
    assert world.pin(DEV) == "1.2.0"


def test_a_required_check_is_waited_for_and_its_failure_refuses(start: StartWorld) -> None:
    world = start(checks=("ci/*",))
    world.release("web", "1.1.0")
    world.reconcile()
    head = world.the_pull().head.sha
    report = world.as_user("root").create_status

    assert world.policy(head)[1] == "checks: ci/*: not reported yet"
    report(head, state="failure", context="ci/test")
    world.reconcile()
    assert world.policy(head)[1] == "checks: ci/test: failure"
    report(head, state="success", context="ci/test")
    world.reconcile()

    assert world.pin(DEV) == "1.1.0"


def test_two_stacks_move_in_one_run(world: World) -> None:
    world.release("web", "1.1.0")
    world.release("queue", "1.1.0")

    world.reconcile()

    assert (world.pin(DEV), world.pin("environments/dev/queue.yaml")) == ("1.1.0", "1.1.0")
    assert world.open_pulls() == []
    assert [line["environment"] for line in world.audit()] == ["dev", "dev"]
