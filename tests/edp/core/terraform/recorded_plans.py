"""What real Terraform made of small configurations; see `tests/data/terraform-plans/record.py`."""

import json
from pathlib import Path
from typing import Any

from edp.core.terraform.classify import PlanOutcome
from edp.core.terraform.diagnostics import diagnostics_in
from edp.core.terraform.plan_document import PlanDocument, read_plan

FOLDER = Path(__file__).parents[3] / "data/terraform-plans"
NAMES = sorted(file.stem for file in FOLDER.glob("*.json") if file.stem != "said")


def recorded(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.json").read_text())


def raw_plan(name: str) -> dict[str, Any]:
    return recorded(name)["plan"]


def as_bytes(plan: object) -> bytes:
    return json.dumps(plan).encode()


def plan_of(name: str, **options: Any) -> PlanDocument:
    return read_plan(as_bytes(raw_plan(name)), **options)


def outcome_of(name: str) -> PlanOutcome:
    """How the recorded `terraform plan` ended."""
    events = "\n".join(json.dumps(event) for event in recorded(name)["events"])
    return PlanOutcome(recorded(name)["exit"], diagnostics_in(events), plan_of(name))


def said(name: str, form: str) -> str:
    """What a failing command said: `plain`, `boxed` or `json`."""
    return recorded("said")[name][form]


def many_resources(count: int, *, characters: int = 2400) -> bytes:
    """The recorded update of one resource as the updates of many, with large values."""
    plan = raw_plan("update")
    change = next(item for item in plan["resource_changes"] if item["change"]["before"])
    text = json.dumps(change)
    note = "x" * characters
    plan["resource_changes"] = [
        json.loads(text.replace("fake_server.a", f"fake_server.a[{number}]"))
        for number in range(count)
    ]
    for item in plan["resource_changes"]:
        item["change"]["before"]["note"] = f"old{note}"
        item["change"]["after"]["note"] = f"new{note}"
    return as_bytes(plan)
