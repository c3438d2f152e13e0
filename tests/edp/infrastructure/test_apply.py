"""`edp apply` with a real Terraform: what was reviewed and nothing else, one after the other."""

import json

import pytest
import small_platform
from tf_backend import StateBackend, StateFault
from tf_platform import TerraformPlatform, server, start_terraform_platform, thing
from tf_world import TestWorld

REFUSED, UNAVAILABLE, INVALID, BUSY = 3, 4, 2, 6


def reviewed(platform: TerraformPlatform, *names: str, size: str = "large") -> int:
    """A change of these Terraform roots, planned, approved by bob and merged."""
    return platform.merged(platform.changed(*names, size=size))


@pytest.fixture
def live(platform: TerraformPlatform) -> TerraformPlatform:
    """Everything that the first commit says is applied."""
    platform.adopt()
    return platform


def results(platform: TerraformPlatform, *arguments: str, code: int = 0) -> dict[str, str]:
    done = platform.edp("apply", "--json", *arguments)
    assert done.code == code, done.stdout + done.stderr
    return {one["root"]: one["result"] for one in done.document["roots"]}


def test_what_was_reviewed_is_applied_environment_by_environment(live: TerraformPlatform) -> None:
    number = reviewed(live, "dev/network", "test/network", "prod-eu1/network")

    found = results(live)

    assert found == {
        "dev/network": "applied", "test/network": "applied", "prod-eu1/network": "waiting",
    }  # fmt: skip
    assert live.sizes("dev/network") == {"dev": "large"}
    assert live.sizes("prod-eu1/network") == {"prod-eu1": "small"}
    assert number


def test_approvals_of_the_pull_request_let_prod_through(live: TerraformPlatform) -> None:
    pull = live.changed("prod-eu1/network")
    live.planned(pull)
    live.approve(pull)
    live.merge(pull)

    assert results(live)["prod-eu1/network"] == "applied"
    assert live.sizes("prod-eu1/network") == {"prod-eu1": "large"}


def test_a_second_run_applies_nothing(live: TerraformPlatform) -> None:
    reviewed(live, "dev/network")
    results(live)

    with live.world.watching() as writes:
        found = results(live)

    assert set(found.values()) == {"done"}
    assert writes == []


def test_what_nobody_reviewed_is_shown_and_not_applied(live: TerraformPlatform) -> None:
    live.root("dev/network", thing("dev", "large"))
    live.commit()
    live.push()

    done = live.edp("apply", "--json")

    assert done.code == REFUSED
    (one,) = (one for one in done.document["roots"] if one["root"] == "dev/network")
    assert (one["result"], one["reason"]) == ("not applied", "nobody has reviewed a plan of it")
    assert live.sizes("dev/network") == {"dev": "small"}

    accepted = results(live, "--root", "dev/network", "--accept", one["digest"][:16])

    assert accepted == {"dev/network": "applied"}
    assert live.sizes("dev/network") == {"dev": "large"}


def test_a_world_that_changed_after_the_review_is_not_overwritten(live: TerraformPlatform) -> None:
    live.changed_to("dev/network", thing("dev") + server("box"))
    results(live)
    number = live.changed_to("dev/network", thing("dev") + server("box", "large"))
    live.cloud.edit("box", labels={"by": "hand"})

    found = results(live, code=REFUSED)

    assert found["dev/network"] == "not applied"
    assert live.cloud.server("box")["size"] == "small"
    assert found["test/network"] == "done"
    (told,) = live.results(number)
    assert "the plan is not the one that was reviewed" in told
    assert "edp apply --root dev/network --accept" in told


def test_a_base_that_moved_elsewhere_does_not_matter(live: TerraformPlatform) -> None:
    pull = live.changed("dev/network")
    live.planned(pull)
    live.world.commit({"docs/notes.md": b"hello"})
    live.merge(pull)

    assert results(live)["dev/network"] == "applied"


def test_a_base_that_moved_under_the_same_files_matters(live: TerraformPlatform) -> None:
    """What is merged first is a part of the second plan, which nobody has reviewed as a whole."""
    pull = live.changed("dev/network")
    live.planned(pull)
    live.world.commit({"terraform/live/dev/network/more.tf": thing("more").encode()})
    live.merge(pull)

    found = results(live, code=REFUSED)

    assert found["dev/network"] == "not applied"
    assert live.sizes("dev/network") == {"dev": "small"}


