"""The subset of the Kubernetes API that clients of Argo CD use, over one Argo CD."""

import re
import threading
from typing import Any, Final

from sandbox.argocd.access import Access, Wish
from sandbox.argocd.argocd import ArgoCD
from sandbox.argocd.discovery import discovered
from sandbox.argocd.kubernetes_list import list_applications
from sandbox.argocd.kubernetes_patch import patch_application, post_application, put_application
from sandbox.argocd.kubernetes_status import (
    KubernetesError,
    not_found,
    not_implemented,
    page_not_found,
    respond,
)
from sandbox.argocd.kubernetes_watch import watch_applications
from sandbox.argocd.reviews import review_access
from sandbox.http_messages import Request, Response

Document = dict[str, Any]
_PATH: Final = re.compile(
    r"/(?:api|apis/(?P<group>[^/]+))/(?P<version>v[^/]+)(?:/namespaces/(?P<namespace>[^/]+))?"
    r"/(?P<resource>[a-z]+)(?:/(?P<name>[^/]+))?(?P<rest>/.*)?"
)
_VERSIONS: Final = {
    "argoproj.io": "v1alpha1", "": "v1", "apps": "v1", "batch": "v1",
    "authorization.k8s.io": "v1", "rbac.authorization.k8s.io": "v1", "networking.k8s.io": "v1",
}  # fmt: skip
_VERBS: Final = {
    "GET": "get", "PATCH": "patch", "PUT": "update", "POST": "create", "DELETE": "delete",
}  # fmt: skip


class KubernetesApi:
    """Answers requests; each one first brings the Argo CD to the present."""

    def __init__(self, argocd: ArgoCD, access: Access) -> None:
        self._argocd = argocd
        self._access = access
        self.stopping = threading.Event()

    def __call__(self, request: Request) -> Response:
        try:
            return self._answer(request)
        except KubernetesError as error:
            return respond(error.code, error.document)

    def stop(self) -> None:
        """Ends the watches."""
        self.stopping.set()
        with self._argocd.changed:
            self._argocd.changed.notify_all()

    def _answer(self, request: Request) -> Response:
        account = self._access.account(request)
        known = discovered(request)
        if known is not None:
            return known
        found = _PATH.fullmatch(request.path)
        if found is None or _VERSIONS.get(found["group"] or "") != found["version"]:
            return page_not_found()
        wish = _wish(request, found)
        if wish.resource == "selfsubjectaccessreviews" and request.method == "POST":
            return review_access(self._access, account, request)
        self._access.check(request, wish)
        if (wish.group, wish.resource) != ("argoproj.io", "applications"):
            raise not_implemented(request.method, request.path)
        if found["rest"]:
            raise not_found(wish.name)
        with self._argocd.changed:
            self._argocd.advance()
            return self._applications(request, wish)

    def _applications(self, request: Request, wish: Wish) -> Response:
        argocd = self._argocd
        if wish.verb == "watch":
            return watch_applications(argocd, wish.namespace, request, self.stopping)
        if wish.verb == "list":
            return list_applications(argocd, wish.namespace, request)
        if wish.verb == "create" and not wish.name:
            return post_application(argocd, request)
        document = argocd.objects.get(wish.name) if wish.namespace == argocd.namespace else None
        if document is None:
            raise not_found(wish.name)
        if wish.verb == "patch":
            return patch_application(argocd, wish.name, request)
        if wish.verb == "update":
            return put_application(argocd, wish.name, request)
        if wish.verb == "delete":
            argocd.delete(wish.name)
        elif wish.verb != "get":
            raise not_implemented(request.method, request.path)
        return respond(200, argocd.objects.get(wish.name) or document)


def _wish(request: Request, found: re.Match[str]) -> Wish:
    verb = _VERBS.get(request.method, request.method.lower())
    if verb == "get" and not found["name"]:
        is_watch = request.first("watch").lower() in ("1", "true")
        verb = "watch" if is_watch else "list"
    parts = (found[key] or "" for key in ("resource", "group", "namespace", "name"))
    return Wish(verb, *parts)
