"""What one commit of the default branch says, and which mistakes in it stop everything."""

import json
from collections.abc import Mapping

import pytest
from promotion_facts import DEV, PROD, STACK, TEST, pin_of

from edp.core.promotion.pairs import Pair, Pin
from edp.core.promotion.snapshot import (
    PinCache,
    Snapshot,
    is_of_interest,
    is_policy,
    read_snapshot,
)
from edp.errors import InvalidInputError

GRAPH = json.dumps(
    {
        "apiVersion": "edp/v1",
        "argocds": {"hub": {"context": "hub"}},
        "environments": {
            name: {"path": f"environments/{name}", "argocd": "hub", "from": before}
            for name, before in {"dev": "releases", "test": ["dev"], "prod": ["test"]}.items()
        },
        "bots": {"bot": "edp-bot", "gate": "edp-gate", "email": "edp-bot@example.org"},
    }
)
HOLD = 'apiVersion: edp/v1\nversion: "1.0.0"\nreason: slow\nby: ada\n'
YANK = "apiVersion: edp/v1\nreason: slow\nby: ada\n"
FREEZE = (
    'apiVersion: edp/v1\nenvironments: [prod]\nfrom: "2026-12-20T00:00:00Z"\n'
    'until: "2027-01-04T00:00:00Z"\nreason: christmas\n'
)


def application(version: str, stack: str = STACK) -> str:
    pin = pin_of(version).replace(STACK, stack)
    return (
        "apiVersion: argoproj.io/v1alpha1\n"
        "kind: Application\n"
        f"metadata: {{name: {stack}}}\n"
        "spec:\n"
        f"  source: {{path: stacks/{stack}, targetRevision: {pin}}}\n"
        f"  destination: {{namespace: {stack}}}\n"
    )


FILES = {
    "environments/promotion.yaml": GRAPH,
    "environments/dev/kustomization.yaml": "resources: [keycloak.yaml]\nnamePrefix: dev-\n",
    "environments/dev/keycloak.yaml": application("1.1.0"),
    "environments/prod/keycloak.yaml": application("1.0.0"),
    "environments/shared/sync.yaml": "kind: Component\n",
    "stacks/keycloak/stack.yaml": "anything",
}


def read(
    files: Mapping[str, str], *, stack: str | None = None, cache: PinCache | None = None
) -> Snapshot:
    content = {f"blob of {path}": text.encode() for path, text in files.items()}
    blobs = {path: f"blob of {path}" for path in files}
    return read_snapshot("c" * 40, blobs, content, stack=stack, cache=cache or PinCache())


def with_file(path: str, text: str) -> Snapshot:
    return read({**FILES, path: text})


def test_pins_are_read_by_environment() -> None:
    found = read(FILES)

    assert found.pins == {
        DEV: Pin(DEV, "1.1.0", "environments/dev/keycloak.yaml"),
        PROD: Pin(PROD, "1.0.0", "environments/prod/keycloak.yaml"),
    }
    assert found.unreadable == {}


def test_an_application_is_called_with_its_environments_prefix() -> None:
    found = read(FILES)

    assert found.application_name(DEV) == "dev-keycloak"
    assert found.application_name(PROD) == "keycloak"


def test_decisions_are_read_by_what_they_are_about() -> None:
    found = read(
        {
            **FILES,
            "environments/holds/prod/keycloak.yaml": HOLD,
            "environments/yanked/keycloak/1.1.0.yaml": YANK,
            "environments/freezes/christmas.yaml": FREEZE,
        }
    )

    assert found.holds[PROD].version == "1.0.0"
    assert found.yanks[STACK, "1.1.0"].by == "ada"
    assert found.freezes["christmas"].environments == ["prod"]


