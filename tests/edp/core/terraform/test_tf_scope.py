"""Which Terraform roots a change is about, in which order, and what stops them."""

from collections.abc import Mapping
from typing import Any

import pytest
from terraform_tree import MODULE, NETWORK, OWN, tree

from edp.core.repository.problems import FileProblemsError
from edp.core.terraform.order import CycleError
from edp.core.terraform.policy_file import POLICY_PATH, PolicyFile
from edp.core.terraform.roots import TerraformRoot
from edp.core.terraform.scope import (
    Scope,
    parse_roots,
    policy_of,
    scope_of_change,
    scope_of_roots,
)
from edp.errors import InvalidInputError

DNS_FOLDER = "terraform/live/test/dns"
PROD_FOLDER = "terraform/live/prod/network"
DNS, PROD = TerraformRoot("test", "dns"), TerraformRoot("prod", "network")
BACKEND = 'terraform {\n  backend "s3" {\n    bucket = "b"\n    key = "network"\n  }\n}\n'
FILES = {
    f"{OWN}/main.tf": f'{BACKEND}module "vpc" {{ source = "../../../modules/vpc" }}\n',
    f"{DNS_FOLDER}/main.tf": "",
    f"{DNS_FOLDER}/root.yaml": "apiVersion: edp/v1\ndependsOn: [network]\n",
    f"{PROD_FOLDER}/main.tf": "",
    f"{MODULE}/main.tf": "",
    "README.md": "",
}
EVERYTHING = PolicyFile.default()


def policy(**keys: Any) -> PolicyFile:
    return PolicyFile.model_validate({"apiVersion": "edp/v1", **keys})


def change(
    before: Mapping[str, str], after: Mapping[str, str], rules: PolicyFile = EVERYTHING
) -> Scope:
    """The scope of the difference between two trees."""
    paths = {path for path in {*before, *after} if before.get(path) != after.get(path)}
    return scope_of_change(tree(before), tree(after), frozenset(paths), rules)


def everything(files: Mapping[str, str], rules: PolicyFile = EVERYTHING) -> Scope:
    return scope_of_roots(tree(files), (), rules)


def planned(scope: Scope) -> list[str]:
    return [str(reach.root) for reach in scope.reaches]


def problems(scope: Scope, root: TerraformRoot = NETWORK) -> list[str]:
    return [str(problem) for problem in scope.problems[root]]


# a change


def test_a_change_is_about_what_it_affects() -> None:
    scope = change(FILES, {**FILES, f"{PROD_FOLDER}/main.tf": "locals {}"})

    assert planned(scope) == ["prod/network"]
    assert scope.reasons == {PROD: (f"{PROD_FOLDER}/main.tf changed",)}
    assert scope.problems == {PROD: ()}
    assert scope.deleted == ()


def test_no_change_is_about_nothing() -> None:
    scope = change(FILES, FILES)

    assert (planned(scope), scope.reasons, scope.problems, scope.deleted) == ([], {}, {}, ())


def test_prose_is_about_nothing() -> None:
    assert planned(change(FILES, {**FILES, "README.md": "#", f"{OWN}/README.md": "#"})) == []


def test_what_is_affected_comes_in_the_order_in_which_it_is_applied() -> None:
    scope = change(FILES, {**FILES, f"{MODULE}/main.tf": "locals {}"})

    assert planned(scope) == ["test/network", "test/dns"]
    assert scope.reasons == {
        NETWORK: (f"{MODULE}/main.tf changed (module {MODULE})",),
        DNS: ("depends on test/network",),
    }
    assert scope.dependencies.of(DNS) == {NETWORK}


def test_the_tree_after_the_change_is_what_is_planned() -> None:
    after = {**FILES, f"{PROD_FOLDER}/main.tf": 'module "a" { source = "./gone" }'}

    assert problems(change(FILES, after), PROD) == [
        f'{PROD_FOLDER}/main.tf:1: source: there is no module in "{PROD_FOLDER}/gone"'
    ]
    assert problems(change(after, FILES), PROD) == []


# deleted and renamed


def without(folder: str, files: Mapping[str, str] = FILES) -> dict[str, str]:
    return {path: text for path, text in files.items() if not path.startswith(f"{folder}/")}


