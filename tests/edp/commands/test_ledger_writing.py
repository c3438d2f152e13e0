"""The ledger: what every run leaves on the branch `edp-ledger`."""

import json
from datetime import datetime, timedelta

import pytest
from small_platform import gated
from world import FULL_NAME, StartWorld, World

DEV = "environments/dev/web.yaml"
LEDGER = "refs/heads/edp-ledger"
RECEIVE = "/git-receive-pack"


@pytest.fixture
def soaking(start: StartWorld) -> World:
    """web 1.1.0 soaks in dev, and a promotion into test waits for it."""
    world = start(graph=gated("soak: 1d"))
    world.release("web", "1.1.0")
    world.walk(DEV, "1.1.0")
    world.reconcile()
    return world


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def ledger_commits(world: World) -> int:
    return len(world.store.log("edp-ledger"))


def test_evidence_says_what_was_seen_at_which_commit_for_how_long(soaking: World) -> None:
    soaking.settle(600)
    soaking.reconcile()

    found = soaking.evidence("web", "1.1.0", "dev")
    (interval,) = found["intervals"]
    assert (found["stack"], found["version"], found["environment"]) == ("web", "1.1.0", "dev")
    assert found["commit"] == soaking.tagged("web/v1.1.0")
    assert (found["schema"], found["health"]) == (1, "green")
    assert interval["to"] == found["observedAt"]
    assert moment(interval["to"]) - moment(interval["from"]) >= timedelta(minutes=10)


def test_an_interval_grows_every_ten_minutes_with_one_commit_and_not_before(
    soaking: World,
) -> None:
    soaking.settle(600)
    soaking.reconcile()
    begin = ledger_commits(soaking)

    soaking.settle(240)
    soaking.reconcile()
    early = ledger_commits(soaking)
    soaking.settle(400)
    soaking.reconcile()

    assert (early, ledger_commits(soaking)) == (begin, begin + 1)
    assert len(soaking.evidence("web", "1.1.0", "dev")["intervals"]) == 1


def test_an_outage_is_written_at_once_and_begins_a_new_interval(soaking: World) -> None:
    argocd = soaking.platform.argocds["dev"]
    argocd.degrade("web", "the disk is full")
    soaking.settle(60)
    soaking.reconcile()
    failed = soaking.evidence("web", "1.1.0", "dev")
    argocd.recover("web")
    soaking.settle(60)

    soaking.reconcile()

    assert failed["health"] == "failed"
    assert "the disk is full" in failed["reason"]
    again = soaking.evidence("web", "1.1.0", "dev")
    assert (again["health"], len(again["intervals"])) == ("green", 2)


def test_what_nothing_waits_for_is_written_once_when_first_healthy(world: World) -> None:
    world.reconcile()
    first = world.head("edp-ledger")
    assert len(world.ledger_paths("evidence/")) == 8

    world.settle(3600)
    world.reconcile()

    assert world.head("edp-ledger") == first


def test_each_pin_change_has_one_audit_line_with_its_trailers(world: World) -> None:
    world.release("web", "1.1.0")
    world.reconcile(FORGEJO_RUN_NUMBER="12")

    (line,) = world.audit()
    assert line["commit"] == world.head()
    assert (line["kind"], line["stack"], line["environment"]) == ("promotion", "web", "dev")
    assert (line["from"], line["to"], line["by"]) == ("1.0.0", "1.1.0", "edp-gate")
    assert line["subject"] == "Promote web 1.0.0 -> 1.1.0 to dev (#1)"
    assert line["trailers"]["Promoted-To"] == "1.1.0"
    assert line["trailers"]["Promoted-Run"].endswith("/actions/runs/12")
    assert line["at"].startswith("2026-11-23T")


def test_what_people_change_is_audited_from_the_diffs(world: World) -> None:
    world.reconcile()
    hold = b"apiVersion: edp/v1\nversion: 1.0.0\nreason: r\nby: alice\n"
    test, us1 = "environments/test/web.yaml", "environments/prod/us1/web.yaml"
    world.release("web", "1.1.0")
    world.commit({"environments/holds/dev/web.yaml": hold}, "hold")
    world.commit({test: world.file(test).replace(b"v1.0.0", b"v1.1.0")}, "up")
    world.commit({test: world.file(test).replace(b"v1.1.0", b"v1.0.0")}, "down")
    world.commit({test: world.file(test) + b"# a comment\n"}, "comment")
    world.commit({us1: None}, "away")
    world.commit({"README.md": b"nothing of interest\n"})
    world.commit({"environments/holds/dev/web.yaml": None}, "go on")

    world.reconcile("--dry-run")
    world.edp("promote", "queue", "--to", "dev")

    lines = world.audit()
    assert [(line["kind"], line["subject"]) for line in lines] == [
        ("policy", "hold"),
        ("promotion", "up"),
        ("rollback", "down"),
        ("values", "comment"),
        ("removal", "away"),
        ("policy", "go on"),
    ]
    assert [line["change"] for line in lines if line["kind"] == "policy"] == ["added", "removed"]
    assert {line["by"] for line in lines} == {"alice"}
    assert all("trailers" not in line for line in lines)
    assert world.text("cursor", "edp-ledger").strip() == world.head()


