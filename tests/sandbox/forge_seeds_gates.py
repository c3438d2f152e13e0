"""What the recorded server held before each scenario about statuses, protections and reviews."""

from functools import partial
from typing import Any

from forge_world import World

from sandbox.forge.records import PullRequest, Repository


def seed_statuses(world: World) -> None:
    """30: a commit without statuses, and one with 45 contexts of which the oldest failed."""
    made = world.repository("st", empty=True)
    main = world.commit(made, {"README.md": "# st\n"}, known_as="19fbf59d")
    world.forge.seed_ref(made.full_name, "refs/heads/feat/x", main)
    world.before(18, world.clock.tick)
    world.before(28, lambda: _later_status(world, made, main))
    many = world.commit(made, {"many": "1\n"}, branch="many", known_as="79036d65")
    world.before(36, lambda: _many_statuses(world, made, many))


def _later_status(world: World, made: Repository, commit: str) -> None:
    world.clock.tick()
    world.status(made, commit, "edp/later", "success")


def _many_statuses(world: World, made: Repository, commit: str) -> None:
    world.status(made, commit, "aaa-first", "failure")
    for number in range(44):
        world.status(made, commit, f"ctx{number:02}", "success")


class Protected:
    """31: pull requests to a branch whose protection changes from case to case."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.made = world.repository("bp")
        for number in range(1, 18):
            self._pull(number)

    def _pull(self, number: int) -> PullRequest:
        paths = {13: "env/prod/x.yaml", 14: "env/prod/y.yaml"}
        path = paths.get(number, f"p{number}.yaml")
        self.world.commit(self.made, {path: f"{number}\n"}, branch=f"p{number}")
        return self.world.pull(self.made, f"p{number}")

    def head(self, number: int) -> str:
        return self.made.pulls[number - 1].head_sha

    def rule(self, index: int, **settings: Any) -> None:
        """From this exchange on `main` is protected like this."""
        protect = partial(self.world.forge.protect_branch, self.made.full_name, "main")
        self.step(index, lambda: protect(**settings))

    def step(self, index: int, act: Any) -> None:
        earlier = self.world.steps.get(index, lambda: None)
        self.world.before(index, lambda: (earlier(), act()))

    def status(self, index: int, number: int, context: str, state: str) -> None:
        self.step(index, lambda: self.world.status(self.made, self.head(number), context, state))

    def review(self, index: int, number: int, user: str, event: str) -> None:
        pull = self.made.pulls[number - 1]
        self.step(index, lambda: self.world.review(self.made, pull, user, event))

    def push(self, index: int, number: int, text: str) -> None:
        """Another commit on the head; the same text again makes a commit without a change."""
        path = f"p{number}.yaml"
        push = partial(self.world.commit, self.made, {path: text}, branch=f"p{number}")
        self.step(index, push)


def seed_protection(world: World) -> None:
    case = Protected(world)
    _seed_checks(case)
    _seed_approvals(case)
    _seed_refusals(case)


def _seed_checks(case: Protected) -> None:
    case.rule(19, enable_status_check=True, status_check_contexts=["edp/*"])
    case.status(20, 1, "other/x", "success")
    for index, state in enumerate(("pending", "failure", "error", "warning"), 21):
        case.status(index, 1, "edp/a", state)
    case.status(25, 1, "edp/a", "success")
    case.status(25, 1, "edp/b", "warning")
    case.status(27, 1, "edp/b", "success")
    case.status(27, 1, "other/x", "failure")
    case.status(28, 2, "edp/a", "skipped")
    case.rule(29, enable_status_check=True, status_check_contexts=[])
    for index, state in enumerate(("failure", "skipped", "success"), 30):
        case.status(index, 3, "any", state)
    case.rule(33, enable_status_check=True, status_check_contexts=["a[b"])
    case.rule(37, enable_status_check=True, status_check_contexts=["x"], apply_to_admins=True)


def _seed_approvals(case: Protected) -> None:
    case.rule(38, required_approvals=1)
    case.review(39, 6, "bob", "APPROVED")
    case.review(40, 6, "alice", "COMMENT")
    case.review(41, 6, "alice", "APPROVED")
    case.push(41, 6, "6\n")
    case.rule(43, required_approvals=1, ignore_stale_approvals=True)
    case.review(43, 7, "alice", "APPROVED")
    case.push(43, 7, "other\n")
    case.rule(44, required_approvals=1, dismiss_stale_approvals=True)
    case.review(44, 8, "alice", "APPROVED")
    case.push(44, 8, "other\n")
    case.rule(46, required_approvals=1, enable_approvals_whitelist=True)
    case.review(46, 9, "alice", "APPROVED")


def _seed_refusals(case: Protected) -> None:
    case.rule(47, block_on_rejected_reviews=True)
    case.review(47, 10, "alice", "REQUEST_CHANGES")
    case.review(48, 10, "alice", "APPROVED")
    case.rule(49, block_on_official_review_requests=True)
    alice = case.world.forge.user("alice")
    case.step(49, lambda: case.made.pulls[10].requested.append(alice))
    case.rule(50, block_on_outdated_branch=True)
    case.rule(51, protected_file_patterns="env/prod/**")
    case.rule(53, protected_file_patterns="env/prod/*")
    case.rule(54, enable_merge_whitelist=True, merge_whitelist_usernames=["alice"])
    case.rule(56, require_signed_commits=True)
    case.rule(57, enable_push=False)


def seed_reviews(world: World) -> None:
    """32: one pull request by the bot; review requests are not calls of the product."""
    made, forge = world.repository("rv"), world.forge
    world.commit(made, {"b.yaml": "b\n"}, branch="b")
    pull = world.pull(made, "b")
    world.burn("review", 9)
    world.burn("comment", 600)
    people = [forge.user("alice"), forge.user("bob")]
    world.before(24, lambda: pull.requested.extend(people))


def seed_issues(world: World) -> None:
    """34: two labels; later 60 comments on one issue."""
    made, forge = world.repository("is"), world.forge
    world.burn("label", 3)
    forge.create_label(made.full_name, "drift")
    forge.create_label(made.full_name, "env/prod", "0000ff")
    world.burn("comment", 626)
    world.before(53, lambda: _many_comments(world, made))


def _many_comments(world: World, made: Repository) -> None:
    where = f"/repos/{made.full_name}/issues/2/comments"
    for number in range(60):
        world.call("bot", "POST", where, {"body": f"c{number}"})


def seed_gate(world: World) -> None:
    """63: a promotion branch, a gate user, and bob as a writer."""
    made, forge = world.repository("gateflow", private=True), world.forge
    forge.create_user("edp-gate")
    token = forge.create_token("edp-gate")
    world.headers["gate"] = {"Authorization": f"token {token}"}
    for login in ("edp-gate", "bob"):
        forge.allow(made.full_name, login, "write")
    change = {"environments/test/web.yaml": "1\n"}
    world.commit(made, change, branch="promote/web/test", known_as="956e85b1")
    world.burn("review", 31)
    push = {"environments/test/web.yaml": "2\n"}
    world.before(
        11,
        lambda: world.commit(made, push, branch="promote/web/test", known_as="14c5a391"),
    )
