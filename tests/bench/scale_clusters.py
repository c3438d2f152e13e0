"""Kubernetes APIs that list many healthy Applications, written out as they are asked for."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from tests.bench.scale_repository import VERSION, Size

from sandbox.http_messages import Request, Response

_RECORDED: Final = Path(__file__).parent.parent / "data" / "argocd"
_TOKEN: Final = "bench"
LIST_PATH: Final = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications"


@dataclass
class Fleet:
    """What every Argo CD shows: all that is pinned is live and healthy at its release."""

    size: Size
    commits: Mapping[str, str]
    """The commit of each release by its ref."""
    head: str
    """The commit of `main` that every root Application has applied."""
    pinned: dict[tuple[str, str], str] = field(default_factory=dict)
    """Versions by stack and environment, where it is not the first one."""

    def list_applications(self, argocd: str, request: Request) -> Response:
        """One page of at most `limit` Applications, as a real API answers."""
        if request.path != LIST_PATH:
            return Response(404, {"Content-Type": "text/plain"})
        limit, start = int(request.first("limit")), int(request.first("continue", "0"))
        names = list(self._names(argocd))
        items = ",".join(self._document(*one) for one in names[start : start + limit])
        token = str(start + limit) if start + limit < len(names) else ""
        head = '{"apiVersion":"argoproj.io/v1alpha1","kind":"ApplicationList","metadata":'
        metadata = json.dumps({"continue": token, "resourceVersion": "1"})
        body = f'{head}{metadata},"items":[{items}]}}'.encode()
        return Response(200, {"Content-Type": "application/json"}, body)

    def _names(self, argocd: str) -> Iterator[tuple[str, str]]:
        """Environment and stack of each Application; a root Application has no stack."""
        for environment in self.size.environments_of(argocd):
            yield environment, ""
            for stack in self.size.stacks_in(environment):
                yield environment, stack

    def _document(self, environment: str, stack: str) -> str:
        if not stack:
            return self._root(environment)
        version = self.pinned.get((stack, environment), VERSION)
        revision = f"refs/tags/{stack}/v{version}"
        return _filled(_APPLICATION, environment, stack, revision, self.commits[revision])

    def _root(self, environment: str) -> str:
        children = ",".join(
            _CHILD.replace("@name@", f"{environment}-{stack}")
            for stack in self.size.stacks_in(environment)
        )
        return _filled(_ROOT, environment, "", "main", self.head).replace('"@children@"', children)


def _filled(text: str, environment: str, stack: str, revision: str, commit: str) -> str:
    values = {"environment": environment, "stack": stack, "revision": revision, "commit": commit}
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    # Argo CD compares all the time: this moves with the clock, all other times stay.
    return text.replace("@now@", _iso(datetime.now(UTC) - timedelta(seconds=20)))


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _application() -> dict[str, Any]:
    """A recorded Application of a real Argo CD, with places to fill in."""
    recorded = json.loads((_RECORDED / "app-healthy-synced.json").read_bytes())
    found: dict[str, Any] = recorded["object"]
    found["metadata"]["name"] = "@environment@-@stack@"
    values = {"replicas": 2, "host": "@stack@.@environment@.example.org"}
    source = {
        "path": "stacks/@stack@",
        "repoURL": "https://forgejo.example.org/platform/edp.git",
        "targetRevision": "@revision@",
        "helm": {"valuesObject": values},
    }
    destination = {"namespace": "@stack@", "server": "https://kubernetes.default.svc"}
    found["spec"] |= {"source": source, "destination": destination}
    _show_as_synced(found["status"], source, destination)
    return found


def _show_as_synced(
    status: dict[str, Any], source: dict[str, Any], destination: dict[str, Any]
) -> None:
    status["sync"]["comparedTo"] = {"source": source, "destination": destination}
    status["sync"]["revision"] = "@commit@"
    status["reconciledAt"] = "@now@"
    operation = status["operationState"]
    operation["operation"]["sync"]["revision"] = "@commit@"
    operation["syncResult"] |= {"revision": "@commit@", "source": source}
    for entry in status["history"]:
        entry |= {"revision": "@commit@", "source": source}


def _root_application() -> dict[str, Any]:
    found = _application()
    found["metadata"]["name"] = "root-@environment@"
    source = {
        "path": "environments/@environment@",
        "repoURL": "https://forgejo.example.org/platform/edp.git",
        "targetRevision": "main",
    }
    destination = {"namespace": "argocd", "server": "https://kubernetes.default.svc"}
    found["spec"] |= {"source": source, "destination": destination}
    _show_as_synced(found["status"], source, destination)
    found["status"]["resources"] = ["@children@"]
    return found


_APPLICATION: Final = json.dumps(_application(), separators=(",", ":"))
_ROOT: Final = json.dumps(_root_application(), separators=(",", ":"))
_CHILD: Final = json.dumps(
    {
        "group": "argoproj.io",
        "kind": "Application",
        "name": "@name@",
        "namespace": "argocd",
        "status": "Synced",
        "version": "v1alpha1",
    },
    separators=(",", ":"),
)


def kubeconfig(urls: Mapping[str, str]) -> str:
    """A context for each Argo CD; JSON is YAML."""
    names = list(urls)
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": {"server": urls[name]}} for name in names],
            "users": [{"name": name, "user": {"token": _TOKEN}} for name in names],
            "contexts": [
                {"name": name, "context": {"cluster": name, "user": name}} for name in names
            ],
        }
    )
