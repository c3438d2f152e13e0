"""`edp drift` with a real provider: kinds of difference that must not be taken for one another."""

import pytest
from tf_backend import StateBackend
from tf_platform import TerraformPlatform, server, thing

UNAVAILABLE, BUSY, DIFFERENCES = 4, 6, 10


@pytest.fixture
def live(platform: TerraformPlatform) -> TerraformPlatform:
    """A server in dev, beside what there is everywhere."""
    platform.adopt(dev=thing("dev") + server("box"))
    return platform


def test_what_is_as_applied_is_clean(live: TerraformPlatform) -> None:
    done = live.edp("drift", "--exit-code", "--json")

    assert done.code == 0, done.stdout
    assert done.document["totals"] == {"clean": 3}


def test_what_somebody_changed_by_hand_has_drifted(live: TerraformPlatform) -> None:
    live.cloud.edit("box", size="huge")

    done = live.edp("drift", "--exit-code")

    assert done.code == DIFFERENCES
    assert "dev/network: drift, 1 to update" in done.stdout
    assert "  world_server.box was changed outside of Terraform" in done.stdout
    assert "test/network: clean" in done.stdout


def test_what_somebody_deleted_has_drifted(live: TerraformPlatform) -> None:
    live.cloud.remove("box")

    assert live.edp("drift", "--exit-code").code == DIFFERENCES


def test_what_was_merged_and_not_applied_is_pending(live: TerraformPlatform) -> None:
    live.changed_to("test/network", thing("test", "large"))

    done = live.edp("drift", "--exit-code")

    assert done.code == 0, done.stdout
    assert "test/network: pending, 1 to update" in done.stdout


def test_drift_that_may_be_is_told_apart(live: TerraformPlatform) -> None:
    live.write(
        "terraform/live/dev/network/root.yaml",
        "apiVersion: edp/v1\nignoreDrift: [world_server.box]\n",
    )
    live.changed_to("dev/network", thing("dev") + server("box") + "# ignored\n")
    live.cloud.edit("box", size="huge")

    done = live.edp("drift", "--exit-code")

    assert done.code == 0, done.stdout
    assert "dev/network: ignored drift" in done.stdout


def test_a_held_lock_and_a_broken_cloud_are_no_drift(
    live: TerraformPlatform, backend: StateBackend
) -> None:
    backend.hold("test-network")
    busy = live.edp("drift", "--exit-code")
    live.cloud.breaks("the cloud is on fire")
    broken = live.edp("drift", "--exit-code")

    assert busy.code == BUSY
    assert "test/network: busy" in busy.stdout
    assert broken.code == UNAVAILABLE
    assert "dev/network: broken" in broken.stdout
    assert "The world cannot be read" in broken.stdout


def test_what_left_the_branch_with_its_objects_is_orphaned(live: TerraformPlatform) -> None:
    live.git("rm", "-r", "--quiet", "terraform/live/test/network")
    live.commit()
    live.push()

    done = live.edp("drift", "--exit-code")

    assert done.code == DIFFERENCES
    assert "test/network: orphaned, 1 resource would be orphaned" in done.stdout


def test_nothing_is_written(live: TerraformPlatform) -> None:
    live.cloud.edit("box", size="huge")

    with live.world.watching() as writes:
        live.edp("drift")

    assert writes == []
