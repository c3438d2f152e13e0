"""What may not be in a configuration is found before Terraform is started."""

from pathlib import Path

import pytest
from terraform_tree import MODULE, OWN, reach, tree

from edp.core.repository.problems import Problem
from edp.core.terraform.configuration import read_configuration
from edp.core.terraform.layout import check_layout
from edp.core.terraform.module_sources import is_allowed, source_mistake
from edp.core.terraform.policy_file import PolicyFile
from edp.core.terraform.static_policy import check_configuration, check_lock_file, check_root

REFUSED = sorted((Path(__file__).parents[3] / "data/terraform/refused").iterdir())
POLICY = PolicyFile.model_validate(
    {
        "apiVersion": "edp/v1",
        "providers": ["random", "acme/vpc"],
        "moduleSources": [
            "git::https://forge.example.org/platform",
            "acme/",
            "registry.example.org/",
            "git@forge.example.org:platform/",
        ],
    }
)
OPEN = PolicyFile.model_validate(
    {"apiVersion": "edp/v1", "allowLocalExec": True, "allowExternal": True}
)


def check(text: str, policy: PolicyFile = POLICY, name: str = "main.tf") -> list[str]:
    configuration = read_configuration({name: text.encode()}, "")
    return [str(one) for one in check_configuration(configuration, policy)]


def described(problems: tuple[Problem, ...]) -> list[str]:
    return [str(one) for one in problems]


@pytest.mark.parametrize("file", REFUSED, ids=lambda file: file.name)
def test_each_of_these_is_refused_for_one_reason(file: Path) -> None:
    text = file.read_text()
    name = "main.tf.json" if file.suffix == ".json" else "main.tf"
    first = text.splitlines()[1].strip() if file.suffix == ".json" else text.splitlines()[0]
    expected = first.removeprefix('"//": "').removesuffix('",').replace('\\"', '"')

    assert check(text, name=name) == [expected.removeprefix("# ")]


def test_what_the_policy_allows_is_fine() -> None:
    text = """terraform {
  required_providers {
    random = { source = "Hashicorp/random", version = "3.6.0" }
    vpc    = { source = "registry.opentofu.org/acme/vpc" }
    any    = { source = "registry.terraform.io/hashicorp/random" }
  }
}
module "a" { source = "git::https://forge.example.org/platform/vpc.git?ref=v1.0.0" }
module "b" {
  source  = "acme/vpc/aws"
  version = "1.0.0"
}
module "c" { source = "./c" }
resource "random_id" "a" {}
resource "terraform_data" "b" {}
data "terraform_remote_state" "c" {}
resource "vpc_subnet" "d" { provider = any }
"""

    assert check(text) == []


def test_without_lists_every_provider_and_pinned_module_is_fine() -> None:
    text = """module "a" { source = "github.com/acme/vpc?ref=v1.0.0" }
provider "anything" {}
resource "null_resource" "a" {
  provisioner "local-exec" {}
}
data "external" "b" {}
"""

    assert check(text, OPEN) == []


def test_all_problems_are_told_at_once() -> None:
    text = 'data "external" "a" {}\nmodule "b" { source = "github.com/acme/vpc" }\n'

    assert len(check(text, PolicyFile.default())) == 2


SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    "source",
    [
        "github.com/acme/vpc?ref=v1.2.3",
        "github.com/acme/vpc//sub?ref=1.2",
        f"bitbucket.org/acme/vpc?ref={SHA}",
        "git::ssh://git@forge.example.org/acme/vpc.git?ref=vpc/v1.2.3-rc.1",
        "git::https://forge.example.org/vpc.git?ref=refs/tags/stable&depth=1",
        "https://files.example.org/vpc.zip?checksum=sha256:00",
        "s3::https://s3.example.org/b/vpc.zip?checksum=sha512:00",
    ],
)
def test_a_pinned_source_is_fine(source: str) -> None:
    assert source_mistake(source, "") is None


