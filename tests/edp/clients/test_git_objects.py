"""Reading and writing commits, tags, blobs and trees in a local repository."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from git_repositories import BOT, ENVIRONMENT, NOON, Work

from edp.clients.git import GitRepository, Person
from edp.errors import InvalidInputError, UnavailableError


@pytest.fixture
def local(work: Work) -> GitRepository:
    return GitRepository.open(work.folder, environment=ENVIRONMENT)


def test_a_commit_is_read_with_its_people_and_message(work: Work, local: GitRepository) -> None:
    commit = local.commit(work.head)

    assert commit.sha == work.head
    assert commit.parents == ()
    assert commit.tree == work.git("rev-parse", "HEAD^{tree}")
    assert (commit.author_name, commit.author_email) == ("Ann", "ann@example.org")
    assert (commit.committer_name, commit.committer_email) == ("Ann", "ann@example.org")
    assert commit.committed_at == datetime(2025, 11, 25, 12, 0, tzinfo=UTC)
    assert commit.message == "begin\n"


def test_a_written_commit_is_the_same_each_time(work: Work, local: GitRepository) -> None:
    tree = local.tree_with("HEAD", {})

    one = local.write_commit(tree, [work.head], "promote\n\nA: b", author=BOT, at=NOON)
    two = local.write_commit(tree, [work.head], "promote\n\nA: b\n", author=BOT, at=NOON)

    assert one == two
    commit = local.commit(one)
    assert commit.parents == (work.head,)
    assert commit.committed_at == NOON
    assert (commit.author_name, commit.author_email) == (BOT.name, BOT.email)
    assert commit.message == "promote\n\nA: b\n"


def test_a_commit_that_is_not_text_is_read_anyway(work: Work, local: GitRepository) -> None:
    tree = work.git("rev-parse", "HEAD^{tree}").encode()
    raw = (
        b"tree " + tree + b"\nauthor J\xf6rg <j\xf6rg@x> 99999999999999 +0000\n"
        b"committer nobody\nencoding latin1\ngpgsig -----BEGIN\n author x\n\nna\xefve\n"
    )
    sha = work.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=raw)

    commit = local.commit(sha)

    assert commit.message == "na\\xefve\n"
    assert commit.author_name == "J\\xf6rg"
    assert commit.committer_email == ""
    assert commit.committed_at == datetime(1970, 1, 1, tzinfo=UTC)
    commit.message.encode("ascii")


def test_a_blob_is_not_a_commit(local: GitRepository) -> None:
    blob = local.write_blob(b"x")

    with pytest.raises(UnavailableError, match="is blob, expected a commit"):
        local.commit(blob)


@pytest.mark.parametrize("message", ["a\0b"])
def test_a_message_with_a_nul_is_refused(work: Work, local: GitRepository, message: str) -> None:
    with pytest.raises(InvalidInputError, match="NUL"):
        local.write_commit("a" * 40, [work.head], message, author=BOT, at=NOON)


@pytest.mark.parametrize("name", ["", "a\nb", "<x>", " x", "x" * 300])
def test_a_name_that_would_break_a_commit_is_refused(
    work: Work, local: GitRepository, name: str
) -> None:
    with pytest.raises(InvalidInputError, match="cannot be the author"):
        local.write_commit("a" * 40, [work.head], "x", author=Person(name, "a@b"), at=NOON)


def test_blobs_are_kept_byte_by_byte(work: Work, local: GitRepository) -> None:
    work.git("config", "core.autocrlf", "input")
    contents = [b"a: 1\r\nb: 2\r\n", b"\xef\xbb\xbfa: 1", b"", b"\0\xff\n"]

    shas = local.write_blobs(contents)

    assert [local.read_blobs(shas)[sha] for sha in shas] == contents


def test_many_blobs_of_one_content_are_one(local: GitRepository) -> None:
    first, second = local.write_blobs([b"same", b"same"])

    assert first == second
    assert local.read_blobs([first, second]) == {first: b"same"}


def test_blobs_that_are_too_large_together_are_refused(local: GitRepository) -> None:
    shas = local.write_blobs([b"a" * 5000, b"b" * 5000])

    with pytest.raises(InvalidInputError, match="larger than 6000 bytes"):
        local.read_blobs(shas, max_bytes=6000)


def test_nothing_is_asked_about_no_blobs(local: GitRepository) -> None:
    assert local.read_blobs([]) == {}
    assert local.missing_blobs([]) == ()
    assert local.missing_blobs(["a" * 40]) == ("a" * 40,)


def test_a_tag_is_annotated_or_lightweight(work: Work, local: GitRepository) -> None:
    work.git("tag", "web/v1.0.0")
    work.git("tag", "--annotate", "--message", "m", "web/v1.1.0")
    work.git("tag", "--annotate", "--message", "m", "web/v1.2.0", "web/v1.1.0")
    work.git("tag", "readme", "HEAD:stacks/web/stack.yaml")
    work.git("tag", "--annotate", "--message", "m", "tree", "HEAD^{tree}")

    tags = {tag.ref.removeprefix("refs/tags/"): tag for tag in local.tags()}

    assert {name: (tag.kind, tag.target, tag.tagger_email) for name, tag in tags.items()} == {
        "web/v1.0.0": ("commit", work.head, ""),
        "web/v1.1.0": ("tag", work.head, "ann@example.org"),
        "web/v1.2.0": ("tag", work.head, "ann@example.org"),
        "readme": ("blob", "", ""),
        "tree": ("tag", "", "ann@example.org"),
    }
    assert [tag.ref for tag in local.tags("web/v1.1")] == ["refs/tags/web/v1.1.0"]
    assert tags["web/v1.1.0"].object == work.git("rev-parse", "web/v1.1.0")


def test_a_tree_keeps_modes_and_everything_else(work: Work, local: GitRepository) -> None:
    work.write("bin/run", "#!/bin/sh\n")
    (work.folder / "bin/run").chmod(0o755)
    (work.folder / "link").symlink_to("bin/run")
    (work.folder / "caf\udce9.yaml").write_bytes(b"x")
    work.write("bin.d/x", "sorts between bin and bin/")
    head = work.commit()
    run, link = local.write_blobs([b"#!/bin/bash\n", b"bin.d/x"])

    tree = local.tree_with(head, {"bin/run": run, "link": link, "new/deep/file": run})

    changes = {change.path: change for change in local.diff(head, tree)}
    assert {path: (change.status, change.new_mode) for path, change in changes.items()} == {
        "bin/run": ("M", "100755"),
        "link": ("M", "120000"),
        "new/deep/file": ("A", "100644"),
    }
    assert changes["new/deep/file"].old_blob == ""
    assert "caf\\xe9.yaml" in {entry.path for entry in local.list_tree(tree)}
    work.git("fsck", "--strict", tree)


def test_a_tree_is_the_one_that_git_itself_writes(work: Work, local: GitRepository) -> None:
    blob = local.write_blob(b"x\n")
    paths = ("a.b/c", "a/b", "a0", "environments/dev/x.yaml")

    tree = local.tree_with("HEAD", dict.fromkeys(paths, blob))

    for path in paths:
        work.write(path, "x\n")
    work.commit()
    assert tree == work.git("rev-parse", "HEAD^{tree}")


def test_an_unchanged_tree_is_the_same(work: Work, local: GitRepository) -> None:
    assert local.tree_with("HEAD", {}) == work.git("rev-parse", "HEAD^{tree}")
    assert local.tree_with("HEAD", {"no/such": None}) == work.git("rev-parse", "HEAD^{tree}")


def test_folders_that_become_empty_go(work: Work, local: GitRepository) -> None:
    tree = local.tree_with("HEAD", {"environments/dev/web.yaml": None})

    paths = [entry.path for entry in local.list_tree(tree)]
    assert paths == ["environments/test/web.yaml", "stacks/web/stack.yaml"]
    assert [
        entry.path for entry in local.list_tree(tree, paths=["environments/"], recursive=False)
    ] == ["environments/test"]


def test_a_tree_can_begin_with_nothing(local: GitRepository) -> None:
    blob = local.write_blob(b"{}\n")

    tree = local.tree_with("", {"audit/2026-11.jsonl": blob})
    empty = local.tree_with("", {})

    assert [entry.path for entry in local.list_tree(tree)] == ["audit/2026-11.jsonl"]
    assert empty == hashlib.sha1(b"tree 0\0", usedforsecurity=False).hexdigest()


@pytest.mark.parametrize(
    "path",
    ["", "/etc/passwd", "../x", "a/../b", "a//b", ".git/config", "a/.GIT/x", "a\nb", "a/", "a\0b"],
)
def test_no_path_leads_out_of_the_tree(local: GitRepository, path: str) -> None:
    with pytest.raises(InvalidInputError, match="is not a path of the repository"):
        local.tree_with("HEAD", {path: "a" * 40})


@pytest.mark.parametrize("path", ["environments", "stacks/web/stack.yaml/deeper"])
def test_a_file_does_not_replace_a_folder_nor_a_folder_a_file(
    local: GitRepository, path: str
) -> None:
    blob = local.write_blob(b"x")

    with pytest.raises(InvalidInputError, match="expected a f"):
        local.tree_with("HEAD", {path: blob})


def test_a_revision_is_resolved_to_its_commit(work: Work, local: GitRepository) -> None:
    work.git("tag", "--annotate", "--message", "m", "web/v1.0.0")

    assert local.resolve("main") == work.head
    assert local.resolve("web/v1.0.0") == work.head
    assert local.resolve("HEAD~0") == work.head
    assert local.resolve("nothing") is None


@pytest.mark.parametrize("revision", ["--all", "a..b", "", "a b", "HEAD:x", "x" * 999])
def test_what_is_no_revision_does_not_reach_git(local: GitRepository, revision: str) -> None:
    with pytest.raises(InvalidInputError, match="is not a revision"):
        local.resolve(revision)


def test_a_message_shows_no_secret(local: GitRepository) -> None:
    assert "environment" not in repr(local.git)
    assert replace(local.git).secrets == ()
