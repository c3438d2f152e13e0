"""A stand-in for several Argo CDs: Applications that follow git, and a Kubernetes API."""

from sandbox.argocd.access import Account, accounts_of
from sandbox.argocd.argocd import ArgoCD
from sandbox.argocd.pace import DEFAULT, FAST, Pace
from sandbox.argocd.serving import kubeconfig, kubernetes_app, start_argocd

__all__ = [
    "DEFAULT", "FAST", "Account", "ArgoCD", "Pace", "accounts_of", "kubeconfig", "kubernetes_app",
    "start_argocd",
]  # fmt: skip
