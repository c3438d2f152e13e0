"""`python -m tests.bench`: measure everything, print the table, keep it in docs/performance.md."""

import argparse
import os
import platform as machine
import statistics
import tempfile
from pathlib import Path

from tests.bench.processes import run_edp
from tests.bench.promotions import measure_promotions
from tests.bench.rows import Table, say
from tests.bench.scale_platform import start_scale_platform
from tests.bench.scale_repository import Size
from tests.bench.terraform import measure_terraform
from tests.bench.validation import measure_hostile_files, measure_validation

from sandbox.forge.git_process import run_git

_DOCUMENT = Path(__file__).parents[2] / "docs" / "performance.md"
_BEGIN, _END = "<!-- figures: written by make bench -->\n", "<!-- end of figures -->\n"


def main() -> None:
    """Measure on a repository of the wanted size; the document keeps only the full size."""
    size = _wanted()
    table = Table()
    begin = f"{size.stacks} stacks x {size.environments} environments, {_machine()}"
    say(begin)
    with tempfile.TemporaryDirectory(prefix="edp-bench-") as temporary:
        _measure_help(Path(temporary), table)
        measure_hostile_files(Path(temporary), table)
        measure_terraform(Path(temporary), table)
    with start_scale_platform(size) as platform:
        measure_validation(platform, table)
        measure_promotions(platform, table)
    text = "\n".join((begin, "", *table.lines(), ""))
    say(f"\n{text}")
    if size == Size():
        _keep(text)


def _wanted() -> Size:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--stacks", type=int, default=Size.stacks)
    parser.add_argument("--environments", type=int, default=Size.environments)
    found = parser.parse_args()
    return Size(found.stacks, found.environments)


def _machine() -> str:
    git = run_git(Path(), "version").stdout.decode().split()[2]
    busy = os.getloadavg()[0]
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores (load {busy:.1f}), Python {machine.python_version()}, git {git}"


def _measure_help(folder: Path, table: Table) -> None:
    runs = [run_edp("--help", folder=folder, environment={}) for _ in range(9)]
    table.add("edp --help, median of 9: wall", "s", statistics.median(u.wall for u in runs), 0.15)
    table.add("edp --help, median of 9: CPU", "s", statistics.median(u.cpu for u in runs))


def _keep(text: str) -> None:
    """Replace the figures in the document, and leave all else there alone."""
    before, _, rest = _DOCUMENT.read_text().partition(_BEGIN)
    after = rest.partition(_END)[2]
    _DOCUMENT.write_text(f"{before}{_BEGIN}\n{text}\n{_END}{after}")


main()
