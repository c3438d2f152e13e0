"""What the demo plays with: which stack, through which environments, changed in which files."""

import io
from typing import Any

import pytest
import yaml
from small_platform import application, small_platform

from edp.commands.demo.content import cast_of, next_version, with_bots, with_quick_gates
from edp.commands.demo.progress import Progress
from edp.errors import InvalidInputError

WAY = ("dev", "test", "prod-eu1", "prod-us1")


def graph_of(files: dict[str, bytes]) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(files["environments/promotion.yaml"])
    return found


def test_a_stack_with_one_version_everywhere_goes_all_the_way() -> None:
    cast = cast_of(dict(small_platform("1.4.2")))

    assert (cast.stack, cast.present, cast.version, cast.way) == ("queue", "1.4.2", "1.5.0", WAY)


def test_a_stack_on_its_way_is_not_chosen() -> None:
    files = dict(small_platform())
    files["environments/dev/queue.yaml"] = application("queue", "1.1.0")

    assert cast_of(files).stack == "web"


def test_the_base_of_the_platform_is_preferred() -> None:
    files = dict(small_platform(stacks=("cache", "platform-base")))

    assert cast_of(files).stack == "platform-base"


def test_where_every_stack_is_on_its_way_there_is_no_demo() -> None:
    files = dict(small_platform())
    for stack in ("queue", "web"):
        files[f"environments/dev/{stack}.yaml"] = application(stack, "1.1.0")

    with pytest.raises(InvalidInputError) as caught:
        cast_of(files)
    assert "one version in all of them" in caught.value.message
    assert "in a clone as it came" in caught.value.hint


def test_the_next_version_changes_the_stack_and_its_log_only() -> None:
    files = dict(small_platform())

    changed = next_version(files, cast_of(files))

    assert changed.keys() == {"stacks/queue/stack.yaml", "stacks/queue/CHANGELOG.md"}
    before, after = files["stacks/queue/stack.yaml"], changed["stacks/queue/stack.yaml"]
    assert after == before.replace(b"version: 1.0.0", b"version: 1.1.0")
    headings = [
        line for line in changed["stacks/queue/CHANGELOG.md"].split(b"\n") if b"## " in line
    ]
    assert headings == [b"## [1.1.0]", b"### Changed", b"## 1.0.0"]


def test_the_version_of_a_chart_follows() -> None:
    files = dict(small_platform()) | {"stacks/queue/Chart.yaml": b"name: queue\nversion: 1.0.0\n"}

    changed = next_version(files, cast_of(files))

    assert changed["stacks/queue/Chart.yaml"] == b"name: queue\nversion: 1.1.0\n"


def test_quick_gates_take_seconds_and_one_approval() -> None:
    graph = graph_of(with_quick_gates(dict(small_platform())))

    gates = [graph["environments"][name]["gates"] for name in WAY]
    assert gates == [{}, {"soak": "6s"}, {"approvals": 1}, {}]
    assert {one["steady"] for one in graph["argocds"].values()} == {"1s"}


def test_other_bots_are_named_and_the_address_stays() -> None:
    files = with_bots(dict(small_platform()), bot="edp-bot-x", gate="edp-gate-x")

    bots = graph_of(files)["bots"]
    assert bots == {"bot": "edp-bot-x", "gate": "edp-gate-x", "email": "edp-bot@example.org"}


# --- what is waited for


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_what_is_waited_for_in_one_line() -> None:
    terminal = Terminal()
    progress = Progress(terminal)

    progress.show("edp reconcile --json")
    progress.show("waiting for test to be merged")
    progress.clear()

    lines = terminal.getvalue().split("\r\x1b[2K")
    assert lines == ["", "     … edp reconcile --json", "     … waiting for test to be merged", ""]


def test_a_file_gets_nothing_of_it() -> None:
    file = io.StringIO()

    Progress(file).show("edp status")
    Progress(file).clear()

    assert file.getvalue() == ""
