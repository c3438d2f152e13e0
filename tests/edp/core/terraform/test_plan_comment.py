"""One comment: what destroys on top, within its budget, harmless, and telling no secret."""

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from recorded_plans import (
    NAMES,
    as_bytes,
    many_resources,
    outcome_of,
    plan_of,
    raw_plan,
    said,
)

from edp.core.terraform.change_digest import change_digest
from edp.core.terraform.classify import PlanOutcome, RootState, Verdict, classify
from edp.core.terraform.diagnostics import diagnostics_in
from edp.core.terraform.plan_comment import (
    PlanRun,
    RootReport,
    comment,
    is_plan_comment,
    needs_edit,
    read_header,
)
from edp.core.terraform.plan_document import read_plan
from edp.core.terraform.plan_policy import check_plan
from edp.core.terraform.plan_secrets import sensitive_values
from edp.core.terraform.policy_file import PolicyFile
from edp.core.terraform.roots import TerraformRoot

KEY = b"a key that only trusted jobs have"
URL = "https://forge.example.org/platform/edp/actions/runs/7"
HEAD = "0123456789abcdef0123456789abcdef01234567"
RUN = PlanRun("platform/edp", 12, HEAD, URL, KEY)
A = "fake_server.a"


def report(name: str, root: str = "", **options: Any) -> RootReport:
    """The report on a recorded plan, under its own name if no other is given."""
    outcome = outcome_of(name)
    environment, _, folder = (root or f"test/{name}").partition("/")
    assert outcome.plan
    return RootReport(
        TerraformRoot(environment, folder),
        classify(outcome),
        outcome.plan,
        change_digest(outcome.plan, KEY),
        diagnostics=outcome.diagnostics,
        **options,
    )


def failed(name: str, form: str = "plain") -> RootReport:
    """The report on a command that failed."""
    diagnostics = diagnostics_in(said(name, form))
    verdict = classify(PlanOutcome(1, diagnostics))
    return RootReport(TerraformRoot("test", name), verdict, diagnostics=diagnostics)


def made_of(plan: dict[str, Any], **options: Any) -> RootReport:
    read = read_plan(as_bytes(plan))
    verdict = classify(PlanOutcome(2, (), read))
    return RootReport(TerraformRoot("test", "made"), verdict, read, **options)


def row(body: str, root: str) -> list[str]:
    line = next(line for line in body.splitlines() if line.startswith(f"| {root} |"))
    return [cell.strip() for cell in line.strip("|").split(" | ")]


def test_a_row_counts_what_happens() -> None:
    body = comment([report("destroy-all"), report("replace"), report("unknown")], RUN)

    assert row(body, "test/destroy-all") == ["test/destroy-all", "pending", "2", "", "", "", ""]
    assert row(body, "test/replace")[2:6] == ["", "1", "", ""]
    assert row(body, "test/unknown")[2:6] == ["", "", "", "2"]


@pytest.mark.parametrize(
    ("name", "remark"),
    [
        ("forget", "forgotten: 1"),
        ("import", "imported: 1"),
        ("move", "moved: 1"),
        ("output-only", "changed outputs: 1"),
        ("drift-update", "drifted: 1"),
        ("ignored-drift", "drifted and ignored: 1"),
        ("failed-check", "failed checks: 1"),
        ("clean", ""),
    ],
)
def test_a_row_says_what_has_no_column(name: str, remark: str) -> None:
    body = comment([report(name)], RUN)

    assert row(body, f"test/{name}")[-1].replace("\\", "") == remark


def test_what_destroys_comes_first_and_in_words() -> None:
    names = ["clean", "create", "update", "replace", "destroy-all", "forget"]

    body = comment([report(name) for name in names], RUN)

    rows = re.findall(r"^\| test/([a-z-]+) \|", body, re.MULTILINE)
    assert rows == ["destroy-all", "replace", "forget", "update", "create", "clean"]
    before_table = body.partition("| Terraform root |")[0].partition("\n")[2]
    assert "**test/destroy-all** destroys **2 objects**" in before_table
    assert "**test/replace** destroys **1 object** and creates again" in before_table
    assert "**test/forget** leaves **1 object** behind without a state" in before_table
    assert "update" not in before_table


def test_details_come_by_risk_too() -> None:
    body = comment([report(name) for name in ("create", "clean", "destroy", "update")], RUN)

    summaries = re.findall(r"<summary>(.*)</summary>", body)
    assert summaries == [
        "test/destroy: 1 to destroy",
        "test/update: 1 to update",
        "test/create: 1 to create",
    ]


