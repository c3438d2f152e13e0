"""A repository with environments and stacks, an Argo CD that follows it, and a clock to turn."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from edp.core.health.application import project_application
from edp.core.health.verdict import Expected, Health, Memory, Verdict, judge
from sandbox.argocd import DEFAULT, ArgoCD, Pace
from sandbox.argocd.objects import FIRST_VERSION
from sandbox.forge.git_setup import create_store
from sandbox.forge.git_store import ZERO, GitStore, Signature

Document = dict[str, Any]
REPO_URL = "https://git.example.test/platform/edp.git"
START = datetime(2026, 11, 23, 1, 25, 59, 316000, UTC)
STEP = timedelta(milliseconds=10)
TIMEOUT = timedelta(minutes=15)
STALE_AFTER = timedelta(minutes=10)

COMPONENT = """\
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
namespace: argocd
patches:
  - target: {kind: Application}
    patch: |
      apiVersion: argoproj.io/v1alpha1
      kind: Application
      metadata:
        name: every-application
        finalizers: [resources-finalizer.argocd.argoproj.io]
      spec:
        project: edp
        destination: {server: https://kubernetes.default.svc}
        source: {repoURL: https://git.example.test/platform/edp.git}
        syncPolicy:
          automated: {prune: true, selfHeal: true}
          syncOptions: [CreateNamespace=true]
          retry: {limit: 2, backoff: {duration: 5s, factor: 2, maxDuration: 1m}}
"""


def application(stack: str, pin: str) -> str:
    return (
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\n"
        f"metadata:\n  name: {stack}\n"
        f"spec:\n  source:\n    path: stacks/{stack}\n    targetRevision: {pin}\n"
        f"  destination:\n    namespace: {stack}\n"
    )


def environment(prefix: str, depth: str, stacks: tuple[str, ...]) -> str:
    files = "".join(f"  - {stack}.yaml\n" for stack in stacks)
    head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
    return f"{head}namePrefix: {prefix}-\nresources:\n{files}components:\n  - {depth}shared\n"


def tag_of(stack: str, version: str) -> str:
    return f"refs/tags/{stack}/v{version}"


FOLDERS = {"test": "../", "prod/eu1": "../../", "prod/us1": "../../"}
FILES: Mapping[str, str] = {
    "environments/shared/kustomization.yaml": COMPONENT,
    "stacks/web/kustomization.yaml": "resources: []\n",
    "stacks/web/version": "1.0.0\n",
    "stacks/queue/Chart.yaml": "name: queue\nversion: 1.0.0\n",
    **{
        f"environments/{folder}/kustomization.yaml": environment(
            folder.replace("/", "-"), depth, ("web", "queue")
        )
        for folder, depth in FOLDERS.items()
    },
    **{
        f"environments/{folder}/{stack}.yaml": application(stack, tag_of(stack, "1.0.0"))
        for folder in FOLDERS
        for stack in ("web", "queue")
    },
}


class Git:
    """The bare repository behind the Argo CD."""

    def __init__(self, path: Path) -> None:
        self.store = GitStore(path)

    @classmethod
    def create(cls, path: Path) -> "Git":
        create_store(path, "main")
        git = cls(path)
        git.commit(dict(FILES))
        git.tag("web/v1.0.0")
        git.tag("queue/v1.0.0")
        return git

    def main(self) -> str:
        return self.store.branch("main") or ZERO

    def commit(self, files: Mapping[str, str | None], branch: str = "main") -> str:
        """One commit that writes or, for None, removes files."""
        old = self.store.branch(branch)
        updates = [
            (path, None if text is None else self.store.write_blob(text.encode()))
            for path, text in files.items()
        ]
        tree = self.store.write_tree(old and self.store.commit(old).tree, updates)
        who = Signature("Somebody", "somebody@example.test", START)
        parents = [old] if old else []
        new = self.store.write_commit(tree, parents, "change", author=who, committer=who)
        self.store.update_ref(f"refs/heads/{branch}", new, old or ZERO)
        return new

    def tag(self, name: str, commit: str | None = None) -> str:
        """An annotated tag; an existing one is moved."""
        commit = commit or self.main()
        who = Signature("Somebody", "somebody@example.test", START)
        tag = self.store.write_tag(name, commit, "release", who)
        self.store.update_ref(f"refs/tags/{name}", tag, self.store.tag(name) or ZERO)
        return commit

    def release(self, stack: str, version: str) -> str:
        """A new version with other manifests; returns its commit."""
        self.commit({f"stacks/{stack}/version": f"{version}\n"})
        return self.tag(f"{stack}/v{version}")

    def pin(self, folder: str, stack: str, version: str) -> str:
        text = application(stack, tag_of(stack, version))
        return self.commit({f"environments/{folder}/{stack}.yaml": text})


@dataclass
class Clock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Watched:
    """One Application, judged at each of its writes."""

    world: "ArgoWorld"
    name: str
    pin: str
    commit: str
    memory: Memory | None = None
    seen: list[Health] = field(default_factory=list)
    turned: list[datetime] = field(default_factory=list)
    """When the verdict changed."""

    def judge(self) -> Verdict:
        document = self.world.argocd.objects.get(self.name)
        verdict = judge(
            None if document is None else project_application(document),
            Expected(self.pin, self.commit, TIMEOUT),
            now=self.world.clock.now,
            stale_after=STALE_AFTER,
            memory=self.memory,
        )
        self.memory = verdict.memory
        self.seen.append(verdict.health)
        return verdict

    def follow(self, seconds: float) -> list[Health]:
        """Judges after each write in that time; the verdicts without repetitions in a row."""
        self.judge()
        for _ in self.world.steps(seconds):
            if self.judge().health is not self.seen[-2]:
                self.turned.append(self.world.clock.now)
        return [word for word, _ in groupby(self.seen)]


class ArgoWorld:
    """An Argo CD whose environments are deployed and healthy."""

    def __init__(self, git: Git, pace: Pace = DEFAULT, name: str = "test") -> None:
        self.git = git
        self.clock = Clock()
        self.argocd = ArgoCD(name, git.store.path, clock=self.clock, pace=pace, repo_url=REPO_URL)

    def deploy(self, *folders: str) -> None:
        for folder in folders:
            self.argocd.add_root(f"root-{folder.replace('/', '-')}", f"environments/{folder}")
        self.run(60)

    def run(self, seconds: float) -> None:
        self.clock.forward(seconds)
        self.argocd.advance()

    def steps(self, seconds: float) -> Iterator[None]:
        """Time in small steps; stops at each at which something was written."""
        end = self.clock.now + timedelta(seconds=seconds)
        while self.clock.now < end:
            before = self.argocd.objects.version
            self.clock.now += STEP
            self.argocd.advance()
            if self.argocd.objects.version != before:
                yield

    def watched(self, name: str, stack: str, version: str, commit: str) -> Watched:
        return Watched(self, name, tag_of(stack, version), commit)

    def document(self, name: str) -> Document:
        document = self.argocd.objects.get(name)
        assert document is not None, f"there is no Application {name}"
        return document

    def status(self, name: str) -> Document:
        status: Document = self.document(name).get("status", {})
        return status

    def writes(self, name: str, since: int = FIRST_VERSION) -> list[Document]:
        """Each version of an Application written after a resource version."""
        events = self.argocd.objects.events_after(since) or []
        return [e.document for e in events if e.document["metadata"]["name"] == name]


def copied(template: Path, target: Path) -> Git:
    shutil.copytree(template, target)
    return Git(target)
