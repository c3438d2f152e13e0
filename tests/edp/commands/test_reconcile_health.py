"""What Argo CD says decides: only what is seen healthy moves on."""

import pytest
from small_platform import GRAPH
from world import StartWorld, World

DEV = "environments/dev/web.yaml"
TEST = "environments/test/web.yaml"
EU1 = "environments/prod/eu1/web.yaml"
US1 = "environments/prod/us1/web.yaml"
EU1_AFTER_DEV = GRAPH.replace("from: [test]\n    gates: {approvals: 1}", "from: [dev]")


@pytest.fixture
def in_dev(world: World) -> World:
    """web 1.1.0 is live in dev, and nothing was decided about it yet."""
    world.release("web", "1.1.0")
    world.walk(DEV, "1.1.0", runs=1)
    return world


def why(world: World, environment: str = "test") -> str:
    """What a run says of web in an environment where it is not promoted."""
    done = world.reconcile("--json")
    (found,) = [
        one
        for one in done.document["decisions"]
        if (one["stack"], one["environment"]) == ("web", environment)
    ]
    assert found["step"] == "wait", found
    gates: list[dict[str, str]] = found["gates"]
    return next(gate["reason"] for gate in gates if gate["name"] == "healthy")


def test_what_is_degraded_in_dev_does_not_reach_test(world: World) -> None:
    world.platform.argocds["dev"].degrade_next("web", "ImagePullBackOff")
    world.release("web", "1.1.0")
    world.walk(DEV, "1.1.0", runs=1)

    reason = why(world)

    assert reason.startswith("dev: ")
    assert "ImagePullBackOff" in reason
    assert world.pin(TEST) == "1.0.0"
    assert world.open_pulls() == []


def test_the_fix_of_a_degraded_version_goes_on_without_it(world: World) -> None:
    world.platform.argocds["dev"].degrade_next("web", "ImagePullBackOff")
    world.release("web", "1.1.0")
    world.walk(DEV, "1.1.0", runs=1)
    world.reconcile()
    world.release("web", "1.1.1")

    world.walk(TEST, "1.1.1", runs=3)

    assert [line["to"] for line in world.audit() if line["environment"] == "test"] == ["1.1.1"]


def test_what_is_degraded_in_the_first_cluster_does_not_reach_the_next(start: StartWorld) -> None:
    world = start(graph=EU1_AFTER_DEV)
    world.platform.argocds["prod"].degrade_next("eu1-web", "CrashLoopBackOff")
    world.release("web", "1.1.0")
    world.walk(EU1, "1.1.0", runs=2)

    reason = why(world, "prod-us1")

    assert "prod-eu1: " in reason
    assert "CrashLoopBackOff" in reason
    assert world.pin(US1) == "1.0.0"
    world.platform.argocds["prod"].recover("eu1-web")
    world.settle()
    world.walk(US1, "1.1.0", runs=1)


def test_a_version_that_breaks_while_its_promotion_waits_is_not_merged(start: StartWorld) -> None:
    world = start(graph=GRAPH.replace("from: [dev]}", "from: [dev], gates: {approvals: 1}}"))
    world.release("web", "1.1.0")
    world.walk(DEV, "1.1.0")
    world.reconcile()
    world.platform.argocds["dev"].degrade("web", "the disk is full")
    world.settle()
    world.approve(2)

    world.reconcile()

    assert world.pin(TEST) == "1.0.0"
    assert "the disk is full" in world.policy(world.the_pull().head.sha)[1]
    world.platform.argocds["dev"].recover("web")
    world.settle()
    world.walk(TEST, "1.1.0", runs=1)


def test_another_stacks_trouble_stands_in_nobodys_way(in_dev: World) -> None:
    in_dev.platform.argocds["dev"].degrade("queue", "the disk is full")
    in_dev.settle()

    in_dev.walk(TEST, "1.1.0", runs=1)


def test_an_argo_cd_that_gives_no_answer_proves_nothing_and_fails_nothing(in_dev: World) -> None:
    in_dev.platform.argocds["dev"].unreachable()

    done = in_dev.edp("reconcile")

    assert done.code == 0, done.stderr
    assert in_dev.pin(TEST) == "1.0.0"
    assert in_dev.open_pulls() == []
    assert in_dev.evidence("web", "1.1.0", "dev")["health"] == "unknown"
    in_dev.platform.argocds["dev"].reachable()
    in_dev.walk(TEST, "1.1.0", runs=1)


def test_a_silent_cluster_only_stops_what_asks_for_it(start: StartWorld) -> None:
    world = start(graph=EU1_AFTER_DEV)
    world.platform.argocds["prod"].unreachable()
    world.release("web", "1.1.0")

    world.walk(TEST, "1.1.0", runs=3)

    assert world.pin(EU1) == "1.1.0"
    assert world.pin(US1) == "1.0.0"


def test_a_controller_that_stands_still_is_not_believed(in_dev: World) -> None:
    in_dev.platform.argocds["dev"].freeze()
    in_dev.settle(700)

    reason = why(in_dev)

    assert "10 min" in reason or "stale" in reason or "since" in reason, reason
    assert in_dev.pin(TEST) == "1.0.0"
    in_dev.platform.argocds["dev"].thaw()
    in_dev.settle()
    in_dev.walk(TEST, "1.1.0", runs=1)


def test_an_application_that_does_not_exist_is_not_healthy(in_dev: World) -> None:
    in_dev.platform.argocds["dev"].freeze()
    in_dev.platform.argocds["dev"].objects.delete("web")

    assert "there is no such Application" in why(in_dev)
    assert in_dev.pin(TEST) == "1.0.0"


def test_a_root_application_that_is_broken_does_not_vouch(in_dev: World) -> None:
    in_dev.platform.argocds["dev"].comparison_error("root-dev", "the overlay is broken")
    in_dev.settle()

    reason = why(in_dev)

    assert "root-dev" in reason
    assert in_dev.pin(TEST) == "1.0.0"


def test_a_tag_that_moved_after_its_promotion_goes_no_further(in_dev: World) -> None:
    in_dev.put_tag("web/v1.1.0", in_dev.commit({"README.md": b"moved\n"}))
    in_dev.settle()

    in_dev.reconcile()

    assert in_dev.pin(TEST) == "1.0.0"
    assert in_dev.open_pulls() == []


def test_a_cluster_that_the_kubeconfig_does_not_know_is_wrong_configuration(
    in_dev: World,
) -> None:
    graph = in_dev.file("environments/promotion.yaml")
    in_dev.commit({"environments/promotion.yaml": graph.replace(b"context: dev", b"context: dvv")})

    with in_dev.watching() as writes:
        done = in_dev.edp("reconcile")

    assert (done.code, writes) == (2, [])
    assert "dvv" in done.stderr