def test_a_replacement_tells_its_order_and_its_cause() -> None:
    body = comment([report("replace"), report("replace-create-first")], RUN)

    assert f"-/+ {A}: replace; destroyed first; replace because cannot update; " in body
    assert f"+/- {A}: replace; created first; " in body
    assert "id (known after apply), size (forces replacement)" in body


def test_every_change_is_a_line() -> None:
    names = [
        "destroy",
        "deposed",
        "import",
        "import-and-update",
        "move",
        "data-read",
        "output-only",
    ]

    body = comment([report(name) for name in names], RUN)

    assert f"- {A}: destroy; delete because no resource config" in body
    assert re.search(r"- fake_server\.stuck: destroy; the deposed object [0-9a-f]{8}", body)
    assert "=> fake_server.old: import" in body
    assert "~ fake_server.old: update; imported; note" in body
    assert f"-> fake_server.c: move; was {A}" in body
    assert "<= data.fake_image.i: read; read because config unknown" in body
    assert "+ output note" in body


def test_deferred_changes_and_provider_actions_are_lines() -> None:
    plan = raw_plan("update") | {
        "deferred_changes": [{"resource_change": {"address": "fake_server.later"}}],
        "action_invocations": [{"address": "action.fake_restart.now"}],
    }

    body = comment([made_of(plan)], RUN)

    assert "? fake_server.later: comes in a later plan" in body
    assert "> action.fake_restart.now: starts this provider action" in body
    assert row(body, "test/made")[-1].replace("\\", "") == "deferred: 1, provider actions: 1"


def test_drift_and_failed_checks_are_lines() -> None:
    body = comment([report("drift-and-pending"), report("failed-check")], RUN)

    assert f"! drift: {A} was changed outside of Terraform" in body
    assert "! check failed: check.health: a says one" in body


def test_a_broken_one_says_why_and_counts_nothing() -> None:
    body = comment([failed("missing-var-file"), report("errored")], RUN)

    broken = row(body, "test/missing-var-file")
    assert broken[1:] == ["**broken**", "", "", "", "", "Failed to read variables file"]
    assert "! error: Failed to read variables file" in body
    assert "| Given variables file missing.tfvars does not exist." in body
    assert "**broken**" in row(body, "test/errored")


@pytest.mark.parametrize("form", ["plain", "boxed", "json"])
def test_a_busy_one_says_who_holds_the_lock(form: str) -> None:
    body = comment([failed("lock-local", form)], RUN)

    cells = row(body, "test/lock-local")
    assert cells[1] == "**busy**"
    plain = cells[-1].replace("\\", "").replace("@\u200d", "@")
    assert plain == (
        "locked by runner@ci-1 since 2026-03-04 05:06:07.891 +0000 UTC for OperationTypeApply"
        " with the note run 4711 under the id 5f1c0a52-7a3e-4c1b-9f6e-0d9a4f5b7c11"
    )


def test_a_lock_over_http_names_its_id_alone_so_that_the_text_stays_the_same() -> None:
    texts = {comment([failed("lock-http", form)], RUN) for form in ("plain", "boxed", "json")}

    assert len(texts) == 1
    assert "root\\@" not in texts.pop()


def test_a_busy_one_without_a_lock_is_busy_all_the_same() -> None:
    busy = RootReport(TerraformRoot("test", "x"), Verdict(RootState.BUSY))

    assert row(comment([busy], RUN), "test/x")[-1] == "its state is locked"


@pytest.mark.parametrize(
    ("orphaned", "words"),
    [
        (12, "12 resources would be orphaned"),
        (1, "1 resource would be orphaned"),
        (0, "0 resources would be orphaned"),
        (None, "the resources that it still owns would be orphaned"),
    ],
)
def test_a_deleted_one_says_what_would_be_orphaned(orphaned: int | None, words: str) -> None:
    gone = report("destroy-all", "test/old", is_deleted=True, orphaned=orphaned)

    body = comment([gone], RUN)

    assert row(body, "test/old")[1] == "**deleted**"
    assert row(body, "test/old")[-1] == words
    assert f"**test/old** was deleted: {words}" in body


def test_the_policy_speaks_in_the_row_and_first_in_the_details() -> None:
    destroyed = report("destroy-all")
    assert destroyed.plan
    rules = PolicyFile.model_validate({"apiVersion": "edp/v1", "protected": [A]})
    findings = check_plan(destroyed.plan, rules, allowed_destroys=False)

    body = comment([replace(destroyed, findings=findings)], RUN)

    assert (
        row(body, "test/destroy-all")[-1].replace("\\", "")
        == "refused by policy: 1, waiting for a label: 1"
    )
    details = body.partition("```diff\n")[2].splitlines()
    assert details[0] == f"! refused: {A} would be destroyed, and is protected"
    assert details[1].startswith("! needs label: fake_server.b would be destroyed")


