"""What the API server says about itself: versions, groups and resources."""

from typing import Any, Final

from sandbox.argocd.kubernetes_status import respond
from sandbox.http_messages import Request, Response

Document = dict[str, Any]
_GROUP_VERSION: Final = {"groupVersion": "argoproj.io/v1alpha1", "version": "v1alpha1"}
_GROUP: Final = {
    "name": "argoproj.io", "versions": [_GROUP_VERSION], "preferredVersion": _GROUP_VERSION,
}  # fmt: skip
_APPLICATIONS: Final = {
    "name": "applications", "singularName": "application", "namespaced": True,
    "kind": "Application", "shortNames": ["app", "apps"],
    "verbs": ["create", "delete", "get", "list", "patch", "update", "watch"],
}  # fmt: skip
_DOCUMENTS: Final[dict[str, Document]] = {
    "/version": {
        "major": "1", "minor": "36", "gitVersion": "v1.36.1", "platform": "linux/amd64",
    },
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": []},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_GROUP]},
    "/apis/argoproj.io": {"kind": "APIGroup", "apiVersion": "v1", **_GROUP},
    "/apis/argoproj.io/v1alpha1": {
        "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "argoproj.io/v1alpha1",
        "resources": [_APPLICATIONS],
    },
}  # fmt: skip


def discovered(request: Request) -> Response | None:
    """The answer to a question about the server itself."""
    path = request.path.rstrip("/")
    if request.method != "GET":
        return None
    if path in ("/healthz", "/livez", "/readyz"):
        return Response(200, {"Content-Type": "text/plain; charset=utf-8"}, b"ok")
    document = _DOCUMENTS.get(path)
    return None if document is None else respond(200, document)
