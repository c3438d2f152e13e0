"""Messages of promotion commits, and what a later reader takes from them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from promotion_facts import PROD

from edp.core.promotion.commits import CHOSEN, read_trailers, subject, trailers

RUN = "https://forgejo.example.org/platform/edp/actions/runs/7"


def test_a_promotion_says_from_where_to_where() -> None:
    assert subject(PROD, "1.0.0", "1.1.0") == "Promote keycloak 1.0.0 -> 1.1.0 to prod"


def test_an_arrival_says_what_comes() -> None:
    assert subject(PROD, None, "1.1.0") == "Add keycloak 1.1.0 to prod"


def test_trailers_are_read_back() -> None:
    text = trailers(PROD, "1.0.0", "1.1.0", run_url=RUN, is_chosen=True)

    assert read_trailers(f"{subject(PROD, '1.0.0', '1.1.0')}\n\n{text}\n") == {
        "Promoted-Stack": "keycloak",
        "Promoted-From": "1.0.0",
        "Promoted-To": "1.1.0",
        "Promoted-Environment": "prod",
        "Promoted-Run": RUN,
        "Promotion-Choice": CHOSEN,
    }


def test_what_is_not_known_has_no_trailer() -> None:
    text = trailers(PROD, None, "1.1.0", run_url="", is_chosen=False)

    assert read_trailers(text) == {
        "Promoted-Stack": "keycloak",
        "Promoted-From": "none",
        "Promoted-To": "1.1.0",
        "Promoted-Environment": "prod",
    }


@pytest.mark.parametrize(
    "message",
    [
        "",
        "Promoted-To : 1.1.0",
        "Promoted-To:1.1.0",
        "xPromoted-To: 1.1.0",
        "Promoted-: 1.1.0",
        "Promoted-To: 1.1.0\n\nSigned-off-by: ada",
        "Signed-off-by: ada",
    ],
)
def test_anything_else_is_no_trailer(message: str) -> None:
    assert read_trailers(message) == {}


def test_only_the_last_paragraph_counts() -> None:
    message = "Subject\r\n\r\nPromoted-To: 9.9.9\r\n\r\nPromoted-To: 1.1.0  \r\nother\r\n"

    assert read_trailers(message) == {"Promoted-To": "1.1.0"}


@given(st.text())
def test_any_message_can_be_read(message: str) -> None:
    for value in read_trailers(message).values():
        assert value == value.strip()
        assert value