def test_what_is_deleted_is_told_and_not_planned() -> None:
    scope = change(FILES, without(PROD_FOLDER))

    assert planned(scope) == []
    assert [(one.root, one.successor) for one in scope.deleted] == [(PROD, None)]
    assert scope.reasons[PROD] == ("is deleted", f"{PROD_FOLDER}/main.tf changed")
    assert scope.problems == {}


def test_what_is_renamed_has_a_successor_that_is_planned() -> None:
    net = "terraform/live/test/net"
    after = {path.replace(OWN, net): text for path, text in FILES.items()}
    after[f"{DNS_FOLDER}/root.yaml"] = "apiVersion: edp/v1\ndependsOn: [net]\n"

    scope = change(FILES, after)

    assert planned(scope) == ["test/net", "test/dns"]
    assert [(one.root, one.successor) for one in scope.deleted] == [
        (NETWORK, TerraformRoot("test", "net"))
    ]
    assert scope.reasons[TerraformRoot("test", "net")][0] == "is new"


def test_what_still_depends_on_a_deleted_one_has_a_problem() -> None:
    scope = change(FILES, without(OWN))

    assert problems(scope, DNS) == [
        f"{DNS_FOLDER}/root.yaml:1: dependsOn: there is no Terraform root test/network"
    ]


def test_a_root_of_which_only_prose_is_left_is_deleted() -> None:
    before = {**FILES, f"{PROD_FOLDER}/README.md": ""}
    after = {path: text for path, text in before.items() if path != f"{PROD_FOLDER}/main.tf"}

    assert [one.root for one in change(before, after).deleted] == [PROD]


# the policy

STRICT_TEXT = "apiVersion: edp/v1\nproviders: []\n"
STRICT = policy(providers=[])
RANDOM = 'provider "random" {}\n'
REFUSED = 'provider "random": the provider "hashicorp/random" is not allowed'


def test_another_policy_affects_all() -> None:
    scope = change(FILES, {**FILES, POLICY_PATH: STRICT_TEXT})

    assert planned(scope) == ["prod/network", "test/network", "test/dns"]
    assert set(scope.reasons.values()) == {(f"{POLICY_PATH} changed",)}


def test_another_policy_is_one_more_reason_for_what_is_affected_anyway() -> None:
    after = {**FILES, POLICY_PATH: STRICT_TEXT, f"{PROD_FOLDER}/main.tf": "locals {}"}

    assert change(FILES, after).reasons[PROD] == (
        f"{PROD_FOLDER}/main.tf changed",
        f"{POLICY_PATH} changed",
    )


def test_a_policy_that_is_removed_affects_all() -> None:
    assert len(planned(change({**FILES, POLICY_PATH: STRICT_TEXT}, FILES))) == 3


def test_another_policy_does_not_bring_back_what_is_deleted() -> None:
    scope = change(FILES, {**without(PROD_FOLDER), POLICY_PATH: STRICT_TEXT})

    assert planned(scope) == ["test/network", "test/dns"]
    assert f"{POLICY_PATH} changed" not in scope.reasons[PROD]


def test_the_policy_that_is_given_counts_and_not_that_of_the_change() -> None:
    before = {**FILES, POLICY_PATH: STRICT_TEXT}
    after = {**FILES, POLICY_PATH: "apiVersion: edp/v1\n", f"{OWN}/main.tf": RANDOM}

    scope = change(before, after, policy_of(tree(before)))

    assert problems(scope) == [f"{OWN}/main.tf:1: {REFUSED}"]
    assert problems(change(before, after, policy_of(tree(after)))) == []


def test_a_stricter_policy_counts_from_the_next_change_on() -> None:
    files = {**FILES, f"{OWN}/main.tf": RANDOM}

    scope = change(files, {**files, POLICY_PATH: STRICT_TEXT}, policy_of(tree(files)))

    assert problems(scope) == []


def test_the_policy_of_a_tree_is_read() -> None:
    assert policy_of(tree({POLICY_PATH: STRICT_TEXT})) == STRICT
    assert policy_of(tree({})) == EVERYTHING


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("apiVersion: edp/v1\nprotect: []\n", r'policy\.yaml:2: unknown key "protect"'),
        ("apiVersion: edp/v2\n", r"policy\.yaml:1: apiVersion: expected"),
        ("", r"policy\.yaml:1"),
        ("a: [\n", r"policy\.yaml:"),
    ],
    ids=["unknown key", "version", "empty", "no yaml"],
)
def test_a_broken_policy_is_an_error_and_allows_nothing(text: str, problem: str) -> None:
    with pytest.raises(FileProblemsError, match=problem):
        policy_of(tree({POLICY_PATH: text}))


