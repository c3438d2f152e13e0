"""From what an Argo CD says to one observation of one pair."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from promotion_facts import NOW, STACK, TEST, a_graph, commit_of, pins

from edp.core.health.application import Application, project_application
from edp.core.health.verdict import Health
from edp.core.promotion.evidence import add_observation
from edp.core.promotion.observe import ClusterAnswer, Subject, observe
from edp.core.promotion.pairs import Release

COMMIT = commit_of("1.1.0")
MAIN = "c" * 40


def keycloak(**status: Any) -> Application:
    """A healthy Application of keycloak 1.1.0 in test."""
    source = {"path": "stacks/keycloak", "targetRevision": "refs/tags/keycloak/v1.1.0"}
    compared = {"source": source, "destination": {"namespace": "keycloak"}}
    return project_application(
        {
            "metadata": {"name": "test-keycloak", "namespace": "argocd", "resourceVersion": "1"},
            "spec": {"source": source, "destination": {"namespace": "keycloak"}},
            "status": {
                "sync": {"status": "Synced", "revision": COMMIT, "comparedTo": compared},
                "health": {"status": "Healthy", "lastTransitionTime": "2026-11-25T09:00:00Z"},
                "resources": [{"kind": "Deployment", "name": "keycloak", "status": "Synced"}],
                "reconciledAt": "2026-11-25T10:30:00Z",
                **status,
            },
        }
    )


def root(revision: str = MAIN, status: str = "Synced") -> Application:
    child = {"group": "argoproj.io", "kind": "Application", "name": "test-keycloak"}
    return project_application(
        {
            "metadata": {"name": "root-test"},
            "status": {
                "sync": {"revision": revision},
                "resources": [{**child, "namespace": "argocd", "status": status}],
            },
        }
    )


def answer(*applications: Application) -> ClusterAnswer:
    return ClusterAnswer({one.name: one for one in applications})


SUBJECT = Subject(
    pin=pins(test="1.1.0")[TEST],
    release=Release(STACK, "1.1.0", COMMIT),
    timeout=timedelta(minutes=15),
    application="test-keycloak",
    contains_promotion=lambda commit: commit == MAIN,
)


def look(given: ClusterAnswer) -> tuple[Health, str]:
    found = observe(SUBJECT, given, a_graph(), now=NOW, earlier=None)

    assert (found.stack, found.version, found.environment) == (STACK, "1.1.0", "test")
    assert (found.commit, found.at) == (COMMIT, NOW)
    return found.verdict.health, found.verdict.reason


def test_a_healthy_application_whose_root_has_applied_it_is_green() -> None:
    assert look(answer(keycloak(), root())) == (
        Health.GREEN,
        f'healthy at commit "{COMMIT}"',
    )


def test_a_cluster_that_gives_no_answer_makes_it_unknown() -> None:
    assert look(ClusterAnswer({}, "answer 403: forbidden")) == (
        Health.UNKNOWN,
        "answer 403: forbidden",
    )


def test_an_application_that_is_not_there_is_waited_for() -> None:
    assert look(answer(root()))[0] is Health.WAITING


def test_an_old_status_is_unknown() -> None:
    health, reason = look(answer(keycloak(reconciledAt="2026-11-25T10:00:00Z"), root()))

    assert health is Health.UNKNOWN
    assert "older than 10 min" in reason


@pytest.mark.parametrize(
    ("parent", "reason"),
    [
        (None, "the root Application does not exist"),
        (root(status="OutOfSync"), "has not applied test-keycloak: OutOfSync"),
        (root(revision="d" * 40), "without the promotion"),
    ],
    ids=["missing", "not applied", "older"],
)
def test_a_root_that_does_not_vouch_is_waited_for(parent: Application | None, reason: str) -> None:
    given = [keycloak(), *([parent] if parent else [])]

    found = observe(SUBJECT, answer(*given), a_graph(), now=NOW, earlier=None)

    assert found.verdict.health is Health.WAITING
    assert reason in found.verdict.reason
    assert found.verdict.green_since is None


def test_a_failure_needs_no_root() -> None:
    assert look(answer(keycloak(health={"status": "Degraded"})))[0] is Health.FAILED


def test_what_was_seen_before_is_remembered_for_the_same_commit_only() -> None:
    first = observe(SUBJECT, answer(keycloak(), root()), a_graph(), now=NOW, earlier=None)
    seen = add_observation(None, first)
    later = NOW + timedelta(minutes=5)
    again = observe(SUBJECT, answer(keycloak(), root()), a_graph(), now=later, earlier=seen)
    moved = observe(
        SUBJECT,
        answer(keycloak(), root()),
        a_graph(),
        now=later,
        earlier=replace(seen, commit="f" * 40),
    )

    assert again.verdict.memory.compared_seen_at == NOW
    assert again.verdict.green_since == NOW
    assert moved.verdict.memory.compared_seen_at == later


def test_an_unreachable_cluster_forgets_nothing() -> None:
    first = observe(SUBJECT, answer(keycloak(), root()), a_graph(), now=NOW, earlier=None)
    seen = add_observation(None, first)

    away = observe(SUBJECT, ClusterAnswer({}, "no answer"), a_graph(), now=NOW, earlier=seen)

    assert away.verdict.memory == seen.memory


def test_every_recorded_object_can_be_observed() -> None:
    folder = Path(__file__).parents[3] / "data" / "argocd"
    documents = [json.loads(path.read_text())["object"] for path in folder.glob("app-*.json")]

    for document in documents:
        application = replace(project_application(document), name="test-keycloak")
        assert look(answer(application, root()))[0] is not Health.GREEN
