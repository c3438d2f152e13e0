"""What a promotion costs, and that a second run writes nothing and git fetches nothing unasked."""

from dataclasses import dataclass
from pathlib import Path

from reliable_world import log_lengths, refs, start_two_environments, written_since
from world import Result, World


@dataclass(frozen=True)
class Cost:
    result: Result
    api: int
    git: int


def cost_of(world: World, *arguments: str) -> Cost:
    """Run one command and count what it asks of the forge."""
    log = world.platform.server.log
    before = len(log)
    result = world.edp(*arguments)
    is_api = [line.path.startswith("/api/") for line in log[before:]]
    return Cost(result, is_api.count(True), is_api.count(False))


def prepare(world: World) -> None:
    """Both environments were seen by a run, so that there is a ledger and nothing to wait for."""
    assert world.edp("promote", "queue", "--to", "test").code == 0
    world.clock.sleep(60)
    world.settle(5)


def test_opening_a_promotion_takes_6_api_and_9_git_requests(own: World) -> None:
    prepare(own)
    own.release("web", "1.2.0")

    cost = cost_of(own, "promote", "web", "--to", "dev")

    assert cost.result.code == 0, cost.result.stderr
    assert "opened" in cost.result.stdout
    assert cost.api <= 6
    assert cost.git <= 9


def test_merging_a_promotion_takes_10_api_and_12_git_requests(tmp_path: Path) -> None:
    with start_two_environments(tmp_path, ("web",)) as world:
        assert world.edp("promote", "web", "--to", "test").code == 0
        world.clock.sleep(60)
        world.settle(5)

        cost = cost_of(world, "reconcile")

        assert cost.result.code == 0, cost.result.stderr
        assert "#1 merged" in cost.result.stdout
        assert cost.api <= 10
        assert cost.git <= 12


def test_a_second_run_of_promote_writes_nothing(own: World) -> None:
    assert own.edp("promote", "web", "--to", "test").code == 0
    before, known = log_lengths(own), refs(own)

    again = own.edp("promote", "web", "--to", "test")

    assert again.code == 0, again.stderr
    assert written_since(own, before) == []
    assert refs(own) == known


def test_a_second_run_of_reconcile_writes_nothing(own: World) -> None:
    assert own.edp("reconcile").code == 0
    own.clock.sleep(60)
    own.settle(5)
    assert own.edp("reconcile").code == 0  # sees what was merged arrive
    before, known = log_lengths(own), refs(own)

    again = own.edp("reconcile")

    assert again.code == 0, again.stderr
    assert written_since(own, before) == []
    assert refs(own) == known
