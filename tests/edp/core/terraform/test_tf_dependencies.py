"""Which Terraform roots build on which, as their files say and as their states are read."""

import pytest
from terraform_tree import NETWORK, OWN, tree

from edp.core.terraform.configuration import Backend, Place
from edp.core.terraform.dependencies import Dependencies, find_dependencies
from edp.core.terraform.reach import TreeReader
from edp.core.terraform.states import Same, same_state

READER = "terraform/live/test/reader"


CLOUD = """terraform {
  cloud {
    organization = "o"
    workspaces {
      name = "n"
    }
  }
}
"""


def found(files: dict[str, str]) -> Dependencies:
    reader = TreeReader(tree(files))
    return find_dependencies(reader.reach(root) for root in reader.roots)


def graph(files: dict[str, str]) -> dict[str, list[str]]:
    """Every Terraform root that builds on others, by name."""
    every = found(files).all()
    return {str(root): sorted(map(str, on)) for root, on in every.items() if on}


def reads(backend: str, config: str) -> str:
    return f'data "terraform_remote_state" "n" {{\n  backend = "{backend}"\n  config = {config}\n}}'


def keeps(backend: str, settings: str) -> str:
    return f'terraform {{\n  backend "{backend}" {{\n{settings}\n  }}\n}}\n'


@pytest.mark.parametrize(
    ("owner", "reader"),
    [
        (keeps("s3", 'bucket = "b"\nkey = "n"'), reads("s3", '{ bucket = "b", key = "n" }')),
        (keeps("http", 'address = "https://s/n"'), reads("http", '{ address = "https://s/n" }')),
        (keeps("gcs", 'bucket = "b"\nprefix = "n"'), reads("gcs", '{bucket = "b", prefix = "n"}')),
        (keeps("consul", 'path = "n"'), reads("consul", '{ path = "n" }')),
        ("", reads("local", '{ path = "../network/terraform.tfstate" }')),
        (keeps("local", 'path = "../n.tfstate"'), reads("local", '{ path = "../n.tfstate" }')),
        (
            CLOUD,
            reads("remote", '{ organization = "o", workspaces = { name = "n" } }'),
        ),
    ],
)
def test_the_owner_of_a_state_is_found(owner: str, reader: str) -> None:
    files = {f"{OWN}/main.tf": owner, f"{READER}/main.tf": reader}

    assert graph(files) == {"test/reader": ["test/network"]}


def test_the_json_syntax_is_read_alike() -> None:
    files = {
        f"{OWN}/main.tf.json": '{"terraform": {"backend": {"remote": {"organization": "o", '
        '"workspaces": [{"name": "n"}]}}}}',
        f"{READER}/main.tf": reads("remote", '{ organization = "o", workspaces = {name = "n"} }'),
    }

    assert graph(files) == {"test/reader": ["test/network"]}


@pytest.mark.parametrize(
    ("owner", "reader"),
    [
        (keeps("s3", 'bucket = "b"\nkey = "n"'), reads("s3", '{ bucket = "b", key = "m" }')),
        (keeps("s3", 'bucket = "b"\nkey = "n"'), reads("gcs", '{ bucket = "b", prefix = "n" }')),
        ("", reads("local", '{ path = "../other/terraform.tfstate" }')),
        ("", reads("local", '{ path = "/srv/terraform.tfstate" }')),
    ],
)
def test_another_state_is_nobody_elses(owner: str, reader: str) -> None:
    files = {f"{OWN}/main.tf": owner, f"{READER}/main.tf": reader}

    assert graph(files) == {}


def test_a_state_told_in_part_is_likely_that_of_the_same_environment() -> None:
    owner = keeps("s3", 'key = "n"')
    files = {
        f"{OWN}/main.tf": owner,
        "terraform/live/prod/network/main.tf": owner,
        f"{READER}/main.tf": reads("s3", '{ bucket = var.bucket, key = "n" }'),
    }

    dependencies = found(files)

    assert graph(files) == {"test/reader": ["test/network"]}
    assert sum(map(len, dependencies.untold.values())) == 1
    assert dependencies.problems == ()


