"""The sandbox as a runner sees it: real time, the real workflows, a clone of each commit."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import small_platform
from act_runs import SYSTEM, TOOLS, Act, ActRun, Trigger
from workflow_files import FOLDER, ROOT

import forgejo
from sandbox.platform import FULL_NAME, Plan, Platform, start_platform

FINAL = "pull-request / done (pull_request)"
AUTOMATIC = "forgejo-actions"


@dataclass(frozen=True)
class WorkflowWorld:
    """A platform, and an `act` that runs the workflows of its repository."""

    platform: Platform
    act: Act
    folder: Path

    @property
    def refs(self) -> Mapping[str, str]:
        """All refs of the repository on the server."""
        return self.platform.forge.repository(FULL_NAME).store.refs("refs/")

    def run(self, trigger: Trigger, ref: str = "refs/heads/main") -> ActRun:
        """What a runner does for a commit of the server."""
        clone = self.folder / "clone"
        if not clone.exists():
            self.git("clone", "--quiet", f"{self.platform.server.url}/{FULL_NAME}.git", str(clone))
        self.git("-C", str(clone), "fetch", "--quiet", "origin", ref)
        self.git("-C", str(clone), "checkout", "--quiet", "--detach", "FETCH_HEAD")
        done = self.act.run(clone, trigger)
        assert not [token for token in self._tokens() if token in done.text]
        return done

    def _tokens(self) -> list[str]:
        """What no run may print: `act` is told not to hide it."""
        cluster = re.findall(r"token: (\S+)", self.act.secrets["EDP_KUBECONFIG"])
        assert cluster
        return [*cluster, *self.platform.tokens.values(), self.act.secrets["GITHUB_TOKEN"]]

    def run_for_pull(self, pull: forgejo.PullRequest, **head_repo: str) -> ActRun:
        """What a runner does when a pull request is opened; `head_repo` overrides the payload."""
        payload = pull_payload(pull, head_repo)
        trigger = Trigger("pull_request", "pull-request", payload)
        return self.run(trigger, f"refs/pull/{pull.number}/head")

    def edp(self, *arguments: str) -> None:
        """Run a command that must succeed, as the bot."""
        environment = {**self.platform.environment(), "PATH": f"{TOOLS}:{SYSTEM}"}
        subprocess.run([TOOLS / "edp", *arguments], env=environment, check=True)

    def git(self, *arguments: str) -> None:
        """Run git without anybody's configuration."""
        environment = {"PATH": SYSTEM, "HOME": str(self.folder)}
        subprocess.run(["git", *arguments], env=environment, check=True)

    @contextmanager
    def seen_by(self, login: str) -> Iterator[forgejo.Repository]:
        """The repository through somebody's eyes."""
        with forgejo.Forgejo(self.platform.server.url, self.platform.tokens[login]) as client:
            yield client.get_repo(FULL_NAME)

    def propose(self, files: Mapping[str, bytes]) -> forgejo.PullRequest:
        """A pull request of a person."""
        self.platform.forge.seed_files(FULL_NAME, files, branch="topic", author="alice")
        with self.seen_by("alice") as repository:
            return repository.create_pull(title="A change", head="topic", base="main")

    def merge(self, pull: forgejo.PullRequest) -> None:
        """Two people do what the branch asks for."""
        self.report_checks(pull.head.sha)
        with self.seen_by("bob") as repository:
            repository.get_pull(pull.number).create_review(
                event="APPROVED", commit_id=pull.head.sha
            )
        with self.seen_by("alice") as repository:
            repository.get_pull(pull.number).merge(head_commit_id=pull.head.sha)

    def report_checks(self, commit: str) -> None:
        """Post what the server posts when the pull request workflow has ended well."""
        with forgejo.Forgejo(self.platform.server.url, self.act.secrets["GITHUB_TOKEN"]) as client:
            repository = client.get_repo(FULL_NAME)
            repository.create_status(commit, state="success", context=FINAL)

    def statuses(self, commit: str) -> dict[str, str]:
        """The latest state of each context of a commit."""
        with self.seen_by("alice") as repository:
            found = repository.get_combined_status(commit).statuses
        return {status.context: status.state for status in found}


def pull_payload(pull: forgejo.PullRequest, head_repo: Mapping[str, str]) -> dict[str, Any]:
    """The part of the recorded event that the workflow reads."""
    head = {
        "sha": pull.head.sha,
        "ref": pull.head.ref,
        "repo": {"full_name": FULL_NAME, **head_repo},
    }
    base = {"sha": pull.base.sha, "ref": pull.base.ref, "repo": {"full_name": FULL_NAME}}
    about = {"number": pull.number, "head": head, "base": base}
    return {"action": "opened", "number": pull.number, "pull_request": about}


@contextmanager
def start_workflow_world(folder: Path) -> Iterator[WorkflowWorld]:
    """A running platform, with the secrets that its workflows are given."""
    files = dict(small_platform.small_platform())
    for path in sorted((ROOT / FOLDER).rglob("*.yaml")):
        files[path.relative_to(ROOT).as_posix()] = path.read_bytes()
    with start_platform(Plan(files, checks=(FINAL,)), folder / "server") as platform:
        secrets = {
            "EDP_TOKEN": platform.tokens[platform.bot],
            "EDP_GATE_TOKEN": platform.tokens[platform.gate],
            "EDP_KUBECONFIG": platform.kubeconfig.read_text(encoding="utf-8"),
            "GITHUB_TOKEN": _automatic_token(platform),
        }
        home = folder / "home"
        home.mkdir()
        yield WorkflowWorld(platform, Act(home, platform.server.url, secrets), folder)


def _automatic_token(platform: Platform) -> str:
    platform.forge.create_user(AUTOMATIC)
    platform.forge.allow(FULL_NAME, AUTOMATIC, "write")
    return platform.forge.create_token(AUTOMATIC, ("write:repository", "write:issue"))
