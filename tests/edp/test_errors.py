"""The exit code that stands for each kind of failure, and for several of them."""

import itertools

import pytest

from edp import errors
from edp.errors import EdpError, exit_code_of_several

CODES = {
    "InvalidInputError": 2,
    "RefusedError": 3,
    "UnavailableError": 4,
    "ConflictError": 5,
    "BusyError": 6,
}


@pytest.mark.parametrize(("name", "code"), CODES.items())
def test_each_kind_of_failure_has_its_exit_code(name: str, code: int) -> None:
    error = getattr(errors, name)("it failed", hint="do this")

    assert isinstance(error, EdpError)
    assert (error.exit_code, error.message, error.hint, str(error)) == (
        code,
        "it failed",
        "do this",
        "it failed",
    )


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        ([], 0),
        ([0, 0], 0),
        ([0, 4], 4),
        ([6, 4, 5, 2], 2),
        ([6, 4, 5], 5),
        ([6, 4], 4),
        ([1, 3], 3),
    ],
)
def test_of_several_failures_one_decides(codes: list[int], code: int) -> None:
    assert {exit_code_of_several(order) for order in itertools.permutations(codes)} == {code}
