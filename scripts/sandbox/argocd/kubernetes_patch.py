"""Writes through the API: merge and JSON patches, replacements, creations."""

import copy
import json
from typing import Any

from sandbox.argocd.argocd import ArgoCD
from sandbox.argocd.kubernetes_status import (
    KubernetesError,
    already_exists,
    bad_request,
    conflict,
    invalid,
    not_found,
    not_implemented,
    respond,
)
from sandbox.argocd.validation import SPEC_FIELDS, problem, unknown_fields
from sandbox.http_messages import Request, Response

Document = dict[str, Any]
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"
WRONG_TYPE = (
    "the body of the request was in an unknown format - accepted media types include:"
    f" {JSON_PATCH}, {MERGE}, {APPLY}"
)
FIXED = ("name", "namespace", "uid", "creationTimestamp", "generation", "resourceVersion")


def patch_application(argocd: ArgoCD, name: str, request: Request) -> Response:
    kind = request.header("Content-Type").partition(";")[0].strip()
    if kind == APPLY:
        raise not_implemented("server-side apply", request.path)
    if kind not in (MERGE, JSON_PATCH):
        raise KubernetesError(415, "UnsupportedMediaType", WRONG_TYPE)
    old = _existing(argocd, name)
    patch = _body(request)
    if kind == MERGE:
        if not isinstance(patch, dict):
            raise bad_request("json: cannot unmarshal array into Go value of type map[string]any")
        new = merged(old, patch)
    else:
        new = json_patched(old, patch)
    return _replace(argocd, old, new, request)


def put_application(argocd: ArgoCD, name: str, request: Request) -> Response:
    old = _existing(argocd, name)
    new = _document(request)
    return _replace(
        argocd, old, {**new, "metadata": {**old["metadata"], **new["metadata"]}}, request
    )


def post_application(argocd: ArgoCD, request: Request) -> Response:
    document = _document(request)
    name = document["metadata"].get("name", "")
    if argocd.objects.get(name) is not None:
        raise already_exists(name)
    _check(document, request)
    if request.first("dryRun") != "All":
        document = argocd.objects.create(_pruned(document), argocd.time())
        argocd.written(name, None)
    return respond(201, document)


def _existing(argocd: ArgoCD, name: str) -> Document:
    found = argocd.objects.get(name)
    if found is None:
        raise not_found(name)
    return found


def _body(request: Request) -> Any:
    try:
        return json.loads(request.body)
    except ValueError:
        text = request.body.decode(errors="replace")
        raise bad_request(
            "the object provided is unrecognized (must be of type Application): couldn't get"
            f" version/kind; json parse error: unexpected end of JSON input ({text})"
        ) from None


def _document(request: Request) -> Document:
    """A whole Application from the body."""
    document = _body(request)
    if isinstance(document, dict) and isinstance(document.get("metadata"), dict):
        return document
    raise bad_request("the object provided is unrecognized (must be of type Application)")


def _replace(argocd: ArgoCD, old: Document, new: Document, request: Request) -> Response:
    name = old["metadata"]["name"]
    if not isinstance(new.get("metadata"), dict):
        raise bad_request("metadata must be an object")
    if str(new["metadata"].get("resourceVersion")) != old["metadata"]["resourceVersion"]:
        raise conflict(name)
    _check(new, request)
    kept = {key: old["metadata"][key] for key in FIXED if key in old["metadata"]}
    new = _pruned({**new, "metadata": {**new["metadata"], **kept}})
    if request.first("dryRun") == "All":
        return respond(200, new)

    def change(document: Document) -> None:
        document.clear()
        document.update(copy.deepcopy(new))

    written = argocd.objects.edit(name, change) or new
    argocd.written(name, old)
    return respond(200, written)


def _check(document: Document, request: Request) -> None:
    name = document["metadata"].get("name", "")
    if not document.get("spec"):
        raise invalid(name, "spec", "Required value")
    found = problem(document)
    if found:
        raise invalid(name, found.field, found.detail)
    unknown = unknown_fields(document)
    if unknown and request.first("fieldValidation") == "Strict":
        raise _strict_error(document, unknown)


def _strict_error(document: Document, unknown: list[str]) -> KubernetesError:
    fields = ", ".join(f'unknown field "spec.{field}"' for field in unknown)
    text = json.dumps(json.dumps(document, separators=(",", ":")))
    detail = f"Invalid value: {text}: strict decoding error: {fields}"
    cause = {"reason": "FieldValueInvalid", "message": detail, "field": "patch"}
    message = f' "" is invalid: patch: {detail}'
    return KubernetesError(422, "Invalid", message, details={"causes": [cause]})


def _pruned(document: Document) -> Document:
    """Unknown fields are dropped without a word."""
    spec = {key: value for key, value in document.get("spec", {}).items() if key in SPEC_FIELDS}
    return {**document, "spec": spec}


def merged(target: Any, patch: Any) -> Any:
    """A merge patch: null removes, mappings merge, everything else replaces."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def json_patched(document: Document, steps: list[Document]) -> Document:
    """A JSON patch of the operations add, replace, remove and test."""
    result = copy.deepcopy(document)
    try:
        for step in steps:
            _apply(result, step)
    except (KeyError, IndexError, ValueError, TypeError):
        message = "the server rejected our request due to an error in our request"
        raise KubernetesError(422, "Invalid", message, details={}) from None
    return result


def _apply(document: Any, step: Document) -> None:
    *parents, last = _pointer(step["path"])
    for part in parents:
        document = document[int(part)] if isinstance(document, list) else document[part]
    key: Any = int(last) if isinstance(document, list) and last != "-" else last
    operation = step["op"]
    if operation == "test":
        if document[key] != step["value"]:
            raise ValueError(step["path"])
    elif operation == "remove":
        del document[key]
    elif operation == "add" and isinstance(document, list):
        document.insert(len(document) if key == "-" else key, step["value"])
    elif operation in ("add", "replace"):
        if operation == "replace":
            _ = document[key]  # what is not there cannot be replaced
        document[key] = step["value"]
    else:
        raise ValueError(operation)


def _pointer(path: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]
