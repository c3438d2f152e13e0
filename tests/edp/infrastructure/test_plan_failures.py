"""What cannot be planned is told with its reason, and never applied, by every Terraform alike."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tf_binaries import BINARIES
from tf_platform import TerraformPlatform, server, thing

INVALID, UNAVAILABLE = 2, 4


@dataclass(frozen=True)
class Failure:
    """How to break dev/network, what is told of it, and how the plan ends."""

    spoil: Callable[[TerraformPlatform], None]
    told: str
    code: int


def missing_values(platform: TerraformPlatform) -> None:
    text = "apiVersion: edp/v1\nvarFiles: [gone.tfvars]\n"
    platform.write("terraform/live/dev/network/root.yaml", text)


def malformed_values(platform: TerraformPlatform) -> None:
    platform.write("terraform/live/dev/network/terraform.tfvars", "size = {\n")


def wrong_type(platform: TerraformPlatform) -> None:
    platform.root("dev/network", thing("dev") + 'variable "n" {\n  type = number\n}\n')
    platform.write("terraform/live/dev/network/terraform.tfvars", 'n = "many"\n')


def no_provider(platform: TerraformPlatform) -> None:
    platform.root("dev/network", server("box").replace("world_", "moon_"))


def broken_provider(platform: TerraformPlatform) -> None:
    """It is there, and ends before it has said anything."""
    platform.root("dev/network", thing("dev") + server("box"))
    (provider,) = platform.cloud.home.glob("providers/registry.terraform.io/test/world/*/*/*")
    copy = platform.clone.parent / "providers"
    place = copy / provider.relative_to(platform.cloud.home / "providers")
    place.parent.mkdir(parents=True)
    place.write_text("#!/bin/sh\nkill -9 $$\n")
    place.chmod(0o755)
    config = platform.clone.parent / "broken.rc"
    text = platform.cloud.cli_config.read_text()
    config.write_text(text.replace(str(platform.cloud.home / "providers"), str(copy)))
    platform.more["TF_CLI_CONFIG_FILE"] = str(config)


def broken_syntax(platform: TerraformPlatform) -> None:
    platform.write("terraform/live/dev/network/more.tf", 'resource "terraform_data" {\n')


FAILURES = {
    "a missing var file": Failure(missing_values, "there is no", INVALID),
    "a malformed var file": Failure(malformed_values, "terraform.tfvars", INVALID),
    "a value of another type": Failure(wrong_type, "Invalid value for input variable", UNAVAILABLE),
    "an unknown provider": Failure(no_provider, "provider", UNAVAILABLE),
    "a killed provider": Failure(broken_provider, "dev/network", UNAVAILABLE),
    "broken syntax": Failure(broken_syntax, "more.tf", INVALID),
}


@pytest.fixture(params=BINARIES)
def path(request: pytest.FixtureRequest) -> str:
    """A search path on which `terraform` is the version of the matrix."""
    return f"{request.param().path.parent}:{os.environ['PATH']}"


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
def test_a_failing_plan_is_told_and_nothing_is_applied(
    platform: TerraformPlatform, path: str, failure: Failure
) -> None:
    failure.spoil(platform)
    platform.commit()
    pull = platform.pull()
    chosen = {"PATH": path, "EDP_TERRAFORM": ""}

    done = platform.plan("--base", "origin/main", "--pull-request", str(pull.number), **chosen)
    (comment,) = platform.comments(pull.number)
    platform.merge(pull)
    applied = platform.edp("apply", "--json", "--root", "dev/network", **chosen)

    assert done.code == failure.code, done.stdout
    assert failure.told in comment.replace("\\", "")
    assert platform.status(pull.head.sha, "dev/network")[0] == "failure"
    assert applied.code == UNAVAILABLE, applied.stdout
    assert applied.document["roots"][0]["result"] == "broken"
    assert platform.sizes("dev/network") == {}


def terraform_of(folder: Path, script: str) -> str:
    """A search path with a program of that name and nothing else of Terraform."""
    folder.mkdir()
    program = folder / "terraform"
    program.write_text(script, encoding="utf-8")
    program.chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


def test_a_terraform_of_another_version_is_not_started(
    platform: TerraformPlatform, tmp_path: Path
) -> None:
    path = terraform_of(tmp_path / "bin", '#!/bin/sh\necho \'{"terraform_version": "0.12.31"}\'\n')

    done = platform.plan("--root", "dev/network", PATH=path, EDP_TERRAFORM="terraform")

    assert done.code == INVALID
    assert "0.12.31" in done.stderr
    assert "not in the range" in done.stderr


def test_a_terraform_that_is_missing_is_said_to_be(platform: TerraformPlatform) -> None:
    done = platform.plan("--root", "dev/network", PATH="/usr/bin:/bin", EDP_TERRAFORM="tofu")

    assert done.code == INVALID
    assert "tofu: not found" in done.stderr


def test_terraform_roots_that_wait_for_each_other_are_named(platform: TerraformPlatform) -> None:
    for name, other in (("dev/network", "dev/dns"), ("dev/dns", "dev/network")):
        platform.root(name, thing("dev"))
        text = f"apiVersion: edp/v1\ndependsOn: [{other}]\n"
        platform.write(f"terraform/live/{name}/root.yaml", text)

    done = platform.plan("--base", "origin/main")

    assert done.code == INVALID
    assert "dev/dns → dev/network → dev/dns" in done.stderr


def test_an_environment_that_the_graph_does_not_know_is_told(platform: TerraformPlatform) -> None:
    platform.root("tset/network", thing("typo"))

    done = platform.plan("--base", "origin/main")

    assert done.code == INVALID
    assert 'the environment "tset" is not in promotion.yaml' in done.stdout
