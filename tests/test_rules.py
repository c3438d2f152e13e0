"""The rules that keep the code in shape: each has been seen to fail on a planted violation."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
BIN = Path(sys.executable).parent

PLANTED_FOR_RUFF = [
    ("edp/core/planted.py", 'import os\n\nHOME = os.environ["HOME"]\n', "TID251"),
    ("edp/commands/planted.py", "import subprocess\n\nsubprocess.run([])\n", "TID251"),
    ("edp/clients/planted.py", "import httpx\n\nhttpx.get(str())\n", "TID251"),
    ("edp/clients/planted.py", "import kubernetes\n\nkubernetes.client()\n", "TID251"),
    ("edp/commands/planted.py", "import time\n\ntime.sleep(1)\n", "TID251"),
    ("edp/core/planted.py", "from datetime import datetime\n\ndatetime.now()\n", "TID251"),
    ("edp/core/planted.py", "import random\n\nrandom.random()\n", "TID251"),
    ("edp/core/planted.py", "from . import names\n\nnames.is_name(str())\n", "TID252"),
    ("edp/core/planted.py", 'print("hello")\n', "T201"),
    ("edp/core/planted.py", "def f(a: int, b: bool) -> None:\n    del a, b\n", "FBT001"),
    ("edp/core/planted.py", "def f(a, b, c, d, e, g, h):\n    return a\n", "PLR0913"),
    ("edp/core/planted.py", "try:\n    pass\nexcept Exception:\n    pass\n", "BLE001"),
    ("edp/core/planted.py", 'eval("1")\n', "S307"),
    ("edp/core/planted.py", "x = 1  # type: ignore\n", "PGH003"),
    ("edp/core/planted.py", "# x = f(1)\n", "ERA001"),
]
PLANTED_FOR_LAYERS = [
    ("edp/core/planted.py", "import edp.clients.git\n", "imports go downward only"),
    ("edp/clients/planted.py", "import edp.commands.release\n", "imports go downward only"),
    ("edp/text.py", "import edp.core.names\n", "imports go downward only"),
    ("edp/newcomer.py", "", "imports go downward only"),
    ("forgejo/planted.py", "import edp.errors\n", "the forgejo client knows nothing of edp"),
    ("sandbox/planted.py", "import forgejo\n", "the sandbox imports neither edp nor forgejo"),
    (
        "edp/clients/planted.py",
        "import sandbox.web\n",
        "only the commands that start the sandbox import it",
    ),
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the code and its configuration, for planting."""
    code = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(TOP / "scripts", tmp_path / "scripts", ignore=code)
    shutil.copy(TOP / "pyproject.toml", tmp_path)
    return tmp_path


def run(tree: Path, tool: str, *arguments: str) -> str:
    """What a tool says; it must have failed."""
    done = subprocess.run(
        [str(BIN / tool), *arguments],
        cwd=tree,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(tree),
            "PYTHONPATH": str(tree / "scripts"),
            "MYPYPATH": str(tree / "scripts"),
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize(("path", "text", "code"), PLANTED_FOR_RUFF)
def test_ruff_finds_what_is_not_allowed(tmp_path: Path, path: str, text: str, code: str) -> None:
    shutil.copy(TOP / "pyproject.toml", tmp_path)
    planted = tmp_path / "scripts" / path
    planted.parent.mkdir(parents=True)
    planted.write_text(text)

    said = run(tmp_path, "ruff", "check", "--no-cache", "--output-format=concise", "scripts")

    assert re.search(rf"\b{code}\b", said), said


@pytest.mark.parametrize(("path", "text", "contract"), PLANTED_FOR_LAYERS)
def test_the_layers_hold(tree: Path, path: str, text: str, contract: str) -> None:
    with (tree / "scripts" / path).open("a") as planted:
        planted.write(text)

    said = run(tree, "lint-imports", "--no-cache")

    assert re.search(rf"{contract}\s+BROKEN", said), said


def test_mypy_is_strict(tmp_path: Path) -> None:
    shutil.copy(TOP / "pyproject.toml", tmp_path)
    for package in ("edp", "forgejo", "sandbox"):
        folder = tmp_path / "scripts" / package
        folder.mkdir(parents=True)
        (folder / "__init__.py").touch()
    untyped = "def f(x):\n    return x\n\n\ndef g(a: int) -> str:\n    return a\n"
    (tmp_path / "scripts" / "edp" / "planted.py").write_text(untyped)

    said = run(tmp_path, "mypy", "--cache-dir", str(tmp_path / "cache"))

    assert "no-untyped-def" in said
    assert "return-value" in said


def test_no_module_is_longer_than_400_lines() -> None:
    lengths = {
        str(path.relative_to(TOP)): len(path.read_text().splitlines())
        for path in (TOP / "scripts").rglob("*.py")
    }

    assert {path: length for path, length in lengths.items() if length > 400} == {}


def test_no_file_names_a_package_registry_or_a_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=TOP, capture_output=True, check=True
    ).stdout.split(b"\0")
    told = re.compile(rb"--(extra-)?index-url|\"resolved\": *\"http|/root/|/home/[a-z]+/")

    names = [name.decode() for name in listed if name]
    named = [
        name
        for name in names
        if (TOP / name).is_file() and not name.startswith("tests/")
        if told.search((TOP / name).read_bytes())
    ]

    assert named == []
