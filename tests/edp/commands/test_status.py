"""`edp status` against the sandbox."""

from world import World


def rows(world: World) -> dict[str, list[str]]:
    """The table's lines by stack, without the ages."""
    done = world.edp("status")
    assert done.code == 0, done.stderr
    lines = [line.split("  ") for line in done.stdout.splitlines()]
    return {
        cells[0]: [cell.strip() for cell in cells[1:] if cell]
        for cells in lines
        if cells[0] in ("web", "queue", "")
    }


def test_it_shows_every_stack_in_every_environment(world: World) -> None:
    assert rows(world) == {
        "": ["dev", "test", "prod-eu1", "prod-us1"],
        "queue": ["1.0.0 ✓"] * 4,
        "web": ["1.0.0 ✓"] * 4,
    }


def test_it_changes_nothing(world: World) -> None:
    with world.watching() as writes:
        world.edp("status")

    assert writes == []


def test_what_failed_is_marked_with_its_age_and_told_below(world: World) -> None:
    world.platform.argocds["test"].degrade("web", "the disk is full")
    world.settle(120)

    done = world.edp("status")

    assert "1.0.0 ✗ 2 min" in done.stdout
    assert "web in test: " in done.stdout
    assert "the disk is full" in done.stdout


def test_promotions_on_their_way_are_listed(world: World) -> None:
    world.release("web", "1.1.0")
    world.edp("promote", "web", "--to", "dev")

    assert "#1 Promote web 1.0.0 → 1.1.0 to dev" in world.edp("status").stdout


def test_a_silent_argo_cd_is_unknown_and_never_healthy(world: World) -> None:
    world.live_in_test("web", "1.1.0")
    world.reconcile()
    world.platform.argocds["test"].unreachable()

    found = rows(world)
    document = world.edp("status", "--json").document

    assert (found["web"][1], found["queue"][1]) == ("1.1.0 ?", "1.0.0 ?")
    assert found["web"][0] == "1.1.0 ✓"
    health = {(one["stack"], one["environment"]): one["health"] for one in document["pins"]}
    assert (health["web", "test"], health["web", "dev"]) == ("unknown", "green")
    assert list(document["unreachable"]) == ["test"]


def test_what_cannot_be_read_is_marked(world: World) -> None:
    path = "environments/dev/web.yaml"
    world.commit({path: world.file(path).replace(b"refs/tags/web/v1.0.0", b"latest")})

    done = world.edp("status")

    assert "unreadable !" in done.stdout
    assert f"web in dev: {path}:8: " in done.stdout


def test_a_pin_without_a_tag_is_marked(world: World) -> None:
    path = "environments/dev/web.yaml"
    world.commit({path: world.file(path).replace(b"v1.0.0", b"v7.0.0")})

    done = world.edp("status")

    assert "7.0.0 !" in done.stdout
    assert "web in dev: has no tag" in done.stdout


def test_a_stack_that_is_not_everywhere_has_a_gap(world: World) -> None:
    world.commit({"environments/prod/us1/web.yaml": None})

    assert rows(world)["web"] == ["1.0.0 ✓", "1.0.0 ✓", "1.0.0 ✓", "-"]


def test_json_has_stable_keys(world: World) -> None:
    document = world.edp("status", "--json").document

    for key in ("base", "environments", "paused", "pins", "promotions", "schema", "unreachable"):
        assert key in document
    assert document["environments"] == ["dev", "test", "prod-eu1", "prod-us1"]
    assert len(document["pins"]) == 8
    for key in ("environment", "health", "healthySince", "reason", "stack", "version"):
        assert key in document["pins"][0]


def test_a_pause_is_shown_first(world: World) -> None:
    done = world.edp("status", EDP_PAUSED="an incident")

    assert done.stdout.splitlines()[0] == "paused: an incident"
