"""A generated platform repository of any size, as a stream for `git fast-import`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

VERSION: Final = "1.0.0"
NEXT_VERSION: Final = "1.1.0"
BOT: Final = "edp-bot"
GATE: Final = "edp-gate"
EMAIL: Final = "edp-bot@example.org"
GRAPH_PATH: Final = "environments/promotion.yaml"
# Of every Argo CD's first environments, one takes releases by itself, one after an approval, and
# the others follow the first; all further ones wait for what their own Argo CD's first one shows.
AUTOMATIC: Final = 0
APPROVED: Final = 1
_BEGIN: Final = 1_767_225_600
_COMPONENT: Final = """\
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


@dataclass(frozen=True)
class Size:
    """How much there is of everything."""

    stacks: int = 1000
    environments: int = 50
    argocds: int = 5

    @property
    def stack_names(self) -> tuple[str, ...]:
        return tuple(f"stack-{number:04}" for number in range(self.stacks))

    @property
    def environment_names(self) -> tuple[str, ...]:
        return tuple(map(environment_name, range(self.environments)))

    @property
    def argocd_names(self) -> tuple[str, ...]:
        return tuple(f"hub-{number}" for number in range(self.argocds))

    @property
    def lonely_stack(self) -> str:
        """The stack that is missing where people approve, so that it can be promoted alone."""
        return self.stack_names[0]

    def stacks_in(self, environment: str) -> tuple[str, ...]:
        """The stacks that an environment has."""
        is_without = environment == environment_name(APPROVED)
        return self.stack_names[1:] if is_without else self.stack_names

    def environments_of(self, argocd: str) -> tuple[str, ...]:
        """The environments that one Argo CD serves."""
        first = self.argocd_names.index(argocd)
        return self.environment_names[first :: self.argocds]


def environment_name(number: int) -> str:
    """The name of one environment; its Applications' names in the cluster begin with it."""
    return f"env-{number:02}"


def application_path(stack: str, environment: str) -> str:
    """The file with the pin."""
    return f"environments/{environment}/{stack}.yaml"


def graph(size: Size) -> str:
    """`promotion.yaml`."""
    argocds = "".join(f"  {name}: {{context: {name}, steady: 1s}}\n" for name in size.argocd_names)
    environments = "".join(_environment(number, size) for number in range(size.environments))
    bots = f"bots: {{bot: {BOT}, gate: {GATE}, email: {EMAIL}}}\n"
    return f"apiVersion: edp/v1\nargocds:\n{argocds}environments:\n{environments}{bots}"


def _environment(number: int, size: Size) -> str:
    name, argocd = environment_name(number), size.argocd_names[number % size.argocds]
    source = AUTOMATIC if number < size.argocds else number % size.argocds
    how = {
        AUTOMATIC: "from: releases",
        APPROVED: "from: releases, gates: {approvals: 1}",
    }.get(number, f"from: [{environment_name(source)}], gates: {{soak: 1h}}")
    return f"  {name}: {{path: environments/{name}, argocd: {argocd}, {how}}}\n"


def stack_files(stack: str, version: str) -> dict[str, str]:
    """A small Kustomize stack."""
    folder = f"stacks/{stack}"
    head = f'apiVersion: edp/v1\nname: {stack}\nversion: "{version}"\n'
    return {
        f"{folder}/stack.yaml": f'{head}owners: ["@team"]\nnamespace: {stack}\n',
        f"{folder}/CHANGELOG.md": f"# Changes\n\n## {version}\n\nMore of {stack}.\n",
        f"{folder}/kustomization.yaml": "resources: [settings.yaml]\n",
        f"{folder}/settings.yaml": "apiVersion: v1\nkind: ConfigMap\n"
        f'metadata: {{name: {stack}}}\ndata: {{version: "{version}"}}\n',
    }


def environment_files(size: Size, environment: str) -> dict[str, str]:
    """An environment with its stacks, each with values of its own."""
    listed = "".join(f"  - {stack}.yaml\n" for stack in size.stacks_in(environment))
    files = {
        f"environments/{environment}/kustomization.yaml": f"namePrefix: {environment}-\n"
        f"resources:\n{listed}components:\n  - ../shared\n"
    }
    for stack in size.stacks_in(environment):
        files[application_path(stack, environment)] = application(stack, environment)
    return files


def application(stack: str, environment: str) -> str:
    """One Application; no two of them are equal."""
    return f"""\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: {stack}
spec:
  source:
    path: stacks/{stack}
    targetRevision: refs/tags/{stack}/v{VERSION}  # the pin
    helm:
      valuesObject:
        replicas: 2
        host: {stack}.{environment}.example.org
  destination: {{namespace: {stack}}}
"""


def first_history(size: Size) -> Iterator[bytes]:
    """Everything at its first version: a commit and a release for each stack, then the pins."""
    files = {GRAPH_PATH: graph(size), "environments/shared/kustomization.yaml": _COMPONENT}
    yield from _commit(1, "The graph", files)
    for number, stack in enumerate(size.stack_names, 2):
        yield from _commit(number, f"Add {stack}", stack_files(stack, VERSION))
        yield _tag(stack, VERSION, f":{number}", number)
    for number, environment in enumerate(size.environment_names, size.stacks + 2):
        yield from _commit(number, f"Fill {environment}", environment_files(size, environment))


def next_releases(stacks: Iterable[str], *, head: str, at: int) -> Iterator[bytes]:
    """One more commit on `main` for each stack, with the next version and its release."""
    parent = head
    for number, stack in enumerate(stacks, 1):
        files = stack_files(stack, NEXT_VERSION)
        yield from _commit(number, f"{stack} {NEXT_VERSION}", files, parent=parent, at=at)
        yield _tag(stack, NEXT_VERSION, f":{number}", at - _BEGIN)
        parent = ""


def _commit(
    mark: int, subject: str, files: Mapping[str, str], *, parent: str = "", at: int = 0
) -> Iterator[bytes]:
    when = at or _BEGIN + mark * 60
    who = f"committer alice <alice@example.org> {when} +0000"
    yield f"commit refs/heads/main\nmark :{mark}\n{who}\n{_data(subject)}".encode()
    if parent:
        yield f"from {parent}\n".encode()
    for path, text in files.items():
        yield f"M 100644 inline {path}\n{_data(text)}".encode()
    yield b"\n"


def _tag(stack: str, version: str, commit: str, minutes: int) -> bytes:
    tagger = f"tagger {BOT} <{EMAIL}> {_BEGIN + minutes} +0000"
    head = f"tag {stack}/v{version}\nfrom {commit}\n{tagger}\n"
    return f"{head}{_data(f'{stack} {version}')}".encode()


def _data(text: str) -> str:
    return f"data {len(text.encode())}\n{text}\n"
