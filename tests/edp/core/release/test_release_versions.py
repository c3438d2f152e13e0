"""Where versions were introduced, which tags they lack, and which tags do not count."""

from dataclasses import replace

import pytest

from edp.core.release.versions import (
    Introduction,
    StackFileChange,
    Tag,
    Version,
    introductions,
    parse_tag_name,
    plan_release,
    tag_problem,
    version_in_stack_file,
)

BOT = "edp-bot@example.org"
FIRST, SECOND = "a" * 40, "b" * 40
TAG = Tag("web", "1.0.0", FIRST, is_annotated=True, tagger_email=BOT)
INTRODUCED = Introduction("web", "1.0.0", FIRST)


@pytest.mark.parametrize(
    ("name", "version"),
    [("web/v1.0.0", Version("web", "1.0.0")), ("a-b/v1.0.0-rc.1", Version("a-b", "1.0.0-rc.1"))],
)
def test_a_release_tag_names_stack_and_version(name: str, version: Version) -> None:
    assert parse_tag_name(name) == version


@pytest.mark.parametrize(
    "name",
    ["", "v1.0.0", "web", "web/1.0.0", "web/v1.0", "Web/v1.0.0", "a/b/v1.0.0", "web/vv1.0.0"],
)
def test_any_other_tag_is_none_of_ours(name: str) -> None:
    assert parse_tag_name(name) is None


@pytest.mark.parametrize(
    ("content", "version"),
    [
        (b'version: "1.0.0"\n', "1.0.0"),
        (b"version: 1.0.0\n", "1.0.0"),
        (b"name: web\n", None),
        (b"version: 1.0\n", None),
        (b"version: latest\n", None),
        (b"version: [1]\n", None),
        (b"- version\n", None),
        (b"", None),
        (b"version: {", None),
        (b"\xff\xfe\x00", None),
    ],
)
def test_a_stack_file_of_any_age_states_a_version_or_none(
    content: bytes, version: str | None
) -> None:
    assert version_in_stack_file(content) == version


VERSIONS = {"1": "1.0.0", "1b": "1.0.0", "2": "2.0.0", "x": None}


def change(old: str, new: str, commit: str) -> StackFileChange:
    return StackFileChange("web", commit, old, new)


def test_a_version_is_introduced_where_it_first_stands() -> None:
    found = introductions([change("", "1", FIRST), change("1", "2", SECOND)], VERSIONS)

    assert found == (INTRODUCED, Introduction("web", "2.0.0", SECOND))


@pytest.mark.parametrize(
    "changes",
    [
        [change("1", "1b", FIRST)],
        [change("1", "", FIRST)],
        [change("1", "x", FIRST)],
    ],
    ids=["other words", "removed", "broken"],
)
def test_a_change_without_another_version_introduces_none(changes: list[StackFileChange]) -> None:
    assert introductions(changes, VERSIONS) == ()


def test_a_version_that_comes_back_was_introduced_the_first_time() -> None:
    changes = [change("", "1", FIRST), change("1", "2", SECOND), change("2", "1", "c" * 40)]

    assert introductions(changes, VERSIONS)[0] == INTRODUCED
    assert len(introductions(changes, VERSIONS)) == 2


def test_a_file_that_was_broken_meanwhile_introduces_its_next_version() -> None:
    changes = [change("", "x", FIRST), change("x", "1", SECOND)]

    assert introductions(changes, VERSIONS) == (Introduction("web", "1.0.0", SECOND),)


def test_what_has_no_tag_gets_one() -> None:
    plan = plan_release([INTRODUCED, Introduction("web", "2.0.0", SECOND)], [TAG], tagger_email=BOT)

    assert plan.missing == (Introduction("web", "2.0.0", SECOND),)
    assert (plan.conflicts, plan.existing) == ((), 1)


def test_a_second_run_has_nothing_to_do() -> None:
    plan = plan_release([INTRODUCED], [TAG], tagger_email=BOT)

    assert plan.missing == ()


@pytest.mark.parametrize(
    ("tag", "introduced", "problem"),
    [
        (TAG, INTRODUCED, ""),
        (
            replace(TAG, is_annotated=False),
            INTRODUCED,
            "tag web/v1.0.0 is lightweight, expected an annotated one by the bot",
        ),
        (
            replace(TAG, tagger_email="ada@example.org"),
            INTRODUCED,
            "tag web/v1.0.0 was not made by the bot (edp-bot@example.org)",
        ),
        (TAG, None, "tag web/v1.0.0 is on aaaaaaaa, which did not introduce that version"),
        (
            replace(TAG, commit=SECOND),
            INTRODUCED,
            "tag web/v1.0.0 is on bbbbbbbb, the version was introduced by aaaaaaaa",
        ),
    ],
)
def test_a_tag_counts_only_if_it_is_the_bots_on_the_right_commit(
    tag: Tag, introduced: Introduction | None, problem: str
) -> None:
    assert tag_problem(tag, introduced, tagger_email=BOT) == problem


def test_a_tag_in_the_way_is_a_conflict_and_never_made_again() -> None:
    plan = plan_release([INTRODUCED], [replace(TAG, commit=SECOND)], tagger_email=BOT)

    assert plan.missing == ()
    assert plan.existing == 0
    (conflict,) = plan.conflicts
    assert "was introduced by aaaaaaaa" in conflict


def test_conflicts_come_in_order() -> None:
    tags = [replace(TAG, stack=name) for name in ("zipkin", "argo")]

    plan = plan_release([], tags, tagger_email=BOT)

    assert [text.split("/")[0] for text in plan.conflicts] == ["tag argo", "tag zipkin"]
