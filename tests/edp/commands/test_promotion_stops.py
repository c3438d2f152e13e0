"""What stops every promotion command before its first write, and with which code."""

import pytest
import small_platform
from world import World

WRITING = (("reconcile",), ("promote", "web", "--to", "dev"), ("release",))
HOLD = "environments/holds/test/web.yaml"
YANK = "environments/yanked/web/1.1.0.yaml"
FREEZE = "environments/freezes/summer.yaml"


@pytest.fixture
def pending(world: World) -> World:
    """A world in which there is something to release and something to promote."""
    world.release("web", "1.1.0")
    world.commit(small_platform.stack_files("queue", "1.1.0"))
    return world


def test_a_pause_stops_every_writing_command(pending: World) -> None:
    for command in WRITING:
        with pending.watching() as writes:
            done = pending.edp(*command, EDP_PAUSED="an incident")

        assert (done.code, writes) == (3, []), command
        assert "paused: an incident" in done.stderr


def test_a_pause_stops_neither_reading_nor_dry_runs(pending: World) -> None:
    for command in (("status",), ("explain", "web", "dev"), ("reconcile", "--dry-run")):
        done = pending.edp(*command, EDP_PAUSED="an incident")

        assert done.code == 0, (command, done.stderr)


def test_a_wrong_token_is_wrong_configuration(pending: World) -> None:
    for command in WRITING:
        done = pending.edp(*command, EDP_TOKEN="0" * 40)

        assert done.code == 2, (command, done.stderr)
        assert "EDP_TOKEN" in done.stderr
        assert "0" * 40 not in done.stderr


def test_a_repository_that_there_is_not_is_wrong_configuration(pending: World) -> None:
    done = pending.edp("reconcile", EDP_REPOSITORY="platform/nothing")

    assert done.code == 2
    assert "EDP_REPOSITORY" in done.stderr


def test_a_server_that_is_down_is_somebody_elses_failure(pending: World) -> None:
    pending.close()
    pending.platform.server.stop()

    for command in WRITING:
        done = pending.edp(*command)

        assert done.code == 4, (command, done.stderr)
        assert "run again" in done.stderr


def test_without_the_gates_token_nothing_is_merged_and_no_success_is_left(pending: World) -> None:
    done = pending.reconcile(code=2, EDP_GATE_TOKEN="")

    assert "EDP_GATE_TOKEN" in done.stderr
    pull = pending.the_pull()
    assert pending.policy(pull.head.sha)[0] == "pending"
    assert pending.pin("environments/dev/web.yaml") == "1.0.0"


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("environments/promotion.yaml", b"apiVersion: edp/v1\nenvironments: [\n"),
        ("environments/promotion.yaml", b"apiVersion: edp/v9\n"),
        (HOLD, b"apiVersion: edp/v1\nversion: 1.0.0\nresaon: typo\nby: alice\n"),
        (YANK, b"apiVersion: edp/v1\nreason: 7\n"),
        (FREEZE, b"apiVersion: edp/v1\nenvironments: [prod]\n"),
        (
            "environments/holds/tset/web.yaml",
            b"apiVersion: edp/v1\nversion: 1.0.0\nreason: r\nby: alice\n",
        ),
        ("environments/freezes/Summer.yaml", b"apiVersion: edp/v1\n"),
    ],
)
def test_broken_policy_stops_everything_before_a_write(
    pending: World, path: str, content: bytes
) -> None:
    pending.commit({path: content})

    for command in WRITING[:2]:
        with pending.watching() as writes:
            done = pending.edp(*command)

        assert (done.code, writes) == (2, []), done.stderr
        assert path in done.stderr or 'there is no environment "tset"' in done.stderr
        assert done.stderr.count("\n") < 12


def test_a_missing_graph_stops_everything_before_a_write(pending: World) -> None:
    pending.commit({"environments/promotion.yaml": None})

    for command in WRITING:
        with pending.watching() as writes:
            done = pending.edp(*command)

        assert (done.code, writes) == (2, []), done.stderr
        assert "environments/promotion.yaml is missing" in done.stderr


def test_an_unreadable_pin_only_stops_its_own_pair(pending: World) -> None:
    assert pending.edp("release").code == 0
    path = "environments/dev/queue.yaml"
    pending.commit({path: pending.file(path).replace(b"refs/tags/queue/v1.0.0", b"latest")})

    done = pending.edp("reconcile")
    asked = pending.edp("promote", "queue", "--to", "dev")

    assert done.code == 0, done.stderr
    assert path in done.stdout
    assert pending.pin("environments/dev/web.yaml") == "1.1.0"
    assert b"latest" in pending.file(path)
    assert asked.code == 2
    assert path in asked.stderr