def test_a_terraform_root_that_left_the_pull_request_leaves_the_comment() -> None:
    body = comment([report("update")], RUN)

    assert "test/destroy" not in body
    assert "No Terraform root is affected." in comment([], RUN)


# ---- the header


def test_the_header_carries_what_was_reviewed() -> None:
    reports = [report("update"), report("destroy"), failed("missing-var-file")]

    body = comment(reports, RUN)

    assert is_plan_comment(body)
    plans = read_header(body, KEY)
    assert plans
    assert (plans.repository, plans.pull, plans.head) == ("platform/edp", 12, HEAD)
    assert dict(plans.digests) == {one.root: one.digest for one in reports if one.digest}
    assert plans.digest_of(TerraformRoot("test", "missing-var-file")) == ""


def test_what_is_broken_was_not_reviewed() -> None:
    broken = report("errored")
    assert broken.digest

    plans = read_header(comment([broken], RUN), KEY)

    assert plans
    assert plans.digests == ()


def test_a_job_without_the_key_writes_what_nobody_believes() -> None:
    body = comment([report("update")], replace(RUN, key=b""))

    assert is_plan_comment(body)
    assert read_header(body, KEY) is None


def test_the_same_says_the_same_in_any_order_and_run() -> None:
    reports = [report("update"), report("destroy"), report("clean")]

    again = comment(reversed(reports), replace(RUN, url=f"{URL}1"))

    assert not needs_edit(comment(reports, RUN), again)


def test_whatever_differs_needs_an_edit() -> None:
    body = comment([report("update")], RUN)

    assert needs_edit(body, comment([report("update"), report("clean")], RUN))
    assert needs_edit(body, comment([report("create", "test/update")], RUN))
    assert needs_edit(body, comment([report("update")], replace(RUN, head="f" * 40)))
    assert needs_edit("another comment", body)
    assert needs_edit("", body)


def test_a_change_that_does_not_show_needs_an_edit_too() -> None:
    plan = raw_plan("sensitive-nested")
    plan["resource_changes"][0]["change"]["after"]["password"] = "hunter2-third"
    one, other = report("sensitive-nested", "test/made"), made_of(plan)
    assert other.plan
    other = replace(other, digest=change_digest(other.plan, KEY))

    assert needs_edit(comment([one], RUN), comment([other], RUN))


# ---- the budget


def huge(count: int) -> RootReport:
    plan = read_plan(many_resources(count, characters=10))
    return RootReport(TerraformRoot("test", "huge"), classify(PlanOutcome(2, (), plan)), plan, "d")


def test_thousands_of_changes_fit_and_the_rest_is_named() -> None:
    body = comment([huge(4000), report("create"), report("destroy")], RUN)

    assert len(body.encode()) <= 60_000
    assert row(body, "test/huge")[4] == "4000"
    left = re.search(r"… and (\d+) more: \[the run\]\(https://", body)
    assert left
    shown = len(re.findall(r"^~ fake_server\.a\[\d+\]: update", body, re.MULTILINE))
    assert shown + int(left[1]) == 4000
    assert "No room for the details of test/create: [the run](" in body
    assert f"- {A}: destroy" in body, "what destroys comes before what is long"
    assert_well_formed(body)


@pytest.mark.parametrize("budget", [2500, 3000, 4000, 5000, 8000, 20_000])
def test_any_budget_is_kept_at_whole_lines(budget: int) -> None:
    reports = [report(name) for name in NAMES if name not in {"errored"}] + [huge(300)]

    body = comment(reports, RUN, budget=budget)

    assert len(body.encode()) <= budget
    assert_well_formed(body)
    uncut = set(comment(reports, RUN, budget=10**6).splitlines())
    ours = ("…", "No room", "<!--", "```")
    assert all(line in uncut or line.startswith(ours) or "did not fit" in line
               for line in body.splitlines())  # fmt: skip


def test_hundreds_of_terraform_roots_fit() -> None:
    roots = [replace(report("create"), root=TerraformRoot("prod-eu1", f"r{n}")) for n in range(200)]

    body = comment(roots, RUN)

    assert len(body.encode()) <= 60_000
    plans = read_header(body, KEY)
    assert plans
    assert len(plans.digests) == 200


