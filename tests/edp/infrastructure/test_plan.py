"""`edp plan` with a real Terraform: what is planned, what is told, what is refused before."""

import json
from pathlib import Path

from tf_platform import KEY, ROOTS, TerraformPlatform, server, thing

from edp.core.terraform.plan_comment import read_header
from sandbox.platform import FULL_NAME

REFUSED, UNAVAILABLE, INVALID, BUSY, CONFLICT = 3, 4, 2, 6, 5


def test_without_a_base_all_are_planned(platform: TerraformPlatform) -> None:
    done = platform.plan("--json")

    assert done.code == 0, done.stderr
    assert [one["root"] for one in done.document["roots"]] == sorted(ROOTS)
    assert {one["state"] for one in done.document["roots"]} == {"pending"}
    assert done.document["roots"][0]["changes"] == [
        {"address": "terraform_data.dev", "action": "create"}
    ]


def test_only_what_a_change_affects_is_planned(platform: TerraformPlatform) -> None:
    platform.root("test/network", thing("test", "large"))

    done = platform.plan("--base", "origin/main", "--json", "--exit-code")

    assert done.code == 10, done.stderr
    assert [one["root"] for one in done.document["roots"]] == ["test/network"]


def test_a_change_elsewhere_affects_nothing(platform: TerraformPlatform) -> None:
    platform.write("docs/notes.md", "hello")

    done = platform.plan("--base", "origin/main")

    assert (done.code, done.stdout) == (0, "no Terraform root is affected\n")


def test_a_pull_request_has_one_comment_and_a_status_for_each(platform: TerraformPlatform) -> None:
    pull = platform.changed("dev/network", "test/network")

    first = platform.plan("--base", "origin/main", "--pull-request", str(pull.number))
    second = platform.plan("--base", "origin/main", "--pull-request", str(pull.number))

    assert (first.code, second.code) == (0, 0), first.stderr
    (comment,) = platform.comments(pull.number)
    assert "| dev/network | pending |" in comment
    assert "prod-eu1" not in comment
    reviewed = read_header(comment, KEY.encode())
    assert reviewed is not None
    assert (reviewed.pull, reviewed.head) == (pull.number, pull.head.sha)
    assert [str(root) for root, _ in reviewed.digests] == ["dev/network", "test/network"]
    assert platform.status(pull.head.sha, "dev/network") == ("success", "pending: 1 to create")


def test_a_second_plan_of_the_same_writes_nothing(platform: TerraformPlatform) -> None:
    pull = platform.changed("dev/network")
    platform.plan("--base", "origin/main", "--pull-request", str(pull.number))

    with platform.world.watching() as writes:
        platform.plan("--base", "origin/main", "--pull-request", str(pull.number))

    assert writes == []


def test_what_left_the_pull_request_leaves_the_comment(platform: TerraformPlatform) -> None:
    pull = platform.changed("dev/network", "test/network")
    platform.plan("--base", "origin/main", "--pull-request", str(pull.number))
    platform.root("test/network", thing("test"))
    platform.commit("not there")
    platform.push("change")

    done = platform.plan("--base", "origin/main", "--pull-request", str(pull.number))

    assert done.code == 0, done.stderr
    (comment,) = platform.comments(pull.number)
    assert "| dev/network |" in comment
    assert "test/network" not in comment


def test_a_persons_comment_that_quotes_it_is_left_alone(platform: TerraformPlatform) -> None:
    pull = platform.changed("dev/network")
    platform.plan("--base", "origin/main", "--pull-request", str(pull.number))
    (comment,) = platform.comments(pull.number)
    platform.world.as_user("bob").get_pull(pull.number).create_issue_comment(comment)
    platform.root("dev/network", thing("dev", "huge"))
    platform.commit()
    platform.push("change")

    platform.plan("--base", "origin/main", "--pull-request", str(pull.number))

    ours, quoted = platform.comments(pull.number)
    assert quoted == comment
    assert ours != comment


