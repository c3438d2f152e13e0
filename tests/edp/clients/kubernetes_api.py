"""A loopback API server with Applications on several pages, and a kubeconfig that leads to it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edp.clients.kubernetes import Clusters
from sandbox.web import Request, Response, Router, Server, json_response

DATA = Path(__file__).parents[2] / "data"
TOKEN = "a-service-account-token"
APPLICATIONS = "/apis/argoproj.io/v1alpha1/namespaces/{namespace}/applications"


def recorded_answer(recording: str, about: str) -> Response:
    """What a real API server answered."""
    document = json.loads((DATA / "argocd" / f"{recording}.json").read_text())
    (found,) = (one["response"] for one in document["exchanges"] if one["about"] == about)
    body = found["body"]
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Response(found["status"], {"Content-Type": "application/json"}, content)


def application(name: str, **more: Any) -> dict[str, Any]:
    spec = {"source": {"path": f"stacks/{name}", "targetRevision": f"refs/tags/{name}/v1.0.0"}}
    head = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application"}
    return {**head, "metadata": {"name": name, "namespace": "argocd"}, "spec": spec, **more}


def page(items: list[Any], following: str = "") -> dict[str, Any]:
    metadata = {"resourceVersion": "7", "continue": following}
    return {"kind": "ApplicationList", "metadata": metadata, "items": items}


@dataclass
class ArgoCD:
    """Pages of Applications; `instead` are answers given before anything else."""

    pages: list[list[Any]] = field(default_factory=lambda: [[application("keycloak")]])
    instead: list[Response] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def __call__(self, request: Request) -> Response:
        router = Router()
        router.add("GET", APPLICATIONS, lambda asked, names: self._list(asked, names["namespace"]))
        return router(request)

    def _list(self, request: Request, namespace: str) -> Response:
        self.requests.append(request)
        if self.instead:
            return self.instead.pop(0)
        if request.header("authorization") != f"Bearer {TOKEN}":
            return recorded_answer("kubernetes-errors", "wrong token")
        if namespace != "argocd":
            return json_response(200, page([]))
        number = int(request.first("continue", "0"))
        following = str(number + 1) if number + 1 < len(self.pages) else ""
        return json_response(200, page(self.pages[number], following))


@dataclass
class Clock:
    """Sleeping is the only thing that takes time, unless `tick` says that looking does."""

    now: float = 0.0
    tick: float = 0.0
    slept: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        self.now += self.tick
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def kubeconfig(
    folder: Path,
    server: str,
    *,
    cluster: Mapping[str, object] | None = None,
    user: Mapping[str, object] | None = None,
    name: str = "config",
) -> Path:
    """A kubeconfig with the contexts `dev` and `test` on one server; JSON is YAML too."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "other",
        "contexts": [
            {"name": context, "context": {"cluster": "hub", "user": "gate"}}
            for context in ("dev", "test")
        ],
        "clusters": [{"name": "hub", "cluster": {"server": server, **(cluster or {})}}],
        "users": [{"name": "gate", "user": {"token": TOKEN} if user is None else dict(user)}],
    }
    path = folder / name
    path.write_text(json.dumps(document))
    return path


def clusters(
    config: Path | str,
    clock: Clock | None = None,
    *,
    host: str = "",
    token_file: Path = Path("/nowhere/token"),
    patience: float = 20.0,
) -> Clusters:
    clock = clock or Clock()
    return Clusters(
        kubeconfig=str(config),
        kubernetes_host=host,
        service_account_token=token_file,
        monotonic=clock.monotonic,
        sleep=clock.sleep,
        patience=patience,
    )


def serving(argocd: ArgoCD) -> Server:
    return Server(argocd, name="argocd")