@pytest.mark.parametrize(
    "source",
    [
        "github.com/acme/vpc",
        "github.com/acme/vpc/aws",
        "github.com/acme/vpc?ref=main",
        "github.com/acme/vpc?ref=",
        "github.com/acme/vpc?ref=release/1.2",
        "github.com/acme/vpc?ref=0123456",
        "github.com/acme/vpc?ref=v1.0.0&ref=main",
        "git::https://forge.example.org/vpc.git?sshkey=abc&ref=v1.0.0",
        "https://files.example.org/vpc.zip?checksum=md5:00",
        "hg::https://forge.example.org/vpc",
        "oci://registry.example.org/vpc:latest",
        "file::/opt/vpc",
        " ./vpc",
        "vpc",
    ],
)
def test_a_source_that_may_change_is_a_mistake(source: str) -> None:
    assert source_mistake(source, "") is not None


@pytest.mark.parametrize(("version", "is_fine"), [("= 1.2.3", True), ("1.2", False), (None, False)])
def test_a_registry_needs_an_exact_version(version: str | None, is_fine: bool) -> None:
    assert (source_mistake("acme/vpc/aws", version) is None) == is_fine


@pytest.mark.parametrize(
    ("source", "prefix", "answer"),
    [
        ("github.com/acme/vpc", "github.com/acme", True),
        ("github.com/acme/vpc", "github.com/acme/", True),
        ("github.com/acme", "github.com/acme", True),
        ("github.com/acme?ref=v1.0.0", "github.com/acme", True),
        ("github.com/acme-evil/vpc", "github.com/acme", False),
        ("git::https://a.example@evil.example/x", "git::https://a.example", False),
        ("github.com/other", "github.com/acme", False),
    ],
)
def test_a_prefix_ends_with_a_step(source: str, prefix: str, answer: bool) -> None:
    assert is_allowed(source, [prefix]) is answer


def test_the_lock_file_is_held_to_the_policy() -> None:
    text = b"""provider "registry.terraform.io/hashicorp/random" {
  version = "3.6.0"
}
provider "registry.terraform.io/acme/evil" {
  version = "1.0.0"
}
"""

    assert described(check_lock_file(text, ".terraform.lock.hcl", POLICY)) == [
        '.terraform.lock.hcl:4: the provider "acme/evil" is not allowed'
    ]
    assert check_lock_file(text, ".terraform.lock.hcl", OPEN) == ()


def test_a_broken_lock_file_is_a_problem() -> None:
    assert described(check_lock_file(b"<<<<<<< HEAD", "a.hcl", POLICY)) == [
        "a.hcl:1: unexpected '<'"
    ]


def test_a_root_is_checked_with_its_modules() -> None:
    files = {
        f"{OWN}/main.tf": 'locals { a = file("/x") }',
        f"{OWN}/b.tf": 'module "a" { source = "../../../modules/vpc" }',
        f"{MODULE}/main.tf": 'data "external" "a" {}',
    }

    assert described(check_root(reach(files), OPEN)) == [
        f'{OWN}/main.tf:1: file: "/x" is outside of the repository'
    ]
    assert len(check_root(reach(files), PolicyFile.default())) == 2


def test_a_layout_is_checked() -> None:
    files = dict.fromkeys(
        (
            "terraform/live/test/network/main.tf",
            "terraform/live/test/network/modules/a/main.tf",
            "terraform/live/tset/network/main.tf",
            "terraform/live/test/Net/main.tf",
            "terraform/live/main.tf",
            "terraform/live/prod/eu1/network/main.tf",
            "terraform/live/test/network/.terraform/modules/modules.json",
            "terraform/live/test/network/terraform.tfstate",
            "terraform/live/test/network/README.md",
            "tests/data/terraform.tfstate",
        ),
        "",
    )

    nowhere = "is in no Terraform root"
    eu1 = "terraform/live/prod/eu1"

    problems = check_layout(tree(files, links=["terraform/live/dev", "docs/a"]), {"test", "prod"})

    assert described(problems) == [
        "terraform/live/dev:1: a symbolic link: where it leads is not reviewed",
        "terraform/live/main.tf:1: is in no Terraform root",
        f"{eu1}/network/main.tf:1: {nowhere}: no configuration stands in {eu1} itself",
        'terraform/live/test/Net/main.tf:1: "Net" is not a name',
        f"{OWN}/.terraform/modules/modules.json:1: Terraform's own folder is in git",
        f"{OWN}/terraform.tfstate:1: a state or plan is in git: it has secrets",
        'terraform/live/tset/network:1: the environment "tset" is not in promotion.yaml',
    ]
    assert problems[-1].hint == 'did you mean "test"?'