def test_what_a_deleted_one_owns_is_told(platform: TerraformPlatform) -> None:
    platform.backend.states["dev-network"] = json.dumps(
        {
            "version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "x",
            "outputs": {},
            "resources": [
                {
                    "mode": "managed", "type": "terraform_data", "name": "dev",
                    "provider": 'provider["terraform.io/builtin/terraform"]',
                    "instances": [
                        {"index_key": n, "schema_version": 0, "attributes": {}} for n in (0, 1)
                    ],
                }
            ],
        }
    ).encode()  # fmt: skip
    platform.git("rm", "-r", "--quiet", "terraform/live/dev/network")

    done = platform.plan("--base", "origin/main", "--json")

    assert done.code == 0, done.stderr
    (one,) = done.document["roots"]
    assert (one["root"], one["state"], one["orphaned"]) == ("dev/network", "deleted", 2)


def test_a_fork_is_not_planned(platform: TerraformPlatform) -> None:
    world = platform.world
    fork = world.platform.forge.fork_repository(FULL_NAME, "alice")
    platform.root("dev/network", thing("dev", "large"))
    platform.commit()
    platform.push("change", fork.full_name)
    pull = world.as_user("alice").create_pull(head="alice:change", base="main", title="Mine")

    done = platform.plan("--base", "origin/main", "--pull-request", str(pull.number))

    assert done.code == 0, done.stderr
    assert "dev/network: not planned, of a fork" in done.stdout
    assert platform.backend.requests == []
    assert platform.comments(pull.number) == []


def test_policy_stops_a_change_before_terraform_is_started(platform: TerraformPlatform) -> None:
    platform.root(
        "dev/network",
        thing("dev") + 'resource "terraform_data" "x" {\n  provisioner "local-exec" {\n'
        '    command = "touch /tmp/x"\n  }\n}\n',
    )
    platform.write("terraform/policy.yaml", "apiVersion: edp/v1\nallowLocalExec: true\n")

    done = platform.plan("--base", "origin/main", "--root", "dev/network", "--json")

    (one,) = done.document["roots"]
    assert done.code == INVALID
    assert "runs a program that no plan shows" in one["reason"]
    assert platform.backend.requests == []


def test_without_a_key_the_preview_is_static_and_says_so(platform: TerraformPlatform) -> None:
    pull = platform.changed("dev/network")

    done = platform.plan(
        "--base", "origin/main", "--pull-request", str(pull.number), EDP_PLAN_KEY=""
    )

    assert done.code == 0, done.stderr
    assert platform.backend.requests == []
    (comment,) = platform.comments(pull.number)
    assert "no EDP\\_PLAN\\_KEY" in comment
    assert read_header(comment, KEY.encode()) is None


def test_a_held_lock_is_busy_with_its_holder(platform: TerraformPlatform) -> None:
    platform.backend.hold("dev-network")

    done = platform.plan("--root", "dev/network")

    assert done.code == BUSY
    assert "dev/network: busy, locked under the id" in done.stdout


def test_a_newer_commit_of_the_pull_request_is_not_told_of(platform: TerraformPlatform) -> None:
    pull = platform.changed("dev/network")
    platform.commit("one more, not pushed")

    done = platform.plan("--base", "origin/main", "--pull-request", str(pull.number))

    assert done.code == CONFLICT
    assert platform.comments(pull.number) == []


def test_outputs_of_the_step_are_json(platform: TerraformPlatform, tmp_path: Path) -> None:
    outputs = tmp_path / "outputs"

    matrix = platform.plan("--matrix", FORGEJO_OUTPUT=str(outputs))

    assert matrix.code == 0, matrix.stderr
    lines = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
    assert [one["root"] for one in json.loads(lines["matrix"])["include"]] == sorted(ROOTS)
    assert lines["count"] == "3"


