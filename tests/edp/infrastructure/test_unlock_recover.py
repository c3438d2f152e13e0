"""`edp unlock` and `edp recover`: what only a person may do."""

import json

import pytest
from tf_backend import StateBackend, StateFault
from tf_platform import TerraformPlatform, thing

from sandbox.forge.records import RunStatus
from sandbox.platform import FULL_NAME

INVALID, REFUSED, CONFLICT, BUSY = 2, 3, 5, 6


@pytest.fixture
def live(platform: TerraformPlatform) -> TerraformPlatform:
    platform.adopt()
    return platform


def test_the_holder_is_shown_and_nothing_taken_away(
    live: TerraformPlatform, backend: StateBackend
) -> None:
    held = backend.hold("dev-network")

    done = live.edp("unlock", "dev/network", "--id", "x", "--dry-run")

    assert done.code == 0, done.stderr
    assert held["ID"] in done.stdout
    assert "dev-network" in backend.locks


def test_another_lock_than_the_named_one_stays(
    live: TerraformPlatform, backend: StateBackend
) -> None:
    backend.hold("dev-network")

    done = live.edp("unlock", "dev/network", "--id", "another")

    assert done.code == CONFLICT
    assert "dev-network" in backend.locks


def test_the_named_lock_is_taken_away(live: TerraformPlatform, backend: StateBackend) -> None:
    held = backend.hold("dev-network")

    done = live.edp("unlock", "dev/network", "--id", held["ID"])

    assert done.code == 0, done.stderr
    assert backend.locks == {}


def test_what_is_not_locked_is_left_alone(live: TerraformPlatform) -> None:
    done = live.edp("unlock", "dev/network", "--id", "x")

    assert (done.code, done.stdout) == (0, "dev/network: is not locked\n")


def test_a_kept_state_is_stored_and_the_next_run_goes_on(
    live: TerraformPlatform, backend: StateBackend
) -> None:
    live.changed_to("dev/network", thing("dev", "large"))
    backend.fault = StateFault("POST", status=500)
    live.edp("apply")
    backend.fault = None
    assert live.sizes("dev/network") == {"dev": "small"}

    done = live.edp("recover", "dev/network")

    assert done.code == 0, done.stderr
    assert live.sizes("dev/network") == {"dev": "large"}
    assert live.rescued("dev/network") == []
    after = live.edp("apply", "--json")
    assert after.code == 0, after.stdout
    assert after.document["roots"][0]["result"] == "unchanged"


def test_a_state_of_something_else_is_not_taken(
    live: TerraformPlatform, backend: StateBackend
) -> None:
    folder = live.states / "dev" / "network"
    folder.mkdir(parents=True)
    state = json.loads(backend.states["test-network"])
    (folder / "errored.tfstate").write_text(json.dumps(state))

    done = live.edp("recover", "dev/network")

    assert done.code == CONFLICT
    assert live.sizes("dev/network") == {"dev": "small"}
    assert len(live.rescued("dev/network")) == 1


def test_without_a_kept_state_it_says_where_it_looked(live: TerraformPlatform) -> None:
    done = live.edp("recover", "test/network")

    assert done.code == INVALID
    assert "no state is kept in" in done.stderr


def began(live: TerraformPlatform, run: int) -> None:
    """The ledger says that a workflow run is applying dev/network."""
    live.record("dev/network", result="running", run=str(run), endedAt=None, clean=False)


@pytest.mark.parametrize(("status", "word"), [("running", "still at it"), ("failure", "is dead")])
def test_a_dead_run_is_told_from_a_living_one(
    live: TerraformPlatform, backend: StateBackend, status: RunStatus, word: str
) -> None:
    live.changed_to("dev/network", thing("dev", "large"))
    run = live.world.platform.forge.add_run(FULL_NAME, status=status, jobs=(("apply", status),))
    began(live, run)
    backend.hold("dev-network")

    done = live.edp("apply", "--json", "--root", "dev/network", "--lock-timeout", "0")

    assert done.code == BUSY
    assert word in done.document["roots"][0]["reason"]


def test_the_lock_of_a_living_run_is_not_taken_away(
    live: TerraformPlatform, backend: StateBackend
) -> None:
    forge = live.world.platform.forge
    run = forge.add_run(FULL_NAME, status="running", jobs=(("apply", "running"),))
    began(live, run)
    held = backend.hold("dev-network")

    alive = live.edp("unlock", "dev/network", "--id", held["ID"])
    forge.change_run(run, "cancelled")
    dead = live.edp("unlock", "dev/network", "--id", held["ID"], FORGEJO_ACTOR="alice")

    assert (alive.code, dead.code) == (REFUSED, 0), dead.stderr
    assert backend.locks == {}
    record = json.loads(live.world.file("terraform/dev/network.json", "edp-ledger"))
    assert (record["result"], record["reason"]) == ("failed", "its lock was taken away by alice")
