"""Argo CDs as running servers, and the kubeconfig that leads to them."""

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from sandbox.argocd.access import Access, Account, accounts_of
from sandbox.argocd.argocd import ArgoCD
from sandbox.argocd.kubernetes_api import KubernetesApi
from sandbox.web import Fault, Server

ALWAYS = 1_000_000_000


def kubernetes_app(argocd: ArgoCD, accounts: Iterable[Account] | None = None) -> KubernetesApi:
    """The application behind one server; its accounts default to `accounts_of(argocd.name)`."""
    chosen = accounts_of(argocd.name) if accounts is None else accounts
    return KubernetesApi(argocd, Access(chosen, argocd.namespace))


def start_argocd(
    argocds: Mapping[str, ArgoCD], accounts: Mapping[str, Iterable[Account]] | None = None
) -> dict[str, Server]:
    """One running server per Argo CD, by kubeconfig context; the caller stops them."""
    return {
        context: serve(argocd, (accounts or {}).get(context)) for context, argocd in argocds.items()
    }


def serve(argocd: ArgoCD, accounts: Iterable[Account] | None = None) -> Server:
    app = kubernetes_app(argocd, accounts)
    server = Server(app, name=f"argocd-{argocd.name}")
    server.on_stop.append(app.stop)
    server.faults.add(Fault("reset", lambda _: argocd.is_unreachable == "reset", times=ALWAYS))
    server.faults.add(Fault("hang", lambda _: argocd.is_unreachable == "hang", times=ALWAYS))
    return server.start()


def kubeconfig(servers: Mapping[str, Server], tokens: Mapping[str, str]) -> str:
    """YAML with one context per server; `tokens` are bearer tokens by context.

    For the client libraries: `kubectl` sends no token over plain http and is then anonymous.
    """
    return dump({context: server.url for context, server in servers.items()}, tokens)


def dump(urls: Mapping[str, str], tokens: Mapping[str, str], namespace: str = "argocd") -> str:
    config: dict[str, Any] = {"apiVersion": "v1", "kind": "Config", "preferences": {}}
    config["clusters"] = [{"name": name, "cluster": {"server": url}} for name, url in urls.items()]
    config["users"] = [{"name": name, "user": {"token": tokens[name]}} for name in urls]
    config["contexts"] = [
        {"name": name, "context": {"cluster": name, "user": name, "namespace": namespace}}
        for name in urls
    ]
    config["current-context"] = next(iter(urls), "")
    return yaml.safe_dump(config, sort_keys=False)
