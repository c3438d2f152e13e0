"""`edp explain` against the sandbox."""

import pytest
from small_platform import gated
from world import StartWorld, World

FREEZE = (
    b"apiVersion: edp/v1\nenvironments: [dev]\nfrom: 2026-11-01T00:00:00Z\n"
    b"until: 2026-12-01T00:00:00Z\nreason: quiet\n"
)
GATES = [
    "released", "newer", "not yanked", "not closed", "hold", "freeze", "healthy", "soak",
    "settling", "approvals", "window", "terraform", "checks", "branch",
]  # fmt: skip


@pytest.fixture
def released(world: World) -> World:
    """web 1.1.0 is released."""
    world.release("web", "1.1.0")
    return world


@pytest.fixture
def in_dev(released: World) -> World:
    """web 1.1.0 is live in dev."""
    released.walk("environments/dev/web.yaml", "1.1.0", runs=1)
    return released


def explain(world: World, *arguments: str) -> str:
    done = world.edp("explain", *arguments)
    assert done.code == 0, done.stderr
    return done.stdout


def test_it_tells_every_gate_and_what_comes_next(released: World) -> None:
    released.commit({"environments/freezes/quiet.yaml": FREEZE})
    released.edp("promote", "web", "--to", "dev")
    released.settle(3600)

    lines = explain(released, "web", "dev").splitlines()

    assert lines[0].startswith("web 1.1.0 is not in dev (runs 1.0.0 since 1 h ")
    assert "Pull request #1" in lines[0]
    rows = {line[4:14].strip(): line for line in lines if line.startswith("  ")}
    assert list(rows) == GATES
    assert rows["released"].startswith("  ✓ released    web/v1.1.0 at ")
    assert rows["freeze"] == "  … freeze      quiet until Tue 2026-12-01 00:00 UTC: quiet"
    assert lines[-1] == "Next: nothing before Tue 2026-12-01 00:00 UTC."


def test_it_changes_nothing(released: World) -> None:
    with released.watching() as writes:
        explain(released, "web", "dev")
        explain(released, "web", "prod-us1", "1.1.0")

    assert writes == []


def test_where_nothing_stands_in_the_way_it_says_so(released: World) -> None:
    assert "Next: nothing stands in the way" in explain(released, "web", "dev")


def test_what_is_refused_needs_somebody(released: World) -> None:
    shown = explain(released, "web", "test")

    assert "✗ healthy     dev runs 1.0.0, not 1.1.0" in shown
    assert "There is no pull request." in shown


def test_a_version_that_is_there_is_said_to_be_there(released: World) -> None:
    shown = explain(released, "web", "dev", "1.0.0")

    assert shown.startswith("web 1.0.0 is in dev since ")
    assert "Next" not in shown
    assert "there is no newer release" in explain(released, "queue", "dev")


def test_another_version_that_could_go_is_named_with_its_command(released: World) -> None:
    released.commit({"environments/freezes/quiet.yaml": FREEZE})
    released.edp("promote", "web", "--to", "dev", "--version", "1.1.0")
    released.release("web", "1.2.0")

    shown = explain(released, "web", "dev")

    assert shown.startswith("web 1.1.0 is not in dev")
    assert "edp promote web --to dev --version 1.2.0" in shown


def test_json_has_stable_keys(released: World) -> None:
    document = released.edp("explain", "web", "dev", "--json").document

    assert sorted(document) == [
        "alternative", "environment", "gates", "present", "pull", "schema", "since", "stack",
        "unreachable", "version",
    ]  # fmt: skip
    assert document["since"] == "2026-11-23T09:00:00Z"
    assert [gate["name"] for gate in document["gates"]] == GATES
    assert sorted(document["gates"][0]) == ["changesAt", "name", "reason", "state"]


def test_a_broken_pin_is_explained_by_its_file(released: World) -> None:
    path = "environments/dev/web.yaml"
    released.commit({path: released.file(path).replace(b"refs/tags/web/v1.0.0", b"latest")})

    lines = explain(released, "web", "dev").splitlines()

    assert lines[0] == "web in dev: what runs there cannot be told."
    assert lines[1].startswith(f"  {path}:8: targetRevision: expected a release of web")
    assert len(lines) == 2


def test_what_a_person_closed_is_explained(released: World) -> None:
    released.edp("promote", "web", "--to", "dev")
    released.as_user("alice").get_pull(1).close()

    shown = explain(released, "web", "dev", "1.1.0")

    assert "✗ not closed  #1 was closed by a person; undo with promote --again" in shown


def test_a_silent_cluster_is_explained_from_the_ledger_with_its_age(start: StartWorld) -> None:
    world = start(graph=gated("soak: 1d"))
    world.release("web", "1.1.0")
    world.walk("environments/dev/web.yaml", "1.1.0", runs=1)
    world.reconcile()
    world.platform.argocds["dev"].unreachable()
    seen = world.evidence("web", "1.1.0", "dev")["observedAt"]
    world.settle(3600)

    shown = explain(world, "web", "test", "1.1.0")
    other = world.edp("explain", "web", "test", "1.1.0", "--json").document

    assert "✓ healthy     dev: Healthy and Synced at " in shown
    assert "Argo CD dev gave no answer: " in shown
    assert f"dev: what is said was seen Mon 2026-11-23 {seen[11:19]} UTC" in shown
    assert list(other["unreachable"]) == ["dev"]


def test_without_any_kubeconfig_it_works_from_the_ledger(in_dev: World) -> None:
    done = in_dev.edp("explain", "web", "test", KUBECONFIG="")

    assert done.code == 0, done.stderr
    assert "Argo CD dev gave no answer: " in done.stdout


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("nothing", "dev"), 'there is no stack "nothing"'),
        (("web", "production"), 'there is no environment "production"'),
        (("web", "dev", "1.x"), "is not an exact version"),
    ],
)
def test_wrong_usage_is_told(world: World, arguments: tuple[str, ...], reason: str) -> None:
    done = world.edp("explain", *arguments)

    assert done.code == 2
    assert reason in done.stderr
