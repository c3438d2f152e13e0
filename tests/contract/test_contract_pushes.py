"""Git over HTTP: leases, protections, and what the API sees of a push."""

from collections.abc import Callable

import pytest
from contract_git import Clone
from contract_world import Account, Desk, World, eventually

import forgejo

Cloner = Callable[..., Clone]
Pause = Callable[[], None]


def test_an_empty_lease_creates_a_branch_and_never_replaces_one(
    desk: Desk, bot: Account, clone: Cloner, pause: Pause
) -> None:
    at_home = clone(bot)
    first = at_home.commit("a.txt", "a\n")
    second = at_home.commit("b.txt", "b\n")

    assert at_home.push(first, "promote/web/test", expected="").code == 0
    again = at_home.push(second, "promote/web/test", expected="")

    assert again.code == 1
    assert "stale info" in again.text
    head = eventually(
        lambda: [branch.commit.id for branch in desk.repo.get_branches()],
        lambda heads: first in heads,
        pause,
    )
    assert second not in head


def test_a_lease_on_what_is_there_replaces_it(
    desk: Desk, bot: Account, clone: Cloner, pause: Pause
) -> None:
    at_home = clone(bot)
    first, second = at_home.commit("a.txt", "a\n"), at_home.commit("b.txt", "b\n")
    at_home.push(first, "x", expected="")

    assert at_home.push(second, "x", expected=first).code == 0

    eventually(lambda: desk.repo.get_git_ref("heads/x").sha, lambda found: found == second, pause)


def test_a_lease_on_something_else_is_refused(bot: Account, clone: Cloner) -> None:
    mine, theirs = clone(bot), clone(bot)
    first = mine.commit("a.txt", "a\n")
    mine.push(first, "x", expected="")
    moved = theirs.commit("b.txt", "b\n")
    theirs("fetch", "-q", "origin")
    theirs.push(moved, "x", expected=first)

    late = mine.push(mine.commit("c.txt", "c\n"), "x", expected=first)

    assert late.code == 1
    assert "stale info" in late.text
    mine("fetch", "-q", "origin")
    assert mine("rev-parse", "origin/x") == moved


def test_without_a_lease_nothing_is_overwritten(bot: Account, clone: Cloner) -> None:
    at_home = clone(bot)
    first = at_home.commit("a.txt", "a\n")
    at_home.push(first, "x")

    other = at_home.push(at_home.commit("b.txt", "b\n"), "x")

    assert other.code == 1
    assert "rejected" in other.text


def test_a_protected_branch_refuses_a_push(
    desk: Desk, world: World, bot: Account, clone: Cloner
) -> None:
    world.protect(desk.full_name, "main")
    at_home = clone(bot)

    refused = at_home.push(at_home.commit("a.txt", "a\n"), "main")

    assert refused.code == 1
    assert "Not allowed to push to protected branch main" in refused.text


def test_only_who_is_on_the_list_pushes_to_a_listed_branch(
    desk: Desk, world: World, bot: Account, alice: Account, clone: Cloner
) -> None:
    world.protect(
        desk.full_name,
        "edp-ledger",
        enable_push=True,
        enable_push_whitelist=True,
        push_whitelist_usernames=[bot.login],
    )
    theirs, ours = clone(alice), clone(bot)

    refused = theirs.push(theirs.commit("a.txt", "a\n"), "edp-ledger", expected="")
    allowed = ours.push(ours.commit("a.txt", "a\n"), "edp-ledger", expected="")

    assert refused.code == 1
    assert allowed.code == 0


def test_a_wrong_token_is_told_apart(desk: Desk, bot: Account, clone: Cloner) -> None:
    at_home = clone(bot)
    thief = Clone(at_home.folder, at_home.url, "0" * 40)

    refused = thief.push(at_home.commit("a.txt", "a\n"), "x")

    assert refused.code == 128
    assert "0" * 40 not in refused.text


def test_a_stranger_cannot_push(world: World, clone: Cloner) -> None:
    stranger = clone(world.person("stranger"))

    refused = stranger.push(stranger.commit("a.txt", "a\n"), "x")

    assert refused.code != 0


def test_an_annotated_tag_is_seen_with_its_object(
    desk: Desk, bot: Account, clone: Cloner, pause: Pause
) -> None:
    at_home = clone(bot)
    main = at_home("rev-parse", "origin/main")
    at_home("tag", "-a", "-m", "web 1.0.0", "web/v1.0.0", "origin/main")
    at_home("push", "-q", "origin", "refs/tags/web/v1.0.0")

    names = eventually(
        lambda: [tag.name for tag in desk.repo.get_tags()], lambda found: found != [], pause
    )

    assert names == ["web/v1.0.0"]
    tag = desk.repo.get_tag("web/v1.0.0")
    assert (tag.commit_sha, tag.is_annotated) == (main, True)
    assert tag.id == at_home("rev-parse", "web/v1.0.0")
    assert desk.repo.get_git_ref("tags/web/v1.0.0").type == "tag"


def test_a_tag_is_never_made_twice(desk: Desk) -> None:
    desk.repo.create_tag("web/v1.0.0", target="main", message="first")

    with pytest.raises(forgejo.AlreadyExistsError):
        desk.repo.create_tag("web/v1.0.0", target="main", message="second")

    assert desk.repo.get_tag("web/v1.0.0").message.strip() == "first"
