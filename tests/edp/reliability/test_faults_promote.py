"""`edp promote` on servers that fail: it ends as documented, and the next run finishes it."""

import pytest
from disturbances import Disturbance, disturbances, run_disturbed, sampled
from reliable_world import (
    STACKS,
    assert_audit_is_complete,
    assert_every_pull_has_its_branch,
    assert_one_promotion,
    begin_promotion,
    open_pulls,
)
from world import World

UNAVAILABLE = 4
SEED = 8
REQUESTS = 18
CASES = disturbances(REQUESTS) + disturbances(REQUESTS, lasts=True)


@pytest.mark.parametrize("disturbance", sampled(CASES, seed=SEED))
def test_a_disturbed_promotion_is_finished_by_the_next_run(
    shared: World, disturbance: Disturbance
) -> None:
    stack = STACKS[CASES.index(disturbance) % len(STACKS)]
    begin_promotion(shared, stack)

    run_disturbed(shared, disturbance, "promote", stack, "--to", "test")
    shared.clock.sleep(60)
    shared.settle(5)
    again = shared.edp("promote", stack, "--to", "test")

    assert again.code == 0, again.stderr
    assert_one_promotion(shared, stack)
    assert_every_pull_has_its_branch(shared)
    assert_audit_is_complete(shared)


@pytest.mark.parametrize("how", ["reset", "hang"])
def test_an_argocd_that_does_not_answer_delays_a_promotion(own: World, how: str) -> None:
    argocd = own.platform.argocds["dev"]
    argocd.unreachable(how)
    if how == "hang":
        own.platform.clusters["dev"].faults.release()  # let it hang up at once

    silent = own.edp("promote", "web", "--to", "test")
    assert silent.code == UNAVAILABLE, silent
    assert "no answer" in silent.stderr
    assert open_pulls(own, "web") == []

    argocd.reachable()
    assert own.edp("promote", "web", "--to", "test").code == 0
    assert_one_promotion(own, "web")
