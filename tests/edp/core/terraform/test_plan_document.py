"""A plan is read from what real Terraform writes, without its secrets, and never half."""

import json
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded_plans import FOLDER, NAMES, as_bytes, many_resources, plan_of, raw_plan

from edp.core.terraform.globs import without_keys
from edp.core.terraform.plan_document import (
    Action,
    OutputChange,
    UnreadablePlanError,
    read_plan,
)
from edp.core.terraform.plan_json import decode

A = "fake_server.a"


@pytest.mark.parametrize(
    ("name", "actions"),
    [
        ("clean", {}),
        ("create", {A: Action.CREATE}),
        ("update", {A: Action.UPDATE}),
        ("replace", {A: Action.REPLACE}),
        ("replace-create-first", {A: Action.REPLACE}),
        ("replace-asked-for", {A: Action.REPLACE}),
        ("destroy", {A: Action.DESTROY}),
        ("destroy-all", {A: Action.DESTROY, "fake_server.b": Action.DESTROY}),
        ("destroy-by-count", {f"{A}[1]": Action.DESTROY}),
        ("deposed", {"fake_server.stuck": Action.DESTROY}),
        ("forget", {A: Action.FORGET}),
        ("import", {"fake_server.old": Action.IMPORT}),
        ("import-and-update", {"fake_server.old": Action.UPDATE}),
        ("move", {"fake_server.c": Action.MOVE}),
        ("data-read", {"data.fake_image.i": Action.READ, A: Action.CREATE}),
        ("output-only", {}),
        ("unknown", {A: Action.CREATE, "fake_server.b": Action.CREATE}),
        ("drift-deleted", {A: Action.CREATE}),
        ("drift-unseen", {}),
        ("ignored-drift", {}),
    ],
)
def test_each_change_is_what_terraform_says(name: str, actions: dict[str, Action]) -> None:
    assert {change.address: change.action for change in plan_of(name).changes} == actions


@pytest.mark.parametrize("name", NAMES)
def test_every_recorded_plan_is_read(name: str) -> None:
    plan = plan_of(name)

    assert plan.tool_version == "1.11.4"
    assert plan.is_errored == (name == "errored")
    assert len(plan.fingerprints) == len(plan.changes) + len(plan.outputs)


def test_a_replacement_says_its_order_and_what_forces_it() -> None:
    destroys_first, creates_first = plan_of("replace"), plan_of("replace-create-first")

    assert not destroys_first.changes[0].creates_first
    assert creates_first.changes[0].creates_first
    assert destroys_first.changes[0].reason == "replace_because_cannot_update"
    assert [one.name for one in destroys_first.changes[0].attributes if one.forces_replacement] == [
        "size"
    ]


def test_a_move_and_an_import_say_where_from() -> None:
    assert plan_of("move").changes[0].previous_address == A
    assert plan_of("import").changes[0].is_imported
    assert plan_of("import-and-update").changes[0].is_imported


def test_a_deposed_object_is_not_the_current_one() -> None:
    assert plan_of("deposed").changes[0].deposed


def test_an_attribute_that_is_known_later_is_marked() -> None:
    attributes = {one.name: one for one in plan_of("unknown").changes[1].attributes}

    assert attributes["note"].is_unknown
    assert attributes["tags"].is_unknown
    assert not attributes["name"].is_unknown


def test_an_output_change_has_no_value() -> None:
    assert plan_of("sensitive-nested").outputs == (OutputChange("secret", Action.CREATE),)


@pytest.mark.parametrize("name", NAMES)
def test_no_value_is_kept_by_default(name: str) -> None:
    kept = json.dumps(asdict(plan_of(name)), default=str)

    assert "hunter2" not in kept
    assert not any(
        one.before or one.after for change in plan_of(name).changes for one in change.attributes
    )


def test_a_sensitive_value_is_not_kept_even_if_it_is_allowed() -> None:
    names = ["password", "settings", "tags", "note"]
    plan = plan_of("sensitive-nested", shown=[f"fake_server.{name}" for name in names])

    assert "hunter2" not in repr(plan)
    assert {one.name for one in plan.changes[0].attributes if one.is_sensitive} == {
        "password",
        "settings",
        "tags",
    }


def test_an_allowed_value_is_shown_where_nothing_of_it_is_sensitive() -> None:
    plan = plan_of("replace", shown=["fake_server.size", "fake_server.id", "other.note"])

    shown = {one.name: (one.before, one.after) for one in plan.changes[0].attributes}
    assert shown["size"] == ("s", "l")
    assert shown["id"][1] == "(known after apply)"


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (1.5, "1.5"), (None, "null"), ({"a": "b"}, "(not shown)"), ("a b", "a b")],
)
def test_an_allowed_value_is_shown_if_it_is_no_collection(value: object, text: str) -> None:
    plan = raw_plan("update")
    plan["resource_changes"][0]["change"]["after"]["note"] = value

    read = read_plan(as_bytes(plan), shown=["fake_server.note"])

    assert next(one.after for one in read.changes[0].attributes if one.name == "note") == text


