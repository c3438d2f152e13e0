"""Plain requests to the Kubernetes API of a sandbox Argo CD."""

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sandbox.argocd import Account, accounts_of
from sandbox.web import Server

APPLICATIONS = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications"
ADMIN: Account = accounts_of("test")[2]
MERGE = "application/merge-patch+json"


@dataclass(frozen=True)
class Answer:
    status: int
    content_type: str
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text) if self.content_type == "application/json" else self.text

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.text.splitlines()]


def call(
    server: Server,
    path: str,
    *,
    method: str = "GET",
    token: str | None = ADMIN.token,
    body: object = None,
    content_type: str = MERGE,
) -> Answer:
    """One request; a text as body is sent as it is."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    data = body if isinstance(body, str) else json.dumps(body)
    if body is not None:
        headers["Content-Type"] = content_type
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
    try:
        connection.request(method, path, None if body is None else data, headers)
        response = connection.getresponse()
        text = response.read().decode()
        return Answer(response.status, response.headers.get("Content-Type", ""), text)
    finally:
        connection.close()
