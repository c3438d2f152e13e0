"""LIST: consistent pages, and what expired or broken tokens answer."""

import base64
import binascii
import json
from typing import Any

from sandbox.argocd.argocd import ArgoCD
from sandbox.argocd.kubernetes_status import (
    EXPIRED_CONTINUE,
    EXPIRED_LIST,
    bad_request,
    expired,
    respond,
    too_large_version,
)
from sandbox.argocd.selectors import is_selective, selector
from sandbox.http_messages import Request, Response

Document = dict[str, Any]
FROM_NOW = -1


def list_applications(argocd: ArgoCD, namespace: str, request: Request) -> Response:
    matching = selector(request)
    version, documents, start = _snapshot(argocd, request)
    found = [document for document in documents if matching(document)]
    if namespace not in ("", argocd.namespace):
        found = []
    rest = [document for document in found if document["metadata"]["name"] > start]
    limit = number(request, "limit") or len(rest)
    page, left = rest[:limit], len(rest) - limit
    metadata: Document = {"continue": "", "resourceVersion": str(version)}
    if left > 0:
        metadata["continue"] = _token(version, page[-1]["metadata"]["name"])
        if not is_selective(request):
            metadata["remainingItemCount"] = left
    head = {"apiVersion": "argoproj.io/v1alpha1", "items": page, "kind": "ApplicationList"}
    return respond(200, {**head, "metadata": metadata})


def number(request: Request, name: str) -> int:
    text = request.first(name)
    if not text:
        return 0
    try:
        return int(text)
    except ValueError:
        message = f'strconv.ParseInt: parsing "{text}": invalid syntax'
        raise bad_request(f"{name}: Invalid value: {text!r}: {message}") from None


def _snapshot(argocd: ArgoCD, request: Request) -> tuple[int, tuple[Document, ...], str]:
    token = request.first("continue")
    if token:
        return _continued(argocd, *_read(token))
    wanted = number(request, "resourceVersion")
    if wanted > argocd.objects.version:
        raise too_large_version(wanted, argocd.objects.version)
    if request.first("resourceVersionMatch") == "Exact":
        documents = argocd.objects.list_at(wanted)
        if documents is None:
            raise expired(EXPIRED_LIST)
        return wanted, documents, ""
    return *argocd.objects.list_now(), ""


def _continued(argocd: ArgoCD, version: int, start: str) -> tuple[int, tuple[Document, ...], str]:
    if version == FROM_NOW:
        return *argocd.objects.list_now(), start
    documents = argocd.objects.list_at(version)
    if documents is None:
        raise expired(EXPIRED_CONTINUE, {"continue": _token(FROM_NOW, start)})
    return version, documents, start


def _token(version: int, last: str) -> str:
    """Goes on after the Application `last`."""
    content = {"v": "meta.k8s.io/v1", "rv": version, "start": f"{last}\0"}
    text = json.dumps(content, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(token: str) -> tuple[int, str]:
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        content = json.loads(raw)
        return int(content["rv"]), str(content["start"]).rstrip("\0").lstrip("/")
    except binascii.Error:
        raise _broken("illegal base64 data at input byte 0") from None
    except (ValueError, KeyError, TypeError):
        first = raw.decode("latin-1")[:1]
        raise _broken(f"invalid character '{first}' looking for beginning of value") from None


def _broken(why: str) -> Exception:
    return bad_request(f"invalid continue token: continue key is not valid: {why}")
