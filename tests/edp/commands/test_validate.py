"""`edp validate` on clones made by real git: releases, changes, what is read and what is not."""

import json
import os
import shutil
from pathlib import Path

import pytest
from validate_repositories import Clone, released_clone, small_clone

from edp.cli import run
from edp.clients.worktree import WorkTree
from edp.errors import InvalidInputError

WEB = "environments/dev/web.yaml"
NOTE = "this clone has no release tags"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("EDP_", "GIT_", "FORGEJO_"))]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone with all releases that it needs."""
    return released_clone(tmp_path_factory.mktemp("released")).root


@pytest.fixture
def clone(template: Path, tmp_path: Path) -> Clone:
    """A copy of it that a test may change."""
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    return Clone(tmp_path)


class Said:
    """What a run of `edp validate` answered."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.problems = out.splitlines()[:-1]
        self.end = out.splitlines()[-1] if out else ""
        self.err = err


@pytest.fixture
def validated(capsys: pytest.CaptureFixture[str]) -> object:
    """A function that validates a clone."""

    def validate(clone: Clone, *options: str) -> Said:
        code = run(["--repo", str(clone.root), "validate", *options])
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return validate


def test_a_tree_whose_pins_are_released_has_no_problems(clone: Clone, validated) -> None:
    said = validated(clone)

    assert (said.code, said.problems, said.err) == (0, [], "")
    assert said.end.startswith("no problems in 13 files (")


def test_a_clone_without_release_tags_says_what_was_not_checked(tmp_path: Path, validated) -> None:
    said = validated(small_clone(tmp_path))

    assert said.code == 0
    assert NOTE in said.err
    assert "git fetch --tags" in said.err


def test_all_problems_are_told_at_once_sorted_by_file(clone: Clone, validated) -> None:
    clone.replace("stacks/web/Chart.yaml", "1.4.0", "1.4.1")
    clone.replace(WEB, "refs/tags/web/v1.4.0", "web/v1.4.0")
    clone.replace("environments/promotion.yaml", "soak: 2h", "sok: 2h")

    said = validated(clone)

    assert said.code == 2
    assert [line.split(":")[0] for line in said.problems if line[0] != " "] == [
        WEB,
        "environments/promotion.yaml",
        "stacks/web/Chart.yaml",
        "stacks/web/stack.yaml",
    ]
    assert said.end.startswith("4 problems in ")


def test_a_released_version_keeps_its_files(clone: Clone, validated) -> None:
    clone.write("stacks/web/values.yaml", "replicas: 2\n")
    clone.replace("stacks/web/templates/config.yaml", "not", "still not")

    said = validated(clone)

    assert said.problems == [
        "stacks/web/stack.yaml:3: version 1.4.0 is released and its files changed since (2 files)",
        "  bump the version, or restore the files: git restore --source web/v1.4.0 stacks/web",
    ]


def test_a_committed_change_of_a_released_version_is_seen_too(clone: Clone, validated) -> None:
    (clone.root / "stacks/web/templates/config.yaml").unlink()
    clone.commit()

    said = validated(clone)

    assert said.problems[0].endswith("is released and its files changed since (1 file)")


def test_a_bumped_version_may_have_other_files(clone: Clone, validated) -> None:
    clone.replace("stacks/web/stack.yaml", "1.4.0", "1.5.0")
    clone.replace("stacks/web/Chart.yaml", "1.4.0", "1.5.0")

    assert validated(clone).code == 0


def test_a_version_that_this_tree_introduces_cannot_be_pinned_yet(clone: Clone, validated) -> None:
    clone.replace("stacks/web/stack.yaml", "1.4.0", "1.5.0")
    clone.replace("stacks/web/Chart.yaml", "1.4.0", "1.5.0")
    clone.replace(WEB, "v1.4.0", "v1.5.0")

    said = validated(clone)

    assert said.problems == [
        f"{WEB}:8: targetRevision: web 1.5.0 is not released yet: this tree introduces it",
        "  merge it first; it is tagged and promoted after that",
    ]


def test_a_pin_without_a_release_is_told_the_newest_one(clone: Clone, validated) -> None:
    clone.replace(WEB, "v1.4.0", "v1.10.0")

    said = validated(clone)

    assert said.problems[0] == f"{WEB}:8: targetRevision: there is no release web/v1.10.0"
    assert "the newest is 1.4.0" in said.problems[1]


