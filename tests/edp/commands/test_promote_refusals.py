"""What `edp promote` refuses, and how it says so."""

import pytest
from world import World

HOLD = b"""\
apiVersion: edp/v1
version: 1.0.0
reason: the new login page
by: alice
"""
FREEZE = b"""\
apiVersion: edp/v1
environments: [dev]
from: 2026-11-20T00:00:00Z
until: 2026-11-30T00:00:00Z
reason: the big sale
"""
YANK = b"""\
apiVersion: edp/v1
reason: it loses data
by: bob
"""


@pytest.fixture
def released(world: World) -> World:
    """web 1.1.0 is released."""
    world.release("web", "1.1.0")
    return world


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("nothing", "--to", "dev"), 'there is no stack "nothing"'),
        (("web", "--to", "prod-eu2"), 'did you mean "prod-eu1"?'),
        (("web", "--to", "dev", "--version", "v1.1.0"), "write it like 1.4.0"),
        (("web", "--to", "dev", "--version", "latest"), "'latest' is not an exact version"),
        (("Web", "--to", "dev"), "'Web' is not a name"),
        (("web", "--to", "../dev"), "is not a name"),
        (("web",), "--to"),
    ],
)
def test_wrong_usage_is_told_with_what_to_write(
    released: World, arguments: tuple[str, ...], reason: str
) -> None:
    with released.watching() as writes:
        done = released.edp("promote", *arguments)

    assert (done.code, writes) == (2, [])
    assert reason in done.stderr


def hold(world: World) -> tuple[str, str]:
    world.commit({"environments/holds/dev/web.yaml": HOLD})
    return "1.1.0", "hold: held at 1.0.0 by alice: the new login page"


def yank(world: World) -> tuple[str, str]:
    world.commit({"environments/yanked/web/1.1.0.yaml": YANK})
    return "1.1.0", "not yanked: withdrawn by bob: it loses data"


def nothing(_: World) -> tuple[str, str]:
    return "1.2.0", "released: web 1.2.0 has no tag"


def newer(world: World) -> tuple[str, str]:
    path = "environments/dev/web.yaml"
    world.commit({path: world.file(path).replace(b"web/v1.0.0", b"web/v1.1.0")})
    return "1.0.0", "newer: dev runs the newer 1.1.0"


def same(_: World) -> tuple[str, str]:
    return "1.0.0", "newer: dev already runs 1.0.0"


def spoiled_tag(world: World) -> tuple[str, str]:
    world.put_tag("web/v1.1.0", world.head(), email="alice@example.org")
    world.put_tag("web/v1.1.0", world.store.commit(world.head()).parents[0])
    return "1.1.0", "the version was introduced by"


@pytest.mark.parametrize("prepare", [hold, yank, nothing, newer, same, spoiled_tag])
def test_policy_refuses_with_its_reason_and_nothing_is_written(
    released: World, prepare: object
) -> None:
    assert callable(prepare)
    version, reason = prepare(released)
    released.reconcile("--dry-run")

    with released.watching() as writes:
        done = released.edp("promote", "web", "--to", "dev", "--version", version)

    assert done.code == 3, done.stderr
    assert reason in done.stderr
    assert "edp explain web dev" in done.stderr
    assert [one for one in writes if "edp-ledger" not in one and "receive-pack" not in one] == []
    assert [ref for ref in released.refs() if ref.startswith("refs/heads/promote")] == []


def test_a_freeze_only_waits_with_its_end_in_the_pull_request(released: World) -> None:
    released.commit({"environments/freezes/sale.yaml": FREEZE})

    done = released.edp("promote", "web", "--to", "dev")

    pull = released.the_pull()
    assert done.code == 0, done.stderr
    assert released.policy(pull.head.sha) == (
        "pending",
        "freeze: sale until Mon 2026-11-30 00:00 UTC: the big sale",
    )


def test_a_version_that_was_never_healthy_before_is_refused(released: World) -> None:
    done = released.edp("promote", "web", "--to", "test", "--version", "1.1.0")

    assert done.code == 3
    assert "healthy: dev runs 1.0.0, not 1.1.0" in done.stderr
    assert released.open_pulls() == []


def test_a_refused_version_leaves_the_open_promotion_of_another_alone(released: World) -> None:
    released.edp("promote", "web", "--to", "dev")
    released.release("web", "1.2.0")
    released.commit({"environments/yanked/web/1.2.0.yaml": YANK})

    done = released.edp("promote", "web", "--to", "dev", "--version", "1.2.0")

    assert done.code == 3
    assert released.the_pull().title == "Promote web 1.0.0 → 1.1.0 to dev"


def test_nothing_newer_is_nothing_to_do(world: World) -> None:
    done = world.edp("promote", "web", "--to", "dev")

    assert (done.code, done.stdout) == (0, "nothing to do\n")
    assert world.open_pulls() == []


def test_what_a_person_closed_is_opened_again_only_when_a_person_says_so(released: World) -> None:
    released.edp("promote", "web", "--to", "dev")
    released.as_user("alice").get_pull(1).close()

    refused = released.edp("promote", "web", "--to", "dev", "--version", "1.1.0")
    told = released.ledger_paths("closed/")
    again = released.edp("promote", "web", "--to", "dev", "--version", "1.1.0", "--again")

    assert refused.code == 3
    assert "not closed: #1 was closed by a person; undo with promote --again" in refused.stderr
    assert told == ["closed/web/1.1.0/dev.json"]
    assert again.code == 0, again.stderr
    assert released.the_pull().number == 2
    assert released.ledger_paths("closed/") == []


def test_a_promotion_opened_again_is_carried_on_by_reconcile(released: World) -> None:
    released.edp("promote", "web", "--to", "dev")
    released.as_user("alice").get_pull(1).close()
    released.reconcile()
    assert released.open_pulls() == []

    released.edp("promote", "web", "--to", "dev", "--again")
    released.reconcile()

    assert released.pin("environments/dev/web.yaml") == "1.1.0"


def test_a_dry_run_of_again_allows_nothing(released: World) -> None:
    released.edp("promote", "web", "--to", "dev")
    released.as_user("alice").get_pull(1).close()
    released.reconcile()

    with released.watching() as writes:
        done = released.edp("promote", "web", "--to", "dev", "--again", "--dry-run")

    assert (done.code, writes) == (0, [])
    assert "web dev: open 1.0.0 -> 1.1.0" in done.stdout
    assert released.edp("promote", "web", "--to", "dev", "--version", "1.1.0").code == 3
