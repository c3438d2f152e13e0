"""The default branch as Terraform sees it: its roots, what they are made of, who reviewed them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edp.clients.forge_plans import PlanForge
from edp.clients.git import GitRepository
from edp.clients.terraform_trees import export, tree_of_commit
from edp.commands.promotion.main_branch import PLAIN_FILE
from edp.core.promotion.snapshot import graph_of
from edp.core.repository.decision_files import Freeze
from edp.core.repository.layout import GRAPH_PATH, Kind, Layout
from edp.core.repository.promotion_graph import PromotionGraph
from edp.core.repository.reading import read_model
from edp.core.terraform.inputs import inputs_of
from edp.core.terraform.letting import Reviewed, approvers, refusing
from edp.core.terraform.plan_comment import read_header
from edp.core.terraform.policy_file import PolicyFile
from edp.core.terraform.reach import Reach
from edp.core.terraform.roots import TerraformRoot
from edp.core.terraform.scope import Scope, policy_of, scope_of_roots
from edp.core.terraform.states import state_of
from edp.errors import RefusedError


@dataclass(frozen=True, slots=True)
class MainTree:
    """One commit of the default branch."""

    git: GitRepository
    head: str
    graph: PromotionGraph
    freezes: Mapping[str, Freeze]
    policy: PolicyFile
    scope: Scope
    blobs: Mapping[str, str]
    _inputs: dict[TerraformRoot, str] = field(default_factory=dict, repr=False)

    @property
    def reaches(self) -> Mapping[TerraformRoot, Reach]:
        return {reach.root: reach for reach in self.scope.reaches}

    def inputs(self) -> Mapping[TerraformRoot, str]:
        """The digest of each Terraform root's files."""
        if not self._inputs:
            self._inputs.update(
                (reach.root, inputs_of(reach, self.blobs)) for reach in self.scope.reaches
            )
        return self._inputs

    def export(self, folder: Path, states: Path) -> None:
        """Write all that Terraform roots need into a folder; local states stay in `states`."""
        below = {"terraform", *(use.path for one in self.scope.reaches for use in one.uses)}
        export(self.git, self.head, folder, below=below)
        for reach in self.scope.reaches:
            _link_state(reach, folder, states)

    def newest_change_of_terraform(self) -> str:
        """The newest commit that changed anything below `terraform/`; the head if none did."""
        history = self.git.first_parent_changes(self.head, exclude=None, paths=["terraform"])
        return next((entry.commit for entry in history), self.head)

    def newest_change(self, root: TerraformRoot) -> str | None:
        """The newest commit that changed what a Terraform root is made of."""
        reach = self.reaches[root]
        folders = {one.folder for one in reach.configurations}
        paths = sorted(folders | {use.path for use in reach.uses if use.path})
        history = self.git.first_parent_changes(self.head, exclude=None, paths=paths)
        return next((entry.commit for entry in history), None)


def read_main_tree(git: GitRepository, head: str) -> MainTree:
    """Read what all Terraform roots need; a broken graph or policy stops everything."""
    tree = tree_of_commit(git, head)
    entries = git.list_tree(head)
    blobs = {entry.path: entry.sha for entry in entries}
    decisions = {
        entry.path: entry.sha
        for entry in entries
        if entry.mode == PLAIN_FILE
        and (entry.path == GRAPH_PATH or entry.path.startswith("environments/freezes/"))
    }
    git.fetch_blobs(decisions.values())
    content = git.read_blobs(decisions.values())
    graph = graph_of(decisions, content)
    layout = Layout.of(graph)
    freezes = {
        found.name: read_model(Freeze, content[sha], path=path)
        for path, sha in decisions.items()
        if (found := layout.classify(path)).kind is Kind.FREEZE
    }
    policy = policy_of(tree)
    scope = scope_of_roots(tree, (), policy)
    return MainTree(git, head, graph, freezes, policy, scope, blobs)


def review_of(main: MainTree, forge: PlanForge, root: TerraformRoot, *, key: bytes) -> Reviewed:
    """What people reviewed of the newest change of a Terraform root."""
    commit = main.newest_change(root)
    number = forge.pull_of_commit(commit) if commit else None
    if number is None:
        return Reviewed()
    pull = forge.pull(number)
    header = read_header(forge.plan_comment(number), key)
    repository = forge.forge.repository().full_name
    is_its_own = header is not None and (header.repository.lower(), header.pull, header.head) == (
        repository.lower(),
        number,
        pull.head,
    )
    reviews = forge.reviews(number)
    return Reviewed(
        pull=number,
        by=pull.author,
        digest=header.digest_of(root) if header is not None and is_its_own else "",
        approvers=approvers(reviews, head=pull.head, bots=main.graph.bots),
        refusing=refusing(reviews, bots=main.graph.bots),
        labels=pull.labels,
    )


def require_kept_state(reach: Reach, *, is_job: bool) -> None:
    """RefusedError for a state that would be gone with the job's folder."""
    if is_job and state_of(reach).kind == "local":
        raise RefusedError(
            f"{reach.root}: its state is a local file, which this job would forget",
            hint="give it a backend that locks: docs/terraform.md",
        )


def _link_state(reach: Reach, folder: Path, states: Path) -> None:
    """Let a local state be where it would be, were Terraform run by hand in the work tree."""
    state = state_of(reach)
    path = state.values.get("path") if state.kind == "local" else None
    if not path or path.startswith("/"):
        return
    here, there = folder / path, states.absolute() / path
    here.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not here.exists() and not here.is_symlink() and there.parent.is_dir():
        here.symlink_to(there)
