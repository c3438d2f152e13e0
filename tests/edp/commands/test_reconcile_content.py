"""What becomes of promotions when the repository or the ledger says something else."""

import pytest
from small_platform import GRAPH, gated
from world import StartWorld, World

DEV = "environments/dev/web.yaml"
TEST = "environments/test/web.yaml"
BRANCH = "promote/web/test"
YANK = b"apiVersion: edp/v1\nreason: it loses data\nby: bob\n"
EVIDENCE = "evidence/web/1.1.0/dev.json"


@pytest.fixture
def waiting(start: StartWorld) -> World:
    """web 1.1.0 waits for an approval before test, as #2."""
    world = start(graph=gated("approvals: 1"))
    world.release("web", "1.1.0")
    world.walk(DEV, "1.1.0")
    world.reconcile()
    assert world.the_pull().number == 2
    return world


def closed_by_bot(world: World, number: int) -> str:
    """The comment with which the bot closed a pull request."""
    pull = world.pull(number)
    assert (pull.state, pull.merged) == ("closed", False)
    assert [label.name for label in pull.labels] == ["edp/closed-by-bot"]
    (comment,) = world.comments(number)
    return comment


def test_a_promotion_that_somebody_else_carried_out_is_closed(waiting: World) -> None:
    waiting.commit({TEST: waiting.file(TEST, BRANCH)}, "by hand")

    waiting.reconcile()
    with waiting.watching() as writes:
        waiting.reconcile()

    assert "test already runs 1.1.0" in closed_by_bot(waiting, 2).replace("\\", "")
    assert f"refs/heads/{BRANCH}" not in waiting.refs()
    assert waiting.ledger_paths("closed/") == []
    assert writes == []


def test_a_withdrawn_versions_promotion_is_closed(waiting: World) -> None:
    waiting.commit({"environments/yanked/web/1.1.0.yaml": YANK})

    waiting.reconcile()

    assert "withdrawn by bob" in closed_by_bot(waiting, 2)
    assert waiting.pin(TEST) == "1.0.0"
    assert f"refs/heads/{BRANCH}" not in waiting.refs()


def test_a_withdrawn_versions_promotion_is_rewritten_where_another_is_eligible(
    waiting: World,
) -> None:
    waiting.approve(2)
    waiting.commit({"environments/freezes/now.yaml": freeze()})
    waiting.release("web", "1.2.0")
    waiting.walk(DEV, "1.2.0")
    waiting.reconcile()
    assert waiting.the_pull().title.split()[4] == "1.1.0"
    waiting.commit({"environments/yanked/web/1.1.0.yaml": YANK})

    waiting.reconcile()

    assert waiting.the_pull().number == 2
    assert waiting.the_pull().title == "Promote web 1.0.0 → 1.2.0 to test"
    assert waiting.policy(waiting.the_pull().head.sha)[0] == "pending"


def freeze() -> bytes:
    return (
        b"apiVersion: edp/v1\nenvironments: [test]\nfrom: 2026-11-01T00:00:00Z\n"
        b"until: 2026-12-01T00:00:00Z\nreason: quiet\n"
    )


def test_a_hold_stops_an_approved_promotion_and_its_end_lets_go(waiting: World) -> None:
    hold = "environments/holds/test/web.yaml"
    text = b"apiVersion: edp/v1\nversion: 1.0.0\nreason: an incident\nby: alice\n"
    waiting.commit({hold: text})
    waiting.approve(2)

    waiting.reconcile()
    state, told = waiting.policy(waiting.the_pull().head.sha)
    waiting.commit({hold: None})
    waiting.reconcile()

    assert (state, told) == ("pending", "hold: held at 1.0.0 by alice: an incident")
    assert waiting.pin(TEST) == "1.1.0"


def test_a_hold_with_an_end_ends_by_itself(waiting: World) -> None:
    text = (
        b"apiVersion: edp/v1\nversion: 1.0.0\nreason: r\nby: alice\nuntil: 2026-11-23T12:00:00Z\n"
    )
    waiting.commit({"environments/holds/test/web.yaml": text})
    waiting.approve(2)
    waiting.reconcile()
    assert waiting.pin(TEST) == "1.0.0"

    waiting.settle(4 * 3600)
    waiting.reconcile()

    assert waiting.pin(TEST) == "1.1.0"


def test_an_environment_that_left_the_graph_is_left_alone(start: StartWorld) -> None:
    world = start(graph=GRAPH.replace("gates: {approvals: 1}", "gates: {approvals: 2}"))
    world.live_in_test("web", "1.1.0")
    world.reconcile()
    pull = world.the_pull()
    kept = world.text("environments/promotion.yaml")
    begin, end = kept.index("  prod-eu1:"), kept.index("bots:")
    world.commit({"environments/promotion.yaml": (kept[:begin] + kept[end:]).encode()})

    done = world.edp("reconcile")

    assert done.code == 0, done.stderr
    after = world.pull(pull.number)
    assert (after.state, after.head.sha) == ("open", pull.head.sha)
    assert world.policy(pull.head.sha)[0] == "pending"


def test_corrupt_evidence_stops_its_pair_alone_and_is_named(waiting: World) -> None:
    waiting.commit_to_ledger({EVIDENCE: b"{}\n"})
    waiting.approve(2)
    waiting.release("queue", "1.1.0")

    waiting.reconcile()
    waiting.settle()
    waiting.reconcile()

    assert waiting.pin(TEST) == "1.0.0"
    pull = waiting.pull(2)
    state, told = waiting.policy(pull.head.sha)
    assert (state, f"the ledger's {EVIDENCE} is corrupt" in told) == ("pending", True)
    assert waiting.text(EVIDENCE, "edp-ledger") == "{}\n"
    assert waiting.pin("environments/dev/queue.yaml") == "1.1.0"


def test_a_removed_document_is_observed_anew(waiting: World) -> None:
    waiting.commit_to_ledger({EVIDENCE: None})
    waiting.approve(2)

    waiting.reconcile()

    assert waiting.pin(TEST) == "1.1.0"
    assert EVIDENCE in waiting.ledger_paths("evidence/")


def test_a_promotion_whose_branch_lost_its_pull_request_gets_one(waiting: World) -> None:
    waiting.platform.forge.repository("platform/edp").pulls.pop()

    waiting.reconcile()

    assert waiting.the_pull().head.sha == waiting.head(BRANCH)


def test_an_old_branch_without_use_is_removed(waiting: World) -> None:
    waiting.platform.forge.repository("platform/edp").pulls.pop()
    waiting.commit({"environments/yanked/web/1.1.0.yaml": YANK})
    waiting.settle(2 * 3600)

    waiting.reconcile()

    assert f"refs/heads/{BRANCH}" not in waiting.refs()
