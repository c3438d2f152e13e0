"""Equal digests, equal changes: nothing else counts, and every value of a change does."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from recorded_plans import NAMES, as_bytes, plan_of, raw_plan

from edp.core.terraform.change_digest import are_equal, change_digest, change_marks
from edp.core.terraform.plan_document import read_plan

KEY = b"a key that only trusted jobs have"
CHANGES = ("resource_changes", "output_changes")
SIDES = {"before", "after"}


def digest_of(plan: Any, key: bytes = KEY) -> str:
    return change_digest(read_plan(as_bytes(plan)), key)


@pytest.mark.parametrize("name", NAMES)
def test_what_does_not_change_anything_does_not_count(name: str) -> None:
    plan = raw_plan(name)
    other = plan | {
        "timestamp": "2031-01-01T00:00:00Z",
        "terraform_version": "1.11.5",
        "prior_state": {"format_version": "1.0"},
        "relevant_attributes": [{"resource": "x.y", "attribute": ["z"]}],
        "planned_values": {},
        "configuration": {},
        "variables": {"v": {"value": 1}},
        "resource_drift": [],
        "checks": [],
    }

    assert digest_of(other) == digest_of(plan)


def test_the_order_of_changes_and_of_keys_does_not_count() -> None:
    plan = raw_plan("drift-and-pending")
    other = copy.deepcopy(plan)
    other["resource_changes"].reverse()
    other["resource_changes"] = [dict(reversed(item.items())) for item in other["resource_changes"]]

    assert digest_of(other) == digest_of(plan)


def test_an_object_that_stays_does_not_count() -> None:
    plan = raw_plan("destroy")
    other = copy.deepcopy(plan)
    staying = next(
        item for item in other["resource_changes"] if item["change"]["actions"] == ["no-op"]
    )
    staying["change"]["before"]["note"] = staying["change"]["after"]["note"] = "something else"

    assert digest_of(other) == digest_of(plan)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where each single value is."""
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in parts:
        if isinstance(part, dict | list):
            yield from leaves(part, (*path, key))
        else:
            yield (*path, key)


def changed_at(plan: Any, path: tuple[Any, ...]) -> Any:
    other = copy.deepcopy(plan)
    *way, last = path
    inner = other
    for key in way:
        inner = inner[key]
    value = inner[last]
    inner[last] = (not value) if isinstance(value, bool) else "hunter3" if value != "hunter3" else 0
    return other


@pytest.mark.parametrize("name", ["update", "sensitive-nested", "replace", "unknown", "numbers"])
def test_every_single_value_of_a_change_counts(name: str) -> None:
    plan = raw_plan(name)
    given = {key: plan[key] for key in CHANGES if key in plan}
    places = [path for path in leaves(given) if path[-1] not in SIDES and "actions" not in path]
    assert len(places) > 10

    digests = {digest_of(changed_at(plan, path)) for path in places}

    assert len(digests) == len(places)
    assert digest_of(plan) not in digests


@pytest.mark.parametrize("field", ["type", "address", "provider_name", "name", "mode"])
def test_what_is_changed_counts(field: str) -> None:
    plan = raw_plan("update")
    other = copy.deepcopy(plan)
    other["resource_changes"][0][field] += "x"

    assert digest_of(other) != digest_of(plan)


def test_the_values_of_sensitive_outputs_and_attributes_count() -> None:
    text = json.dumps(raw_plan("sensitive-nested"))

    for value in ("hunter2-new", "hunter2-k2", "hunter2-old"):
        other = json.loads(text.replace(value, "hunter2-guess"))
        assert digest_of(other) != digest_of(json.loads(text))


@pytest.mark.parametrize(
    ("one", "other"), [("1", 1), (1, True), (0, False), (None, False), (1.5, "1.5"), ("", None)]
)
def test_values_of_different_types_differ(one: object, other: object) -> None:
    plan = raw_plan("update")
    plan["resource_changes"][0]["change"]["after"]["note"] = one
    second = copy.deepcopy(plan)
    second["resource_changes"][0]["change"]["after"]["note"] = other

    assert digest_of(plan) != digest_of(second)


def test_numbers_differ_in_every_digit() -> None:
    text = json.dumps(raw_plan("numbers"))
    assert "12345678901234567890123" in text
    assert "1.5" in text

    for old, new in [("67890123", "67890124"), ("1.5", "1.5000000000000000000000001")]:
        other = text.replace(f'"replicas": {old}', f'"replicas": {new}').replace(old, new)
        assert change_digest(read_plan(other.encode()), KEY) != digest_of(json.loads(text))


