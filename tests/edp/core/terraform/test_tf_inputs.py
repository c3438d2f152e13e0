"""Equal numbers, equal files: everything that a Terraform root is made of counts, and no prose."""

import hashlib
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terraform_tree import MODULE, NETWORK, OWN, reach

from edp.core.terraform.inputs import files_of, inputs_of

FILES = {
    f"{OWN}/main.tf": 'module "vpc" { source = "../../../modules/vpc" }\n'
    'locals { a = templatefile("${path.module}/templates/a.tftpl", {}) }\n',
    f"{OWN}/root.yaml": "apiVersion: edp/v1\nvarFiles: [../common.tfvars]\n",
    f"{OWN}/.terraform.lock.hcl": "",
    f"{OWN}/templates/a.tftpl": "hello",
    f"{OWN}/templates/b.tftpl": "nobody reads it",
    f"{OWN}/README.md": "# Network",
    f"{OWN}/tests/a.tftest.hcl": "",
    f"{MODULE}/main.tf": 'locals { zones = fileset("${path.module}/zones", "**") }',
    f"{MODULE}/main.tftest.hcl": "",
    f"{MODULE}/README.md": "# VPC",
    f"{MODULE}/zones/a/b.txt": "",
    f"{MODULE}/zones/README.md": "a file of the set",
    "terraform/modules/other/main.tf": "",
    "terraform/live/test/common.tfvars": "",
    "terraform/live/test/dns/main.tf": "",
    "terraform/policy.yaml": "",
    "README.md": "",
}


def blobs(files: Mapping[str, str]) -> dict[str, str]:
    """What git knows of the files: an id for each content."""
    return {path: hashlib.sha256(text.encode()).hexdigest()[:40] for path, text in files.items()}


def number(files: Mapping[str, str]) -> str:
    return inputs_of(reach(files), blobs(files))


def counted(files: Mapping[str, str]) -> set[str]:
    return set(files_of(reach(files), blobs(files)))


def counts(path: str, files: Mapping[str, str] = FILES) -> bool:
    """Whether a change of a file's content alone changes the number."""
    ids = blobs(files)
    return inputs_of(reach(files), {**ids, path: "0" * 40}) != inputs_of(reach(files), ids)


# what counts


def test_exactly_the_files_that_it_is_made_of_count() -> None:
    assert counted(FILES) == {
        f"{OWN}/main.tf",
        f"{OWN}/root.yaml",
        f"{OWN}/.terraform.lock.hcl",
        f"{OWN}/templates/a.tftpl",
        f"{MODULE}/main.tf",
        f"{MODULE}/zones/a/b.txt",
        f"{MODULE}/zones/README.md",
        "terraform/live/test/common.tfvars",
    }


@pytest.mark.parametrize("path", sorted(FILES))
def test_the_number_follows_the_files_that_count(path: str) -> None:
    assert counts(path) == (path in counted(FILES))


@pytest.mark.parametrize(
    "name", ["README.md", "CHANGELOG.MD", "a.tftest.hcl", "a.tftest.json", "a.tofutest.hcl"]
)
@pytest.mark.parametrize("folder", [OWN, MODULE])
def test_prose_and_tests_do_not_count(folder: str, name: str) -> None:
    files = {**FILES, f"{folder}/{name}": "changed"}

    assert number(files) == number(FILES)


@pytest.mark.parametrize("name", ["a.tf", "a.auto.tfvars", "cloud-init.yaml", ".terraform-version"])
@pytest.mark.parametrize("folder", [OWN, MODULE])
def test_any_other_file_beside_the_configuration_counts(folder: str, name: str) -> None:
    files = {**FILES, f"{folder}/{name}": ""}

    assert number(files) != number(FILES)
    assert counts(f"{folder}/{name}", files)


def test_a_module_of_a_module_counts() -> None:
    sub = f"{MODULE}/sub/main.tf"
    files = {**FILES, f"{MODULE}/main.tf": 'module "sub" { source = "./sub" }', sub: ""}

    assert counts(sub, files)
    assert not counts("terraform/modules/other/main.tf", files)


def test_a_template_counts_wherever_it_is() -> None:
    files = {
        f"{OWN}/main.tf": 'locals { a = templatefile("../../../../shared/a.tftpl", {}) }',
        "shared/a.tftpl": "",
        "shared/b.tftpl": "",
    }

    assert counted(files) == {f"{OWN}/main.tf", "shared/a.tftpl"}


