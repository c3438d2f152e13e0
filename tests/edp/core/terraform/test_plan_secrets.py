"""What a plan marks as sensitive is found wherever the mask is, so that it can be taken out."""

import pytest
from recorded_plans import NAMES, as_bytes, raw_plan

from edp.core.terraform.plan_json import UnreadablePlanError
from edp.core.terraform.plan_secrets import sensitive_values


def test_attributes_subtrees_outputs_and_variables_are_found() -> None:
    assert sensitive_values(as_bytes(raw_plan("sensitive-nested"))) == {
        "hunter2-old",
        "hunter2-new",
        "hunter2-k",
        "hunter2-k2",
        "hunter2-token",
        "hunter2-other",
    }


def test_drift_is_searched_too() -> None:
    found = sensitive_values(as_bytes(raw_plan("drift-sensitive")))

    assert found == {"hunter2-one", "hunter2-two"}


@pytest.mark.parametrize("name", [name for name in NAMES if "sensitive" not in name])
def test_a_plan_without_secrets_has_none(name: str) -> None:
    assert sensitive_values(as_bytes(raw_plan(name))) == frozenset()


def test_masks_may_be_lists_and_cover_subtrees() -> None:
    plan = raw_plan("update")
    plan["resource_changes"][0]["change"] |= {
        "after": {"note": ["shown-one", {"deep": ["secret-1", 7, None]}, {"x": "shown-two"}]},
        "after_sensitive": {"note": [False, True, {"x": False}]},
    }

    assert sensitive_values(as_bytes(plan)) == {"secret-1"}


def test_a_mask_that_does_not_fit_its_value_finds_nothing() -> None:
    plan = raw_plan("update")
    plan["output_changes"] = {"x": "text"}
    plan["resource_changes"][0]["change"] |= {
        "after": {"note": "shown-one", "tags": ["shown-two"]},
        "after_sensitive": {"note": {"a": True}, "tags": {"a": True}, "gone": True},
    }

    assert sensitive_values(as_bytes(plan)) == frozenset()


def test_short_values_would_maim_every_text() -> None:
    plan = raw_plan("update")
    plan["resource_changes"][0]["change"] |= {"after": {"a": "short"}, "after_sensitive": True}

    assert sensitive_values(as_bytes(plan)) == frozenset()


def test_a_deep_value_is_searched_to_its_end() -> None:
    plan = raw_plan("update")
    deep: object = "secret-value"
    for _ in range(700):
        deep = {"x": deep}
    plan["resource_changes"][0]["change"] |= {"after": deep, "after_sensitive": True}

    assert sensitive_values(as_bytes(plan)) == {"secret-value"}


def test_what_is_no_plan_is_an_error() -> None:
    with pytest.raises(UnreadablePlanError):
        sensitive_values(b"{")
