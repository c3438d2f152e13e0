"""A platform whose environments have Terraform roots, with a work tree of it."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import small_platform
from tf_backend import StateBackend
from tf_world import TestWorld, backend_variables, http_backend
from world import Result, World, start_world

import forgejo
from sandbox.platform import FULL_NAME, Plan

KEY = "k" * 32
ROOTS = ("dev/network", "test/network", "prod-eu1/network")
HEADER = "<!-- edp:plan "


def thing(name: str, size: str = "small", more: str = "") -> str:
    """A resource that needs no provider, so that a plan takes no time."""
    return f'resource "terraform_data" "{name}" {{\n  input = "{size}"\n{more}}}\n'


def server(name: str, size: str = "small", more: str = "") -> str:
    """A resource of the test provider."""
    return f'resource "world_server" "{name}" {{\n  name = "{name}"\n  size = "{size}"\n{more}}}\n'


@dataclass
class TerraformPlatform:
    """The forge, the clusters, a cloud, a backend, and somebody's clone."""

    world: World
    cloud: TestWorld
    backend: StateBackend
    clone: Path
    more: dict[str, str] = field(default_factory=dict)
    """What a test changes of a job's environment."""

    # --- files

    def root(self, name: str, content: str) -> None:
        """Write a Terraform root of the clone, its state in the HTTP backend."""
        state = http_backend(self.backend, name.replace("/", "-"))
        folder = self.clone / "terraform" / "live" / name
        if "world_" in content:
            self.cloud.root(folder, content, backend=state)
        else:
            self.write(f"terraform/live/{name}/main.tf", f"{state}\n{content}")
            (folder / ".terraform.lock.hcl").unlink(missing_ok=True)

    def sizes(self, name: str) -> dict[str, str]:
        """What a Terraform root's state says of the things in it."""
        state = json.loads(self.backend.states.get(name.replace("/", "-"), b"{}"))
        return {
            one["name"]: instance["attributes"]["input"]["value"]
            for one in state.get("resources", [])
            for instance in one["instances"]
        }

    def write(self, path: str, content: str) -> None:
        file = self.clone / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")

    def git(self, *arguments: str) -> str:
        who = ("-c", "user.name=alice", "-c", "user.email=alice@example.org")
        done = subprocess.run(
            ["git", *who, *arguments],
            cwd=self.clone,
            env={"PATH": self.cloud.environment["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "HOME": "/"},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def commit(self, message: str = "change") -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def push(self, branch: str = "main", full_name: str = FULL_NAME) -> None:
        started = self.world.platform
        token = started.tokens["alice"]
        self.git(
            "-c", f"http.extraHeader=Authorization: token {token}", "push", "--quiet", "--force",
            f"{started.server.url}/{full_name}.git", f"HEAD:refs/heads/{branch}",
        )  # fmt: skip
        self.world.clock.sleep(5)  # until the forge has seen it
        started.forge.catch_up()

    def pull(self, branch: str = "change", login: str = "alice") -> forgejo.PullRequest:
        """The clone's newest commit as a pull request of a person."""
        self.push(branch)
        return self.world.as_user(login).create_pull(head=branch, base="main", title="Change")

    def changed(self, *names: str, size: str = "large") -> forgejo.PullRequest:
        """A pull request that makes the things of these Terraform roots larger."""
        for name in names:
            self.root(name, thing(name.split("/")[0], size))
        self.commit(f"{size} things")
        return self.pull()

    # --- running

    def edp(self, *arguments: str, **environment: str) -> Result:
        """Run a command in the clone, as a trusted job would."""
        return self.world.edp(*arguments, **{**self.job, **self.more, **environment})

    @property
    def job(self) -> dict[str, str]:
        """What a trusted job has beside the forge's settings."""
        found = self.cloud.environment | backend_variables()
        chosen = "" if shutil.which("terraform") else "embedded"
        own = {"EDP_PLAN_KEY": KEY, "EDP_STATE_DIR": str(self.states), "EDP_TERRAFORM": chosen}
        return found | own

    def plan(self, *arguments: str, **environment: str) -> Result:
        return self.edp("plan", *arguments, **environment)

    def planned(self, pull: forgejo.PullRequest, **environment: str) -> None:
        """The plan job of a pull request."""
        done = self.plan("--base", "origin/main", "--pull-request", str(pull.number), **environment)
        assert done.code in (0, 3), done.stdout + done.stderr

    def merged(self, pull: forgejo.PullRequest) -> int:
        """The same after its plan job and a person's merge; returns its number."""
        self.planned(pull)
        self.merge(pull)
        return pull.number

    def changed_to(self, name: str, content: str) -> int:
        """A Terraform root that was changed, planned and merged."""
        self.root(name, content)
        self.commit()
        return self.merged(self.pull())

    def merge(self, pull: forgejo.PullRequest) -> None:
        """A person merges it; the clone follows."""
        self.world.clock.sleep(5)
        self.world.platform.forge.catch_up()
        self.world.as_user("bob").get_pull(pull.number).merge(head_commit_id=pull.head.sha)
        token = self.world.platform.tokens["alice"]
        url = f"{self.world.platform.server.url}/{FULL_NAME}.git"
        header = f"http.extraHeader=Authorization: token {token}"
        self.git("-c", header, "fetch", "--quiet", url, "main:refs/remotes/origin/main")
        self.git("checkout", "--quiet", "-B", "main", "origin/main")

    def adopt(self, dev: str = "") -> None:
        """Apply what the first commit says, by a pull request that bob approves."""
        for name in ROOTS:
            self.root(name, thing(name.split("/")[0]) + "# reviewed\n")
        if dev:
            self.root(ROOTS[0], dev)
        self.commit()
        pull = self.pull()
        self.planned(pull)
        self.approve(pull)
        self.merge(pull)
        done = self.edp("apply")
        assert done.code == 0, done.stdout + done.stderr

    def approve(self, pull: forgejo.PullRequest, login: str = "bob") -> None:
        theirs = self.world.as_user(login).get_pull(pull.number)
        theirs.create_review(event="APPROVED", commit_id=pull.head.sha)

    def record(self, name: str, **changes: object) -> None:
        """Change what the ledger says of the newest apply."""
        path = f"terraform/{name}.json"
        found = json.loads(self.world.file(path, "edp-ledger")) | changes
        content = json.dumps(found).encode()
        self.world.platform.forge.seed_files(FULL_NAME, {path: content}, branch="edp-ledger")

    def pull_main(self) -> None:
        """Put the clone's commit on top of what others have pushed."""
        store = self.world.platform.forge.repository(FULL_NAME).store
        self.git("pull", "--quiet", "--rebase", str(store.path), "main")

    def label(self, number: int, name: str) -> None:
        repository = self.world.as_user("alice")
        made = repository.create_label(name, color="#ff0000")
        repository.get_pull(number).add_to_labels(made.id)

    # --- what came of it

    def comments(self, number: int) -> list[str]:
        """The plan comments of a pull request, the oldest first."""
        found = self.world.as_bot().get_pull(number).get_issue_comments()
        return [one.body for one in found if one.body.startswith(HEADER)]

    def results(self, number: int) -> list[str]:
        """The comments about what was applied."""
        found = self.world.as_bot().get_pull(number).get_issue_comments()
        return [one.body for one in found if one.body.startswith("<!-- edp:applied -->")]

    def rescued(self, name: str) -> list[Path]:
        """The states that could not be stored."""
        return sorted((self.states / name).glob("*"))

    @property
    def states(self) -> Path:
        """Where jobs keep states that could not be stored."""
        return self.clone.parent / "states"

    def status(self, sha: str, name: str) -> tuple[str, str]:
        """The commit status of a Terraform root."""
        found = self.world.as_bot().get_combined_status(sha).statuses
        (one,) = (one for one in found if one.context == f"terraform/{name}")
        return one.state, one.description


@contextmanager
def start_terraform_platform(
    folder: Path,
    cloud: TestWorld,
    backend: StateBackend,
    *,
    graph: str = small_platform.GRAPH,
) -> Iterator[TerraformPlatform]:
    """Start it with a thing of its name in each environment's network."""
    plan = Plan(small_platform.small_platform(graph=graph), is_protected=False)
    folder.mkdir(parents=True)
    with start_world(folder, plan) as world:
        world.folder = folder / "clone"
        found = TerraformPlatform(world, cloud, backend, world.folder)
        store = world.platform.forge.repository(FULL_NAME).store
        found.clone.mkdir()
        found.git("clone", "--quiet", str(store.path), ".")
        for name in ROOTS:
            found.root(name, thing(name.split("/")[0]))
        found.commit("things")
        found.push()
        found.git("update-ref", "refs/remotes/origin/main", "HEAD")
        yield found