def test_for_one_stack_the_others_are_not_read() -> None:
    broken = {**FILES, "environments/dev/grafana.yaml": "{"}

    assert set(read(broken, stack=STACK).pins) == {DEV, PROD}
    assert read(broken, stack=STACK).unreadable == {}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "environments/test/keycloak.yaml:"),
        (application("1.0.0").replace("/v1", "/v1x"), "environments/test/keycloak.yaml"),
        (application("1.0.0", "grafana"), "environments/test/keycloak.yaml"),
    ],
)
def test_a_broken_application_makes_its_own_pair_unreadable(text: str, reason: str) -> None:
    found = with_file("environments/test/keycloak.yaml", text)

    assert set(found.pins) == {DEV, PROD}
    assert reason in found.unreadable[TEST]


def test_a_broken_overlay_makes_its_environment_unreadable() -> None:
    found = with_file("environments/dev/kustomization.yaml", "namePrefix: [\n")

    assert set(found.pins) == {PROD}
    assert "environments/dev/kustomization.yaml" in found.unreadable[DEV]


@pytest.mark.parametrize("path", ["environments/dev/Key.yaml", "environments/dev/a_b.yaml"])
def test_what_cannot_be_a_stack_is_left_out(path: str) -> None:
    assert set(with_file(path, application("1.0.0")).pins) == {DEV, PROD}


def test_an_application_of_a_plain_chart_has_no_pin() -> None:
    chart = "spec: {source: {chart: nginx, repoURL: https://charts.example.org}}\n"
    found = with_file("environments/dev/nginx.yaml", chart)

    assert Pair("nginx", "dev") not in {**found.pins, **found.unreadable}


@pytest.mark.parametrize(
    ("path", "text", "problem"),
    [
        ("environments/promotion.yaml", "{}", "promotion.yaml"),
        ("environments/holds/prod/keycloak.yaml", "{}", "holds/prod/keycloak.yaml"),
        ("environments/holds/staging/keycloak.yaml", HOLD, "staging"),
        ("environments/holds/keycloak.yaml", HOLD, "can be called so"),
        ("environments/yanked/keycloak/latest.yaml", YANK, "can be called so"),
        ("environments/freezes/Christmas Eve.yaml", FREEZE, "can be called so"),
        ("environments/freezes/x.yaml", FREEZE.replace("prod", "eu9"), 'no environment "eu9"'),
        ("environments/freezes/x.yaml", FREEZE.replace("2027", "2025"), "later than"),
    ],
)
def test_a_mistake_in_policy_stops_everything(path: str, text: str, problem: str) -> None:
    with pytest.raises(InvalidInputError, match=problem):
        with_file(path, text)


def test_without_a_graph_nothing_can_be_decided() -> None:
    with pytest.raises(InvalidInputError, match=r"promotion\.yaml is missing"):
        read({})


def test_a_second_look_parses_only_what_has_changed() -> None:
    cache = PinCache()
    read(FILES, cache=cache)
    content = {f"blob of {path}": b"{" for path in FILES}
    content["blob of environments/promotion.yaml"] = GRAPH.encode()
    content["blob of environments/dev/kustomization.yaml"] = b"resources: []\n"

    blobs = {path: f"blob of {path}" for path in FILES}
    again = read_snapshot("d" * 40, blobs, content, stack=None, cache=cache)

    assert set(again.pins) == {DEV, PROD}


@pytest.mark.parametrize(
    ("path", "stack", "interesting"),
    [
        ("environments/promotion.yaml", STACK, True),
        ("environments/holds/prod/grafana.yaml", STACK, True),
        ("environments/dev/kustomization.yaml", STACK, True),
        ("environments/dev/keycloak.yaml", STACK, True),
        ("environments/dev/grafana.yaml", STACK, False),
        ("environments/dev/grafana.yaml", None, True),
        ("environments/dev/README.md", None, False),
    ],
)
def test_only_what_a_decision_needs_is_of_interest(
    path: str, stack: str | None, interesting: bool
) -> None:
    assert is_of_interest(path, stack) is interesting


def test_policy_is_what_says_what_may_be_promoted() -> None:
    assert is_policy("environments/freezes/x.yaml")
    assert not is_policy("environments/dev/keycloak.yaml")
