"""What arrives in an environment, and what people review of it."""

import pytest
from promotion_facts import PROD, pin_of

from edp.core.promotion.arrival import copied_application, new_application, owned_values
from edp.core.repository.application_file import pin_of_application

PATH = "environments/prod/keycloak.yaml"
SOURCE = b"""\
# owned by identity
kind: Application
metadata:
  name: keycloak
spec:
  source:
    path: stacks/keycloak
    targetRevision: refs/tags/keycloak/v1.0.0 # the pin
    helm:
      valuesObject: {replicas: 2}
  destination: {namespace: keycloak}
"""


def test_a_copy_differs_in_its_version_alone() -> None:
    copied = copied_application(SOURCE, PROD, "1.1.0", path=PATH)

    assert copied == SOURCE.replace(b"v1.0.0", b"v1.1.0")


def test_a_new_application_is_a_whole_one() -> None:
    content = new_application(PROD, "1.1.0", namespace="identity")

    pin = pin_of_application(content, path=PATH)
    assert pin is not None
    assert (pin.stack, pin.version) == ("keycloak", "1.1.0")
    assert pin_of("1.1.0").encode() in content
    assert b"namespace: identity\n" in content


def test_what_the_environment_owns_is_everything_but_pin_and_place() -> None:
    assert owned_values(SOURCE) == (
        "destination:\n  namespace: keycloak\nhelm:\n  valuesObject:\n    replicas: 2\n"
    )


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"",
        b"[]",
        b"spec: 7\n",
        b"kind: Application\n",
        b"spec: {source: {path: a, targetRevision: b}}\n",
    ],
)
def test_where_it_owns_nothing_there_is_nothing_to_review(content: bytes) -> None:
    assert owned_values(content) == ""


def test_a_source_that_is_none_leaves_the_rest() -> None:
    assert owned_values(b"spec: {source: 7, project: x}\n") == "project: x\n"
