"""The order of versions, and ranges of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edp.core.version_range import in_range, ordered, parse_range

version_texts = st.builds(
    "{}.{}.{}{}".format,
    *[st.integers(0, 20)] * 3,
    st.sampled_from(["", "-alpha", "-alpha.1", "-rc.2"]),
)


def test_versions_are_ordered_by_meaning() -> None:
    texts = [
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-rc.2",
        "1.0.0-rc.10",
        "1.0.0",
        "1.2.0",
        "1.10.0",
    ]

    assert sorted([*texts[3:], *texts[:3]], key=ordered) == texts


@pytest.mark.parametrize(
    ("version", "text", "fits"),
    [
        ("1.4.0", ">=1.4", True),
        ("1.3.9", ">=1.4", False),
        ("1.4.0", ">= 1.4 <2", True),
        ("2.0.0", ">=1.4 <2", False),
        ("2.0.0-rc.1", "<2", True),
        ("1.4.0", "1.4", True),
        ("1.4.1", "1.4", False),
        ("1.4.0", "=1.4.0", True),
        ("1.4.0", "v1.4.0", True),
        ("1.4.0", ">1.4.0", False),
        ("1.4.1", ">1.4.0", True),
        ("1.4.0", "<=1.4.0", True),
        ("1.4.1", "<=1.4.0", False),
        ("1.4.0", ">=1,<2", True),
    ],
)
def test_a_version_fits_a_range_or_not(version: str, text: str, fits: bool) -> None:
    assert in_range(version, text) is fits


@pytest.mark.parametrize("text", ["", " ", ",", "latest", "^1.4", "~1.4", "1.x", ">", ">=1 || <2"])
def test_anything_else_is_no_range(text: str) -> None:
    with pytest.raises(ValueError, match="expected a range"):
        parse_range(text)


@given(version_texts, version_texts)
def test_every_version_is_on_exactly_one_side_of_a_limit(version: str, limit: str) -> None:
    sides = [in_range(version, f"{operator}{limit}") for operator in ("<", "=", ">")]

    assert sum(sides) == 1
    assert in_range(version, f">={limit}") == (sides[1] or sides[2])
    assert in_range(version, f"<={limit}") == (sides[0] or sides[1])
