"""Names are ASCII allow-lists: what does not match exactly is refused, nothing is normalised."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edp.core import names
from edp.errors import InvalidInputError

HOSTILE = [
    "",
    " ",
    "a b",
    ";",
    "a;rm -rf",
    "$(id)",
    "`id`",
    "a\n",
    "\na",
    "a\0",
    "../x",
    "..",
    ".",
    "/etc",
    "a/b",
    "a\\b",
    "-x",
    "--help",
    "a-",
    "a_b",
    "A",
    "k\u0435ycloak",  # a Cyrillic letter
    "keycloa\u212a",  # the Kelvin sign, which lower() makes a k
    "\u0661",  # an Arabic digit
    "a\u200bb",
    "\uff41",
    "z" * 64,
    "a" * 300,
    "refs/heads/main",
    "a..b",
    "a@{0}",
    "a~1",
    "a^",
    "a:b",
    "a*",
    "%2e%2e",
]
SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_no_name(text: str) -> None:
    assert not names.is_name(text)
    with pytest.raises(InvalidInputError, match="stack: ") as caught:
        names.require_name(text, what="stack")
    assert caught.value.message.isascii()
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 800


@pytest.mark.parametrize("text", ["a", "0", "keycloak", "prod-eu1", "a--b", "a" * 63])
def test_a_dns_label_is_a_name(text: str) -> None:
    assert names.require_name(text, what="stack") == text


@pytest.mark.parametrize(
    "text",
    [
        "1.4.0",
        "0.0.0",
        "999999999.0.0",
        "1.0.0-rc.1",
        "1.0.0-alpha",
        "1.0.0-0a.x-y",
        "1.0.0--",
    ],
)
def test_an_exact_semantic_version_is_a_version(text: str) -> None:
    assert names.require_version(text, what="version") == text


@pytest.mark.parametrize(
    "text",
    [
        *HOSTILE,
        "1",
        "1.4",
        "v1.4.0",
        "01.4.0",
        "1.4.0+build",
        "1.4.0-",
        "1.4.0-01",
        "1.4.0-a..b",
        "1.4.0 ",
        "1.4.0\n",
        "1.4.x",
        "latest",
        "9999999999.0.0",
        "1.0.0-" + "a" * 59,
        "1.4.0/../../x",
    ],
)
def test_anything_else_is_no_version(text: str) -> None:
    assert not names.is_version(text)
    with pytest.raises(InvalidInputError, match="exact version"):
        names.require_version(text, what="version")


@pytest.mark.parametrize("text", [SHA, SHA + "0" * 24])
def test_a_full_object_id_is_a_commit(text: str) -> None:
    assert names.require_sha(text, what="commit") == text


@pytest.mark.parametrize("text", [*HOSTILE, SHA[:39], SHA.upper(), SHA + "0", f"{SHA}\n", "HEAD"])
def test_anything_else_is_no_commit(text: str) -> None:
    with pytest.raises(InvalidInputError, match="full commit id"):
        names.require_sha(text, what="commit")


@pytest.mark.parametrize("text", ["ada", "Ada", "ada.lovelace", "edp-bot", "a_b", "a", "a" * 40])
def test_a_forgejo_user_name_is_a_login(text: str) -> None:
    assert names.is_login(text)


@pytest.mark.parametrize("text", ["", "-a", "a-", ".a", "@a", "a b", "a\n", "\u00e4", "a" * 41])
def test_anything_else_is_no_login(text: str) -> None:
    assert not names.is_login(text)


@pytest.mark.parametrize("text", ["platform/edp", "a/b.git", "_/-", "a/..b"])
def test_an_owner_and_a_name_are_a_repository(text: str) -> None:
    assert names.is_repository(text)


@pytest.mark.parametrize(
    "text", ["", "edp", "a/b/c", "../edp", "a/..", "./a", "a/.", "a/b\n", "a/b c", "\u00e4/b"]
)
def test_anything_else_is_no_repository(text: str) -> None:
    assert not names.is_repository(text)


name_texts = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
version_texts = st.from_regex(
    r"(0|[1-9][0-9]{0,3})(\.(0|[1-9][0-9]{0,3})){2}(-[a-z]{1,5})?", fullmatch=True
)


@given(stack=name_texts, version=version_texts)
def test_a_pin_is_read_back(stack: str, version: str) -> None:
    pin = names.pin_text(stack, version)

    assert pin == f"refs/tags/{stack}/v{version}"
    assert names.parse_pin(pin) == (stack, version)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "main",
        "keycloak/v1.4.0",
        "refs/heads/keycloak/v1.4.0",
        "refs/tags/keycloak/1.4.0",
        "refs/tags/keycloak/v1.4",
        "refs/tags/Keycloak/v1.4.0",
        "refs/tags/a/b/v1.4.0",
        "refs/tags/keycloak/v1.4.0\n",
        " refs/tags/keycloak/v1.4.0",
        "refs/tags/../v1.4.0",
    ],
)
def test_anything_else_is_no_pin(text: str) -> None:
    assert names.parse_pin(text) is None


@given(stack=name_texts, environment=name_texts)
def test_a_promotion_branch_is_read_back(stack: str, environment: str) -> None:
    branch = names.promotion_branch(stack, environment)

    assert names.parse_promotion_branch(branch) == (stack, environment)


@pytest.mark.parametrize(
    "branch",
    [
        "main",
        "promote/a",
        "promote/a/b/c",
        "promote/A/b",
        "promote/a/",
        "Promote/a/b",
        "promote//b",
    ],
)
def test_anything_else_is_no_promotion_branch(branch: str) -> None:
    assert names.parse_promotion_branch(branch) is None


@given(st.text(max_size=80))
def test_what_is_accepted_is_plain_ascii(text: str) -> None:
    plain = set(string.ascii_letters + string.digits + "-._/")
    for accepts in (names.is_name, names.is_version, names.is_sha, names.is_login):
        if accepts(text):
            assert set(text) <= plain
            assert not re.search(r"\.\.|^[-/]", text)