def test_a_change_of_the_mask_alone_is_a_change() -> None:
    plan = raw_plan("update")
    change = plan["resource_changes"][0]["change"]
    change["after"] = change["before"]
    change["after_sensitive"] = change["before_sensitive"] | {"note": True}

    (attribute,) = read_plan(as_bytes(plan)).changes[0].attributes

    assert (attribute.name, attribute.is_sensitive) == ("note", True)


@pytest.mark.parametrize("mask", [True, [{"a": [True]}], {"deep": {"er": True}}])
def test_a_mask_covers_all_that_is_below_it(mask: object) -> None:
    plan = raw_plan("update")
    plan["resource_changes"][0]["change"]["after_sensitive"] = {"note": mask}

    read = read_plan(as_bytes(plan), shown=["fake_server.note"])

    note = next(one for one in read.changes[0].attributes if one.name == "note")
    assert (note.is_sensitive, note.after) == (True, "")


def test_a_mask_may_cover_the_whole_object() -> None:
    plan = raw_plan("update")
    plan["resource_changes"][0]["change"]["after_sensitive"] = True

    read = read_plan(as_bytes(plan), shown=["fake_server.note", "fake_server.name"])

    assert all(one.is_sensitive and not one.after for one in read.changes[0].attributes)


def test_tags_are_read_from_maps_and_lists() -> None:
    assert plan_of("create").changes[0].tags == {"team"}
    plan = raw_plan("create")
    plan["resource_changes"][0]["change"]["after"]["labels"] = ["cost=7", "blue", 3]

    assert read_plan(as_bytes(plan)).changes[0].tags == {"team", "cost", "blue"}


def test_tags_that_are_known_later_cannot_be_told() -> None:
    plan = raw_plan("create")
    change = plan["resource_changes"][0]["change"]
    del change["after"]["tags"]
    change["after_unknown"]["tags"] = True

    assert read_plan(as_bytes(plan)).changes[0].tags is None


def test_deferred_changes_and_provider_actions_are_changes() -> None:
    plan = raw_plan("clean")
    plan["deferred_changes"] = [
        {"reason": "provider_config_unknown", "resource_change": {"address": A}}
    ]
    plan["action_invocations"] = [{"address": "action.fake_restart.now"}]

    read = read_plan(as_bytes(plan))

    assert (read.deferred, read.invocations) == ((A,), ("action.fake_restart.now",))
    assert read.has_changes
    assert len(read.fingerprints) == 2


@pytest.mark.parametrize(
    ("address", "resource"),
    [
        ("module.m[0].fake_server.a[1]", "module.m.fake_server.a"),
        ('fake_server.a["x]\\"[0]"]', "fake_server.a"),
        ("fake_server.a", "fake_server.a"),
    ],
)
def test_an_address_loses_the_keys_of_its_instances(address: str, resource: str) -> None:
    assert without_keys(address) == resource


def without_version(plan: dict[str, Any]) -> None:
    del plan["format_version"]


def of_the_future(plan: dict[str, Any]) -> None:
    plan["format_version"] = "2.0"


def with_a_list_of_numbers(plan: dict[str, Any]) -> None:
    plan["resource_changes"] = [1]


def with_changes_as_text(plan: dict[str, Any]) -> None:
    plan["resource_changes"] = "none"


def with_an_unknown_action(plan: dict[str, Any]) -> None:
    plan["resource_changes"][0]["change"]["actions"] = ["teleport"]


def without_actions(plan: dict[str, Any]) -> None:
    plan["resource_changes"][0]["change"] = None


def without_address(plan: dict[str, Any]) -> None:
    del plan["resource_changes"][0]["address"]


def with_a_number_as_type(plan: dict[str, Any]) -> None:
    plan["resource_changes"][0]["type"] = 7


def with_a_word_as_truth(plan: dict[str, Any]) -> None:
    plan["errored"] = "no"


