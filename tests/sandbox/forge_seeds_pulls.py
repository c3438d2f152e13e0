"""What the recorded server held before each scenario about pull requests."""

from forge_world import World

from sandbox.forge.records import PullRequest, Repository

MERGED = (
    "m-merge", "m-squash", "m-rebase", "m-rebase-merge", "m-ff", "m-title", "m-bogus", "m-none",
    "m-lower", "m-head",
)  # fmt: skip


def seed_creation(world: World) -> None:
    """20: branches of their own, one without a change, and a fork."""
    made, forge = world.repository("prc", empty=True), world.forge
    main = world.commit(made, {"README.md": "# prc\n"}, known_as="d5965b55")
    world.commit(made, {"README.md": "changed\n"}, branch="promote/dev")
    for name in ("t2", "t3", "t4"):
        world.branch(made, name)
    forge.seed_ref(made.full_name, "refs/heads/nodiff", main)
    forge.create_label(made.full_name, "promotion")
    forge.create_milestone(made.full_name, "m1")
    fork = forge.fork_repository(made.full_name, "bob")
    world.branch(fork, "promote/dev2")
    world.commit(fork, {"theirs.yaml": "x\n"}, branch="promote/dev")
    world.repository("prc-private", private=True)


def seed_creation_race(world: World) -> None:
    """21: the duplicate check does not see what was made in this second."""
    made = world.repository("prrace")
    world.branch(made, "b0")
    world.forge.duplicate_window = 1.0


def seed_list(world: World) -> None:
    """22: 130 pull requests, the first four closed, two labels in a pattern."""
    made, forge = world.repository("prl"), world.forge
    world.burn("label", 1)
    forge.create_label(made.full_name, "env/dev")
    forge.create_label(made.full_name, "env/prod")
    forge.seed_ref(made.full_name, "refs/heads/env/test", "main")
    for number in range(130):
        _listed(world, made, number)
    _close_first(world, made)
    again = "second PR of p004"
    world.before(37, lambda: world.pull(made, "p004", base="env/test", title=again))
    world.before(44, lambda: forge.seed_ref(made.full_name, "refs/heads/p007", None))


def _listed(world: World, made: Repository, number: int) -> None:
    name = f"p{number:03}"
    world.clock.tick()
    world.forge.seed_files(
        made.full_name, {f"f{number}.yaml": b"x\n"}, branch=name, message=f"c{number}"
    )
    base = "env/test" if number % 10 == 0 else "main"
    pull = world.pull(made, name, base=base, title=f"PR {number}")
    dev, prod = made.labels
    pull.issue.labels = [dev] * (number % 2 or number % 5 == 0) + [prod] * (number % 5 == 0)


def _close_first(world: World, made: Repository) -> None:
    for number in (1, 2, 3):
        where = f"/repos/{made.full_name}/pulls/{number}"
        assert world.call("bot", "PATCH", where, {"state": "closed"}).status == 201
    assert merge(world, made, made.pulls[3]) == 200


def merge(world: World, made: Repository, pull: PullRequest) -> int:
    where = f"/repos/{made.full_name}/pulls/{pull.number}/merge"
    return world.call("bot", "POST", where, {"Do": "merge"}).status


def seed_update(world: World) -> None:
    """23: pull requests up to date, behind, and in conflict."""
    made = world.repository("pru")
    world.branch(made, "u1")
    world.branch(made, "u2")
    world.commit(made, {"main.yaml": "theirs\n"}, branch="u3")
    pulls = [world.pull(made, name) for name in ("u1", "u2", "u3")]
    world.before(2, lambda: world.commit(made, {"main.yaml": "ours\n"}))
    world.before(5, lambda: world.commit(made, {"more.yaml": "m\n"}))
    close = {"state": "closed"}
    where = f"/repos/{made.full_name}/pulls/{pulls[1].number}"
    world.before(7, lambda: world.call("bot", "PATCH", where, close))


def seed_merge(world: World) -> None:
    """24: one pull request for each way to merge or be refused, in the recorded order."""
    made, forge = world.repository("prm", empty=True), world.forge
    world.commit(made, {"README.md": "# prm\n", "a.yaml": "1\n"})
    for name in MERGED:
        world.branch(made, name)
        world.pull(made, name, title=f"title {name}")
    _seed_states(world, made)
    _seed_branches_after(world, made)
    world.before(9, lambda: _on_main(world, made, "m-ff"))
    world.before(18, lambda: setattr(forge, "conflict_check", 60.0))
    world.before(19, lambda: setattr(forge, "conflict_check", 0.0))


