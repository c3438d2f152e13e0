"""`edp clusters`: what Terraform made becomes known to the Argo CDs."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import click

from edp.app import App
from edp.clients.kubernetes_apply import Applier
from edp.clients.private_files import write_private_files
from edp.commands.promotion.clients import refuse_if_paused
from edp.commands.terraform.job import Job, is_set_up, trusted_job
from edp.commands.terraform.main_tree import require_kept_state
from edp.core.repository.promotion_graph import ArgoCD, PromotionGraph
from edp.core.terraform.cluster_access import Cluster, cluster_of
from edp.core.terraform.cluster_secrets import (
    ClusterObject,
    alike,
    cluster_secret,
    facts_map,
    rivals,
)
from edp.core.terraform.reach import Reach
from edp.core.terraform.root_outputs import facts_of, read_outputs
from edp.core.terraform.roots import TerraformRoot
from edp.core.terraform.scope import parse_roots
from edp.errors import EdpError, InvalidInputError, UnavailableError, exit_code_of_several
from edp.text import did_you_mean, one_line

_AT_ONCE: Final = 4


@dataclass(frozen=True, slots=True)
class Wish:
    """What one run is asked to do."""

    folder: Path | None
    context: str
    """Empty unless objects are applied."""
    dry_run: bool

    @property
    def writes(self) -> bool:
        return not self.dry_run and bool(self.folder or self.context)


@dataclass(frozen=True, slots=True)
class Introduction:
    """A Terraform root, what its Argo CD is to know, and what was done about it."""

    root: TerraformRoot
    argocd: ArgoCD
    cluster: Cluster | None = None
    objects: tuple[ClusterObject, ...] = ()
    done: tuple[str, ...] = ()
    problem: EdpError | None = None

    @property
    def place(self) -> str:
        """The Argo CD, by what makes it one of its own."""
        return f"{self.argocd.context}/{self.argocd.namespace}"

    @property
    def is_told(self) -> bool:
        return self.problem is None and bool(self.objects)


@click.command("clusters")
@click.option("--root", "names", multiple=True, metavar="ENV/ROOT", help="Only this one. Repeat.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write one file for each object into this folder; they hold tokens.",
)
@click.option("--apply", "applies", is_flag=True, help="Apply the objects of one Argo CD.")
@click.option("--context", default="", help="With --apply: the context of that Argo CD.")
@click.option("--dry-run", is_flag=True, help="Show what would happen; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def command(  # noqa: PLR0913 (click hands in each option)
    app: App,
    names: tuple[str, ...],
    out: Path | None,
    context: str,
    *,
    applies: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Turn the outputs of Terraform roots into Argo CD's cluster Secrets and ConfigMaps of facts.

    Without --out and --apply nothing is written. Tokens are never shown.
    """
    app = app.writing(as_json=as_json)
    wish = Wish(out, _context(context, applies=applies), dry_run)
    refuse_if_paused(app, dry_run=not wish.writes)
    if app.settings.run_id and not is_set_up(app):
        return _finish(app, [], wish)
    with trusted_job(app, lock_seconds=0, dry_run=True) as job:
        _require_known(job.main.graph, wish.context)
        found = _settled(job, _gather(job, frozenset(parse_roots(names))))
        tokens = tuple(one.cluster.token for one in found if one.cluster)
        app = replace(app, output=replace(app.output, secrets=(*app.output.secrets, *tokens)))
        found = _written(found, wish)
        if wish.context:
            found = _applied(job, found, wish, tokens)
    return _finish(app, found, wish)


def _context(context: str, *, applies: bool) -> str:
    if applies != bool(context):
        raise InvalidInputError(
            "--apply and --context come together", hint="edp clusters --apply --context CONTEXT"
        )
    return context


def _require_known(graph: PromotionGraph, context: str) -> None:
    known = sorted({argocd.context for argocd in graph.argocds.values()})
    if context and context not in known:
        raise InvalidInputError(
            f'--context: no Argo CD of promotion.yaml is in context "{one_line(context, 60)}"',
            hint=did_you_mean(context, known) or f"one of: {', '.join(known)}",
        )


# --- gather


def _gather(job: Job, roots: frozenset[TerraformRoot]) -> Sequence[Introduction]:
    """What the outputs say; what is wrong with one Terraform root stops no other."""
    for root in roots:
        job.reach(root)
    wanted = [one for one in job.main.scope.reaches if not roots or one.root in roots]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return tuple(pool.map(lambda reach: _look(job, reach), wanted))


def _look(job: Job, reach: Reach) -> Introduction:
    environment = job.main.graph.environments.get(reach.root.environment)
    if environment is None:
        problem = InvalidInputError(f"{reach.root}: promotion.yaml has no such environment")
        return Introduction(reach.root, ArgoCD(context="-"), problem=problem)
    told = Introduction(reach.root, job.main.graph.argocds[environment.argocd])
    try:
        return _read(told, _outputs(job, reach))
    except EdpError as exc:
        return replace(told, problem=exc)


