"""A trusted job: the default branch's files in a private folder, the ledger, a planner."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from edp.app import App
from edp.clients.forge_plans import PlanForge
from edp.commands.promotion.clients import Clients, open_clients, open_forge
from edp.commands.promotion.main_branch import head_of
from edp.commands.promotion.record import ensure_ledger
from edp.commands.terraform.ledger import ApplyLedger
from edp.commands.terraform.main_tree import MainTree, read_main_tree
from edp.commands.terraform.planning import Planner, planner
from edp.core.terraform.reach import Reach
from edp.core.terraform.reports import Rules
from edp.core.terraform.roots import TerraformRoot
from edp.errors import InvalidInputError
from edp.text import did_you_mean


@dataclass(frozen=True, slots=True)
class Job:
    """What the commands that touch a state work with."""

    app: App
    forge: PlanForge
    clients: Clients
    main: MainTree
    ledger: ApplyLedger
    planner: Planner

    def reach(self, root: TerraformRoot) -> Reach:
        """A Terraform root of the default branch, or an error that names the nearest one."""
        found = self.main.reaches
        if root not in found:
            raise InvalidInputError(
                f"there is no Terraform root {root} on the default branch",
                hint=did_you_mean(str(root), map(str, found)),
            )
        return found[root]


def is_set_up(app: App) -> bool:
    """Whether anybody has set Terraform up; where nobody has, jobs do nothing and say so."""
    if app.settings.plan_key:
        return True
    app.output.line("nothing is done: this job has no EDP_PLAN_KEY (docs/terraform.md)")
    return False


@contextmanager
def trusted_job(app: App, *, lock_seconds: int, dry_run: bool) -> Iterator[Job]:
    """Read the default branch as it is now; local states stay where the work tree has them."""
    with (
        open_forge(app) as forge,
        open_clients(app, forge, forge.base(), stack="") as clients,
        TemporaryDirectory(prefix="edp-terraform-", ignore_cleanup_errors=True) as temporary,
    ):
        main = read_main_tree(clients.git, head_of(clients.git, clients.base.branch))
        email = main.graph.bots.email
        if not dry_run:
            ensure_ledger(clients.ledger, head=main.head, email=email, now=app.now())
        folder = Path(temporary)
        main.export(folder, app.repo)
        rules = Rules(main.policy, app.settings.plan_key.encode())
        with planner(app, folder, rules, lock_seconds=lock_seconds) as plans:
            yield Job(
                app,
                PlanForge(forge, main.graph.bots.bot),
                clients,
                main,
                ApplyLedger(clients.ledger, email, app.now, app.sleep),
                plans,
            )