def test_one_change_twice_is_not_one_change() -> None:
    plan = raw_plan("update")
    other = copy.deepcopy(plan)
    other["resource_changes"] *= 2

    assert digest_of(other) != digest_of(plan)


def test_changes_that_come_later_and_provider_actions_count() -> None:
    plan = raw_plan("update")
    action = {"address": "action.fake_restart.now", "config_values": {"when": "now"}}
    later = {"reason": "unknown", "resource_change": {"address": "fake_server.z"}}

    digests = {
        digest_of(plan),
        digest_of(plan | {"action_invocations": [action]}),
        digest_of(plan | {"action_invocations": [action | {"config_values": {}}]}),
        digest_of(plan | {"deferred_changes": [later]}),
        digest_of(plan | {"deferred_action_invocations": [{"reason": "x"}]}),
    }

    assert len(digests) == 5


def test_the_key_decides_and_must_be_there() -> None:
    plan = plan_of("update")

    assert change_digest(plan, KEY) != change_digest(plan, b"another")
    with pytest.raises(ValueError, match="without a key"):
        change_digest(plan, b"")


def test_plans_without_changes_are_equal() -> None:
    assert change_digest(plan_of("clean"), KEY) == change_digest(plan_of("ignored-drift"), KEY)


def test_a_shuffled_plan_of_many_is_the_same() -> None:
    plan = raw_plan("update")
    plan["resource_changes"] = [
        json.loads(json.dumps(plan["resource_changes"][0]).replace("fake_server.a", f"x.y{number}"))
        for number in range(50)
    ]
    other = copy.deepcopy(plan)
    other["resource_changes"].sort(key=lambda item: item["address"][::-1])

    assert digest_of(other) == digest_of(plan)


def test_no_digest_equals_nothing() -> None:
    assert are_equal("a", "a")
    assert not are_equal("a", "b")
    assert not are_equal("", "")


def test_fingerprints_do_not_show() -> None:
    assert "fingerprints" not in repr(plan_of("update"))


# one mark for each change


def marks_of(plan: Any, key: bytes = KEY) -> tuple[str, ...]:
    return change_marks(read_plan(as_bytes(plan)), key)


@pytest.mark.parametrize("name", NAMES)
def test_each_change_has_a_mark(name: str) -> None:
    marks = change_marks(plan_of(name), KEY)

    assert len(marks) == len(plan_of(name).fingerprints)
    assert list(marks) == sorted(marks)
    assert all(len(mark) == 32 and set(mark) <= set("0123456789abcdef") for mark in marks)


def test_no_changes_have_no_marks() -> None:
    assert change_marks(plan_of("clean"), KEY) == ()


def test_what_is_left_of_a_plan_has_a_part_of_its_marks() -> None:
    plan = raw_plan("destroy-all")
    whole = marks_of(plan)
    assert len(set(whole)) == len(whole) > 1

    for item in plan["resource_changes"]:
        rest = [other for other in plan["resource_changes"] if other is not item]
        assert set(marks_of(plan | {"resource_changes": rest})) < set(whole)


def test_the_order_of_changes_does_not_change_their_marks() -> None:
    plan = raw_plan("destroy-all")

    other = plan | {"resource_changes": plan["resource_changes"][::-1]}

    assert marks_of(other) == marks_of(plan)


def test_another_value_of_a_change_is_another_mark() -> None:
    text = json.dumps(raw_plan("sensitive-nested"))

    for value in ("hunter2-new", "hunter2-k2", "hunter2-old"):
        other = json.loads(text.replace(value, "hunter2-guess"))
        assert marks_of(other) != marks_of(json.loads(text))


def test_another_object_of_the_same_kind_is_another_mark() -> None:
    plan = raw_plan("update")
    other = copy.deepcopy(plan)
    other["resource_changes"][0]["address"] += "x"

    assert not set(marks_of(other)) & set(marks_of(plan))


def test_the_key_of_a_mark_decides_and_must_be_there() -> None:
    plan = plan_of("destroy-all")

    assert not set(change_marks(plan, KEY)) & set(change_marks(plan, b"another"))
    with pytest.raises(ValueError, match="without a key"):
        change_marks(plan, b"")


def test_a_mark_tells_nothing_of_a_fingerprint() -> None:
    plan = plan_of("update")

    shown = {fingerprint.hex()[:32] for fingerprint in plan.fingerprints}

    assert not shown & set(change_marks(plan, KEY))
