"""The workflows keep to the rules, and each rule sees what breaks it."""

from pathlib import Path

import pytest
from workflow_files import SETUP, WORKFLOWS, read_workflow
from workflow_rules import RULES, problems
from yamllint import linter
from yamllint.config import YamlLintConfig

CHECKOUT = "Check out the run's commit"
PULL_REQUEST = """\
name: good
"on": {pull_request: {types: [opened]}}
jobs:
  check:
    runs-on: docker
    timeout-minutes: 5
    steps:
      - {name: Check out, run: git checkout --quiet "$SHA", env: {SHA: "${{ github.sha }}"}}
      - {name: Set up, uses: ./.forgejo/actions/setup}
      - {name: Validate, run: edp validate, env: {EDP_TOKEN: "${{ github.token }}"}}
  done:
    if: always()
    needs: [check]
    runs-on: docker
    timeout-minutes: 5
    steps:
      - {name: Judge, run: '[ "$RESULTS" = ok ]', env: {RESULTS: "${{ needs.check.result }}"}}
"""
WRITER = """\
name: good
"on": {push: {branches: [main]}}
concurrency: {group: edp-writers, cancel-in-progress: false}
jobs:
  release:
    runs-on: docker
    timeout-minutes: 5
    steps:
      - {name: Check out, run: git checkout --quiet "$SHA", env: {SHA: "${{ github.sha }}"}}
      - {name: Set up, uses: ./.forgejo/actions/setup}
      - name: Release
        env:
          EDP_TOKEN: "${{ secrets.EDP_TOKEN }}"
          EDP_PAUSED: "${{ vars.EDP_PAUSED }}"
          EDP_LEDGER_REPOSITORY: "${{ vars.EDP_LEDGER_REPOSITORY }}"
          EDP_CA_BUNDLE: "${{ vars.EDP_CA_BUNDLE }}"
        run: edp release
"""
NEW_JOB = """\
jobs:
  lint:
    runs-on: docker
    timeout-minutes: 5
    steps:
      - {name: Check out, run: git checkout}
      - {name: Set up, uses: ./.forgejo/actions/setup}
      - {name: Lint, run: edp validate}
"""
PLANTED = [
    (WRITER, "name: good", "env: {}", "has no name"),
    (WRITER, "push: {", "pull_request_target: {", "starts on pull_request_target"),
    (WRITER, "branches: [main]", "paths: [stacks/**]", "push is filtered by paths"),
    (PULL_REQUEST, "github.token", "secrets.EDP_TOKEN", "a pull request gets a secret"),
    (WRITER, "cancel-in-progress: false", "x: y", "writes without taking its turn"),
    (
        WRITER,
        "cancel-in-progress: false",
        "cancel-in-progress: true",
        "writes without taking its turn",
    ),
    (WRITER, "group: edp-writers", "group: mine", "writes without taking its turn"),
    (WRITER, "EDP_PAUSED: ", "PAUSED: ", "Release: does not know EDP_PAUSED"),
    (WRITER, "    steps:", "    permissions: {}\n    steps:", "release: has permissions"),
    (WRITER, "docker", "ubuntu-latest", "release: runs on ubuntu-latest"),
    (WRITER, "docker", '"${{ vars.RUNNER }}"', "release: runs on ${{ vars.RUNNER }}"),
    (
        WRITER,
        "    timeout-minutes: 5\n",
        "",
        "release: has no timeout of at most 30 minutes",
    ),
    (
        WRITER,
        "      - {name: Set up",
        "      - {name: Tools, uses: actions/setup-python@v5}\n      - {name: Set up",
        "Tools: uses actions/setup-python@v5",
    ),
    (
        WRITER,
        "run: edp release",
        "run: edp release ${{ inputs.how }}",
        "Release: has an expression in its script",
    ),
    (
        WRITER,
        "    steps:",
        '    if: "${{ secrets.EDP_TOKEN }}"\n    steps:',
        "jobs/release/if: has a secret",
    ),
    (
        WRITER,
        "jobs:",
        'env: {EDP_TOKEN: "${{ github.token }}"}\njobs:',
        "env/EDP_TOKEN: has a secret",
    ),
    (
        WRITER,
        "run: edp release",
        'run: edp release --token "$EDP_TOKEN"',
        "Release: expands EDP_TOKEN",
    ),
    (
        WRITER,
        "github.sha",
        "forgejo.sha",
        "jobs/release/steps/0/env/SHA: reads forgejo",
    ),
    (
        PULL_REQUEST,
        "if: always()",
        "if: gitea.ref == 'a.b' && always()",
        "jobs/done/if: reads gitea",
    ),
    (
        WRITER,
        "run: edp release",
        "run: |\n          edp release\n          edp status",
        "release: is checkout, setup, 2 times edp",
    ),
    (
        WRITER,
        "      - {name: Set up, uses: ./.forgejo/actions/setup}\n",
        "",
        "release: is checkout, edp",
    ),
    (PULL_REQUEST, "  done:\n    if: always()\n", "  done:\n", "done: does not always judge check"),
    (PULL_REQUEST, "jobs:\n", NEW_JOB, "done: does not always judge check, lint"),
    (PULL_REQUEST, "needs.check.result", "github.ref", "done: ignores check"),
]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_of_ours_keeps_to_every_rule(path: Path) -> None:
    workflow = read_workflow(path.read_text(encoding="utf-8"))

    assert problems(workflow) == []
    assert workflow.document["name"] == path.stem


@pytest.mark.parametrize("path", [*WORKFLOWS, SETUP], ids=lambda path: path.stem)
def test_a_file_of_ours_is_clean_yaml(path: Path) -> None:
    config = YamlLintConfig("extends: default")

    assert list(linter.run(path.read_text(encoding="utf-8"), config)) == []


@pytest.mark.parametrize("text", [PULL_REQUEST, WRITER])
def test_a_good_workflow_has_no_problem(text: str) -> None:
    assert problems(read_workflow(text)) == []


@pytest.mark.parametrize(("text", "old", "new", "told"), PLANTED)
def test_a_planted_mistake_is_told(text: str, old: str, new: str, told: str) -> None:
    assert old in text

    assert told in problems(read_workflow(text.replace(old, new)))


def test_every_rule_has_a_planted_mistake() -> None:
    told = {one[-1] for one in PLANTED}
    seen = {
        rule
        for text, old, new, _ in PLANTED
        for rule in RULES
        if told & set(rule(read_workflow(text.replace(old, new))))
    }

    assert seen == set(RULES)


def test_there_is_one_way_to_check_out() -> None:
    workflows = [read_workflow(path.read_text(encoding="utf-8")) for path in WORKFLOWS]
    found = [step for one in workflows for step in one.steps() if step["name"] == CHECKOUT]

    assert len(found) == 8
    assert all(step == found[0] for step in found)


def test_the_setup_expands_nothing_and_uses_nothing() -> None:
    text = SETUP.read_text(encoding="utf-8")

    assert "${{" not in text
    assert "uses:" not in text
