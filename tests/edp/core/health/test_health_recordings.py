"""The right verdict at every element of every recording of a real Argo CD."""

import pytest
from argocd_recordings import (
    STALE_AFTER,
    VERDICTS,
    expected_of_object,
    moments,
    object_names,
    observe,
    recorded_object,
    recording,
    time_of_object,
    timeline_names,
    transitions,
)

from edp.core.health.application import project_application
from edp.core.health.verdict import Health, judge

CASES = [
    pytest.param(timeline, name, id=f"{timeline}-{name}")
    for timeline, table in VERDICTS["timelines"].items()
    for name in table
]


@pytest.mark.parametrize("name", object_names())
def test_a_recorded_object_gets_the_right_verdict(name: str) -> None:
    document = recorded_object(name)

    verdict = judge(
        project_application(document),
        expected_of_object(document),
        now=time_of_object(document),
        stale_after=STALE_AFTER,
    )

    assert verdict.health.value == VERDICTS["objects"][name], verdict.reason


@pytest.mark.parametrize(("timeline", "name"), CASES)
def test_verdicts_change_exactly_where_they_should(timeline: str, name: str) -> None:
    seen = moments(timeline, name)

    observed = list(observe(seen))

    table = [(at, word) for at, word in VERDICTS["timelines"][timeline][name]["verdicts"]]
    assert transitions(observed) == table


@pytest.mark.parametrize("step", range(2, 8))
@pytest.mark.parametrize(("timeline", "name"), CASES)
def test_an_observer_that_misses_states_is_right_too(timeline: str, name: str, step: int) -> None:
    seen = moments(timeline, name)

    for first in range(min(step, len(seen))):
        for moment, verdict in observe(seen[first::step]):
            assert verdict.health.value == moment.verdict, (moment.at, verdict.reason)


@pytest.mark.parametrize(("timeline", "name"), CASES)
def test_a_single_read_without_memory_is_right(timeline: str, name: str) -> None:
    for moment in moments(timeline, name):
        ((_, verdict),) = observe([moment])

        assert verdict.health.value == moment.verdict, (moment.at, verdict.reason)


@pytest.mark.parametrize(("timeline", "name"), CASES)
def test_every_verdict_says_why_in_one_bounded_line(timeline: str, name: str) -> None:
    for _, verdict in observe(moments(timeline, name)):
        assert 0 < len(verdict.reason) <= 300
        assert verdict.reason.isprintable()


@pytest.mark.parametrize(("timeline", "name"), CASES)
def test_only_green_has_a_green_since(timeline: str, name: str) -> None:
    for _, verdict in observe(moments(timeline, name)):
        assert (verdict.green_since is not None) == (verdict.health is Health.GREEN)


def test_every_recording_has_its_verdicts() -> None:
    names = {
        timeline: {
            event["object"]["metadata"]["name"]
            for event in recording(timeline)["timeline"]
            if "object" in event
        }
        for timeline in timeline_names()
    }

    assert set(VERDICTS["objects"]) == set(object_names())
    assert {timeline: set(table) for timeline, table in VERDICTS["timelines"].items()} == names