def _on_main(world: World, made: Repository, name: str) -> None:
    """Makes the branch anew on the present `main`."""
    world.forge.seed_ref(made.full_name, f"refs/heads/{name}", "main")
    world.commit(made, {f"{name}.yaml": "x\n"}, branch=name)


def _seed_states(world: World, made: Repository) -> None:
    """A draft, a closed one, one for a reader, one in conflict."""
    for name, title in (
        ("wip", "WIP: t"),
        ("closed", "t"),
        ("reader", "t"),
        ("conf", "title conf"),
    ):
        change = {"a.yaml": "theirs\n"} if name == "conf" else {f"{name}.yaml": "x\n"}
        world.commit(made, change, branch=name)
        world.pull(made, name, title=title)
    closed = f"/repos/{made.full_name}/pulls/12"
    world.call("bot", "PATCH", closed, {"state": "closed"})
    world.before(23, lambda: _conflict(world, made))
    world.before(25, lambda: setattr(world.forge, "base_check", 0.0))


def _conflict(world: World, made: Repository) -> None:
    world.forge.base_check = 60.0
    world.commit(made, {"a.yaml": "ours\n"})


def _seed_branches_after(world: World, made: Repository) -> None:
    """What happens to the head's branch, and pull requests that change nothing."""
    forge = world.forge
    for name in ("delb", "delp", "two"):
        world.branch(made, name)
        world.pull(made, name, title=f"title {name}")
    forge.protect_branch(made.full_name, "delp")
    forge.seed_ref(made.full_name, "refs/heads/other", "main")
    world.pull(made, "two", base="other")
    world.branch(made, "s1")
    forge.seed_ref(made.full_name, "refs/heads/s2", "s1")
    world.branch(made, "s2")
    world.pull(made, "s1")
    world.pull(made, "s2", base="s1")
    for name in ("nod", "nod2"):
        forge.seed_ref(made.full_name, f"refs/heads/{name}", "main")
        world.pull(made, name)
    world.branch(made, "last")
    last = world.pull(made, "last")
    world.before(42, lambda: made.disallowed_styles.add("squash"))
    world.before(43, lambda: last.issue.blocked_by.append(made.pulls[0].issue))
    world.before(43, lambda: last.issue.blocked_by.append(made.pulls[6].issue))


def seed_scheduled_merge(world: World) -> None:
    """26: pull requests to a branch with one required context, and one to an unprotected one."""
    made, forge = world.repository("pram"), world.forge
    contexts = ["edp/gate"]
    forge.protect_branch(
        made.full_name, "main", enable_status_check=True, status_check_contexts=contexts
    )
    for name in ("am1", "am2", "am3", "am4", "am5"):
        world.branch(made, name)
        world.pull(made, name, title="WIP: t" if name == "am5" else "t")
    first, second, _, fourth, _ = made.pulls
    world.commits["8e74f3ba"], world.commits["7ad1a8f6"] = first.head_sha, second.head_sha
    world.before(10, lambda: world.status(made, second.head_sha, "edp/gate", "success"))
    world.before(19, lambda: world.status(made, fourth.head_sha, "edp/gate", "skipped"))
    other = world.repository("pram2")
    world.branch(other, "z")
    world.pull(other, "z")


def seed_promotion(world: World) -> None:
    """40: three environments and a gate on `main`."""
    made = world.repository("flow", empty=True)
    files = {"README.md": "# flow\n\n"[:8], "environments/dev/app.yaml": 'version: "1.1.0"\n'}
    for name in ("test", "prod"):
        files[f"environments/{name}/app.yaml"] = 'version: "1.0.0"\n'
    world.commit(made, files, known_as="922be607")
    world.commits["71e3fd18"] = "71e3fd18134ed410ba786cc57ced2ca61b8ed4d6"
    contexts = ["edp/gate (test)"]
    world.forge.protect_branch(
        made.full_name, "main", enable_status_check=True, status_check_contexts=contexts
    )
    world.burn("label", 13)
