"""The gate rule where no recording leads: clocks, frozen statuses, deadlines, unreadable fields."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edp.core.health.application import Application, Condition, project_application
from edp.core.health.source import canonical_text, source_text
from edp.core.health.verdict import (
    Expected,
    Health,
    Memory,
    Verdict,
    is_steady,
    judge,
    judge_root,
    steady_at,
    unknown,
)

NOW = datetime(2026, 11, 25, 10, 32, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
COMMIT = "0123456789abcdef0123456789abcdef01234567"
PIN = "refs/tags/web/v1.0.0"
EXPECTED = Expected(PIN, COMMIT, timedelta(minutes=15))


def ago(minutes: float) -> str:
    return (NOW - minutes * MINUTE).isoformat()


def document(**status: Any) -> dict[str, Any]:
    spec = {
        "source": {"path": "stacks/web", "targetRevision": PIN},
        "destination": {"namespace": "web"},
    }
    return {
        "metadata": {"name": "web", "namespace": "argocd", "resourceVersion": "7"},
        "spec": spec,
        "status": {
            "sync": {"status": "Synced", "revision": COMMIT, "comparedTo": spec},
            "health": {"status": "Healthy", "lastTransitionTime": ago(20)},
            "resources": [{"kind": "Deployment", "name": "web", "status": "Synced"}],
            "reconciledAt": ago(1),
            **status,
        },
    }


def application(**status: Any) -> Application:
    return project_application(document(**status))


GREEN = application()


def judged(
    found: Application | None,
    *,
    now: datetime = NOW,
    memory: Memory | None = None,
    expected: Expected = EXPECTED,
) -> Verdict:
    return judge(found, expected, now=now, stale_after=timedelta(minutes=10), memory=memory)


def test_the_example_is_green() -> None:
    verdict = judged(GREEN)

    assert (verdict.health, verdict.green_since) == (Health.GREEN, NOW)


# one change and it is not green

OPERATION = {"phase": "Succeeded", "finishedAt": ago(5), "syncResult": {"revision": COMMIT}}


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ({"sync": {}}, "has not yet compared the committed source"),
        ({"health": {}}, 'health is ""'),
        ({"health": {"status": "Progressing", "message": "1 of 2"}}, "1 of 2"),
        ({"resources": []}, "no resources"),
        ({"resources": None}, "no resources"),
        ({"resources": ["x"]}, "no resources"),
        ({"conditions": "x"}, "status.conditions is not a list"),
        ({"conditions": ["x"]}, "UnknownError"),
        ({"conditions": [{"message": "odd"}]}, "UnknownError: odd"),
        ({"conditions": [{"type": "RepeatedResourceError"}]}, "RepeatedResourceError"),
        ({"operationState": {"phase": "Running"}}, 'the last sync is "Running"'),
        ({"operationState": "x"}, 'the last sync is ""'),
        ({"operationState": {**OPERATION, "finishedAt": None}}, "has not compared again"),
        ({"operationState": {**OPERATION, "finishedAt": ago(0)}}, "has not compared again"),
        ({"operationState": {**OPERATION, "finishedAt": "x"}}, "has not compared again"),
        (
            {"operationState": {"phase": "Failed", "finishedAt": ago(5), "message": "no"}},
            'the last sync is "Failed": no',
        ),
    ],
)
def test_one_thing_that_is_wrong_is_enough_to_wait(status: dict[str, Any], reason: str) -> None:
    verdict = judged(application(**status))

    assert verdict.health is Health.WAITING
    assert reason in verdict.reason


@pytest.mark.parametrize(
    "status",
    [
        {"conditions": []},
        {"conditions": None},
        {"conditions": [{"type": "OrphanedResourceWarning", "message": "x"}]},
        {"operationState": OPERATION},
        {
            "operationState": {
                "phase": "Failed",
                "finishedAt": ago(5),
                "syncResult": {"revision": "f" * 40},
            }
        },
    ],
)
def test_what_says_nothing_against_it_leaves_it_green(status: dict[str, Any]) -> None:
    assert judged(application(**status)).health is Health.GREEN


def test_another_destination_is_not_compared_yet() -> None:
    changed = document()
    changed["spec"] = {**changed["spec"], "destination": {"namespace": "elsewhere"}}

    assert "committed destination" in judged(project_application(changed)).reason


def test_a_source_without_anything_is_never_compared() -> None:
    changed = document()
    changed["spec"] = {"source": {"targetRevision": PIN, **deep(200)}}
    changed["status"]["sync"]["comparedTo"] = changed["spec"]

    assert "committed source" in judged(project_application(changed)).reason


@pytest.mark.parametrize(
    "expected", [replace(EXPECTED, commit=""), replace(EXPECTED, target_revision="")]
)
def test_where_git_asks_for_nothing_nothing_is_green(expected: Expected) -> None:
    assert judged(GREEN, expected=expected).health is Health.WAITING


# no answer


@pytest.mark.parametrize(
    ("status", "field"),
    [
        ({"reconciledAt": ago(-2)}, "reconciledAt"),
        ({"health": {"status": "Healthy", "lastTransitionTime": ago(-2)}}, "lastTransitionTime"),
        ({"operationState": {**OPERATION, "startedAt": ago(-2)}}, "startedAt"),
        ({"operationState": {**OPERATION, "finishedAt": ago(-2)}}, "finishedAt"),
    ],
)
def test_a_time_in_the_future_cannot_be_compared(status: dict[str, Any], field: str) -> None:
    verdict = judged(application(**status), memory=Memory(spec_key="kept"))

    assert verdict.health is Health.UNKNOWN
    assert f"{field} is in the future" in verdict.reason
    assert verdict.memory == Memory(spec_key="kept")


def test_a_minute_is_not_the_future() -> None:
    assert judged(application(reconciledAt=ago(-1))).health is Health.GREEN


@pytest.mark.parametrize(("minutes", "health"), [(10, Health.GREEN), (10.1, Health.UNKNOWN)])
def test_an_old_comparison_is_no_answer(minutes: float, health: Health) -> None:
    assert judged(application(reconciledAt=ago(minutes))).health is health


def test_a_status_that_was_never_compared_is_not_old() -> None:
    assert judged(application(reconciledAt=None)).health is Health.GREEN


def test_a_spec_error_stops_comparisons_and_fails() -> None:
    broken = application(
        reconciledAt=ago(60), conditions=[{"type": "InvalidSpecError", "message": "no project"}]
    )

    verdict = judged(broken)

    assert (verdict.health, verdict.reason) == (Health.FAILED, "InvalidSpecError: no project")


def refreshing(version: str = "7") -> Application:
    return replace(GREEN, refresh_requested=True, resource_version=version)


def test_a_refresh_is_waited_for_and_then_nobody_answers() -> None:
    first = judged(refreshing())
    late = judged(refreshing(), now=NOW + timedelta(seconds=61), memory=first.memory)

    assert first.health is Health.WAITING
    assert late.health is Health.UNKNOWN
    assert "is Argo CD's application controller running?" in late.reason


def test_a_write_since_may_have_been_the_answer() -> None:
    first = judged(refreshing())

    again = judged(refreshing("8"), now=NOW + 2 * MINUTE, memory=first.memory)

    assert again.health is Health.WAITING


def test_what_gives_no_answer_says_why() -> None:
    verdict = unknown("answer\n403", None)

    assert (verdict.health, verdict.reason, verdict.memory) == (
        Health.UNKNOWN,
        "answer 403",
        Memory(),
    )


# what is missing, and deadlines


def test_a_missing_application_fails_after_its_time() -> None:
    first = judged(None)
    late = judged(None, now=NOW + 15 * MINUTE, memory=first.memory)

    assert (first.health, first.changes_at) == (Health.WAITING, NOW + 15 * MINUTE)
    assert late.health is Health.FAILED
    assert late.reason == (
        "not healthy by Wed 2026-11-25 10:47 UTC, after 15 min:"
        " there is no such Application in the answer of Argo CD"
    )


def test_what_never_gets_healthy_fails_after_its_time() -> None:
    progressing = application(health={"status": "Progressing"})
    first = judged(progressing)
    before = judged(progressing, now=NOW + 5 * MINUTE, memory=first.memory)
    late = judged(
        replace(progressing, reconciled_at=NOW + 15 * MINUTE),
        now=NOW + 15 * MINUTE,
        memory=before.memory,
    )

    assert (first.health, first.changes_at) == (Health.WAITING, NOW + 15 * MINUTE)
    assert before.changes_at == NOW + 15 * MINUTE
    assert late.health is Health.FAILED


def test_an_old_pin_has_no_deadline() -> None:
    old = judged(replace(GREEN, target_revision="refs/tags/web/v0.9.0"))

    assert (old.health, old.changes_at) == (Health.WAITING, None)
    assert "committed is" in old.reason


def test_what_is_suspended_waits_for_a_person_without_end() -> None:
    suspended = application(health={"status": "Suspended"})
    first = judged(suspended)

    late = judged(
        replace(suspended, reconciled_at=NOW + 60 * MINUTE),
        now=NOW + 60 * MINUTE,
        memory=first.memory,
    )

    assert (late.health, late.changes_at) == (Health.WAITING, None)
    assert late.reason.startswith("waits for a person")


def test_a_version_that_lapses_has_its_time_again() -> None:
    seen = judged(GREEN)
    later = NOW + 60 * MINUTE
    still = judged(replace(GREEN, reconciled_at=later), now=later, memory=seen.memory)
    lapsed = application(health={"status": "Progressing"})

    verdict = judged(
        replace(lapsed, reconciled_at=later), now=later + 5 * MINUTE, memory=still.memory
    )

    assert (verdict.health, verdict.changes_at) == (Health.WAITING, later + 20 * MINUTE)


# failures


def test_what_is_degraded_has_failed() -> None:
    verdict = judged(application(health={"status": "Degraded", "message": "crash loop"}))

    assert verdict.health is Health.FAILED
    assert "crash loop" in verdict.reason


def test_a_sync_that_runs_is_no_failure_yet() -> None:
    verdict = judged(replace(application(health={"status": "Degraded"}), has_operation=True))

    assert verdict.health is Health.WAITING


def test_a_failed_sync_of_this_commit_has_failed() -> None:
    failed = {**OPERATION, "phase": "Error", "message": "denied"}

    verdict = judged(application(operationState=failed))

    assert (verdict.health, verdict.reason) == (Health.FAILED, "sync Error: denied")


def test_a_comparison_error_fails_when_it_outlives_a_comparison() -> None:
    broken = application(conditions=[{"type": "ComparisonError", "message": "no such tag"}])
    first = judged(broken)
    same = judged(broken, memory=first.memory)
    again = judged(replace(broken, reconciled_at=NOW), memory=same.memory)

    assert [first.health, same.health] == [Health.WAITING, Health.WAITING]
    assert (again.health, again.reason) == (Health.FAILED, "ComparisonError: no such tag")


def test_a_sync_error_has_failed() -> None:
    verdict = judged(application(conditions=[{"type": "SyncError", "message": "gave up"}]))

    assert (verdict.health, verdict.reason) == (Health.FAILED, "SyncError: gave up")


# steady


def test_green_must_last() -> None:
    verdict = judged(GREEN)
    steady = timedelta(seconds=30)

    assert steady_at(verdict, steady=steady) == NOW + steady
    assert not is_steady(verdict, now=NOW + timedelta(seconds=29), steady=steady)
    assert is_steady(verdict, now=NOW + steady, steady=steady)


def test_what_is_not_green_is_never_steady() -> None:
    assert steady_at(judged(None), steady=timedelta()) is None
    assert not is_steady(judged(None), now=NOW + 60 * MINUTE, steady=timedelta())


# the root Application


def root(**changed: Any) -> Application:
    child = {"group": "argoproj.io", "kind": "Application", "name": "web", "status": "Synced"}
    found = project_application(
        {
            "metadata": {"name": "root-dev"},
            "status": {"sync": {"revision": COMMIT}, "resources": [child]},
        }
    )
    return replace(found, **changed)


def vouches(found: Application | None, *, child: str = "web", contains: bool = True) -> str:
    return judge_root(found, child=child, contains_promotion=lambda _: contains)


def test_a_root_that_has_applied_the_promotion_stands_not_in_the_way() -> None:
    assert vouches(root()) == ""


def test_what_is_wrong_with_others_does_not_matter() -> None:
    busy = root(sync_status="OutOfSync", health_status="Degraded", has_operation=True)

    assert vouches(busy) == ""


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (None, "the root Application does not exist"),
        (
            root(conditions=(Condition("ComparisonError", "broken overlay"),)),
            "root Application root-dev: ComparisonError: broken overlay",
        ),
        (root(resources=()), "root Application root-dev does not list web"),
        (root(sync_revision="main"), 'root Application root-dev is at "main", without'),
        (root(sync_revision=None), 'root Application root-dev is at "", without'),
    ],
)
def test_a_root_that_does_not_vouch_says_why(found: Application | None, reason: str) -> None:
    assert vouches(found).startswith(reason)


def test_a_root_at_an_older_commit_does_not_vouch() -> None:
    assert "without the promotion" in vouches(root(), contains=False)


def test_an_object_of_another_kind_with_that_name_is_no_child() -> None:
    (child,) = root().resources

    for other in (replace(child, kind="AppProject"), replace(child, group="")):
        assert "does not list web" in vouches(root(resources=(other,)))


def test_every_entry_of_the_child_must_be_synced() -> None:
    (child,) = root().resources
    behind = replace(child, namespace="elsewhere", status="OutOfSync")

    assert "has not applied web" in vouches(root(resources=(child, behind)))


# projection and comparison of sources


def deep(levels: int) -> dict[str, Any]:
    found: dict[str, Any] = {"x": 1}
    for _ in range(levels):
        found = {"x": found}
    return found


def test_what_argo_cd_takes_for_the_same_is_the_same() -> None:
    written = {
        "path": "a",
        "helm": {"valuesObject": {"on": False, "name": ""}, "skipCrds": False, "parameters": []},
        "kustomize": {},
        "ref": None,
    }
    kept = {"helm": {"valuesObject": {"name": "", "on": False}}, "path": "a"}

    assert canonical_text(written) == canonical_text(kept)


@pytest.mark.parametrize(
    "changed",
    [
        {"helm": {"valuesObject": {"on": False}}},
        {"helm": {"valuesObject": {"on": True, "name": ""}}},
        {"helm": {"valuesObject": {"on": False, "name": "", "zero": 0}}},
    ],
)
def test_inside_values_nothing_but_null_is_the_same_as_nothing(changed: dict[str, Any]) -> None:
    assert canonical_text(changed) != canonical_text(
        {"helm": {"valuesObject": {"on": False, "name": ""}}}
    )


@pytest.mark.parametrize("value", [None, {}, [], "", 0, False, {"a": None}, {"a": {"b": []}}])
def test_nothing_has_no_text(value: object) -> None:
    assert canonical_text(value) == ""
    assert source_text({"source": value}) == ""


def test_several_sources_go_before_one() -> None:
    both = {"source": {"repoURL": "x"}, "sources": [{"repoURL": "a"}, None]}

    assert source_text(both) == 'sources: [{"repoURL": "a"}]'
    assert source_text({**both, "sources": []}) == 'source: {"repoURL": "x"}'


def test_what_is_nested_too_deeply_has_no_text() -> None:
    assert canonical_text(deep(99)) != ""
    assert canonical_text(deep(150)) == ""
    assert canonical_text({"x": [[[deep(150)]]]}) == ""


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)


@given(
    st.dictionaries(
        st.sampled_from(["metadata", "spec", "status", "operation"]),
        st.dictionaries(
            st.sampled_from(
                [
                    "name", "annotations", "source", "sources", "sync", "health", "resources",
                    "conditions", "operationState", "reconciledAt", "deletionTimestamp",
                ]
            ),
            json_values,
        )
        | json_values,
    )
)  # fmt: skip
def test_any_json_is_projected_and_judged(found: dict[str, Any]) -> None:
    verdict = judged(project_application(found))

    assert verdict.health is not Health.GREEN
    assert len(verdict.reason) <= 300


@pytest.mark.parametrize(
    "text", ["2026-11-25T10:32:00", "soon", "0001-01-01T00:00:00+23:00", "", 7, None]
)
def test_a_time_that_cannot_be_read_is_none(text: object) -> None:
    assert application(reconciledAt=text).reconciled_at is None


def test_a_revision_of_several_sources_is_that_of_the_first() -> None:
    found = application(sync={"revisions": [COMMIT, "f" * 40], "revision": ""})

    assert found.sync_revision == COMMIT


def test_a_sync_tells_its_commit_before_it_has_a_result() -> None:
    found = application(
        operationState={"phase": "Running", "operation": {"sync": {"revision": COMMIT}}}
    )

    assert found.operation_revision == COMMIT
