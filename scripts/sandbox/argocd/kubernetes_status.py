"""The Kubernetes API's errors: `kind: Status` documents."""

from typing import Any

from sandbox.http_messages import Response, json_response

Document = dict[str, Any]
JSON = {"Content-Type": "application/json"}
GROUP = "argoproj.io"
RESOURCE = f"applications.{GROUP}"
EXPIRED_LIST = "The resourceVersion for the provided list is too old."
EXPIRED_CONTINUE = (
    "The provided continue parameter is too old to display a consistent list result. You can start"
    " a new list without the continue parameter, or use the continue token in this response to"
    " retrieve the remainder of the results. Continuing with the provided token results in an"
    " inconsistent list - objects that were created, modified, or deleted between the time the"
    " first chunk was returned and now may show up in the list."
)


class KubernetesError(Exception):
    """A request that is answered with a Status."""

    def __init__(
        self, code: int, reason: str, message: str, *, details: Document | None = None,
        metadata: Document | None = None,
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.code = code
        self.document = status_document(code, reason, message, details, metadata)


def status_document(
    code: int, reason: str, message: str, details: Document | None, metadata: Document | None = None
) -> Document:
    head = {"kind": "Status", "apiVersion": "v1", "metadata": metadata or {}, "status": "Failure"}
    middle = {"message": message, "reason": reason}
    return {**head, **middle, **({} if details is None else {"details": details}), "code": code}


def respond(code: int, document: Document) -> Response:
    return json_response(code, document, JSON)


def page_not_found() -> Response:
    """Of a group or version that is not installed."""
    return Response(404, {"Content-Type": "text/plain; charset=utf-8"}, b"404 page not found\n")


def details(name: str = "", kind: str = "applications") -> Document:
    return {**({"name": name} if name else {}), "group": GROUP, "kind": kind}


def not_found(name: str) -> KubernetesError:
    message = f'{RESOURCE} "{name}" not found'
    return KubernetesError(404, "NotFound", message, details=details(name))


def already_exists(name: str) -> KubernetesError:
    message = f'{RESOURCE} "{name}" already exists'
    return KubernetesError(409, "AlreadyExists", message, details=details(name))


def conflict(name: str) -> KubernetesError:
    message = (
        f'Operation cannot be fulfilled on {RESOURCE} "{name}": the object has been modified;'
        " please apply your changes to the latest version and try again"
    )
    return KubernetesError(409, "Conflict", message, details=details(name))


def bad_request(message: str) -> KubernetesError:
    return KubernetesError(400, "BadRequest", message)


def unauthorized() -> KubernetesError:
    return KubernetesError(401, "Unauthorized", "Unauthorized")


def invalid(name: str, field: str, detail: str) -> KubernetesError:
    cause = {"reason": "FieldValueTypeInvalid", "message": detail, "field": field}
    return KubernetesError(
        422,
        "Invalid",
        f'Application.{GROUP} "{name}" is invalid: {field}: {detail}',
        details={**details(name, "Application"), "causes": [cause]},
    )


def expired(message: str, metadata: Document | None = None) -> KubernetesError:
    return KubernetesError(410, "Expired", message, metadata=metadata)


def too_large_version(wanted: int, current: int) -> KubernetesError:
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    return KubernetesError(
        504,
        "Timeout",
        f"Timeout: Too large resource version: {wanted}, current: {current}",
        details={"causes": [cause], "retryAfterSeconds": 1},
    )


def not_implemented(method: str, path: str) -> KubernetesError:
    message = f"the sandbox does not serve {method} {path}"
    return KubernetesError(501, "NotImplemented", message)
