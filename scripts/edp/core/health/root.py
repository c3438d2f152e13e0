"""Whether an environment's root Application has applied what was committed for one child."""

from collections.abc import Callable
from typing import Final

from edp.core.health.application import Application, Resource
from edp.core.health.wording import one_line
from edp.core.names import is_sha

_GROUP: Final = "argoproj.io"


def judge_root(
    root: Application | None, *, child: str, contains_promotion: Callable[[str], bool]
) -> str:
    """Why the root does not yet vouch for this child; "" when it stands not in the way.

    `contains_promotion` says whether a commit of `main` contains the promotion. What is wrong with
    other children is theirs: the root's own sync status, health and operation are not read.
    """
    if root is None:
        return "the root Application does not exist"
    if error := root.condition("ComparisonError"):
        return one_line(f"root Application {root.name}: {error.type}: {error.message}")
    entries = [entry for entry in root.resources if _is_application(entry, child)]
    if not entries:
        return one_line(f"root Application {root.name} does not list {child}")
    if any(entry.status != "Synced" for entry in entries):
        return one_line(
            f"root Application {root.name} has not applied {child}: {entries[0].status}"
        )
    # Under an error Argo CD leaves raw text such as "main" here.
    revision = root.sync_revision or ""
    if not is_sha(revision) or not contains_promotion(revision):
        return one_line(f'root Application {root.name} is at "{revision}", without the promotion')
    return ""


def _is_application(entry: Resource, name: str) -> bool:
    return entry.kind == "Application" and entry.group == _GROUP and entry.name == name