def test_a_folder_that_is_read_counts_with_all_below_it() -> None:
    new = f"{MODULE}/zones/c/d/new.txt"
    files = {**FILES, new: ""}

    assert number(files) != number(FILES)
    assert counts(new, files)


def test_a_file_that_is_only_expected_counts_once_it_is_there() -> None:
    files = {f"{OWN}/main.tf": 'locals { a = try(file("keys/b.pub"), "") }'}

    assert number({**files, f"{OWN}/keys/b.pub": ""}) != number(files)


def test_the_whole_repository_may_count() -> None:
    up = "../" * 4
    files = {**FILES, f"{OWN}/main.tf": f'locals {{ all = fileset("{up}", "**") }}'}

    assert counts("README.md", files)
    assert counts("terraform/live/test/dns/main.tf", files)


# what cannot be told

UNTOLD = {**FILES, f"{OWN}/main.tf": "locals { a = file(var.a) }"}


def test_where_it_cannot_be_told_every_file_of_terraform_counts() -> None:
    for path in (
        "terraform/live/test/dns/main.tf",
        "terraform/modules/other/main.tf",
        "terraform/policy.yaml",
        f"{OWN}/templates/b.tftpl",
        f"{MODULE}/README.md",
    ):
        assert counts(path, UNTOLD)


def test_where_it_cannot_be_told_no_file_outside_of_terraform_counts() -> None:
    files = {**UNTOLD, "terraform.md": "", "environments/test/keycloak.yaml": ""}

    assert not any(counts(path, files) for path in ("README.md", "terraform.md"))
    assert not counts("environments/test/keycloak.yaml", files)


def test_a_broken_file_counts_as_what_cannot_be_told() -> None:
    files = {**FILES, f"{MODULE}/main.tf": "module {{"}

    assert counts("terraform/live/test/dns/main.tf", files)


# one number


def test_the_order_in_which_git_names_the_files_does_not_count() -> None:
    ids = blobs(FILES)

    assert inputs_of(reach(FILES), dict(reversed(ids.items()))) == inputs_of(reach(FILES), ids)


def test_the_number_is_a_sha_256() -> None:
    assert len(number(FILES)) == 64
    assert set(number(FILES)) <= set("0123456789abcdef")


def test_a_file_of_another_name_is_another_file() -> None:
    files = {path.replace("main.tf", "network.tf"): text for path, text in FILES.items()}

    assert counted(files) != counted(FILES)
    assert number(files) != number(FILES)


def test_files_that_change_places_are_other_files() -> None:
    files = {f"{OWN}/a.tf": "locals { a = 1 }", f"{OWN}/b.tf": "locals { b = 1 }"}
    other = {f"{OWN}/a.tf": files[f"{OWN}/b.tf"], f"{OWN}/b.tf": files[f"{OWN}/a.tf"]}

    assert number(other) != number(files)


def test_a_renamed_root_has_another_number() -> None:
    files = {f"{OWN}/main.tf": ""}
    moved = {"terraform/live/test/net/main.tf": ""}
    root = NETWORK._replace(name="net")

    assert inputs_of(reach(moved, root), blobs(moved)) != number(files)


def test_a_file_that_goes_changes_the_number() -> None:
    files = {path: text for path, text in FILES.items() if not path.endswith("common.tfvars")}

    assert number(files) != number(FILES)


def test_a_path_that_is_not_utf_8_has_a_number_too() -> None:
    path = b"\xff.txt".decode(errors="surrogateescape")
    files = {**FILES, f"{OWN}/{path}": ""}

    assert number(files) != number(FILES)


CONTENTS = st.dictionaries(st.sampled_from(["a.tf", "b.tf", "c.txt"]), st.sampled_from(["", "#"]))


@given(CONTENTS, CONTENTS)
def test_numbers_are_equal_only_for_equal_files(one: dict[str, str], other: dict[str, str]) -> None:
    files, others = (
        {f"{OWN}/main.tf": "", **{f"{OWN}/{name}": text for name, text in each.items()}}
        for each in (one, other)
    )

    assert (number(files) == number(others)) == (files == others)