def test_a_local_state_stays_where_the_work_tree_has_it(platform: TerraformPlatform) -> None:
    platform.write("terraform/live/dev/network/main.tf", thing("dev"))
    platform.commit()
    platform.push()
    found = platform.edp("apply", "--json", "--dry-run", "--root", "dev/network")
    digest_now = found.document["roots"][0]["digest"]

    done = platform.edp("apply", "--root", "dev/network", "--accept", digest_now)

    assert done.code == 0, done.stdout
    state = platform.clone / "terraform" / "live" / "dev" / "network" / "terraform.tfstate"
    assert [one["name"] for one in json.loads(state.read_text())["resources"]] == ["dev"]
    assert results(platform, "--root", "dev/network") == {"dev/network": "done"}


def test_a_job_does_not_apply_to_a_state_that_it_would_forget(platform: TerraformPlatform) -> None:
    platform.write("terraform/live/dev/network/main.tf", thing("dev"))
    platform.commit()
    platform.push()

    done = platform.edp("apply", "--json", "--root", "dev/network", FORGEJO_RUN_ID="7")

    assert done.code == REFUSED
    assert "which this job would forget" in done.document["roots"][0]["reason"]


def test_a_forged_comment_is_not_believed(live: TerraformPlatform) -> None:
    pull = live.changed("dev/network")
    live.planned(pull, EDP_PLAN_KEY="another-key-of-32-characters-xxx")
    live.merge(pull)

    assert results(live, code=REFUSED)["dev/network"] == "not applied"


def test_destroying_needs_the_label(live: TerraformPlatform) -> None:
    number = live.changed_to("dev/network", "")

    assert results(live, code=REFUSED)["dev/network"] == "not applied"
    assert live.sizes("dev/network") == {"dev": "small"}

    live.label(number, "edp/allow-destroy")

    assert results(live)["dev/network"] == "applied"
    assert live.sizes("dev/network") == {}


def test_a_failure_holds_up_what_follows(live: TerraformPlatform) -> None:
    never = (
        "  lifecycle {\n    postcondition {\n      condition = length(self.id) > 100\n"
        '      error_message = "it is too short"\n    }\n  }\n'
    )
    live.root("dev/network", thing("dev", "large") + thing("more", more=never))
    reviewed(live, "test/network")

    found = results(live, code=UNAVAILABLE)

    assert (found["dev/network"], found["test/network"]) == ("failed", "waiting")
    assert live.sizes("dev/network")["dev"] == "large"


def test_the_rest_of_a_killed_apply_is_applied_without_another_review(
    live: TerraformPlatform,
) -> None:
    """The record says that all of it was let through; of the two things one was made."""
    live.root("dev/network", thing("dev") + thing("one") + thing("two"))
    live.commit()
    pull = live.pull()
    live.planned(pull)
    live.merge(pull)
    found = live.edp("apply", "--root", "dev/network")
    assert found.code == 0, found.stdout
    state = json.loads(live.backend.states["dev-network"])
    state["resources"] = [one for one in state["resources"] if one["name"] != "two"]
    state["serial"] += 1
    live.backend.states["dev-network"] = json.dumps(state).encode()
    live.record("dev/network", result="running", endedAt=None, clean=False)

    again = results(live, "--root", "dev/network")

    assert again == {"dev/network": "applied"}
    assert live.sizes("dev/network") == {"dev": "small", "one": "small", "two": "small"}


def test_what_was_not_clean_afterwards_is_looked_at_again(live: TerraformPlatform) -> None:
    live.record("dev/network", clean=False)
    live.changed_to("test/network", thing("test", "large"))

    found = results(live)

    assert (found["dev/network"], found["test/network"]) == ("unchanged", "applied")