def with_an_output_that_is_a_text(plan: dict[str, Any]) -> None:
    plan["output_changes"] = {"x": "secret"}


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (without_version, "the plan's format is none, edp reads 1.x"),
        (of_the_future, "the plan's format is 2.0, edp reads 1.x"),
        (with_a_list_of_numbers, "resource_changes is not an object"),
        (with_changes_as_text, "resource_changes is not a list"),
        (with_an_unknown_action, "edp does not know these actions of a change: teleport"),
        (without_actions, "edp does not know these actions of a change: none"),
        (without_address, "a change has no address"),
        (with_a_number_as_type, "type is not a text"),
        (with_a_word_as_truth, "errored is not true or false"),
        (with_an_output_that_is_a_text, "the change of an output is not an object"),
    ],
)
def test_a_plan_that_is_not_understood_says_why(damage: Any, reason: str) -> None:
    plan = raw_plan("update")
    damage(plan)

    with pytest.raises(UnreadablePlanError) as caught:
        read_plan(as_bytes(plan))

    assert caught.value.message == reason
    assert caught.value.exit_code == 2


DEEP = b'{"format_version":"1.2","x":' + b"[" * 500_000 + b"]" * 500_000 + b"}"
NESTED_MASK = {"note": True}
for _ in range(700):
    NESTED_MASK = {"note": NESTED_MASK}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"\0" * 10,
        b"[1]",
        b'"text"',
        b'{"format_version": NaN}',
        b'{"format_version": ' + b"9" * 5000 + b"}",
        b'{"format_version": 1e' + b"9" * 60 + b"}",
        DEEP,
        as_bytes(raw_plan("create"))[:-40],
    ],
)
def test_what_is_no_plan_is_one_error(content: bytes) -> None:
    with pytest.raises(UnreadablePlanError):
        read_plan(content)


def test_a_mask_that_is_nested_too_deeply_is_one_error() -> None:
    plan = raw_plan("update")
    plan["resource_changes"][0]["change"]["after_sensitive"] = NESTED_MASK

    with pytest.raises(UnreadablePlanError, match="nested too deeply"):
        read_plan(as_bytes(plan))


def test_a_plan_beyond_the_limit_is_refused_unread() -> None:
    with pytest.raises(UnreadablePlanError, match="larger than 10 bytes"):
        decode(b"{" * 11, limit=10)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)
KEYS = ("resource_changes", "resource_drift", "output_changes", "checks", "relevant_attributes")


@given(key=st.sampled_from([*KEYS, "deferred_changes", "action_invocations"]), value=JSON)
def test_no_document_ends_in_anything_but_a_plan_or_its_error(key: str, value: Any) -> None:
    with suppress(UnreadablePlanError):
        read_plan(as_bytes({"format_version": "1.2", key: value}))


CHANGE = {"actions": ["update"]}


@given(
    key=st.sampled_from(["before", "after", "after_unknown", "after_sensitive", "replace_paths"]),
    value=JSON,
)
def test_no_change_ends_in_anything_but_a_plan_or_its_error(key: str, value: Any) -> None:
    item = {"address": "x.y", "type": "x", "change": CHANGE | {key: value}}
    with suppress(UnreadablePlanError):
        read_plan(as_bytes({"format_version": "1.2", "resource_changes": [item]}))


SUMMARY = """
import resource, sys
from pathlib import Path
from edp.core.terraform.change_digest import change_digest
from edp.core.terraform.classify import PlanOutcome, classify
from edp.core.terraform.plan_comment import PlanRun, RootReport, comment
from edp.core.terraform.plan_document import read_plan
from edp.core.terraform.plan_secrets import sensitive_values
from edp.core.terraform.roots import TerraformRoot
content = sys.stdin.buffer.read()
plan, secrets = read_plan(content), sensitive_values(content)
verdict, digest = classify(PlanOutcome(2, (), plan)), change_digest(plan, b"key")
report = RootReport(TerraformRoot("test", "huge"), verdict, plan, digest, sensitive=secrets)
assert len(comment([report], PlanRun("a/b", 1, "f" * 40, "", b"key")).encode()) <= 60_000
usage = resource.getrusage(resource.RUSAGE_SELF)
# ru_maxrss would count the process that started this one.
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
peak = int(status["VmHWM"].split()[0])
print(len(plan.changes), peak // 1024, usage.ru_utime + usage.ru_stime)
"""


def test_a_plan_of_20_megabytes_takes_5_seconds_and_400_megabytes_at_most() -> None:
    content = many_resources(4000)
    assert len(content) > 20_000_000

    done = subprocess.run(
        [sys.executable, "-c", SUMMARY], input=content, capture_output=True, check=True
    )

    count, megabytes, seconds = done.stdout.split()
    assert int(count) == 4000
    assert int(megabytes) < 400
    assert float(seconds) < 5, "of the processor, not of the clock"


def test_the_recordings_are_small_and_name_their_terraform() -> None:
    assert all(file.stat().st_size < 1_000_000 for file in FOLDER.iterdir())
