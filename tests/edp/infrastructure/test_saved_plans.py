"""Saved plans are applied as they were made, where they were made, or not at all."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tf_backend import StateBackend
from tf_platform import KEY, TerraformPlatform, thing

from edp.app import App
from edp.clients.terraform_trees import tree_of_folder
from edp.clients.worktree import WorkTree
from edp.commands.terraform.planning import Planned, Planner, planner
from edp.core.terraform.policy_file import PolicyFile
from edp.core.terraform.reach import Reach, TreeReader
from edp.core.terraform.reports import Rules
from edp.core.terraform.roots import TerraformRoot
from edp.errors import RefusedError
from edp.output import Output
from edp.settings import load_settings

DEV, TEST = TerraformRoot("dev", "network"), TerraformRoot("test", "network")


@pytest.fixture
def plans(platform: TerraformPlatform) -> Iterator[Planner]:
    """A planner on the clone's files."""
    world = platform.world
    settings = load_settings({**world.environment, **platform.job})
    output = Output(io.StringIO(), io.StringIO(), secrets=settings.secrets)
    clock = world.clock
    app = App(settings, output, platform.clone, clock, clock.monotonic, clock.sleep)
    with planner(app, platform.clone, Rules(PolicyFile.default(), KEY.encode())) as made:
        yield made


def reach(platform: TerraformPlatform, root: TerraformRoot = DEV) -> Reach:
    """What a Terraform root of the clone is made of."""
    tree = WorkTree.open(platform.clone, environment=platform.job)
    return TreeReader(tree_of_folder(tree)).reach(root)


def plan_file(planned: Planned) -> Path:
    assert planned.file is not None
    return planned.file.path


def test_a_plan_is_private_and_is_applied(plans: Planner, platform: TerraformPlatform) -> None:
    planned = plans.plan(reach(platform))

    assert plan_file(planned).stat().st_mode & 0o777 == 0o600
    assert not plans.carry_out(planned, reach(platform)).has_failed
    assert platform.sizes("dev/network") == {"dev": "small"}


def edit(platform: TerraformPlatform, _: Planned) -> None:
    platform.root("dev/network", thing("dev", "huge"))


def add_file(platform: TerraformPlatform, _: Planned) -> None:
    platform.write("terraform/live/dev/network/more.tf", thing("more"))


def add_values(platform: TerraformPlatform, _: Planned) -> None:
    platform.write("terraform/live/dev/network/x.auto.tfvars", "")


def lock_providers(platform: TerraformPlatform, _: Planned) -> None:
    platform.write("terraform/live/dev/network/.terraform.lock.hcl", "# another\n")


def cut(_: TerraformPlatform, planned: Planned) -> None:
    file = plan_file(planned)
    file.write_bytes(file.read_bytes()[:-100])


def flip(_: TerraformPlatform, planned: Planned) -> None:
    file = plan_file(planned)
    content = bytearray(file.read_bytes())
    content[200] ^= 1
    file.write_bytes(content)


def link(_: TerraformPlatform, planned: Planned) -> None:
    file = plan_file(planned)
    file.symlink_to(file.rename(file.with_name("elsewhere")))


def remove(_: TerraformPlatform, planned: Planned) -> None:
    plan_file(planned).unlink()


def point_elsewhere(_: TerraformPlatform, planned: Planned) -> None:
    note = planned.terraform.private / "data" / "terraform.tfstate"
    note.write_text(note.read_text().replace("dev-network", "test-network"))


@pytest.mark.parametrize(
    "spoil",
    [edit, add_file, add_values, lock_providers, cut, flip, link, remove, point_elsewhere],
)
def test_a_plan_that_does_not_fit_any_more_is_refused_before_terraform_starts(
    plans: Planner,
    platform: TerraformPlatform,
    backend: StateBackend,
    spoil: Callable[[TerraformPlatform, Planned], None],
) -> None:
    planned = plans.plan(reach(platform))
    before = len(backend.requests)

    spoil(platform, planned)

    with pytest.raises(RefusedError):
        plans.carry_out(planned, reach(platform))
    assert len(backend.requests) == before
    assert platform.sizes("dev/network") == {}


def test_a_plan_of_another_terraform_root_is_refused(
    plans: Planner, platform: TerraformPlatform
) -> None:
    mine, other = plans.plan(reach(platform)), plans.plan(reach(platform, TEST))
    plan_file(mine).write_bytes(plan_file(other).read_bytes())

    with pytest.raises(RefusedError):
        plans.carry_out(mine, reach(platform))
    assert platform.sizes("dev/network") == {}


def test_a_plan_of_an_older_state_is_not_applied(
    plans: Planner, platform: TerraformPlatform
) -> None:
    first = plans.plan(reach(platform))
    content = plan_file(first).read_bytes()
    assert not plans.carry_out(plans.plan(reach(platform)), reach(platform)).has_failed
    plan_file(first).write_bytes(content)

    again = plans.carry_out(first, reach(platform))

    assert again.has_failed
    assert "stale" in again.describe()


def test_prose_beside_it_does_not_matter(plans: Planner, platform: TerraformPlatform) -> None:
    planned = plans.plan(reach(platform))
    platform.write("terraform/live/dev/network/README.md", "# later\n")
    platform.write("docs/notes.md", "elsewhere\n")

    assert not plans.carry_out(planned, reach(platform)).has_failed
