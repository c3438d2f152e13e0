"""Reading our files: a strict model, or every mistake with its line and what to do."""

import re

import pytest

from edp.core.repository.decision_files import Freeze, Hold
from edp.core.repository.promotion_graph import PromotionGraph
from edp.core.repository.reading import FileProblemsError, read_model
from edp.core.repository.stack_file import StackFile
from edp.errors import InvalidInputError

GRAPH = """\
apiVersion: edp/v1
argocds:
  dev: {context: dev}
  prod: {context: hub, staleAfter: 10m}
environments:
  dev:
    path: environments/dev
    argocd: dev
    from: releases
  prod:
    path: environments/prod
    argocd: prod
    from: [dev]
    gates:
      soak: 30m
      approvals: 1
      windows:
        - {days: Mon-Thu, hours: "08:00-16:00", timezone: Europe/Berlin}
bots: {bot: edp-bot, gate: edp-gate, email: edp@example.org}
"""

STACK = """\
apiVersion: edp/v1
name: web
version: "1.4.0"
owners: ["@team"]
namespace: web
secrets:
  - name: login
    keys: [password]
    from: vault
"""


def graph_problems(old: str, new: str) -> str:
    assert old in GRAPH
    with pytest.raises(FileProblemsError) as caught:
        read_model(PromotionGraph, GRAPH.replace(old, new).encode(), path="p.yaml")
    return caught.value.message


def stack_problems(old: str, new: str) -> str:
    assert old in STACK
    with pytest.raises(FileProblemsError) as caught:
        read_model(StackFile, STACK.replace(old, new).encode(), path="s.yaml")
    return caught.value.message


def test_a_right_file_becomes_its_model() -> None:
    graph = read_model(PromotionGraph, GRAPH.encode(), path="environments/promotion.yaml")

    assert graph.in_order() == ("dev", "prod")


def test_an_unknown_key_is_shown_with_its_line_and_the_nearest_known_one() -> None:
    assert graph_problems("soak: 30m", "sok: 30m") == (
        'p.yaml:15: environments.prod.gates: unknown key "sok"\n  did you mean "soak"?'
    )


def test_all_mistakes_of_a_file_are_told_at_once() -> None:
    text = GRAPH.replace("soak: 30m", "soak: soon").replace("approvals: 1", 'approvals: "1"')

    with pytest.raises(FileProblemsError) as caught:
        read_model(PromotionGraph, text.encode(), path="p.yaml")

    assert [(one.line, one.where) for one in caught.value.problems] == [
        (15, "environments.prod.gates.soak"),
        (16, "environments.prod.gates.approvals"),
    ]
    assert isinstance(caught.value, InvalidInputError)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("edp/v1", "edp/v2", 'p.yaml:1: apiVersion: expected "edp/v1", found "edp/v2"\n  an older'),
        ("apiVersion: edp/v1\n", "", 'p.yaml:1: the key "apiVersion" is missing\n  add  apiV'),
        ("staleAfter", "stale_after", 'argocds.prod: unknown key "stale_after"\n  did you mean "s'),
        ("from: [dev]", "from: dev", 'from: expected a list or "releases", found "dev"'),
        ("from: [dev]", "from: []", 'from: expected at least 1 of them or "releases", found none'),
        ("from: [dev]", "from: [dev, 5]", "from[1]: expected a text, found the number 5\n  quote"),
        ("from: [dev]", "from: [dex]", 'p.yaml:13: environments.prod.from: "dex" is not an env'),
        ("argocd: prod", "argocd: hub", 'p.yaml:12: environments.prod.argocd: "hub" is not in arg'),
        ("days: Mon-Thu", "days: Mo", 'windows[0].days: expected days like "Mon-Thu"'),
        ("days: Mon-Thu, ", "", 'p.yaml:18: environments.prod.gates.windows[0]: the key "days" is'),
        ("Europe/Berlin", "Berlin", "timezone: expected a time zone like Europe/Berlin, found"),
        (
            "  prod:\n    path",
            "  Prod:\n    path",
            "p.yaml:10: environments: expected 1 to 63 lower",
        ),
        ("approvals: 1", "approvals: 11", "approvals: expected 10 or less, found the number 11"),
        ("context: dev", 'context: "a b"', "context: expected a text of the form ^"),
        ("gate: edp-gate", "gate: edp-bot", "p.yaml:19: bots: bot and gate must be two users"),
        ("from: releases", "from: [prod]", "environments: a cycle: dev → prod → dev"),
        ("    gates:\n", "    gates: x\n    gate:\n", "gates: expected a mapping, found"),
    ],
)
def test_a_mistake_in_the_graph_is_told_with_its_place(old: str, new: str, message: str) -> None:
    assert message in graph_problems(old, new)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"1.4.0"', "1.10", 's.yaml:3: version: expected a quoted version like "1.4.0", found the'),
        ('"1.4.0"', "1.10", "the number 1.10"),
        ('"1.4.0"', "01.4.0", "s.yaml:3: version: expected an exact version like"),
        ("from: vault", "source: vault", 's.yaml:7: secrets[0]: the key "from" is missing'),
        ("from: vault", "source: vault", 's.yaml:9: secrets[0]: unknown key "source"'),
        ('["@team"]', "[]", "owners: expected at least 1 of them, found none"),
        ('"@team"', "true", "owners[0]: expected a text, found true"),
        ("name: web", "name: &a web", "s.yaml:2: anchor &a: not used here"),
        ("name: web", "name: !!python/none web", "s.yaml:2: tag"),
        ("name: web", "name: web\nname: web", 's.yaml:3: duplicate key "name"'),
        ("owners", "---\nowners", "s.yaml:4: a second document begins here"),
        (STACK, "", "s.yaml:1: the file is empty"),
        (STACK, "[]", "s.yaml:1: expected a mapping, found none"),
        (STACK, "{", "s.yaml:1: not valid YAML"),
    ],
)
def test_a_mistake_in_a_stack_is_told_with_its_place(old: str, new: str, message: str) -> None:
    assert message in stack_problems(old, new)


def test_names_of_fields_in_python_are_no_keys_of_the_file() -> None:
    content = b'api_version: edp/v1\nversion: "1.0.0"\nreason: r\nby: alice\n'

    with pytest.raises(FileProblemsError, match='unknown key "api_version"'):
        read_model(Hold, content, path="hold.yaml")


def test_a_check_of_the_whole_file_names_the_file() -> None:
    content = b"""\
apiVersion: edp/v1
environments: [dev]
from: 2026-12-24T08:00:00Z
until: 2026-12-23T08:00:00Z
reason: holidays
"""

    with pytest.raises(FileProblemsError, match=r"f\.yaml:1: until must be later than from"):
        read_model(Freeze, content, path="f.yaml")


def test_a_long_value_is_cut_and_control_characters_are_escaped() -> None:
    message = graph_problems("from: releases", f'from: "\\e[31m{"x" * 500}"')

    assert "\x1b" not in message
    assert len(re.sub(r"\s+", " ", message)) < 300