def test_more_terraform_roots_than_fit_are_counted_and_not_reviewed() -> None:
    one = report("create")
    roots = [replace(one, root=TerraformRoot("prod-eu1", f"r{n}")) for n in range(3000)]

    body = comment(roots, RUN)

    assert len(body.encode()) <= 60_000
    assert read_header(body, KEY) is None
    left = re.search(r"^Terraform roots that did not fit: (\d+)", body, re.MULTILINE)
    assert left
    assert len(re.findall(r"^\| prod-eu1/", body, re.MULTILINE)) + int(left[1]) == 3000
    assert "and of 2995 more" in body
    assert_well_formed(body)


def test_signs_of_many_bytes_are_counted_as_bytes() -> None:
    plan = raw_plan("hostile-names")
    item, faces = plan["resource_changes"][0], "\U0001f600" * 60
    plan["resource_changes"] = [
        item | {"address": f'fake_server.a["{faces}{number}"]'} for number in range(900)
    ]

    body = comment([made_of(plan)], RUN)

    assert 55_000 < len(body.encode()) <= 60_000
    assert "\ufffd" not in body
    assert_well_formed(body)


# ---- hostile texts


def rendered(body: str) -> str:
    return MarkdownIt("commonmark", {"html": True}).enable("table").render(body)


def assert_well_formed(body: str) -> None:
    """Blocks open and close, and nothing but ours is markup."""
    html = rendered(body)
    assert html.count("<details>") == html.count("</details>") == html.count("<pre>")
    assert html.count("<summary>") == html.count("</summary>") == html.count("<details>")
    tags = set(re.findall(r"<([a-z0-9]+)", html.partition("-->")[2]))
    assert tags <= {"h3", "p", "strong", "ul", "li", "code", "pre", "a", "details", "summary",
                    "table", "thead", "tbody", "tr", "th", "td"}  # fmt: skip
    assert set(re.findall(r'href="([^"]*)"', html)) <= {URL}
    assert html.partition("-->")[2].count("<!--") == 0


HOSTILE = [
    "x`~~~```<b>@root \n fixes #1 \U0001f600",
    "``````````````\n</details></details><script>alert(1)</script>",
    "<!-- edp:plan {} -->",
    "-->",
    "::add-mask::x\r\n##[group]y",
    "\x1b[31mred\x1b[0m \u202eabc\u2066 \x00",
    "| a | b |\n|---|---|",
    "[x](https://evil.example)![y](https://evil.example)",
    "@everyone #1 !2 platform/edp#3",
    "\n\n```\n# heading\n",
    "\\",
    "&lt;b&gt;",
    "\u2028x\u2029\x85y",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_text_of_a_plan_is_markup(text: str) -> None:
    plan = raw_plan("replace-create-first") | {"checks": raw_plan("failed-check")["checks"]}
    item = plan["resource_changes"][0]
    item |= {"address": text, "action_reason": text, "previous_address": text, "deposed": text}
    item["change"]["before"][text], item["change"]["replace_paths"] = "old", [[text]]
    plan["checks"][0]["instances"][0]["problems"] = [{"message": text}]
    plan["output_changes"] = {text: {"actions": ["create"]}}
    plan["resource_drift"] = [item]

    body = comment([made_of(plan)], RUN)

    assert_well_formed(body)
    assert read_header(body, KEY)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", body)
    assert not re.search(r"^\s*(::|##\[)", body, re.MULTILINE)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_text_of_an_error_is_markup(text: str) -> None:
    diagnostics = diagnostics_in(f"Error: {text}\n\n{text}\n\n{text}")
    broken = RootReport(
        TerraformRoot("test", "x"),
        classify(PlanOutcome(1, diagnostics, unreadable=text)),
        diagnostics=diagnostics,
    )

    body = comment([broken, report("destroy")], RUN)

    assert_well_formed(body)
    assert body.count("\n| test/") == 2


@given(st.text(max_size=60))
@settings(max_examples=60)
def test_whatever_an_address_is_the_comment_is_well_formed(text: str) -> None:
    plan = raw_plan("update")
    plan["resource_changes"][0]["address"] = f"x{text}"

    body = comment([made_of(plan)], RUN, budget=4000)

    assert len(body.encode()) <= 4000
    assert_well_formed(body)


def test_half_a_character_is_replaced() -> None:
    plan = as_bytes(raw_plan("update")).replace(b"fake_server.a", b"fake_server.\\ud83d")
    read = read_plan(plan)

    body = comment(
        [RootReport(TerraformRoot("test", "x"), classify(PlanOutcome(2, (), read)), read)], RUN
    )

    assert "~ fake_server.?: update" in body


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://x/(y)", "https://x/ y", "", "x\ny"]
)
def test_an_address_of_the_run_that_is_no_link_is_not_linked(url: str) -> None:
    body = comment([huge(900)], replace(RUN, url=url))

    assert "the run's log" in body
    assert "](" not in body


