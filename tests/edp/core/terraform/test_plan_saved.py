"""A saved plan is applied where, and to what, it was made for."""

import io
import json
import zipfile
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded_plans import FOLDER

from edp.core.terraform.plan_json import UnreadablePlanError
from edp.core.terraform.saved_plan import (
    Binding,
    backend_fingerprint,
    binding_bytes,
    count_resources,
    read_binding,
    state_in,
    state_version,
    verify,
)

REAL = (FOLDER / "create.tfplan").read_bytes()
BINDING = Binding(
    repository="platform/edp",
    root="test/network",
    workspace="default",
    backend_fingerprint="b1",
    files="f1",
    tool="terraform",
    version="1.11.4",
    lock_file_sha256="l1",
    var_files_sha256="v1",
    state="lineage/3",
    plan_sha256="p1",
)


def test_the_same_everything_may_be_applied() -> None:
    assert verify(BINDING, replace(BINDING)) == ""


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("repository", "another repository"),
        ("root", "another Terraform root"),
        ("workspace", "another workspace"),
        ("backend_fingerprint", "another backend"),
        ("files", "other files"),
        ("tool", "another tool"),
        ("version", "another version of the tool"),
        ("lock_file_sha256", "another provider lock file"),
        ("var_files_sha256", "other variable files"),
        ("state", "another state"),
    ],
)
def test_each_difference_has_its_reason(name: str, words: str) -> None:
    reason = verify(BINDING, replace(BINDING, **{name: "else"}))

    was = getattr(BINDING, name)
    assert reason == f'the saved plan was made for {words}: "{was}", not "else"'


def test_another_file_is_refused_without_a_word_about_it() -> None:
    reason = verify(BINDING, replace(BINDING, plan_sha256="p2"))

    assert reason == "the saved plan is not the file that was made: it was changed or cut"


def test_every_field_is_compared() -> None:
    for field in fields(Binding):
        assert verify(BINDING, replace(BINDING, **{field.name: "x"}))


def test_a_hostile_field_is_one_short_line() -> None:
    reason = verify(BINDING, replace(BINDING, root="x\x1b[2J\n" + "y" * 1000))

    assert reason.isprintable()
    assert len(reason) < 250


def test_a_binding_is_read_as_it_was_written() -> None:
    assert read_binding(binding_bytes(BINDING)) == BINDING
    assert binding_bytes(BINDING) == binding_bytes(replace(BINDING))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"schema": 1}',
        binding_bytes(BINDING).replace(b'"schema":1', b'"schema":2'),
        binding_bytes(BINDING).replace(b'"tool"', b'"tolo"'),
        binding_bytes(BINDING).replace(b'"p1"', b"7"),
        binding_bytes(BINDING)[:-10],
    ],
    ids=range(7),
)
def test_anything_else_is_no_binding(content: bytes) -> None:
    with pytest.raises(UnreadablePlanError):
        read_binding(content)


def test_the_fingerprint_of_a_backend_hides_its_values_and_tells_them_apart() -> None:
    values = {"bucket": "b", "key": "k", "password": "hunter2"}
    fingerprint = backend_fingerprint("s3", values, b"key")

    assert fingerprint == backend_fingerprint("s3", dict(reversed(values.items())), b"key")
    assert "hunter2" not in fingerprint
    others = [
        backend_fingerprint("gcs", values, b"key"),
        backend_fingerprint("s3", values | {"key": "other"}, b"key"),
        backend_fingerprint("s3", values, b"another"),
    ]
    assert fingerprint not in others


def test_the_state_of_a_real_plan_is_read() -> None:
    lineage, slash, serial = state_in(REAL).partition("/")

    assert (lineage, slash, serial) == ("", "/", "0"), "the first plan has an empty state"


def test_the_state_in_a_plan_is_that_of_a_state_pull() -> None:
    state = json.dumps({"version": 4, "serial": 7, "lineage": "3f0e"}).encode()

    assert state_in(archive(tfstate=state)) == state_version(state) == "3f0e/7"


def archive(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as written:
        for name, content in members.items():
            written.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize(
    "plan",
    [
        b"",
        b"not a zip",
        REAL[: len(REAL) // 2],
        REAL[:-1],
        archive(other=b""),
        archive(tfstate=b"{"),
        archive(tfstate=b'{"serial": true}'),
        archive(tfstate=b'{"lineage": 3, "serial": 1}'),
    ],
    ids=range(8),
)
def test_what_is_no_plan_file_is_one_error(plan: bytes) -> None:
    with pytest.raises(UnreadablePlanError):
        state_in(plan)


def test_a_state_that_unpacks_to_too_much_is_not_unpacked() -> None:
    with pytest.raises(UnreadablePlanError, match="too large"):
        state_in(archive(tfstate=b"x" * 11), largest=10)


@given(position=st.integers(0, len(REAL) - 1), byte=st.integers(0, 255))
def test_a_damaged_plan_file_is_read_or_is_one_error(position: int, byte: int) -> None:
    damaged = REAL[:position] + bytes([byte]) + REAL[position + 1 :]

    try:
        state = state_in(damaged)
    except UnreadablePlanError:
        return
    assert "/" in state


# what a state owns


def state(*resources: object) -> bytes:
    return json.dumps({"version": 4, "serial": 3, "resources": resources}).encode()


def resource(count: int, mode: str = "managed", **more: object) -> dict[str, object]:
    each = [{"index_key": number} for number in range(count)]
    return {"mode": mode, "type": "fake_server", "name": "a", "instances": each, **more}


@pytest.mark.parametrize("content", [b"", b"\n", b"  \n\t", state(), b"{}", b'{"resources": null}'])
def test_no_state_and_an_empty_one_own_nothing(content: bytes) -> None:
    assert count_resources(content) == 0


def test_each_instance_of_a_resource_is_owned() -> None:
    assert count_resources(state(resource(1), resource(3), resource(0))) == 4


def test_a_resource_of_a_module_is_owned_too() -> None:
    assert count_resources(state(resource(2, module="module.vpc"))) == 2


def test_an_object_that_waits_to_be_destroyed_is_still_owned() -> None:
    both = [{"attributes": {}}, {"deposed": "0a1b2c3d", "attributes": {}}]

    assert count_resources(state(resource(0, instances=both))) == 2


def test_what_is_only_read_is_not_owned() -> None:
    assert count_resources(state(resource(2, "data"), resource(1))) == 1
    assert count_resources(state({"instances": [{}]})) == 0


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b"\xff",
        b"Error: no state",
        b'{"resources": {}}',
        b'{"resources": ["x"]}',
        state(resource(0, instances={"a": 1})),
        state(resource(0, instances=[7])),
    ],
    ids=range(8),
)
def test_a_state_that_cannot_be_read_is_not_counted(content: bytes) -> None:
    with pytest.raises(UnreadablePlanError):
        count_resources(content)


@given(st.lists(st.integers(0, 5)), st.lists(st.integers(0, 5)))
def test_exactly_the_managed_instances_are_counted(owned: list[int], read: list[int]) -> None:
    resources = [*map(resource, owned), *(resource(count, "data") for count in read)]

    assert count_resources(state(*resources)) == sum(owned)
