"""Where Terraform roots are, and what their two files of ours say."""

from datetime import timedelta

import pytest

from edp.core.repository.problems import FileProblemsError
from edp.core.repository.reading import read_model
from edp.core.terraform.paths import cleaned, is_below, is_configuration, is_wanted
from edp.core.terraform.policy_file import PolicyFile
from edp.core.terraform.root_file import RootFile
from edp.core.terraform.roots import (
    TerraformRoot,
    find_roots,
    parse_root,
    root_of_path,
    root_path,
)

NETWORK = TerraformRoot("test", "network")


def problems(model: type[RootFile] | type[PolicyFile], text: str) -> str:
    with pytest.raises(FileProblemsError) as caught:
        read_model(model, f"apiVersion: edp/v1\n{text}\n".encode(), path="a.yaml")
    return str(caught.value)


def test_a_root_is_an_environment_and_a_name() -> None:
    assert (str(NETWORK), root_path(NETWORK)) == ("test/network", "terraform/live/test/network")


@pytest.mark.parametrize(
    ("path", "root"),
    [
        ("terraform/live/test/network/main.tf", NETWORK),
        ("terraform/live/test/network/files/a/b.json", NETWORK),
        ("terraform/live/test/network", None),
        ("terraform/live/test/README.md", None),
        ("terraform/live/Test/network/main.tf", None),
        ("terraform/live/test/net_work/main.tf", None),
        ("terraform/modules/test/network/main.tf", None),
        ("main.tf", None),
    ],
)
def test_a_path_tells_its_root(path: str, root: TerraformRoot | None) -> None:
    assert root_of_path(path) == root


def test_roots_are_folders_that_hold_configuration_themselves() -> None:
    paths = [
        "terraform/live/test/network/main.tf",
        "terraform/live/test/network/outputs.tf",
        "terraform/live/dev/dns/main.tf.json",
        "terraform/live/dev/tofu/main.tofu",
        "terraform/live/dev/empty/README.md",
        "terraform/live/dev/deep/er/main.tf",
        "terraform/live/dev/hidden/.main.tf",
        "terraform/live/Dev/dns/main.tf",
        "terraform/modules/dns/a/main.tf",
    ]

    assert [str(root) for root in find_roots(paths)] == ["dev/dns", "dev/tofu", "test/network"]


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("network", NETWORK),
        ("test/network", NETWORK),
        ("prod/network", TerraformRoot("prod", "network")),
        ("../network", None),
        ("a/b/c", None),
        ("", None),
    ],
)
def test_a_name_is_seen_from_an_environment(text: str, root: TerraformRoot | None) -> None:
    assert parse_root(text, "test") == root


@pytest.mark.parametrize(
    ("folder", "relative", "path"),
    [
        ("a/b", "c", "a/b/c"),
        ("a/b", "./c//d/.", "a/b/c/d"),
        ("a/b", "../c/../d", "a/d"),
        ("a/b", "../..", ""),
        ("a/b", "../../..", None),
        ("a/b", "/c", None),
        ("a/b", "~/c", None),
        ("a/b", "c\\d", None),
        ("a/b", "c\0", None),
        ("", "a", "a"),
    ],
)
def test_a_path_is_cleaned_and_never_leaves_the_repository(
    folder: str, relative: str, path: str | None
) -> None:
    assert cleaned(folder, relative) == path


def test_a_folder_holds_what_is_below_it() -> None:
    assert is_below("a/b", "a")
    assert is_below("a", "a")
    assert is_below("a", "")
    assert not is_below("ab", "a")


@pytest.mark.parametrize("name", ["main.tf", "main.tf.json", "a.tofu", "a.tofu.json"])
def test_terraform_reads_its_own_files(name: str) -> None:
    assert is_configuration(f"a/{name}")


@pytest.mark.parametrize("name", [".main.tf", "#main.tf#", "main.tf~", "main.tfvars", "a.tf.bak"])
def test_terraform_reads_no_others(name: str) -> None:
    assert not is_configuration(f"a/{name}")


def test_a_tree_needs_the_contents_of_few_files() -> None:
    wanted = ["a/main.tf", "a/root.yaml", "a/.terraform.lock.hcl", "a/user.tftpl"]

    assert all(is_wanted(path) for path in wanted)
    assert not is_wanted("a/dashboard.json")


def test_a_root_file_says_what_terraform_does_not() -> None:
    text = b"""apiVersion: edp/v1
dependsOn: [dns, prod/network]
varFiles: [../common.tfvars, own.tfvars.json]
ignoreDrift: ['module.db.aws_db_instance.main']
timeout: 1h
"""

    file = read_model(RootFile, text, path="root.yaml")

    assert [str(one) for one in file.dependencies(NETWORK)] == ["test/dns", "prod/network"]
    assert file.var_file_paths(NETWORK) == (
        "terraform/live/test/common.tfvars",
        "terraform/live/test/network/own.tfvars.json",
    )
    assert (file.ignore_drift, file.timeout) == (
        ["module.db.aws_db_instance.main"],
        timedelta(hours=1),
    )


def test_a_root_without_the_file_has_defaults() -> None:
    file = RootFile.default()

    assert (file.dependencies(NETWORK), file.var_file_paths(NETWORK)) == ((), ())
    assert file.timeout == timedelta(minutes=30)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dependson: [a]", 'unknown key "dependson"'),
        ("dependsOn: [a/b/c]", "expected a Terraform root like network or test/network"),
        ("varFiles: [../../../../../a.tfvars]", "expected a path inside the repository"),
        ("varFiles: [/etc/a.tfvars]", "expected a path inside the repository"),
        ("varFiles: [passwords.txt]", "expected a path inside the repository"),
        ("timeout: 1s", "expected 1m to 6h"),
        ("timeout: 7h", "expected 1m to 6h"),
        ("ignoreDrift: [' ']", "ignoreDrift[0]"),
    ],
)
def test_a_root_file_is_strict(text: str, message: str) -> None:
    assert message in problems(RootFile, text)


def test_a_policy_allows_and_forbids() -> None:
    text = b"""apiVersion: edp/v1
providers: [hashicorp/aws]
moduleSources: ["git::https://forge.example.org/platform/"]
protected: ["module.db.*"]
forbidDestroy: ["aws_db_*"]
requiredTags: {"aws_*": [owner]}
allowLocalExec: true
"""

    policy = read_model(PolicyFile, text, path="policy.yaml")

    assert (policy.providers, policy.allow_local_exec) == (["hashicorp/aws"], True)
    assert policy.required_tags == {"aws_*": ["owner"]}


def test_a_repository_without_a_policy_runs_no_programs() -> None:
    policy = PolicyFile.default()

    assert (policy.providers, policy.module_sources) == (None, None)
    assert (policy.allow_local_exec, policy.allow_external) == (False, False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("provider: [a]", 'did you mean "providers"?'),
        ("allowExternal: yes please", "expected true or false"),
        ("requiredTags: {'aws_*': []}", "expected at least 1 of them"),
    ],
)
def test_a_policy_is_strict(text: str, message: str) -> None:
    assert message in problems(PolicyFile, text)
