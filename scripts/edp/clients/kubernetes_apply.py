"""One object of an API server, brought to what we say by a server-side apply.

What others wrote beside our fields stays. One bounded request; whoever fails may run it again.
"""

import base64
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from edp.clients.kubeconfig import ClusterAccess
from edp.clients.kubernetes import (
    connections,
    headers_for,
    message_of,
    require_package,
    within,
)
from edp.core.names import require_name
from edp.errors import ConflictError, EdpError, InvalidInputError, UnavailableError
from edp.text import one_line, redact

FIELD_MANAGER: Final = "edp"
_PLURALS: Final = {"Secret": "secrets", "ConfigMap": "configmaps"}
_CONNECT_SECONDS: Final = 5.0
_READ_SECONDS: Final = 20.0
_PATIENCE: Final = 30.0
_LARGEST_ANSWER: Final = 4 * 1024 * 1024
"""An object is at most half as large."""
_logger = logging.getLogger("edp.kubernetes")


@dataclass(frozen=True, slots=True)
class Applier:
    """The API server of one context. `secrets` are texts that no message may show."""

    access: ClusterAccess = field(repr=False)
    context: str
    monotonic: Callable[[], float]
    secrets: tuple[str, ...] = field(default=(), repr=False)
    patience: float = _PATIENCE

    def apply(self, body: Mapping[str, Any]) -> None:
        """Make a Secret or ConfigMap what `body` says, as the field manager `edp`."""
        require_package()
        path = object_path(body)
        began = self.monotonic()
        what = f'{path} in context "{one_line(self.context, 60)}"'
        status, answer = within(self.patience, lambda: self._send(path, body, what), what=what)
        spent = round((self.monotonic() - began) * 1000)
        _logger.debug("apply path=%s status=%d ms=%d", path, status, spent)
        if status not in (200, 201):
            raise self._refusal(status, answer, what)
        if not _is_object(answer, body["kind"]):
            raise UnavailableError(self._text(what, "the answer is not the object"))

    def _send(self, path: str, body: Mapping[str, Any], what: str) -> tuple[int, bytes]:
        import urllib3

        try:
            with connections(self.access, what) as pool:
                response = pool.request(
                    "PATCH",
                    f"{self.access.server}/{path}?fieldManager={FIELD_MANAGER}&force=true",
                    body=json.dumps(sent(body)).encode(),
                    # JSON is YAML, too; the API server takes no other name for an apply.
                    headers=headers_for(self.access)
                    | {"Content-Type": "application/apply-patch+yaml"},
                    timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS),
                    retries=False,
                    redirect=False,
                    preload_content=False,
                )
                try:
                    return response.status, response.read(_LARGEST_ANSWER, decode_content=False)
                finally:
                    response.close()
        except urllib3.exceptions.SSLError as exc:
            raise UnavailableError(self._text(what, f"no trusted connection: {exc}")) from None
        except (urllib3.exceptions.HTTPError, OSError) as exc:
            raise UnavailableError(self._text(what, f"no answer: {exc}")) from None

    def _refusal(self, status: int, answer: bytes, what: str) -> EdpError:
        message = self._text(what, f"answer {status}: {message_of(answer)}")
        if status == 409:
            return ConflictError(message, hint="look who changed it, then run again")
        if status in (400, 422):
            return InvalidInputError(message)
        return UnavailableError(message, hint=_hint(status))

    def _text(self, what: str, problem: str) -> str:
        return one_line(redact(f"{what}: {problem}", [self.access.token, *self.secrets]))


def object_path(body: Mapping[str, Any]) -> str:
    """Where an object stands below the API server's address; its names are checked."""
    kind, metadata = body["kind"], body["metadata"]
    if kind not in _PLURALS:
        raise InvalidInputError(f"{one_line(str(kind), 60)}: this kind is not applied")
    namespace = require_name(metadata["namespace"], what=f"namespace of the {kind}")
    name = require_name(metadata["name"], what=f"name of the {kind}")
    return f"api/v1/namespaces/{namespace}/{_PLURALS[kind]}/{name}"


def sent(body: Mapping[str, Any]) -> dict[str, Any]:
    """The object as it is sent: `data` for `stringData`, which an apply does not own well.

    https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/secret-v1/
    """
    document = dict(body)
    plain = document.pop("stringData", None)
    if plain is not None:
        document["data"] = {
            key: base64.b64encode(text.encode()).decode() for key, text in plain.items()
        }
    return document


def _is_object(answer: bytes, kind: str) -> bool:
    """Whether it is what an API server answers, and no page of something in between."""
    try:
        document: object = json.loads(answer)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and document.get("kind") == kind


def _hint(status: int) -> str:
    return {
        401: "renew the token of the account in the kubeconfig",
        403: 'the account needs "patch" and "create" on secrets and configmaps in that namespace',
        404: "is Argo CD installed in that cluster?",
    }.get(status, "")
