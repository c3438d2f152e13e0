"""What the recorded server held before each scenario about runs of workflows."""

from forge_world import World

from sandbox.forge.records import Repository

DUMP = """
name: dump
on: {push: {}, pull_request: {}, workflow_dispatch: {}}
jobs:
  dump: {runs-on: host, steps: [{run: "true"}]}
"""
SIGNAL = """
on: workflow_dispatch
jobs:
  j: {runs-on: host}
  after: {runs-on: host, needs: j}
"""
NAMED = (
    ("lint", "success"),
    ("Unit tests", "failure"),
    ("cond", "skipped"),
    ("mx (dev)", "success"),
    ("mx (prod)", "success"),
    ("later", "skipped"),
)


def seed_events(world: World) -> None:
    """52: commits with the statuses of their runs, an open pull request, a finished dispatch."""
    made = world.repository("act", empty=True)
    dump = {".forgejo/workflows/dump.yml": DUMP}
    push, pull = "dump / dump (push)", "dump / dump (pull_request)"
    begun = [(push, "pending"), (push, "success")]
    main = world.commit(made, dump, known_as="3254746e")
    _post_by_second(world, made, main, begun[:1], begun)
    branch = world.commit(made, {"x": "1\n"}, branch="promote/dev", known_as="919df92f")
    second = [(push, "pending"), (pull, "pending"), (pull, "success")]
    _post_by_second(world, made, branch, [(pull, "pending")], second, begun)
    world.pull(made, "promote/dev")
    head = world.commit(made, {"x": "2\n"}, branch="promote/dev", known_as="89025431")
    _post(world, made, head, (push, "success"), (pull, "success"))
    world.burn("run", 94)
    _dispatched(world, made, "dump.yml")
    world.forge.change_run(95, "success")


def seed_cancelled(world: World) -> None:
    """54: a run of two jobs that is cancelled three seconds after it began."""
    made = world.repository("sig", empty=True)
    world.commit(made, {".forgejo/workflows/sig.yml": SIGNAL})
    world.burn("run", 10)
    _dispatched(world, made, "sig.yml")
    world.forge.change_run(11, "running", jobs={"j": "running"})
    world.clock.tick(3)
    world.before(2, lambda: world.forge.change_run(11, "cancelled"))


def seed_outputs(world: World) -> None:
    """55: a finished run whose second job is a matrix that needs the first."""
    made = world.repository("cmds")
    world.burn("run", 132)
    names = ("one", "two (dev)", "two (prod)")
    world.forge.add_run(made.full_name, status="success", jobs=[(n, "success") for n in names])
    for job in made.runs[0].jobs[1:]:
        job.needs = ("one",)


def seed_failures(world: World) -> None:
    """59: a run that failed while other jobs wait, and the statuses of seven commits."""
    made = world.repository("actf")
    world.burn("run", 113)
    world.forge.add_run(
        made.full_name,
        status="failure",
        jobs=[
            ("lint", "success"),
            ("Unit tests", "failure"),
            ("later", "blocked"),
            ("cond", "waiting"),
            ("mx (dev)", "waiting"),
            ("mx (prod)", "waiting"),
        ],
        workflow="named.yml",
    )
    made.runs[0].jobs[2].needs = ("unit",)
    world.before(3, lambda: world.forge.change_run(114, "failure", jobs=dict(NAMED)))
    _failure_statuses(world, made)


def _failure_statuses(world: World, made: Repository) -> None:
    named = tuple((f"Verify stacks / {name} (push)", state) for name, state in NAMED)
    not_yaml = "broken.yml / add .forgejo/workflows/broken.yml (push)"
    found = {
        "0d0df069": named,
        "d35e23e9": (("/ a (push)", "failure"), *named),
        "5d29d7c8": ((not_yaml, "failure"), *named),
        "80734933": (("/ a (push)", "success"), *named),
        "6b41607d": named,
        "b79d4d03": (*_of_pull(*named[:-1]), ("/ a (push)", "success"), *named[:-1]),
    }
    for number, (known_as, statuses) in enumerate(found.items()):
        sha = world.commit(made, {"x": f"{number}\n"}, known_as=known_as)
        _post(world, made, sha, *statuses)
    _post(world, made, sha, *_of_pull(named[-1]), named[-1])


def _of_pull(*statuses: tuple[str, str]) -> list[tuple[str, str]]:
    return [(context.replace("(push)", "(pull_request)"), state) for context, state in statuses]


def _post_by_second(
    world: World, made: Repository, commit: str, *seconds: list[tuple[str, str]]
) -> None:
    for statuses in seconds:
        _post(world, made, commit, *statuses)
        world.clock.tick()


def _post(world: World, made: Repository, commit: str, *statuses: tuple[str, str]) -> None:
    for context, state in statuses:
        world.forge.post_status(made.full_name, commit, context, state)


def _dispatched(world: World, made: Repository, file: str) -> None:
    where = f"/repos/{made.full_name}/actions/workflows/{file}/dispatches"
    assert world.call("bot", "POST", where, {"ref": "main"}).status == 204
