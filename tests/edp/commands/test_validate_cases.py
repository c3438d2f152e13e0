"""Folders of valid files, and of files with one mistake each: `expected.txt` says what is told.

A case below `invalid/` holds only what differs from `valid/small`.
"""

import shutil
from pathlib import Path

import pytest

from edp.clients.worktree import WorkTree
from edp.commands.validate import validate
from edp.core.repository.problems import describe

DATA = Path(__file__).parents[2] / "data"
VALID = sorted(path.name for path in (DATA / "valid").iterdir())
INVALID = sorted(path.name for path in (DATA / "invalid").iterdir())


@pytest.mark.parametrize("case", VALID)
def test_a_valid_tree_has_no_problems(case: str) -> None:
    outcome = validate(WorkTree.open(DATA / "valid" / case, environment={}))

    assert describe(outcome.report.in_order()) == ""
    assert outcome.report.files > 0


@pytest.mark.parametrize("case", INVALID)
def test_one_mistake_is_told_once_and_with_its_line(case: str, tmp_path: Path) -> None:
    shutil.copytree(DATA / "valid" / "small", tmp_path, dirs_exist_ok=True)
    shutil.copytree(DATA / "invalid" / case, tmp_path, dirs_exist_ok=True)

    outcome = validate(WorkTree.open(tmp_path, environment={}))

    expected = (DATA / "invalid" / case / "expected.txt").read_text(encoding="utf-8")
    assert describe(outcome.report.in_order()) + "\n" == expected
