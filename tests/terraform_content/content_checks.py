"""What a real Terraform says of each folder below `terraform/`."""

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from content_providers import BUILDABLE, build, cli_configuration, missing_providers
from content_rules import broken_rules
from content_tree import Folder, Tree, read_tree

from edp.clients.process import Completed, run

DEADLINE = 300.0
TESTED = re.compile(r"(\d+) passed, 0 failed")


class Result(NamedTuple):
    """What came of one part."""

    part: str
    verdict: str
    """`passed`, `failed` or `skipped`."""
    reason: str

    def __str__(self) -> str:
        return f"{self.verdict:<8} {self.part:<46} {self.reason}".rstrip()


@dataclass(frozen=True)
class Bench:
    """A copy of `terraform/` to work in, a Terraform, and where it finds providers."""

    terraform: Path
    program: Path
    environment: Mapping[str, str]
    scratch: Path
    mirror: Path | None = None
    sources: frozenset[str] = frozenset()
    is_only_mirror: bool = False

    def run(self, folder: Path, *words: str) -> Completed:
        argv = (str(self.program), *words)
        environment = {**self.environment, **self._settings()}
        return run(argv, cwd=folder, environment=environment, deadline=DEADLINE)

    def _settings(self) -> Mapping[str, str]:
        configuration = self.scratch / "terraform.rc"
        text = cli_configuration(self.mirror, sources=self.sources, is_only=self.is_only_mirror)
        configuration.write_text(text)
        cache = self.scratch / "plugins"
        cache.mkdir(exist_ok=True)
        return {
            "CHECKPOINT_DISABLE": "1",
            "TF_CLI_CONFIG_FILE": str(configuration),
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            "TF_PLUGIN_CACHE_DIR": str(cache),
        }

    def with_built(self, missing: frozenset[str], mirror: Path) -> tuple["Bench", tuple[str, ...]]:
        """The bench with what could be built of the missing providers, and why others could not."""
        wanted = [one for one in BUILDABLE if one.source in missing]
        answers = {one.source: build(one, mirror, self.environment) for one in wanted}
        built = frozenset(source for source, why in answers.items() if not why)
        refused = tuple(f"{source}: {why}" for source, why in answers.items() if why)
        return replace(self, mirror=mirror if built else None, sources=built), refused


def check_rules(repository: Path) -> Result:
    tree = read_tree(repository)
    problems = broken_rules(tree)
    if problems:
        return Result("rules", "failed", "\n  " + "\n  ".join(problems))
    return Result("rules", "passed", f"{len(tree.folders)} folders")


def check_format(bench: Bench) -> Result:
    done = bench.run(bench.terraform, "fmt", "-check", "-recursive")
    if done.returncode == 0:
        return Result("format", "passed", "")
    named = ", ".join(done.stdout.decode(errors="replace").split())
    return Result("format", "failed", f"make terraform fmt write: {named or done.describe()}")


def check_folders(bench: Bench, tree: Tree, mirror: Path) -> Iterator[Result]:
    """Each folder, those again that lacked what could be built meanwhile."""
    again: list[Folder] = []
    lacking: frozenset[str] = frozenset()
    for folder in tree.folders:
        result, missing = check_folder(bench, folder)
        if missing:
            again.append(folder)
            lacking |= missing
        else:
            yield result
    if bench.mirror is None and lacking:
        bench, refused = bench.with_built(lacking, mirror)
        yield from (Result("build", "skipped", why) for why in refused)
    yield from (check_folder(bench, folder)[0] for folder in again)


def check_folder(bench: Bench, folder: Folder) -> tuple[Result, frozenset[str]]:
    """What came of it, and the providers it lacks."""
    path = bench.terraform / folder.path
    done = bench.run(path, "init", "-backend=false", "-input=false", "-no-color")
    missing = missing_providers(_said(done))
    if missing:
        why = f"checked by the rules only: no provider {', '.join(sorted(missing))}"
        return Result(folder.path, "skipped", why), missing
    for words in (("init",), ("validate",), ("test",)) if done.returncode == 0 else (("init",),):
        done = done if words == ("init",) else bench.run(path, *words, "-no-color")
        if done.returncode != 0:
            return Result(folder.path, "failed", f"{words[0]}: {_said(done).strip()}"), missing
    return Result(folder.path, "passed", _outcome(done)), missing


def check_all(bench: Bench, repository: Path, mirror: Path) -> Iterator[Result]:
    """Everything that Terraform can say, in a copy: what it leaves behind stays there."""
    ignored = shutil.ignore_patterns(".terraform", "*.tfstate*", ".terraform.lock.hcl")
    shutil.copytree(repository / "terraform", bench.terraform, ignore=ignored)
    yield check_format(bench)
    yield from check_folders(bench, read_tree(repository), mirror)


def summary(results: Sequence[Result]) -> str:
    verdicts = [result.verdict for result in results]
    return ", ".join(f"{verdicts.count(one)} {one}" for one in ("passed", "failed", "skipped"))


def _said(done: Completed) -> str:
    return (done.stdout + done.stderr).decode(errors="replace")


def _outcome(done: Completed) -> str:
    tests = TESTED.search(_said(done))
    return f"valid, {tests[1]} tests" if tests and tests[1] != "0" else "valid"
