"""The policy is data: each rule finds its change, and the label opens no way past it."""

import json
from typing import Any

import pytest
from recorded_plans import as_bytes, plan_of, raw_plan

from edp.core.terraform.globs import matches, matches_address
from edp.core.terraform.plan_document import read_plan
from edp.core.terraform.plan_policy import Finding, Ruling, check_plan
from edp.core.terraform.policy_file import PolicyFile

A = "fake_server.a"
EVERYTHING = PolicyFile.default()


def policy(**keys: Any) -> PolicyFile:
    return PolicyFile.model_validate({"apiVersion": "edp/v1", **keys})


def messages(name: str, rules: PolicyFile, *, allowed_destroys: bool = True) -> list[str]:
    found = check_plan(plan_of(name), rules, allowed_destroys=allowed_destroys)
    return [f"{one.ruling}: {one.address} {one.message}" for one in found]


@pytest.mark.parametrize("name", ["clean", "create", "update", "import", "move", "drift-deleted"])
def test_a_plan_that_destroys_nothing_needs_no_label(name: str) -> None:
    assert messages(name, EVERYTHING, allowed_destroys=False) == []


@pytest.mark.parametrize(
    ("name", "addresses"),
    [
        ("destroy", [A]),
        ("destroy-all", [A, "fake_server.b"]),
        ("destroy-by-count", [f"{A}[1]"]),
        ("replace", [A]),
        ("replace-create-first", [A]),
        ("replace-asked-for", [A]),
        ("forget", [A]),
        ("deposed", ["fake_server.stuck"]),
    ],
)
def test_what_destroys_needs_a_label(name: str, addresses: list[str]) -> None:
    found = check_plan(plan_of(name), EVERYTHING, allowed_destroys=False)

    assert [(one.ruling, one.address) for one in found] == [
        (Ruling.NEEDS_LABEL, address) for address in addresses
    ]
    assert check_plan(plan_of(name), EVERYTHING, allowed_destroys=True) == ()


@pytest.mark.parametrize("glob", [A, "fake_server.*", "*.a", "fake_server.?"])
@pytest.mark.parametrize("name", ["destroy", "replace", "replace-create-first", "forget"])
def test_a_protected_address_stays_whoever_allows_it(name: str, glob: str) -> None:
    found = check_plan(plan_of(name), policy(protected=[glob]), allowed_destroys=True)

    assert [(one.ruling, one.address) for one in found] == [(Ruling.REFUSED, A)]


def test_a_finding_says_what_would_happen() -> None:
    assert messages("replace", policy(protected=[A])) == [
        f"refused: {A} would be destroyed and created again, and is protected"
    ]
    assert messages("destroy", policy(forbidDestroy=["fake_*"])) == [
        f"refused: {A} would be destroyed, and fake_server may not be"
    ]
    assert messages("destroy", EVERYTHING, allowed_destroys=False) == [
        f"needs label: {A} would be destroyed: an allowed person must say so by label"
    ]


def test_what_is_refused_needs_no_label_as_well() -> None:
    found = check_plan(plan_of("destroy"), policy(protected=[A]), allowed_destroys=False)

    assert [one.ruling for one in found] == [Ruling.REFUSED]


@pytest.mark.parametrize("glob", ["fake_server", "*", "fake_*"])
@pytest.mark.parametrize("name", ["destroy", "replace", "forget", "deposed"])
def test_a_type_that_may_not_be_destroyed_stays(name: str, glob: str) -> None:
    found = check_plan(plan_of(name), policy(forbidDestroy=[glob]), allowed_destroys=True)

    assert [one.ruling for one in found] == [Ruling.REFUSED]


def test_other_addresses_and_types_go() -> None:
    rules = policy(protected=["fake_server.b", "module.*"], forbidDestroy=["fake_serve"])

    assert messages("destroy", rules) == []
    assert messages("update", policy(protected=["*"], forbidDestroy=["*"])) == []


