"""`edp release` against the sandbox."""

from collections.abc import Callable

import pytest
import small_platform
from world import World


def bump(world: World, stack: str, version: str) -> str:
    return world.commit(small_platform.stack_files(stack, version), f"{stack} {version}")


def test_a_version_is_tagged_at_the_commit_that_introduced_it(world: World) -> None:
    commit = bump(world, "web", "1.1.0")
    world.commit({"README.md": b"Later\n"})

    done = world.edp("release")

    assert done.code == 0, done.stderr
    assert world.tagged("web/v1.1.0") == commit
    assert f"tagged web/v1.1.0 at {commit[:8]}" in done.stdout


def test_two_versions_merged_between_two_runs_are_both_tagged(world: World) -> None:
    first, second = bump(world, "web", "1.1.0"), bump(world, "web", "1.2.0")

    done = world.edp("release", "--json")

    assert [one["version"] for one in done.document["tagged"]] == ["1.1.0", "1.2.0"]
    assert (world.tagged("web/v1.1.0"), world.tagged("web/v1.2.0")) == (first, second)


def test_a_second_run_has_nothing_to_do_and_says_so_in_one_line(world: World) -> None:
    with world.watching() as writes:
        done = world.edp("release")

    assert (done.code, done.stdout) == (0, "nothing to do: 2 versions are tagged\n")
    assert writes == []


def test_a_dry_run_names_the_tags_and_writes_nothing(world: World) -> None:
    commit = bump(world, "web", "1.1.0")
    before = world.refs()

    with world.watching() as writes:
        done = world.edp("release", "--dry-run")

    assert (done.code, writes) == (0, [])
    assert f"would tag web/v1.1.0 at {commit[:8]}" in done.stdout
    assert world.refs() == before


def test_what_a_killed_run_left_untagged_is_tagged_by_the_next(world: World) -> None:
    first, second = bump(world, "web", "1.1.0"), bump(world, "queue", "1.1.0")
    world.put_tag("web/v1.1.0", first)
    kept = world.refs()["refs/tags/web/v1.1.0"]

    done = world.edp("release", "--json")

    assert (done.code, [one["stack"] for one in done.document["tagged"]]) == (0, ["queue"])
    assert world.tagged("queue/v1.1.0") == second
    assert world.refs()["refs/tags/web/v1.1.0"] == kept


def test_a_version_that_a_merge_brought_is_tagged_at_the_merge(world: World) -> None:
    base = world.head()
    world.platform.forge.seed_files(
        "platform/edp", small_platform.stack_files("web", "1.1.0"), branch="feature"
    )
    world.commit({"README.md": b"Meanwhile\n"})
    pull = world.as_user("alice").create_pull(head="feature", base="main", title="Bump")
    world.as_user("root").create_status(pull.head.sha, state="success", context="edp/policy")
    world.approve(pull.number, "bob")
    pull.merge(head_commit_id=pull.head.sha)

    done = world.edp("release")

    assert done.code == 0, done.stderr
    assert world.tagged("web/v1.1.0") == world.head()
    assert world.head() not in (base, pull.head.sha)


def test_a_version_that_went_down_and_up_again_keeps_its_first_commit(world: World) -> None:
    first = bump(world, "web", "1.1.0")
    bump(world, "web", "1.0.0")
    bump(world, "web", "1.1.0")

    done = world.edp("release")

    assert done.code == 0, done.stderr
    assert world.tagged("web/v1.1.0") == first


def move_tag(world: World, commit: str) -> None:
    world.put_tag("web/v1.1.0", commit)
    world.put_tag("web/v1.1.0", world.commit({"README.md": b"moved\n"}))


def make_tag_lightweight(world: World, commit: str) -> None:
    world.put_ref("refs/tags/web/v1.1.0", commit)


def tag_as_a_person(world: World, commit: str) -> None:
    world.put_tag("web/v1.1.0", commit, email="alice@example.org")


def tag_another_commit(world: World, commit: str) -> None:
    world.put_tag("web/v1.1.0", world.store.commit(commit).parents[0])


def tag_what_is_not_on_main(world: World, commit: str) -> None:
    signature = world.store.commit(commit).author
    tree = world.store.commit(commit).tree
    stray = world.store.write_commit(tree, [], "Stray\n", author=signature, committer=signature)
    world.put_tag("web/v1.1.0", stray)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (move_tag, "the version was introduced by"),
        (make_tag_lightweight, "is lightweight"),
        (tag_as_a_person, "was not made by the bot"),
        (tag_another_commit, "the version was introduced by"),
        (tag_what_is_not_on_main, "the version was introduced by"),
    ],
)
def test_a_spoiled_tag_is_a_conflict_and_its_version_is_never_promoted(
    world: World, spoil: Callable[[World, str], None], reason: str
) -> None:
    spoil(world, bump(world, "web", "1.1.0"))

    done = world.edp("release")
    reconciled = world.edp("reconcile")

    assert done.code == 5
    assert "tag web/v1.1.0" in done.stderr
    assert reason in done.stderr
    assert (reconciled.code, world.open_pulls()) == (0, [])
    assert world.pin("environments/dev/web.yaml") == "1.0.0"


def test_a_tag_of_a_version_that_nobody_introduced_is_a_conflict(world: World) -> None:
    world.put_tag("web/v9.9.9", world.head())

    done = world.edp("release")
    reconciled = world.edp("reconcile")

    assert done.code == 5
    assert "web/v9.9.9" in done.stderr
    assert (reconciled.code, world.open_pulls()) == (0, [])


def test_other_versions_are_tagged_beside_a_conflict(world: World) -> None:
    world.put_ref("refs/tags/web/v1.1.0", bump(world, "web", "1.1.0"))
    commit = bump(world, "queue", "1.1.0")

    done = world.edp("release")

    assert done.code == 5
    assert world.tagged("queue/v1.1.0") == commit


def test_a_tag_that_the_forge_refuses_is_a_conflict(world: World) -> None:
    bump(world, "web", "1.1.0")
    world.platform.forge.repository("platform/edp").tag_rules[0].users[:] = ["alice"]

    done = world.edp("release")

    assert done.code == 5
    assert "tag web/v1.1.0 was refused" in done.stderr
    assert world.tagged("web/v1.1.0") is None


def test_nothing_is_tagged_while_it_is_paused(world: World) -> None:
    bump(world, "web", "1.1.0")

    done = world.edp("release", EDP_PAUSED="the forge moves house")

    assert done.code == 3
    assert "the forge moves house" in done.stderr
    assert world.tagged("web/v1.1.0") is None