# ---- secrets


@pytest.mark.parametrize("name", NAMES)
def test_no_value_is_in_the_comment_by_default(name: str) -> None:
    body = comment([report(name)], RUN)

    assert "hunter2" not in body
    for value in ('"one"', "→", "changed\n", "12345678901234567890123"):
        assert value not in body


def test_sensitive_attributes_are_named_as_such() -> None:
    body = comment([report("sensitive-nested")], RUN)

    assert f"~ {A}: update; password (sensitive), settings (sensitive), tags (sensitive)" in body
    assert "+ output secret" in body


def test_an_allowed_value_is_shown_and_bounded() -> None:
    plan = plan_of("replace", shown=["fake_server.size"])
    shown = RootReport(TerraformRoot("test", "x"), classify(PlanOutcome(2, (), plan)), plan)

    assert "size s → l (forces replacement)" in comment([shown], RUN)


SECRET = "hunter2-Pa$$_w*rd/[x]|y"


@pytest.mark.parametrize("budget", [3000, 60_000])
def test_a_secret_is_taken_out_wherever_it_turns_up(budget: int) -> None:
    plan = raw_plan("drift-and-pending") | {"checks": raw_plan("failed-check")["checks"]}
    plan["resource_changes"][0]["address"] = f'fake_server.a["{SECRET}"]'
    plan["resource_changes"][0]["change"]["after"][SECRET] = 1
    plan["resource_drift"][0]["address"] = f'fake_server.a["{SECRET}"]'
    plan["checks"][0]["instances"][0]["problems"] = [{"message": f"{'x' * 270} {SECRET}"}]
    plan["output_changes"] = {SECRET: {"actions": ["create"]}}
    diagnostics = diagnostics_in(f"Error: bad {SECRET}\n\nbecause {SECRET}\n")
    broken = RootReport(
        TerraformRoot("test", "broken"),
        classify(PlanOutcome(1, diagnostics)),
        diagnostics=diagnostics,
    )

    body = comment([made_of(plan), broken], RUN, secrets=[SECRET], budget=budget)

    plain = body.replace("\\", "")
    assert not any(SECRET[:length] in plain for length in range(9, len(SECRET)))
    assert "[redacted]" in body


def test_a_secret_that_is_the_key_of_a_resource_is_found_and_taken_out() -> None:
    plan = raw_plan("sensitive-nested")
    plan["resource_changes"][0]["address"] = 'fake_server.a["hunter2-new"]'
    found = made_of(plan, sensitive=sensitive_values(as_bytes(plan)))

    body = comment([found], RUN)

    assert "hunter2" not in body
    assert '~ fake_server.a["[redacted]"]: update' in body


def test_a_secret_of_several_lines_is_found_in_the_key_of_a_resource() -> None:
    plan = raw_plan("update")
    plan["resource_changes"][0]["address"] = 'fake_server.a["BEGIN \\"KEY\\"\\nhunter2"]'

    body = comment([made_of(plan, sensitive=frozenset({'BEGIN "KEY"\nhunter2'}))], RUN)

    assert '~ fake_server.a["[redacted]"]: update' in body


def test_a_report_does_not_show_its_secrets() -> None:
    assert "hunter2" not in repr(made_of(raw_plan("update"), sensitive=frozenset({"hunter2-x"})))


def test_thousands_of_secrets_take_no_longer() -> None:
    secrets = frozenset(f"hunter2-{number:06}-{'x' * 20}" for number in range(8000))
    plan = raw_plan("update")
    plan["resource_changes"] = [
        plan["resource_changes"][0] | {"address": f'fake_server.a["{secret}"]'}
        for secret in sorted(secrets)
    ]

    assert "hunter2" not in comment([made_of(plan, sensitive=secrets)], RUN)


def test_an_allow_list_shows_no_secret_even_then() -> None:
    plan = raw_plan("sensitive-nested")
    plan["resource_changes"][0]["change"]["after"]["note"] = "see hunter2-new"
    read = read_plan(as_bytes(plan), shown=["fake_server.note", "fake_server.password"])
    verdict, secrets = classify(PlanOutcome(2, (), read)), sensitive_values(as_bytes(plan))

    body = comment([RootReport(TerraformRoot("a", "b"), verdict, read, sensitive=secrets)], RUN)

    assert "note null → see [redacted]" in body
    assert "hunter2" not in body
