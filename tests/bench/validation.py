"""`edp validate` on the whole repository, and on files that somebody made to hurt it."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tests.bench.processes import run_edp
from tests.bench.rows import Table
from tests.bench.scale_platform import ScalePlatform
from tests.bench.scale_repository import NEXT_VERSION, application_path, stack_files

from sandbox.forge.git_process import run_git

_SMALL: Final = Path(__file__).parent.parent / "data" / "valid" / "small"
_VICTIM: Final = "environments/dev/web.yaml"
_MEBIBYTE: Final = 1024 * 1024
_COMMIT: Final = (
    "-c", "user.name=alice", "-c", "user.email=alice@example.org", "commit", "--quiet", "-am",
)  # fmt: skip


def measure_validation(platform: ScalePlatform, table: Table) -> None:
    """All of it, then a pull request that bumps one stack and changes one environment's values."""
    tree = platform.folder / "tree"
    run_git(platform.folder, "clone", "--quiet", str(platform.repository), str(tree))
    table.add_process(
        "validate, everything", run_edp("validate", folder=tree, environment={}), wall=10
    )
    stack, environment = platform.size.stack_names[0], platform.size.environment_names[0]
    for path, text in stack_files(stack, NEXT_VERSION).items():
        (tree / path).write_text(text)
    file = tree / application_path(stack, environment)
    file.write_text(file.read_text().replace("replicas: 2", "replicas: 3"))
    run_git(tree, *_COMMIT, "Bump a stack")
    used = run_edp("validate", "--base", "origin/main", folder=tree, environment={})
    table.add_process("validate --base, one change", used, wall=3)
    shutil.rmtree(tree)


def measure_hostile_files(folder: Path, table: Table) -> None:
    """Files that would stop a careless parser; each is refused."""
    for name, make in HOSTILE.items():
        tree = folder / "hostile"
        shutil.copytree(_SMALL, tree)
        (tree / _VICTIM).write_bytes(make())
        used = run_edp("validate", folder=tree, environment={}, codes=(2,))
        table.add_process(f"validate, {name}", used, wall=2)
        shutil.rmtree(tree)


def _aliases() -> bytes:
    """Nine references to nine references to …: 9^30 values, were they unfolded."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    return "\n".join(lines).encode()


HOSTILE: Final[Mapping[str, Callable[[], bytes]]] = {
    "40,000 nested brackets": lambda: b"[" * 40_000,
    "40,000 nested mappings": lambda: b"{a: " * 40_000,
    "40,000 nested dashes": lambda: b"- " * 40_000,
    "an alias bomb": _aliases,
    "a file of 50 MB": lambda: b"a: b\n" * (10 * _MEBIBYTE),
    "a line of 1 MB": lambda: b"a: " + b"x" * (_MEBIBYTE - 10),
    "a list of 1 MB": lambda: b"- a\n" * (_MEBIBYTE // 4 - 10),
}