# some of one tree


def test_without_names_it_is_all_of_them() -> None:
    scope = everything(FILES)

    assert planned(scope) == ["prod/network", "test/network", "test/dns"]
    assert set(scope.reasons.values()) == {("was asked for",)}
    assert scope.deleted == ()


def test_a_tree_without_terraform_roots_has_none() -> None:
    assert planned(everything({"README.md": ""})) == []


def test_the_named_ones_come_in_the_order_of_their_dependencies() -> None:
    scope = scope_of_roots(tree(FILES), (DNS, NETWORK), EVERYTHING)

    assert planned(scope) == ["test/network", "test/dns"]


def test_what_stands_between_the_named_ones_counts_for_their_order() -> None:
    a, b, c = ("terraform/live/test/" + name for name in "abc")
    files = {
        f"{a}/main.tf": "",
        f"{a}/root.yaml": "apiVersion: edp/v1\ndependsOn: [b]\n",
        f"{b}/main.tf": "",
        f"{b}/root.yaml": "apiVersion: edp/v1\ndependsOn: [c]\n",
        f"{c}/main.tf": "",
    }

    scope = scope_of_roots(tree(files), parse_roots(["test/a", "test/c"]), EVERYTHING)

    assert planned(scope) == ["test/c", "test/a"]


def test_only_the_named_ones_are_looked_at() -> None:
    scope = scope_of_roots(tree(FILES), (PROD,), EVERYTHING)

    assert planned(scope) == ["prod/network"]
    assert scope.reasons.keys() == scope.problems.keys() == {PROD}


def test_a_name_of_no_root_is_an_error_with_the_nearest_one() -> None:
    with pytest.raises(InvalidInputError, match="there is no Terraform root test/netwrok") as found:
        scope_of_roots(tree(FILES), parse_roots(["test/netwrok", "test/dns"]), EVERYTHING)

    assert found.value.hint == 'did you mean "test/network"?'
    assert found.value.exit_code == 2


def test_a_name_like_no_root_has_no_nearest_one() -> None:
    with pytest.raises(InvalidInputError) as found:
        scope_of_roots(tree(FILES), (TerraformRoot("x", "y"),), EVERYTHING)

    assert found.value.hint == ""


def test_of_several_names_of_no_root_the_first_by_name_is_told() -> None:
    names = parse_roots(["test/zones", "attic/network", "test/mail"])

    with pytest.raises(InvalidInputError, match=r"there is no Terraform root attic/network$"):
        scope_of_roots(tree(FILES), names, EVERYTHING)


def test_names_are_written_with_their_environment() -> None:
    assert parse_roots(["test/network", "prod/network"]) == (NETWORK, PROD)
    assert parse_roots([]) == ()


@pytest.mark.parametrize(
    "text",
    ["", "network", "/network", "test/", "test/a/b", "Test/network", "../test", "test/net\n", "*"],
)
def test_what_is_no_name_is_an_error_that_says_how_to_write_one(text: str) -> None:
    with pytest.raises(InvalidInputError, match="is no Terraform root") as found:
        parse_roots(["test/dns", text])

    assert found.value.hint == "write ENVIRONMENT/ROOT: test/network"


def test_a_hostile_name_is_told_in_one_short_line() -> None:
    with pytest.raises(InvalidInputError) as found:
        parse_roots(["\x1b[2J\n" + "ä" * 1000])

    assert found.value.message.isascii()
    assert found.value.message.isprintable()
    assert len(found.value.message) < 500


# dependencies that cannot be


def in_a_circle() -> dict[str, str]:
    return {**FILES, f"{OWN}/root.yaml": "apiVersion: edp/v1\ndependsOn: [dns]\n"}


def test_a_circle_of_dependencies_is_named() -> None:
    ways = r"test/(dns → test/network → test/dns|network → test/dns → test/network)"

    with pytest.raises(CycleError, match=rf"depend on each other: {ways}$"):
        everything(in_a_circle())


def test_a_change_that_closes_a_circle_is_an_error() -> None:
    with pytest.raises(CycleError):
        change(FILES, in_a_circle())


def test_a_change_that_opens_a_circle_is_none() -> None:
    assert planned(change(in_a_circle(), FILES)) == ["test/network", "test/dns"]


