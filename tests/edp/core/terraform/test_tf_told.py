"""What is told travels between jobs signed, and nothing else is believed."""

import json

import pytest
from recorded_plans import raw_plan

from edp.core.terraform.classify import PlanOutcome
from edp.core.terraform.plan_document import read_plan
from edp.core.terraform.plan_json import UnreadablePlanError
from edp.core.terraform.policy_file import PolicyFile
from edp.core.terraform.reports import Rules, report_of_plan
from edp.core.terraform.roots import TerraformRoot
from edp.core.terraform.told import Origin, Told, read_told, tell, told_bytes

KEY = b"k" * 32
ORIGIN = Origin("platform/edp", "a" * 40)


def told(situation: str = "replace-create-first") -> Told:
    plan = read_plan(json.dumps(raw_plan(situation)).encode())
    rules = Rules(PolicyFile.default(), KEY)
    report = report_of_plan(TerraformRoot("dev", "network"), PlanOutcome(2, (), plan), rules)
    return tell(report, secrets=("hunter22",), budget=10_000)


def test_what_is_told_is_read_back_the_same() -> None:
    assert read_told(told_bytes(told(), ORIGIN, KEY), ORIGIN, KEY) == told()


def test_what_destroys_waits_for_its_label() -> None:
    assert told().is_waiting
    assert not told().is_refused


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (told_bytes(told(), ORIGIN, b"another key, of anybody"), "was not signed"),
        (told_bytes(told(), ORIGIN, KEY).replace(b"replace", b"nothing"), "was not signed"),
        (told_bytes(told(), Origin("platform/edp", "b" * 40), KEY), "about another commit"),
        (told_bytes(told(), Origin("evil/edp", "a" * 40), KEY), "about another commit"),
        (b"{}", "no result of a plan"),
        (b"\x00", "not JSON"),
        (b"[1]", "object"),
    ],
)
def test_nothing_else_is_believed(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadablePlanError, match=reason):
        read_told(content, ORIGIN, KEY)
