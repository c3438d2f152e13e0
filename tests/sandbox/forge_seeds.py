"""What the recorded server held before each scenario that reads and writes repositories."""

import base64
from functools import partial

from forge_world import World

WORKFLOW = """
on:
  workflow_dispatch:
    inputs:
      environment: {description: target, required: true, type: choice, options: [dev, prod]}
      dry_run: {type: boolean}
      count: {type: number}
      note: {type: string}
jobs:
  a: {runs-on: no-such-label, steps: [{run: "true"}]}
"""


def seed_accounts(world: World) -> None:
    """01: nothing but the accounts."""


def seed_visibility(world: World) -> None:
    """02: a public and a private repository."""
    world.repository("vis-public")
    world.repository("vis-private", private=True)
    token = world.headers["bot"]["Authorization"].split()[1]
    world.overrides[4] = {"Authorization": "Bearer 0000"}
    world.overrides[5] = {"Authorization": f"Bearer {token}"}
    world.overrides[6] = {"Authorization": _basic("edp-bot", token)}
    world.overrides[7] = {"Authorization": _basic("edp-bot", "wrong")}


def _basic(login: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()


def seed_repository(world: World) -> None:
    """04: nothing; what the sandbox does not change by its API is changed by hand."""
    name, forge = "platform/r-life", world.forge

    def archived(*, is_so: bool) -> None:
        forge.repository(name).archived = is_so

    def renamed() -> None:
        made = forge.repositories.pop(name)
        made.name, made.archived = "r-life2", False
        forge.repositories[made.full_name] = made

    world.before(8, lambda: forge.allow(name, "edp-bot", "write"))
    world.before(14, lambda: archived(is_so=True))
    world.before(21, renamed)


def seed_organisation(world: World) -> None:
    """37: two people with passwords; a collaborator stands for a member of a team."""
    forge = world.forge
    world.headers["basic:alice"] = {"Authorization": _basic("alice", "alice-password")}
    world.headers["basic:carol"] = {"Authorization": _basic("carol", "Pass-carol-1234")}

    def filled() -> None:
        made = forge.create_repository("boot", "x")
        world.commit(made, {"README.md": "# x\n"}, message="Initial commit")
        forge.allow(made.full_name, "edp-bot", "write")

    world.before(14, filled)


def seed_branches(world: World) -> None:
    """05: one commit with a tag; later two protections."""
    made, forge = world.repository("br", empty=True), world.forge
    text = "Initial commit"
    main = world.commit(made, {"README.md": "# br\n"}, message=text, known_as="3efb4425")
    forge.seed_ref(made.full_name, "refs/tags/v1", main)
    world.repository("br-empty", empty=True)
    world.before(30, lambda: forge.protect_branch(made.full_name, "prot/*"))
    world.before(32, lambda: forge.protect_branch(made.full_name, "from-sha"))


def seed_many_branches(world: World) -> None:
    """06: 62 branches of one commit."""
    made = world.repository("br60", empty=True)
    main = world.commit(made, {"README.md": "# br60\n"}, message="Initial commit")
    for number in range(61):
        world.forge.seed_ref(made.full_name, f"refs/heads/b{number:02}", main)


def seed_contents(world: World) -> None:
    """07: a few files, a tag, an empty repository."""
    made = world.repository("cr", empty=True)
    files = {
        "README.md": "# cr\n\n",
        "bin.dat": "\0\1\2",
        "environments/dev/app.yaml": 'version: "1"\n',
        "environments/dev/b.yaml": "b\n",
    }
    main = world.commit(made, files, known_as="d649c5ad")
    world.forge.seed_ref(made.full_name, "refs/tags/v1", main)
    world.repository("cr-empty", empty=True)


def seed_changes(world: World) -> None:
    """08: three files; later protections of the branch, of files, of a new branch."""
    made, forge = world.repository("cf", empty=True), world.forge
    world.commit(made, {"README.md": "# cf\n"}, message="Initial commit")
    world.commit(made, {"a.yaml": "a: 1\n", "b.yaml": "b: 1\n", "d/c.yaml": "c: 1\n"})
    world.repository("cf-empty", empty=True)
    protect = partial(forge.protect_branch, made.full_name, "main")
    world.before(39, lambda: protect(enable_push=False))
    world.before(41, lambda: protect(enable_push=True, protected_file_patterns="prot/**"))
    world.before(43, lambda: forge.protect_branch(made.full_name, "guard/*"))


def seed_single_file(world: World) -> None:
    """10: one file."""
    made = world.repository("sf", empty=True)
    world.commit(made, {"a.yaml": "a: 1\n"})


def seed_tree(world: World) -> None:
    """11: 30 files in 7 folders, and a branch of two commits."""
    made = world.repository("tree", empty=True)
    world.commit(made, {"README.md": "# tree\n\n"[:8]}, message="Initial commit")
    files = {f"d{number % 7}/f{number:03}.yaml": f"{number}\n" for number in range(30)}
    start = world.commit(made, files, message="files", known_as="34607a77")
    world.forge.seed_ref(made.full_name, "refs/heads/feat/a", start)
    one = {"one.yaml": "1\n"}
    world.commit(made, one, branch="feat/a", message="one", known_as="8948904a")
    world.commit(made, {"two.yaml": "2\n"}, branch="feat/a", message="two", known_as="ddc03690")
    world.before(
        16, lambda: world.commit(made, {"main.yaml": "m\n"}, message="on main", known_as="580d78f4")
    )
    world.before(29, lambda: world.forge.seed_ref(made.full_name, "refs/heads/feat/ab", "main"))
    world.repository("tree-empty", empty=True)


def seed_tags(world: World) -> None:
    """35: a repository; the tags that releases made are put there by hand."""
    made = world.repository("tg")
    tag = "refs/tags/v2.0.0"
    world.before(20, lambda: world.forge.seed_ref(made.full_name, tag, "main"))
    world.before(24, lambda: world.forge.seed_ref(made.full_name, tag, "main"))


def seed_errors(world: World) -> None:
    """38: a repository."""
    world.repository("er")


def seed_git(world: World) -> None:
    """39: only its one API call is replayed here; an ordinary pull request stands for AGit's."""
    made = world.repository("gh")
    world.branch(made, "t1")
    world.pull(made, "t1", title="AGit title")


def seed_dispatch(world: World) -> None:
    """50: three workflows on two branches; the sixth run was a push, the tenth is cancelled."""
    made = world.repository("disp", empty=True)
    files = {
        ".forgejo/workflows/promote.yml": WORKFLOW,
        ".forgejo/workflows/nodispatch.yml": "on: push\njobs:\n  a: {runs-on: x}\n",
        ".forgejo/workflows/broken.yml": "on: [\njobs: }\n",
    }
    world.commit(made, files, known_as="b3621e65")
    world.commit(made, {"x": "x"}, branch="feat/x")
    world.before(10, lambda: world.forge.add_run(made.full_name, status="failure"))
    world.before(38, lambda: world.forge.change_run(10, "cancelled"))