def test_a_rename_does_not_take_the_protection_off() -> None:
    assert messages("move", policy(protected=[A])) == [
        f"refused: fake_server.c was {A}, which is protected: protect the new address too"
    ]
    assert messages("move", policy(protected=[A, "fake_server.c"])) == []
    assert messages("move", policy(protected=["fake_server.b"])) == []


def test_a_protected_object_is_not_replaced_under_another_name() -> None:
    plan = raw_plan("replace")
    plan["resource_changes"][0] |= {"address": "fake_server.z", "previous_address": A}

    found = check_plan(read_plan(as_bytes(plan)), policy(protected=[A]), allowed_destroys=True)

    assert [one.message.partition(",")[0] for one in found] == [
        "would be destroyed and created again",
        f"was {A}",
    ]


def test_required_tags_are_missed_where_an_object_is_made() -> None:
    rules = policy(requiredTags={"fake_*": ["team", "cost"], "other": ["x"]})

    assert messages("create", rules) == [f"refused: {A} lacks the tags cost"]
    assert messages("replace", rules) == [f"refused: {A} lacks the tags cost, team"]
    assert messages("destroy", rules) == []
    assert messages("create", policy(requiredTags={"fake_server": ["team"]})) == []


def test_tags_that_are_known_later_are_not_missed() -> None:
    plan = raw_plan("create")
    del plan["resource_changes"][0]["change"]["after"]["tags"]
    plan["resource_changes"][0]["change"]["after_unknown"]["tags"] = True
    rules = policy(requiredTags={"*": ["team"]})

    assert check_plan(read_plan(as_bytes(plan)), rules, allowed_destroys=True) == ()


@pytest.mark.parametrize(
    ("providers", "is_allowed"),
    [
        (["example/fake"], True),
        (["registry.terraform.io/example/fake"], True),
        (["example/*"], True),
        (["registry.opentofu.org/example/fake"], False),
        (["example/fak"], False),
        ([], False),
    ],
)
def test_only_providers_that_are_allowed_may_change_anything(
    providers: list[str], is_allowed: bool
) -> None:
    assert (messages("update", policy(providers=providers)) == []) == is_allowed


def test_what_is_built_in_is_always_allowed() -> None:
    plan = raw_plan("create")
    plan["resource_changes"][0]["provider_name"] = "terraform.io/builtin/terraform"

    assert check_plan(read_plan(as_bytes(plan)), policy(providers=[]), allowed_destroys=True) == ()


def test_a_change_without_a_provider_is_not_allowed_where_some_are() -> None:
    plan = raw_plan("create")
    del plan["resource_changes"][0]["provider_name"]

    found = check_plan(read_plan(as_bytes(plan)), policy(providers=["x/*"]), allowed_destroys=True)

    assert found == (Finding(Ruling.REFUSED, A, "its provider without a name is not allowed"),)


@pytest.mark.parametrize(
    ("address", "glob", "is_about"),
    [
        ("a.b[0]", "a.b[0]", True),
        ("a.b0", "a.b[0]", False),
        ("a.b[0]", "a.b", True),
        ("a.b[1]", "a.b[0]", False),
        ('module.m["x.y"].a.b["k"]', "module.m.a.b", True),
        ('module.m["x"].a.b["k"]', 'module.m["x"].*', True),
        ('a.b["]["]', "a.b", True),
        ("a.bb", "a.b", False),
        ("x.a.b", "a.b", False),
        ("a.b", "a.[b]", False),
        ("A.b", "a.b", False),
    ],
)
def test_a_glob_is_about_an_address_and_its_instances(
    address: str, glob: str, is_about: bool
) -> None:
    assert matches_address(address, [glob]) == is_about


def test_a_glob_of_many_stars_is_quick() -> None:
    assert not matches("a" * 5000, ["*a" * 100 + "b"])


def test_every_change_is_judged_by_every_rule() -> None:
    rules = policy(protected=["*"], forbidDestroy=["*"], requiredTags={"*": ["t"]}, providers=[])

    found = check_plan(plan_of("replace"), rules, allowed_destroys=False)

    assert len(found) == 4
    assert json.dumps([one.message for one in found])