def test_a_stack_without_any_release_cannot_be_pinned(clone: Clone, validated) -> None:
    clone.git("tag", "--delete", "base/v1.0.0")
    clone.replace("stacks/base/stack.yaml", "1.0.0", "1.1.0")

    said = validated(clone)

    assert said.problems == [
        "environments/dev/base.yaml:8: targetRevision: there is no release of base",
        '  did you mean "base"?',
    ]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (("tag", "web/v1.6.0"), "tag web/v1.6.0 is lightweight, expected an annotated one by the"),
        (("tag", "-am", "x", "web/v1.6.0"), "tag web/v1.6.0 was not made by the bot (edp-bot@ex"),
    ],
)
def test_a_tag_that_does_not_count_cannot_be_pinned(
    clone: Clone, validated, make: tuple[str, ...], message: str
) -> None:
    clone.git(*make, email="mallory@example.org")
    clone.replace(WEB, "v1.4.0", "v1.6.0")

    assert message in validated(clone).problems[0]


def yank(clone: Clone) -> None:
    text = "apiVersion: edp/v1\nreason: loses orders\nby: bob\n"
    clone.write("environments/yanked/web/1.4.0.yaml", text)


def test_withdrawing_a_version_does_not_make_its_present_pins_wrong(
    clone: Clone, validated
) -> None:
    yank(clone)

    said = validated(clone)

    assert (said.code, said.problems) == (0, [])
    assert f"{WEB}:8: targetRevision: warning: web 1.4.0 is withdrawn by env" in said.err
    assert validated(clone, "--base", "main").code == 0


def test_a_change_cannot_pin_a_version_that_is_withdrawn(clone: Clone, validated) -> None:
    yank(clone)
    clone.commit()
    clone.replace("environments/prod/eu1/web.yaml", "v1.3.0", "v1.4.0")

    said = validated(clone, "--base", "main")

    assert said.code == 2
    assert said.problems[0].endswith("web 1.4.0 is withdrawn by environments/yanked/web/1.4.0.yaml")


def test_a_change_of_values_keeps_a_pin_that_is_withdrawn(clone: Clone, validated) -> None:
    yank(clone)
    clone.commit()
    clone.replace(WEB, "replicas: 1", "replicas: 2")

    assert validated(clone, "--base", "main").code == 0


def test_only_what_a_change_touches_is_looked_into(clone: Clone, validated) -> None:
    clone.replace("environments/prod/us1/web.yaml", "refs/tags/web/", "web/")
    clone.commit()
    clone.git("switch", "--quiet", "--create", "topic")
    clone.replace(WEB, "namespace", "namespce")
    clone.commit()
    clone.replace("environments/prod/eu1/web.yaml", "v1.3.0", "v9.9.9")

    said = validated(clone, "--base", "main")

    assert [line.split(":")[0] for line in said.problems if line[0] != " "] == [
        WEB,
        "environments/prod/eu1/web.yaml",
    ]


def test_what_main_did_since_does_not_count_as_the_change(clone: Clone, validated) -> None:
    clone.git("switch", "--quiet", "--create", "topic")
    clone.git("switch", "--quiet", "main")
    clone.replace(WEB, "refs/tags/web/", "web/")
    clone.commit()
    clone.git("switch", "--quiet", "topic")

    said = validated(clone, "--base", "main")

    assert (said.code, said.problems) == (0, [])


def test_removing_a_listed_application_is_a_problem_of_the_overlay(clone: Clone, validated) -> None:
    (clone.root / WEB).unlink()

    said = validated(clone, "--base", "main")

    assert said.problems == [
        'environments/dev/kustomization.yaml:5: resources: "web.yaml" does not exist'
    ]


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ("no-such-branch", "edp: there is no commit 'no-such-branch' in this clone\n  fetch it"),
        ("--upload-pack=evil", "is not a revision of git"),
        ("other", "edp: other and the work tree have no commit in common in this clone\n  fetch"),
    ],
)
def test_a_base_that_cannot_be_compared_is_refused(
    clone: Clone, validated, base: str, message: str
) -> None:
    clone.git("branch", "other", clone.git("commit-tree", "-m", "x", "HEAD^{tree}"))

    said = validated(clone, f"--base={base}")

    assert said.code == 2
    assert message in said.err


