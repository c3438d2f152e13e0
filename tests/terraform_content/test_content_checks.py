"""What a real Terraform says of folders is told as it is: valid, failed, or skipped."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from check_terraform import kept_environment
from content_checks import Bench, Result, check_all, check_rules, summary
from content_providers import BUILDABLE, build, cli_configuration, missing_providers, place_of
from content_sample import change, write_sample

from edp.clients.terraform_binary import find_terraform
from edp.errors import EdpError

WRAPPED = """\
╷
│ Error: Failed to query available provider packages
│
│ Could not retrieve the list of available versions for provider
│ example/cloud: could not connect to registry.terraform.io: failed to
╵
Could not retrieve the list of available versions for provider tehcyx/kind:
provider registry.terraform.io/tehcyx/kind was not found in any of the search
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return write_sample(tmp_path / "repository")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    environment = kept_environment(os.environ)
    (tmp_path / "mirror").mkdir()
    try:
        found = find_terraform(environment, private=tmp_path / "embedded")
    except EdpError as error:
        pytest.skip(f"no Terraform for this machine: {error}")
    return Bench(
        terraform=tmp_path / "copy",
        program=found.path,
        environment=environment,
        scratch=tmp_path,
        mirror=tmp_path / "mirror",
        is_only_mirror=True,
    )


def told(results: Iterator[Result]) -> dict[str, tuple[str, str]]:
    return {result.part: (result.verdict, result.reason) for result in results}


def test_folders_are_passed_or_skipped_with_what_they_lack(
    repository: Path, bench: Bench, tmp_path: Path
) -> None:
    seen = told(check_all(bench, repository, tmp_path / "built"))

    skipped = ("skipped", "checked by the rules only: no provider example/cloud")
    assert seen == {
        "format": ("passed", ""),
        "live/dev/disks": skipped,
        "live/dev/network": ("passed", "valid"),
        "modules/addresses": ("passed", "valid, 1 tests"),
        "modules/disk": ("passed", "valid"),
        "modules/disk/cloud": skipped,
        "modules/disk/local": ("passed", "valid"),
    }
    assert not list(repository.rglob(".terraform"))


def test_mistakes_are_told_in_terraforms_words(
    repository: Path, bench: Bench, tmp_path: Path
) -> None:
    change(repository, "modules/addresses/main.tf", "input = var.network_cidr", "input=var.gone")
    change(repository, "modules/disk/outputs.tf", '"tags"', '"tags!"')

    seen = told(check_all(bench, repository, tmp_path / "built"))

    assert seen["format"][0] == "failed"
    assert "modules/addresses/main.tf" in seen["format"][1]
    assert seen["modules/addresses"][0] == "failed"
    assert "undeclared input variable" in seen["modules/addresses"][1]
    assert seen["modules/disk"][0] == "failed"
    assert "Invalid output name" in seen["modules/disk"][1]


def test_a_failing_module_test_fails(repository: Path, bench: Bench, tmp_path: Path) -> None:
    change(repository, "modules/addresses/tests/addresses.tftest.hcl", "10.1.0.0", "10.2.0.0")

    seen = told(check_all(bench, repository, tmp_path / "built"))

    assert seen["modules/addresses"][0] == "failed"
    assert "Test assertion failed" in seen["modules/addresses"][1]


def test_broken_rules_fail(repository: Path) -> None:
    change(repository, "modules/addresses/main.tf", '"The range."', '""')

    result = check_rules(repository)

    assert result.verdict == "failed"
    assert "variable network_cidr has no description" in result.reason


def test_kept_rules_pass(repository: Path) -> None:
    assert check_rules(repository) == Result("rules", "passed", "6 folders")


def test_missing_providers_are_read_from_wrapped_text() -> None:
    assert missing_providers(WRAPPED) == {"example/cloud", "tehcyx/kind"}


def test_other_failures_lack_no_provider() -> None:
    assert missing_providers("Error: Invalid reference\n") == frozenset()


def test_without_a_mirror_providers_come_from_the_registry() -> None:
    text = cli_configuration(None, sources=(), is_only=False)

    assert text == "provider_installation {\n  direct {}\n}\n"


def test_what_was_built_comes_from_the_mirror_and_nothing_else_does() -> None:
    text = cli_configuration(Path("/mirror"), sources=["example/cloud"], is_only=False)

    listed = '["registry.terraform.io/example/cloud"]'
    assert f"include = {listed}" in text
    assert f"exclude = {listed}" in text


def test_a_named_mirror_is_the_only_place() -> None:
    text = cli_configuration(Path("/mirror"), sources=(), is_only=True)

    assert "direct" not in text
    assert "include" not in text


def test_a_built_provider_lies_where_terraform_looks() -> None:
    place = place_of(BUILDABLE[0], Path("/mirror"))

    assert place.parts[2:5] == (
        "registry.terraform.io",
        "terraform-provider-openstack",
        "openstack",
    )
    assert place.name == f"terraform-provider-openstack_v{BUILDABLE[0].version}"


def test_without_go_nothing_is_built(tmp_path: Path) -> None:
    why = build(BUILDABLE[0], tmp_path, {"PATH": str(tmp_path)})

    assert why == "no Go to build it with"
    assert not list(tmp_path.iterdir())


def test_what_is_there_is_not_built_again(tmp_path: Path) -> None:
    place = place_of(BUILDABLE[0], tmp_path)
    place.parent.mkdir(parents=True)
    place.touch()

    assert build(BUILDABLE[0], tmp_path, {"PATH": ""}) == ""


def test_credentials_stay_outside() -> None:
    kept = kept_environment({
        "PATH": "/bin", "https_proxy": "http://proxy", "AWS_SECRET_ACCESS_KEY": "s",
        "OS_PASSWORD": "p", "TF_CLI_ARGS": "-x", "EDP_TOKEN": "t",
    })  # fmt: skip

    assert set(kept) == {"PATH", "https_proxy"}


def test_the_last_line_counts() -> None:
    results = [Result("a", "passed", ""), Result("b", "skipped", "x"), Result("c", "passed", "")]

    assert summary(results) == "2 passed, 0 failed, 1 skipped"