def test_a_promotion_waits_for_the_terraform_of_its_environment(live: TerraformPlatform) -> None:
    live.world.release("web", "1.1.0")
    live.root("dev/network", thing("dev", "large"))
    live.commit()
    live.pull_main()
    live.push()
    unseen = gate(live)
    live.edp("apply")
    unreviewed = gate(live)
    done = live.edp("apply", "--root", "dev/network", "--accept", digest(live))
    live.edp("apply")

    assert done.code == 0, done.stdout
    assert "edp apply has not seen commit" in unseen
    assert unreviewed == "dev/network: not applied: nobody has reviewed a plan of it"
    assert gate(live) == "as merged"


def gate(live: TerraformPlatform) -> str:
    """What the gate says of a promotion of web into dev."""
    document = live.world.edp("explain", "web", "dev", "--json").document
    return next(one["reason"] for one in document["gates"] if one["name"] == "terraform")


def digest(live: TerraformPlatform) -> str:
    """Of the plan of dev/network now."""
    found = live.edp("apply", "--json", "--dry-run", "--root", "dev/network")
    text: str = found.document["roots"][0]["digest"]
    return text


def test_a_held_lock_is_busy(live: TerraformPlatform, backend: StateBackend) -> None:
    reviewed(live, "dev/network")
    backend.hold("dev-network")

    done = live.edp("apply", "--json", "--lock-timeout", "0")

    assert done.code == BUSY
    assert done.document["roots"][0]["result"] == "busy"


def test_a_state_that_cannot_be_stored_is_kept_and_stops_the_next_run(
    live: TerraformPlatform, backend: StateBackend
) -> None:
    reviewed(live, "dev/network")
    backend.fault = StateFault("POST", status=500)

    first = live.edp("apply", "--json", "--root", "dev/network")
    backend.fault = None
    second = live.edp("apply", "--json", "--root", "dev/network")

    assert first.document["roots"][0]["result"] == "errored", first.stderr
    assert second.code == REFUSED
    assert "edp recover dev/network" in second.document["roots"][0]["reason"]
    (kept,) = live.rescued("dev/network")
    assert kept.stat().st_mode & 0o777 == 0o600
    assert json.loads(kept.read_text())["resources"]


def test_the_ledger_has_a_record_and_an_audit_line(live: TerraformPlatform) -> None:
    number = reviewed(live, "dev/network")
    results(live)

    record = json.loads(live.world.file("terraform/dev/network.json", "edp-ledger"))
    audit = live.world.text("audit/2026-11.jsonl", "edp-ledger").splitlines()
    (line,) = (
        one
        for one in map(json.loads, audit)
        if (one["kind"], one.get("result"), one.get("pull")) == ("apply", "applied", number)
    )

    assert (record["result"], record["clean"], record["pull"]) == ("applied", True, number)
    assert (line["root"], line["by"]) == ("dev/network", "alice")


def test_a_dry_run_decides_the_same_and_writes_nothing(live: TerraformPlatform) -> None:
    reviewed(live, "dev/network")

    with live.world.watching() as writes:
        found = results(live, "--dry-run")

    assert found["dev/network"] == "would be applied"
    assert writes == []
    assert live.sizes("dev/network") == {"dev": "small"}


def test_a_soak_holds_up_the_next_environment(
    tmp_path_factory: pytest.TempPathFactory, cloud: TestWorld, backend: StateBackend
) -> None:
    folder = tmp_path_factory.mktemp("soaking") / "platform"
    graph = small_platform.gated("soak: 30m")
    with start_terraform_platform(folder, cloud, backend, graph=graph) as platform:
        platform.adopt()
        reviewed(platform, "dev/network", "test/network")

        assert results(platform)["test/network"] == "waiting"
        platform.world.clock.sleep(1800)
        assert results(platform)["test/network"] == "applied"


def test_nothing_is_applied_while_it_is_paused(live: TerraformPlatform) -> None:
    done = live.edp("apply", EDP_PAUSED="a storm")

    assert done.code == REFUSED
    assert "a storm" in done.stderr


def test_where_nobody_set_terraform_up_a_job_says_so(platform: TerraformPlatform) -> None:
    done = platform.edp("apply", EDP_PLAN_KEY="")
    named = platform.edp("apply", "--root", "dev/network", EDP_PLAN_KEY="")

    assert (done.code, named.code) == (0, INVALID)
    assert "this job has no EDP_PLAN_KEY" in done.stdout