def test_a_circle_elsewhere_stops_every_change() -> None:
    after = {**in_a_circle(), f"{PROD_FOLDER}/main.tf": "locals {}"}

    with pytest.raises(CycleError):
        change(in_a_circle(), after)


def test_a_state_that_is_shared_is_a_problem_of_one_of_them() -> None:
    files = {**FILES, f"{DNS_FOLDER}/main.tf": BACKEND}

    scope = everything(files)

    assert problems(scope, NETWORK) == [
        f"{OWN}/main.tf:2: backend: the state of test/network is that of test/dns too"
    ]


# problems


def test_the_providers_of_lock_files_are_checked() -> None:
    lock = f"{OWN}/.terraform.lock.hcl"
    text = 'provider "registry.terraform.io/acme/evil" {\n  version = "1.0.0"\n}\n'
    files = {**FILES, lock: text}

    assert problems(everything(files, STRICT)) == [
        f'{lock}:1: the provider "acme/evil" is not allowed'
    ]
    assert problems(everything(files, policy(providers=["acme/evil"]))) == []
    assert problems(everything(files)) == []


def test_a_broken_lock_file_is_a_problem() -> None:
    lock = f"{OWN}/.terraform.lock.hcl"

    assert problems(everything({**FILES, lock: "<<<<<<< HEAD"})) == [f"{lock}:1: unexpected '<'"]


def test_what_a_module_uses_is_a_problem_of_all_who_call_it() -> None:
    call = 'module "vpc" { source = "../../../modules/vpc" }\n'
    files = {**FILES, f"{PROD_FOLDER}/main.tf": call, f"{MODULE}/main.tf": RANDOM}

    scope = everything(files, STRICT)

    assert problems(scope, NETWORK) == problems(scope, PROD) == [f"{MODULE}/main.tf:1: {REFUSED}"]
    assert problems(scope, DNS) == []


def test_the_problems_of_one_root_do_not_stop_another() -> None:
    scope = everything({**FILES, f"{PROD_FOLDER}/main.tf": "module {{"})

    assert [root for root, found in scope.problems.items() if found] == [PROD]


@pytest.mark.parametrize(
    "name", ["terraform.tfstate", "a.tfplan", ".terraform/x", "a.tfstate.backup"]
)
def test_what_must_not_be_in_git_is_a_problem_of_its_root(name: str) -> None:
    scope = everything({**FILES, f"{PROD_FOLDER}/{name}": ""})

    (problem,) = problems(scope, PROD)
    assert problem.startswith(f"{PROD_FOLDER}/{name}:1: ")
    assert problems(scope, NETWORK) == problems(scope, DNS) == []


def test_a_root_whose_name_begins_like_another_has_none_of_its_problems() -> None:
    longer = TerraformRoot("test", "network-2")
    files = {**FILES, f"{OWN}-2/main.tf": "", f"{OWN}-2/terraform.tfstate": ""}

    scope = everything(files)

    assert len(problems(scope, longer)) == 1
    assert problems(scope, NETWORK) == []


def test_a_link_is_told_once() -> None:
    linked = tree(FILES, links=[f"{PROD_FOLDER}/extra.tf"])

    scope = scope_of_roots(linked, (PROD,), EVERYTHING)

    assert problems(scope, PROD) == [
        f"{PROD_FOLDER}/extra.tf:1: a symbolic link: where it leads is not reviewed"
    ]


def test_an_unknown_dependency_is_a_problem_with_the_nearest_one() -> None:
    files = {**FILES, f"{DNS_FOLDER}/root.yaml": "apiVersion: edp/v1\ndependsOn: [netwrok]\n"}

    (problem,) = everything(files).problems[DNS]

    assert problem.message == "there is no Terraform root test/netwrok"
    assert problem.hint == 'did you mean "test/network"?'


def test_problems_are_sorted_and_told_once() -> None:
    files = {
        **FILES,
        f"{PROD_FOLDER}/main.tf": f'locals {{ a = file("/x") }}\n{RANDOM}{RANDOM}',
        f"{PROD_FOLDER}/.terraform.lock.hcl": 'provider "acme/evil" {}\n',
    }

    found = everything(files, STRICT).problems[PROD]

    assert list(found) == sorted(set(found))
    assert [(one.path.rpartition("/")[2], one.line) for one in found] == [
        (".terraform.lock.hcl", 1),
        ("main.tf", 1),
        ("main.tf", 2),
    ]
