"""`edp promote` and `edp reconcile` on the whole platform."""

from tests.bench.processes import Used, run_edp
from tests.bench.rows import Table
from tests.bench.scale_platform import Requests, ScalePlatform
from tests.bench.scale_repository import AUTOMATIC, environment_name

MERGED_AT_ONCE = 30
_AUTOMATIC = environment_name(AUTOMATIC)


def measure_promotions(platform: ScalePlatform, table: Table) -> None:
    """From a new platform to a run that merges many promotions."""
    _first_runs(platform, table)
    _one_promotion(platform, table)
    _many_promotions(platform, table)


def _first_runs(platform: ScalePlatform, table: Table) -> None:
    """Each first run tells the ledger of some pairs, until there is nothing to tell."""
    used, sent = _edp(platform, "reconcile")
    table.add_process("reconcile, first run of all", used)
    table.add_requests("reconcile, first run of all", sent)
    runs = 1
    while sent.pages:
        used, sent = _edp(platform, "reconcile")
        runs += 1
    table.add("reconcile, runs until all is told", "", runs)
    table.add_process("reconcile, no version waits", used, wall=15)
    table.add_requests("reconcile, no version waits", sent)


def _one_promotion(platform: ScalePlatform, table: Table) -> None:
    stack = platform.size.lonely_stack
    platform.release([stack])
    used, sent = _edp(platform, "promote", stack, "--to", _AUTOMATIC)
    table.add_process("promote, opening one", used, cpu=3)
    table.add_requests("promote, opening one", sent, api=6, git=9)
    used, sent = _edp(platform, "reconcile")
    _require(used, f"{stack} {_AUTOMATIC}: #1 merged")
    table.add_process("reconcile, merging one", used)
    table.add_requests("reconcile, merging one", sent, api=10, git=12)
    platform.follow([(stack, _AUTOMATIC)])
    _edp(platform, "reconcile")
    used, sent = _edp(platform, "reconcile")
    waiting = platform.count_open()
    what = f"reconcile, nothing to do, {waiting} open"
    table.add_process(what, used, wall=15)
    table.add_requests(what, sent, api=4 + waiting)


def _many_promotions(platform: ScalePlatform, table: Table) -> None:
    stacks = platform.size.stack_names[1 : MERGED_AT_ONCE + 1]
    platform.release(stacks)
    used, sent = _edp(platform, "reconcile")
    table.add_process(f"reconcile, {MERGED_AT_ONCE} merged and as many opened", used)
    table.add_requests(f"reconcile, {MERGED_AT_ONCE} merged and as many opened", sent)
    platform.approve_all()
    used, sent = _edp(platform, "reconcile")
    merged = used.stdout.count(" merged as ")
    table.add("reconcile, merging many: merged", "", merged)
    table.add_process("reconcile, merging many", used)
    table.add_requests("reconcile, merging many", sent)
    table.add("reconcile, merging many: wall for each", "s", used.wall / max(merged, 1), 2)


def _edp(platform: ScalePlatform, *arguments: str) -> tuple[Used, Requests]:
    platform.forget_requests()
    used = run_edp(*arguments, folder=platform.folder, environment=platform.environment)
    return used, platform.requests()


def _require(used: Used, text: str) -> None:
    if text not in used.stdout:
        raise SystemExit(f"expected {text!r}, found:\n{used.stdout[:2000]}")