def test_a_trusted_job_plans_every_open_pull_request_once(platform: TerraformPlatform) -> None:
    pull = platform.changed("dev/network")

    first = platform.plan("--open", "--json")
    with platform.world.watching() as writes:
        second = platform.plan("--open")

    assert first.code == 0, first.stderr
    assert [one["pull"] for one in first.document["pulls"]] == [pull.number]
    assert platform.status(pull.head.sha, "dev/network") == ("success", "pending: 1 to create")
    assert (second.stdout, writes) == ("nothing to do\n", [])


def test_it_plans_a_newer_commit_and_what_was_busy_again(platform: TerraformPlatform) -> None:
    pull = platform.changed("dev/network")
    platform.backend.hold("dev-network")
    busy = platform.plan("--open")
    platform.backend.locks.clear()
    platform.plan("--open")
    platform.root("dev/network", thing("dev", "huge"))
    platform.commit()
    platform.push("change")
    platform.plan("--open")

    (comment,) = platform.comments(pull.number)
    header = read_header(comment, KEY.encode())
    assert busy.code == BUSY
    assert header is not None
    assert header.head == platform.git("rev-parse", "HEAD")


def test_it_leaves_forks_and_what_has_no_terraform_alone(platform: TerraformPlatform) -> None:
    platform.write("docs/notes.md", "hello")
    platform.commit()
    pull = platform.pull()

    done = platform.plan("--open")

    assert (done.code, done.stdout) == (0, "nothing to do\n")
    assert platform.comments(pull.number) == []


def test_the_policy_of_the_base_decides_and_a_change_allows_itself_nothing(
    platform: TerraformPlatform,
) -> None:
    platform.write("terraform/policy.yaml", "apiVersion: edp/v1\nproviders: []\n")
    platform.commit()
    platform.push()
    platform.git("update-ref", "refs/remotes/origin/main", "HEAD")
    platform.root("dev/network", server("box"))
    platform.write("terraform/policy.yaml", "apiVersion: edp/v1\n")

    done = platform.plan("--base", "origin/main", "--json")

    found = {one["root"]: one for one in done.document["roots"]}
    assert done.code == INVALID
    assert '"test/world" is not allowed' in found["dev/network"]["reason"]
    assert found["test/network"]["state"] == "pending"  # a new policy is about all of them


def test_a_policy_that_cannot_be_read_stops_everything(platform: TerraformPlatform) -> None:
    platform.write("terraform/policy.yaml", "apiVersion: edp/v1\n" + "# long\n" * 200_000)

    done = platform.plan()

    assert done.code == INVALID
    assert "terraform/policy.yaml: cannot be read" in done.stderr


def test_runners_share_the_work_and_one_comment_tells_it_all(
    platform: TerraformPlatform, tmp_path: Path
) -> None:
    pull = platform.changed("dev/network", "test/network", "prod-eu1/network")
    matrix = platform.plan("--base", "origin/main", "--matrix", "--json").document["matrix"]
    folder = tmp_path / "results"
    for one in matrix["include"][:2]:
        done = platform.plan("--root", one["root"], "--results", str(folder))
        assert done.code == 0, done.stderr
    forged = json.loads((folder / "dev--network.json").read_text())
    forged["told"]["root"] = "test/network"
    (folder / "test--network.json").write_text(json.dumps(forged))

    arguments = ("--pull-request", str(pull.number), "--from-results", str(folder))
    told = platform.plan("--base", "origin/main", *arguments)

    (comment,) = platform.comments(pull.number)
    header = read_header(comment, KEY.encode())
    assert header is not None
    shared = [one["root"] for one in matrix["include"][:2]]
    assert [str(root) for root, _ in header.digests] == shared
    assert told.code == UNAVAILABLE
    assert "| dev/network | pending |" in comment
    assert "was not signed" in comment
    assert platform.status(pull.head.sha, "test/network")[0] == "failure"