@pytest.mark.parametrize(
    "reader",
    [
        reads("s3", "var.config"),
        reads("s3", "{ (var.key) = 1 }"),
        reads("local", "{ path = var.path }"),
        reads("${var.backend}", '{ key = "n" }'),
        reads("s3", '{ bucket = "b", key = "${var.a}" }'),
        'data "terraform_remote_state" "n" {\n  backend = "s3"\n}',
    ],
)
def test_a_computed_state_cannot_be_told(reader: str) -> None:
    files = {
        f"{OWN}/main.tf": keeps("s3", 'bucket = "b"\nkey = "n"'),
        "terraform/live/test/dns/main.tf": "",
        f"{READER}/main.tf": reader,
    }

    dependencies = found(files)

    assert graph(files) == {}
    assert sum(map(len, dependencies.untold.values())) == 1


def test_of_two_backends_none_can_be_told() -> None:
    files = {
        f"{OWN}/main.tf": keeps("s3", 'bucket = "b"\nkey = "n"'),
        f"{OWN}/main_override.tf": keeps("s3", 'bucket = "b"\nkey = "m"'),
        f"{READER}/main.tf": reads("s3", '{ bucket = "b", key = "n" }'),
    }

    assert graph(files) == {}


def test_an_own_state_is_no_dependency() -> None:
    files = {f"{OWN}/main.tf": reads("local", '{ path = "terraform.tfstate" }')}

    assert graph(files) == {}


def test_a_module_may_read_a_state() -> None:
    files = {
        f"{OWN}/main.tf": keeps("s3", 'bucket = "b"\nkey = "n"'),
        f"{READER}/main.tf": 'module "m" { source = "./m" }',
        f"{READER}/m/main.tf": reads("s3", '{ bucket = "b", key = "n" }'),
    }

    assert graph(files) == {"test/reader": ["test/network"]}


def test_dependencies_are_declared_by_name() -> None:
    files = {
        f"{OWN}/main.tf": "",
        f"{READER}/main.tf": "",
        f"{READER}/root.yaml": "apiVersion: edp/v1\ndependsOn: [network, test/netwrok]\n",
    }

    dependencies = found(files)

    assert graph(files) == {"test/reader": ["test/network"]}
    (problem,) = dependencies.problems
    assert str(problem) == (
        f"{READER}/root.yaml:1: dependsOn: there is no Terraform root test/netwrok"
    )
    assert problem.hint == 'did you mean "test/network"?'
    assert dependencies.of(NETWORK) == frozenset()


def test_two_roots_must_not_share_a_state() -> None:
    state = keeps("s3", 'bucket = "b"\nkey = "n"')

    (problem,) = found({f"{OWN}/main.tf": state, f"{READER}/main.tf": state}).problems

    assert str(problem) == (
        f"{READER}/main.tf:2: backend: the state of test/reader is that of test/network too"
    )


HERE = Place("main.tf", 1)


@pytest.mark.parametrize(
    ("kind", "one", "other", "answer"),
    [
        ("s3", {"bucket": "b", "key": "n"}, {"bucket": "b", "key": "n", "region": "r"}, Same.SURE),
        ("s3", {"bucket": "b", "key": "n"}, {"bucket": "c", "key": "n"}, Same.NO),
        ("s3", {"key": "n"}, {"key": "n"}, Same.LIKELY),
        ("s3", {"bucket": None, "key": "n"}, {"bucket": "b", "key": "n"}, Same.LIKELY),
        ("s3", {"bucket": "b"}, {"bucket": "b"}, Same.UNKNOWN),
        ("s3", {}, {}, Same.UNKNOWN),
        ("pg", {"schema_name": "n"}, {"schema_name": "n"}, Same.LIKELY),
    ],
)
def test_backends_are_compared_by_what_says_where(
    kind: str, one: dict[str, str | None], other: dict[str, str | None], answer: Same
) -> None:
    assert same_state(Backend(kind, one, HERE), Backend(kind, other, HERE)) is answer
    assert same_state(Backend(kind, other, HERE), Backend(kind, one, HERE)) is answer
