"""Each rule for `terraform/` finds its mistake, and nothing in a tree without one."""

from pathlib import Path

import pytest
from content_rules import RULES, broken_rules
from content_sample import change, write_sample
from content_tree import read_tree

CLOUD = "modules/disk/cloud"
DISKS = "live/dev/disks"
ADDRESSES = "modules/addresses/main.tf"
PLANTED = [
    (ADDRESSES, "  type        = string\n", "", "variable network_cidr has no type"),
    (ADDRESSES, "= string", "= any", "variable network_cidr has no type"),
    (ADDRESSES, '"The range."', '" "', "variable network_cidr has no description"),
    (ADDRESSES, "  validation {", "  ephemeral = false\n}\nlocals {\n  v = {", "is not validated"),
    (f"{CLOUD}/outputs.tf", '"The disk."', '""', "output disk has no description"),
    (f"{CLOUD}/outputs.tf", '"disk"', '"disk_password"', "disk_password is not sensitive"),
    (ADDRESSES, '"network_cidr"', '"secret"', "variable secret is not sensitive"),
    (
        ADDRESSES,
        "type        = string",
        'type = string\n  sensitive = true\n  default = "x"',
        "is a secret with a default",
    ),
    (ADDRESSES, ", < 2.0.0", "", "required_version has no lower and upper bound"),
    (f"{CLOUD}/versions.tf", "~> 1.4", ">= 1.4", "needs a range like ~> 1.2, not '>= 1.4'"),
    (f"{DISKS}/versions.tf", '"1.4.2"', '"~> 1.4"', "needs an exact version, not '~> 1.4'"),
    (f"{DISKS}/versions.tf", '"1.4.2"', '"1.3.9"', "1.3.9 is not in ~> 1.4 of modules/disk/cloud"),
    (f"{DISKS}/versions.tf", '"1.4.2"', '"2.0.0"', "2.0.0 is not in ~> 1.4 of modules/disk/cloud"),
    (f"{DISKS}/versions.tf", "example/cloud", "example/other", "is used and not pinned"),
    (f"{DISKS}/versions.tf", "example/cloud", "evil/cloud", "does not allow evil/cloud"),
    (
        f"{CLOUD}/main.tf",
        "  name =",
        '  provisioner "local-exec" {\n    command = "id"\n  }\n  name =',
        "cloud_disk.this runs programs",
    ),
    (f"{CLOUD}/main.tf", "cloud_disk", "null_resource", "null_resource.this runs programs"),
    (f"{DISKS}/main.tf", "../../../modules/disk/cloud", "git::https://x", "comes from elsewhere"),
    (f"{DISKS}/main.tf", "modules/disk/cloud", "modules/absent", "is not there: ../../../modules"),
    ("modules/disk/local/outputs.tf", 'id = "2"', 'name = "2"', "its outputs are not those of"),
    (f"{CLOUD}/variables.tf", "size = number", "size = string", "has not the type it has above"),
    (f"{DISKS}/versions.tf", 'backend "http" {', "cloud {", f"{DISKS}: no backend"),
    (
        f"{CLOUD}/versions.tf",
        "  required_providers",
        '  backend "local" {}\n  required_providers',
        "a module has no backend",
    ),
    (f"{DISKS}/versions.tf", "lock_address", "address_of_lock", "http without lock_address"),
    (
        f"{DISKS}/versions.tf",
        'backend "http" {',
        'backend "local" {\n    path = "../network/terraform.tfstate"',
        "another Terraform root has the same state",
    ),
    (f"{DISKS}/main.tf", "../network/", "../absent/", "reads the state of no Terraform root here"),
    (f"{DISKS}/root.yaml", "[network]", "[]", "reads live/dev/network and does not depend on it"),
    (f"{DISKS}/root.yaml", "[network]", "[network, vpn]", "depends on vpn, which is not there"),
    (f"{DISKS}/root.yaml", "[network]", "[network, test/x]", "depends on test/x, which is not"),
    ("policy.yaml", "[cloud_disk]", "[cloud_disc]", "names cloud_disc, which no module has"),
]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return write_sample(tmp_path)


def problems(repository: Path) -> str:
    return "\n".join(broken_rules(read_tree(repository)))


def test_a_tree_without_mistakes_breaks_no_rule(repository: Path) -> None:
    assert problems(repository) == ""


@pytest.mark.parametrize(("name", "old", "new", "sentence"), PLANTED)
def test_a_planted_mistake_is_found(
    repository: Path, name: str, old: str, new: str, sentence: str
) -> None:
    change(repository, name, old, new)

    assert sentence in problems(repository)


def test_environments_must_not_share_addresses(repository: Path) -> None:
    network = repository / "terraform/live/dev/network/main.tf"
    (repository / "terraform/live/test/network").mkdir(parents=True)
    text = network.read_text().replace("10.0.0.0/16", "10.0.128.0/17")
    (repository / "terraform/live/test/network/main.tf").write_text(text)

    assert "10.0.0.0/16 overlaps 10.0.128.0/17 of live/test/network" in problems(repository)


def test_two_roots_must_not_differ_in_a_providers_version(repository: Path) -> None:
    live = repository / "terraform/live"
    (live / "test/disks").mkdir(parents=True)
    text = (live / "dev/disks/versions.tf").read_text()
    changed = text.replace("1.4.2", "1.5.0").replace("dev", "test")
    (live / "test/disks/versions.tf").write_text(changed)

    assert "example/cloud is pinned to 1.4.2, 1.5.0" in problems(repository)


def test_a_root_of_an_unknown_environment_is_found(repository: Path) -> None:
    (repository / "terraform/live/dev").rename(repository / "terraform/live/qa")

    assert "live/qa/disks: no environment of promotion.yaml" in problems(repository)


def test_what_terraform_downloaded_is_not_looked_at(repository: Path) -> None:
    hidden = repository / "terraform/live/dev/disks/.terraform/modules/evil"
    hidden.mkdir(parents=True)
    (hidden / "main.tf").write_text('variable "x" {}\n')

    assert problems(repository) == ""


def test_a_policy_is_not_needed(repository: Path) -> None:
    (repository / "terraform/policy.yaml").unlink()

    assert problems(repository) == ""


def test_every_rule_is_named_once() -> None:
    names = [rule.__name__ for rule in RULES]

    assert len(names) == len(set(names))
