"""`edp plan` on many small Terraform roots, beside the same commands by hand."""

import os
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from tests.bench.processes import run_edp
from tests.bench.rows import Table

from edp.clients.terraform_binary import find_terraform
from sandbox.forge.git_process import run_git

ROOTS: Final = 30
AT_ONCE: Final = 4
_DATA: Final = Path(__file__).parent.parent / "data" / "valid" / "small"
_CONTENT: Final = """\
resource "terraform_data" "a" {
  input = "@number@"
}
resource "terraform_data" "b" {
  input = terraform_data.a.id
}
"""
_WHO: Final = ("-c", "user.name=alice", "-c", "user.email=alice@example.org")


def measure_terraform(folder: Path, table: Table) -> None:
    """The same plans by a thread pool over the binary, then by `edp`; each begins anew."""
    binary = find_terraform(dict(os.environ), private=folder / "bin")
    tree = _tree(folder / "tree")
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "EDP_TERRAFORM": ""}
    by_hand = min(_by_hand(binary.path, tree, folder / f"data-{n}", environment) for n in range(3))
    arguments = ("plan", "--parallel", str(AT_ONCE))
    runs = [run_edp(*arguments, folder=tree, environment=environment) for _ in range(3)]
    used = min(runs, key=lambda one: one.wall)
    what = f"plan, {ROOTS} roots, {AT_ONCE} at once, {binary}"
    table.add(f"{what}: by hand: wall", "s", by_hand)
    table.add_process(what, used)
    table.add(f"{what}: wall against by hand", "", used.wall / by_hand, 1.15)
    table.add(f"{what}: overhead for each", "ms", (used.wall - by_hand) / ROOTS * 1000, 60)


def _tree(folder: Path) -> Path:
    shutil.copytree(_DATA, folder)
    for number in range(ROOTS):
        root = folder / "terraform" / "live" / "dev" / f"root-{number}"
        root.mkdir(parents=True)
        (root / "main.tf").write_text(_CONTENT.replace("@number@", str(number)))
    run_git(folder, "init", "--quiet", "--initial-branch=main")
    run_git(folder, "add", "--all")
    run_git(folder, *_WHO, "commit", "--quiet", "--message", "begin")
    return folder


def _by_hand(binary: Path, tree: Path, data: Path, environment: dict[str, str]) -> float:
    """Seconds for init, plan and show of all roots."""

    def plan(root: Path) -> None:
        own = data / root.name
        own.mkdir(parents=True)
        known = {"TF_DATA_DIR": str(own / "data"), "TF_IN_AUTOMATION": "1", "TF_INPUT": "0"}
        variables = environment | known | {"CHECKPOINT_DISABLE": "1"}
        for arguments in (
            ("init", "-no-color"),
            ("plan", "-no-color", f"-out={own}/plan"),
            ("show", "-json", f"{own}/plan"),
        ):
            subprocess.run(
                [str(binary), *arguments],
                cwd=root, env=variables, check=True, capture_output=True,
            )  # fmt: skip

    roots = sorted((tree / "terraform" / "live" / "dev").iterdir())
    begin = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(plan, roots))
    return time.monotonic() - begin