def test_a_plain_folder_has_no_base(tmp_path: Path, validated) -> None:
    said = validated(Clone(tmp_path), "--base", "main")

    assert said.code == 2
    assert "not a clone of the repository" in said.err


def test_a_folder_without_a_graph_says_so(tmp_path: Path, validated) -> None:
    said = validated(Clone(tmp_path))

    assert said.code == 2
    assert said.problems[0] == "environments/promotion.yaml:1: is missing"


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path, validated) -> None:
    said = validated(Clone(tmp_path / "nowhere"))

    assert said.code == 2
    assert "no such folder" in said.err


def test_what_git_ignores_is_not_read(clone: Clone, validated) -> None:
    clone.write(".gitignore", "*.bak.yaml\nscratch/\n")
    clone.write("environments/dev/web.bak.yaml", "{")
    clone.write("environments/scratch/notes.yaml", "{")

    assert validated(clone).code == 0


def test_what_git_does_not_know_yet_is_read(clone: Clone, validated) -> None:
    clone.write("environments/shared/new.yaml", "{")

    assert validated(clone).problems[0].startswith("environments/shared/new.yaml:1: not valid YAML")


def test_links_and_submodules_are_refused(clone: Clone, validated) -> None:
    (clone.root / "environments/shared/link.yaml").symlink_to("/etc/passwd")
    (clone.root / "environments/shared/folder").symlink_to("..")
    clone.write("environments/nested/.git/HEAD", "ref: refs/heads/main\n")
    clone.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},environments/module")
    (clone.root / "environments/module").mkdir()
    os.mkfifo(clone.root / "environments/shared/pipe.yaml")

    said = validated(clone)

    assert [line for line in said.problems if line[0] != " "] == [
        "environments/module:1: a submodule is not read here",
        "environments/nested:1: a submodule is not read here",
        "environments/shared/folder:1: a symbolic link is not followed here",
        "environments/shared/link.yaml:1: a symbolic link is not followed here",
        "environments/shared/pipe.yaml:1: not a file",
    ]


def test_names_that_differ_only_in_case_are_told_both(clone: Clone, validated) -> None:
    clone.write("stacks/api/README.md", "x")
    clone.write("stacks/api/Readme.md", "x")
    if len(list((clone.root / "stacks/api").iterdir())) < 2:
        pytest.skip("this file system takes them for one")

    told = 'stacks/api/Readme.md:1: differs from "stacks/api/README.md" only in upper and lower'

    assert any(line.startswith(told) for line in validated(clone).problems)


def test_a_name_that_no_terminal_can_show_is_escaped(clone: Clone, validated) -> None:
    folder = os.fsencode(clone.root / "environments/shared")
    for name in (b"caf\xe9.md", b"line\n::error::x.md"):
        os.close(os.open(folder + b"/" + name, os.O_CREAT))

    said = validated(clone)

    assert [line.split(": ")[0] for line in said.problems if line[0] != " "] == [
        '"environments/shared/caf\\udce9.md":1',
        '"environments/shared/line\\n::error::x.md":1',
    ]


def test_a_huge_file_is_refused_without_being_read(clone: Clone, validated) -> None:
    with (clone.root / WEB).open("r+b") as file:
        file.truncate(50 * 1024 * 1024)

    said = validated(clone)

    assert said.problems[0] == (
        f"{WEB}:1: the file has 52428800 bytes, more than the 1048576 that are read"
    )


def test_json_has_the_same_problems_as_data(clone: Clone, validated) -> None:
    clone.replace(WEB, "refs/tags/web/", "web/")

    said = validated(clone, "--json")
    document = json.loads("\n".join([*said.problems, said.end]))

    assert said.code == 2
    assert document["problems"] == [
        {
            "path": WEB,
            "line": 8,
            "where": "targetRevision",
            "message": '"web/v1.4.0" could be shadowed by a branch of that name',
            "hint": "write  refs/tags/web/v1.4.0",
        }
    ]
    assert document["warnings"] == document["notes"] == []
    assert document["files"] == 13


def test_a_file_that_goes_away_meanwhile_is_named(tmp_path: Path) -> None:
    tree = WorkTree.open(tmp_path, environment={})

    with pytest.raises(InvalidInputError, match=r"gone\.yaml: cannot be read: No such file"):
        tree.read("environments/gone.yaml")