def test_a_run_killed_before_its_audit_loses_no_line(world: World) -> None:
    world.release("web", "1.1.0")
    world.reconcile()
    before = world.head("edp-ledger")
    world.put_ref(LEDGER, world.store.commit(before).parents[0])

    world.settle()
    world.reconcile()

    assert world.audit()[0]["environment"] == "dev"
    assert len([line for line in world.audit() if line["environment"] == "dev"]) == 1


def test_the_month_of_the_change_names_the_file(world: World) -> None:
    world.reconcile()
    world.release("web", "1.1.0")
    world.commit({DEV: world.file(DEV) + b"# one\n"}, "in november")
    world.clock.sleep(9 * 24 * 3600)
    world.commit({DEV: world.file(DEV) + b"# two\n"}, "in december")

    world.edp("promote", "queue", "--to", "dev")

    assert world.ledger_paths("audit/") == ["audit/2026-11.jsonl", "audit/2026-12.jsonl"]
    assert json.loads(world.text("audit/2026-12.jsonl", "edp-ledger"))["subject"] == "in december"


def test_somebody_elses_commit_at_the_same_moment_is_kept(soaking: World) -> None:
    soaking.settle(700)
    soaking.once_before(
        "POST", RECEIVE, lambda: soaking.commit_to_ledger({"notes.md": b"by alice\n"})
    )

    soaking.reconcile()

    assert soaking.text("notes.md", "edp-ledger") == "by alice\n"
    (interval,) = soaking.evidence("web", "1.1.0", "dev")["intervals"]
    assert moment(interval["to"]) - moment(interval["from"]) >= timedelta(minutes=10)


def test_a_ledger_that_refuses_the_bot_is_a_conflict(soaking: World) -> None:
    soaking.settle(700)
    soaking.platform.forge.protect_branch(
        FULL_NAME, "edp-ledger", enable_push=True, enable_push_whitelist=True
    )

    done = soaking.edp("reconcile")

    assert done.code == 5
    assert "edp-ledger does not take the bot's push" in done.stderr


@pytest.mark.parametrize("cursor", [None, b"nonsense\n", b"0" * 40 + b"\n"])
def test_a_cursor_that_cannot_be_is_a_conflict_and_never_skipped(
    world: World, cursor: bytes | None
) -> None:
    world.reconcile()
    world.commit_to_ledger({"cursor": cursor})
    world.commit({DEV: world.file(DEV) + b"# changed\n"})

    done = world.edp("reconcile")

    assert done.code == 5
    assert "cursor" in done.stderr
    assert world.ledger_paths("audit/") == []


def test_the_branch_is_made_before_anything_else_is_written(world: World) -> None:
    world.release("web", "1.1.0")

    with world.watching() as writes:
        world.reconcile()

    assert writes[0].endswith(RECEIVE)
    first = world.store.log("edp-ledger")[-1]
    assert {entry.path for entry in world.store.entries(first)} == {"README.md", "cursor"}
    assert world.audit()[0]["environment"] == "dev"


def test_in_the_split_set_up_the_ledger_lives_in_its_own_repository(world: World) -> None:
    automation = "platform/edp-automation"
    forge = world.platform.forge
    forge.create_repository(*automation.split("/"), private=True)
    forge.allow(automation, "edp-bot", "write")
    forge.seed_files(automation, {"README.md": b"Automation\n"})
    world.environment["EDP_LEDGER_REPOSITORY"] = automation
    world.release("web", "1.1.0")

    world.walk(DEV, "1.1.0")
    world.walk("environments/test/web.yaml", "1.1.0")

    assert LEDGER not in world.refs()
    store = forge.repository(automation).store
    paths = {entry.path for entry in store.entries("edp-ledger", recursive=True)}
    assert {"cursor", "audit/2026-11.jsonl", "evidence/web/1.1.0/dev.json"} <= paths
    audit = store.blob(next(
        entry.sha for entry in store.entries("edp-ledger", recursive=True)
        if entry.path == "audit/2026-11.jsonl"
    )).decode()  # fmt: skip
    assert [json.loads(line)["environment"] for line in audit.splitlines()] == ["dev", "test"]
