"""What Terraform says is read in each of its forms, and never taken for less than it is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded_plans import said

from edp.core.terraform.diagnostics import (
    Diagnostic,
    LockInfo,
    diagnostics_in,
    errors_in,
    is_only_busy,
    read_lock,
)

FORMS = ["plain", "boxed", "json"]
HOLDER = "5f1c0a52-7a3e-4c1b-9f6e-0d9a4f5b7c11"


@pytest.mark.parametrize("form", FORMS)
def test_an_error_is_read_in_every_form(form: str) -> None:
    (error,) = errors_in(said("missing-var-file", form))

    assert error.is_error
    assert error.summary == "Failed to read variables file"
    assert error.detail == "Given variables file missing.tfvars does not exist."


@pytest.mark.parametrize("form", FORMS)
def test_two_errors_are_two_with_their_lines(form: str) -> None:
    errors = errors_in(said("two-errors", form))

    assert [(one.path, one.line) for one in errors] == [("main.tf", 8), ("main.tf", 9)]
    assert str(errors[0]) == "main.tf:8: Reference to undeclared resource"


@pytest.mark.parametrize("form", FORMS)
def test_a_warning_is_no_error(form: str) -> None:
    text = said("warning", form)

    assert not errors_in(text)
    assert [one.summary for one in diagnostics_in(text)] == ["Resource targeting is in effect"]


@pytest.mark.parametrize("form", FORMS)
def test_the_holder_of_a_local_lock_is_named(form: str) -> None:
    errors = errors_in(said("lock-local", form))

    assert is_only_busy(errors)
    assert read_lock(errors) == LockInfo(
        id=HOLDER,
        operation="OperationTypeApply",
        who="runner@ci-1",
        created="2026-03-04 05:06:07.891 +0000 UTC",
        info="run 4711",
        path="terraform.tfstate",
        version="1.11.4",
    )


@pytest.mark.parametrize("form", FORMS)
def test_of_a_lock_over_http_only_the_id_is_the_holders(form: str) -> None:
    text = said("lock-http", form)
    assert "Who:       " in text, "which is who asked, not who holds it"

    errors = errors_in(text)

    assert is_only_busy(errors)
    assert read_lock(errors) == LockInfo(HOLDER)


@pytest.mark.parametrize("form", FORMS)
def test_a_lock_server_that_fails_is_not_busy(form: str) -> None:
    errors = errors_in(said("lock-http-broken", form))

    assert len(errors) == 1
    assert not is_only_busy(errors)
    assert read_lock(errors) is None


def test_a_lock_over_http_without_an_id_is_held_all_the_same() -> None:
    detail = "Error message: HTTP remote state already locked, failed to unmarshal body"
    error = Diagnostic(is_error=True, summary="Error acquiring the state lock", detail=detail)

    assert read_lock([error]) == LockInfo("")
    assert is_only_busy([error])


def test_a_held_lock_beside_another_error_is_not_only_busy() -> None:
    errors = errors_in(said("lock-local", "plain") + said("missing-var-file", "plain"))

    assert read_lock(errors)
    assert not is_only_busy(errors)


def test_nothing_wrong_is_not_busy() -> None:
    assert not is_only_busy(())
    assert read_lock(()) is None


def test_a_lock_info_in_another_error_is_not_believed() -> None:
    detail = f"Lock Info:\n  ID:        {HOLDER}\n"

    assert read_lock([Diagnostic(is_error=True, summary="Something else", detail=detail)]) is None


def test_a_lock_info_without_an_id_is_no_lock() -> None:
    text = "Error: Error acquiring the state lock\n\nLock Info:\n  Who:       me\n"

    assert not is_only_busy(errors_in(text))


def test_a_hostile_holder_is_one_harmless_line() -> None:
    hostile = r"\u001b[31mx\u202e\u0000y" + "z" * 999

    lock = read_lock(errors_in(said("lock-local", "json").replace("runner@ci-1", hostile)))

    assert lock
    assert lock.who.isprintable()
    assert len(lock.who) == 200


@pytest.mark.parametrize(
    ("line", "summary"),
    [
        ('{"@level":"error","@message":"Error: x"}', "Error: x"),
        ('{"@level":"error","diagnostic":{}}', "an error without a text"),
        (
            '{"@level":"error","diagnostic":{"summary":7,"range":{"start":{"line":"x"}}}}',
            "an error",
        ),
        ('{"@level":"error","diagnostic":[]}', "an error without a text"),
        ('{"@level":"info","diagnostic":{"severity":"error","summary":"s"}}', "s"),
        ('{"@level":"error","@message":"cut off', "an error that cannot be read"),
        ('{"@level":"error","x":' + "[" * 100_000, "an error that cannot be read"),
    ],
    ids=range(7),
)
def test_an_event_that_says_error_is_one_however_damaged(line: str, summary: str) -> None:
    (error,) = errors_in(line)

    assert error.summary.startswith(summary)


@pytest.mark.parametrize(
    "line", ["{", '{"x', "[]", '"text"', '{"@level":"info"}', '{"type":1}', ""]
)
def test_other_lines_say_nothing(line: str) -> None:
    assert diagnostics_in(line) == ()


def test_lines_of_both_forms_may_be_mixed() -> None:
    text = said("missing-var-file", "json") + said("lock-local", "plain")

    assert len(errors_in(text)) == 2


def test_the_same_error_twice_is_one() -> None:
    assert len(errors_in(said("missing-var-file", "plain") * 2)) == 1


@pytest.mark.parametrize("dump", ['{\n  "lineage": "x",\n  "v": "hunter2"\n}', '{"v":"hunter2"}'])
def test_the_state_that_a_dying_terraform_dumps_is_not_kept(dump: str) -> None:
    text = f"Error: Failed to save state\n\nAs a last resort, here it is.\n{dump}\nmore\n"

    assert "hunter2" not in repr(diagnostics_in(text))


def test_what_is_said_is_harmless_and_bounded() -> None:
    text = "Error: a\x1b[31mb\x00c\n\n::add-mask::x\n" + "y" * 10_000 + "\n\x9b"

    (error,) = errors_in(text)

    assert error.summary == "ab?c"
    assert error.detail.startswith("|::add-mask::x")
    assert len(error.detail) <= 2000


def test_thousands_of_errors_are_bounded() -> None:
    text = "".join(f"Error: number {number}\n\nbecause\n" for number in range(5000))

    assert len(errors_in(text)) == 200


def test_a_paragraph_of_many_lines_is_bounded() -> None:
    (error,) = errors_in("Error: x\n" + "y\n" * 100_000)

    assert len(error.detail) <= 2000


@given(st.text())
def test_no_text_is_an_error_of_ours(text: str) -> None:
    assert all(one.summary for one in diagnostics_in(text))
    assert all(one.summary for one in diagnostics_in(f"Error: {text}"))


@given(st.dictionaries(st.sampled_from(["summary", "detail", "range"]), st.integers() | st.none()))
def test_no_diagnostic_is_an_error_of_ours(content: dict[str, object]) -> None:
    line = json.dumps({"@level": "error", "diagnostic": content}, separators=(",", ":"))

    assert len(errors_in(line)) == 1
