"""SelfSubjectAccessReview: may I?"""

import json

from sandbox.argocd.access import Access, Account, Wish
from sandbox.argocd.kubernetes_status import bad_request, respond
from sandbox.http_messages import Request, Response


def review_access(access: Access, account: Account | None, request: Request) -> Response:
    try:
        spec = json.loads(request.body)["spec"]
        asked = spec["resourceAttributes"]
        names = ("verb", "resource", "group", "namespace", "name")
        wish = Wish(*(str(asked.get(name) or "") for name in names))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise bad_request("spec.resourceAttributes: Required value") from None
    head = {"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1"}
    status = {"allowed": access.allows(account, wish)}
    return respond(201, {**head, "metadata": {}, "spec": spec, "status": status})