def _outputs(job: Job, reach: Reach) -> bytes:
    problems = job.main.scope.problems[reach.root]
    if problems:
        # Not even initialised: that would run what the policy does not allow.
        raise InvalidInputError(f"{reach.root}: {problems[0]}", hint="edp validate")
    require_kept_state(reach, is_job=bool(job.app.settings.run_id))
    terraform = job.planner.terraform(reach)
    began = terraform.init()
    if began.has_failed:
        raise UnavailableError(f"{reach.root}: {began.describe()}")
    return terraform.output()


# --- decide


def _read(told: Introduction, content: bytes) -> Introduction:
    outputs = read_outputs(told.root, content)
    cluster = cluster_of(told.root, outputs)
    facts = facts_of(outputs, secrets=[cluster.token] if cluster else [])
    namespace = told.argocd.namespace
    objects = []
    if cluster:
        objects.append(cluster_secret(told.root, cluster, namespace=namespace))
    if facts:
        objects.append(facts_map(told.root, facts, namespace=namespace))
    return replace(told, cluster=cluster, objects=tuple(objects))


def _settled(job: Job, found: Sequence[Introduction]) -> Sequence[Introduction]:
    """The same without those that would overwrite one another."""
    clusters = {one.root: (one.place, one.cluster) for one in found if one.cluster}
    problems = {**rivals(clusters), **alike(job.main.reaches)}
    return [_refused(one, problems.get(one.root, "")) for one in found]


def _refused(told: Introduction, problem: str) -> Introduction:
    if not problem or told.problem is not None:
        return told
    return replace(told, problem=InvalidInputError(f"{told.root}: {problem}"))


# --- apply


def _written(found: Sequence[Introduction], wish: Wish) -> Sequence[Introduction]:
    if wish.folder is None:
        return found
    files = {
        f"{one.name}.json": json.dumps(one.body, indent=2).encode() + b"\n"
        for told in found
        if told.is_told
        for one in told.objects
    }
    if wish.writes:
        write_private_files(wish.folder, files)
    return [_with(told, "would be written" if wish.dry_run else "written") for told in found]


def _applied(
    job: Job, found: Sequence[Introduction], wish: Wish, tokens: tuple[str, ...]
) -> Sequence[Introduction]:
    if wish.dry_run:
        return [_with(told, _would(told, wish)) for told in found]
    access = job.clients.clusters.access(wish.context)
    applier = Applier(access, wish.context, job.app.monotonic, tokens)
    return [_apply(applier, told, wish) for told in found]


def _apply(applier: Applier, told: Introduction, wish: Wish) -> Introduction:
    if not told.is_told or told.argocd.context != wish.context:
        return _with(told, _would(told, wish))
    try:
        for one in told.objects:
            applier.apply(one.body)
    except EdpError as exc:
        return replace(told, problem=exc)
    return _with(told, "applied")


def _would(told: Introduction, wish: Wish) -> str:
    if told.argocd.context != wish.context:
        return f"not applied: belongs to context {told.argocd.context}"
    return "would be applied"


def _with(told: Introduction, done: str) -> Introduction:
    return replace(told, done=(*told.done, done)) if told.is_told else told


# --- show


def _finish(app: App, found: Sequence[Introduction], wish: Wish) -> int:
    rows = [_row(one) for one in found]
    if rows:
        app.output.table([("root", "cluster", "server", "what happens"), *rows])
    for one in found:
        if one.problem is not None:
            app.output.note(f"edp: {one.problem.message}")
            if one.problem.hint:
                app.output.note(f"  {one.problem.hint}")
    app.output.document(
        {
            "schema": 1,
            "dryRun": wish.dry_run,
            "roots": [_root_document(one) for one in found],
        }
    )
    return exit_code_of_several([one.problem.exit_code for one in found if one.problem])


def _row(told: Introduction) -> tuple[str, str, str, str]:
    cluster = told.cluster
    name, server = (cluster.name, cluster.server) if cluster else ("-", "-")
    return str(told.root), name, server, _happens(told)


def _happens(told: Introduction) -> str:
    if told.problem is not None:
        return "nothing: see below"
    if not told.objects:
        return "nothing: no outputs that Argo CD could use"
    names = ", ".join(f"{one.kind} {one.name}" for one in told.objects)
    return f"{names}: {', '.join(told.done)}" if told.done else names


def _root_document(told: Introduction) -> Mapping[str, object]:
    """Names, addresses and keys; never a value that came from an output."""
    cluster = told.cluster
    return {
        "root": str(told.root),
        "context": told.argocd.context,
        "cluster": {"name": cluster.name, "server": cluster.server} if cluster else None,
        "objects": [_object_document(one) for one in told.objects],
        "done": list(told.done),
        "problem": told.problem.message if told.problem else None,
    }


def _object_document(one: ClusterObject) -> Mapping[str, object]:
    return {
        "kind": one.kind,
        "name": one.name,
        "namespace": one.namespace,
        "keys": list(one.keys),
    }
