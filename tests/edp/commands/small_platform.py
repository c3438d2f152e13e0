"""A repository with two stacks and the environments of a graph, as files."""

from collections.abc import Mapping

GRAPH = """\
apiVersion: edp/v1
argocds:
  dev: {context: dev, steady: 1s}
  test: {context: test, steady: 1s}
  prod: {context: prod-hub, steady: 1s}
environments:
  dev: {path: environments/dev, argocd: dev, from: releases}
  test: {path: environments/test, argocd: test, from: [dev]}
  prod-eu1:
    path: environments/prod/eu1
    argocd: prod
    from: [test]
    gates: {approvals: 1}
  prod-us1:
    path: environments/prod/us1
    argocd: prod
    from: [prod-eu1]
bots: {bot: edp-bot, gate: edp-gate, email: edp-bot@example.org}
"""


def gated(gates: str) -> str:
    """The graph with these gates before the test environment."""
    return GRAPH.replace("from: [dev]}", f"from: [dev], gates: {{{gates}}}}}")


ENVIRONMENTS = {
    "environments/dev": "",
    "environments/test": "",
    "environments/prod/eu1": "eu1-",
    "environments/prod/us1": "us1-",
}
COMPONENT = """\
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
patches:
  - target: {kind: Application}
    patch: |
      - {op: add, path: /spec/project, value: default}
      - {op: add, path: /spec/source/repoURL, value: "https://forgejo.example.org/platform/edp.git"}
      - {op: add, path: /spec/destination/server, value: "https://kubernetes.default.svc"}
      - {op: add, path: /spec/syncPolicy, value: {automated: {prune: true, selfHeal: true}}}
"""
STACKS = ("web", "queue")


def application(stack: str, version: str) -> bytes:
    """One environment's Application of a stack."""
    return f"""\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: {stack}
spec:
  source:
    path: stacks/{stack}
    targetRevision: refs/tags/{stack}/v{version}  # the pin
  destination: {{namespace: {stack}}}
""".encode()


def stack_files(stack: str, version: str) -> dict[str, bytes]:
    """A Kustomize stack at a version."""
    return {
        f"stacks/{stack}/stack.yaml": f"""\
apiVersion: edp/v1
name: {stack}
version: {version}
owners: ["@team-{stack}"]
namespace: {stack}
healthTimeout: 5m
""".encode(),
        f"stacks/{stack}/CHANGELOG.md": f"# Changes\n\n## {version}\n\nMore of {stack}.\n".encode(),
        f"stacks/{stack}/kustomization.yaml": b"resources: [settings.yaml]\n",
        f"stacks/{stack}/settings.yaml": f"""\
apiVersion: v1
kind: ConfigMap
metadata: {{name: {stack}}}
data: {{version: "{version}"}}
""".encode(),
    }


def kustomization(prefix: str, up: str, stacks: tuple[str, ...]) -> bytes:
    """An environment's list of stacks."""
    resources = "".join(f"  - {stack}.yaml\n" for stack in stacks)
    head = f"namePrefix: {prefix}\n" if prefix else ""
    return f"{head}resources:\n{resources}components:\n  - {up}/shared\n".encode()


def small_platform(
    version: str = "1.0.0", *, graph: str = GRAPH, stacks: tuple[str, ...] = STACKS
) -> Mapping[str, bytes]:
    """All files, with every stack in every environment at one version."""
    files = {
        "environments/promotion.yaml": graph.encode(),
        "environments/shared/kustomization.yaml": COMPONENT.encode(),
    }
    for folder, prefix in ENVIRONMENTS.items():
        up = "/".join([".."] * folder.count("/"))
        files[f"{folder}/kustomization.yaml"] = kustomization(prefix, up, stacks)
        for stack in stacks:
            files[f"{folder}/{stack}.yaml"] = application(stack, version)
    for stack in stacks:
        files |= stack_files(stack, version)
    return files
