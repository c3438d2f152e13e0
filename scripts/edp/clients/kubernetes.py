"""Argo CD's Applications, read from the Kubernetes API: one bounded LIST for each Argo CD.

A cluster that does not answer raises UnavailableError, which makes its pairs unknown; a mistake in
the kubeconfig raises InvalidInputError. Proxy variables of the environment are ignored.
"""

import json
import logging
import ssl
import threading
from collections.abc import Callable, Container, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from edp.clients.kubeconfig import ClusterAccess, in_cluster_access, read_access
from edp.core.health.application import Application, project_application
from edp.core.names import require_name
from edp.errors import InvalidInputError, UnavailableError
from edp.text import one_line, redact

PAGE_SIZE: Final = 500
LARGEST_PAGE: Final = 64 * 1024 * 1024
_CONNECT_SECONDS: Final = 5.0
_READ_SECONDS: Final = 20.0
_CHUNK: Final = 64 * 1024
_LARGEST_ERROR: Final = 64 * 1024
_PAUSES: Final = (1.0, 3.0)
"""Before the second and the third try of a page."""
_HINTS: Final = {
    401: "renew the token of the ServiceAccount in the kubeconfig",
    403: 'the ServiceAccount needs "list" on applications.argoproj.io in that namespace',
    404: "is Argo CD installed in that cluster?",
}
_Result = TypeVar("_Result")
_logger = logging.getLogger("edp.kubernetes")


class _PassingError(UnavailableError):
    """A failure that another try may not meet."""


class _ExpiredError(UnavailableError):
    """The list's snapshot is gone: its pages must be read again from the first."""


@dataclass(frozen=True, slots=True)
class _Page:
    applications: tuple[Application, ...]
    following: str
    """The token of the next page; empty on the last one."""


class Clusters:
    """The clusters that the Argo CDs run in, by context of the kubeconfig.

    Without a kubeconfig the account of the run's own pod is used; it reaches one cluster, so it
    stands for one context only.
    """

    def __init__(
        self,
        *,
        kubeconfig: str,
        kubernetes_host: str,
        service_account_token: Path,
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
        patience: float = 60.0,
    ) -> None:
        self._kubeconfig = kubeconfig
        self._host = kubernetes_host
        self._token_file = service_account_token
        self._monotonic = monotonic
        self._sleep = sleep
        self._patience = patience
        self._own_context = ""

    def list_applications(
        self, context: str, namespace: str, names: Container[str] | None = None
    ) -> Mapping[str, Application]:
        """The namespace's Applications by name, all pages within `patience` seconds.

        Of a large platform only those in `names` are kept; None keeps all.
        """
        require_name(namespace, what="namespace of Argo CD")
        require_package()
        access = self.access(context)
        what = f'Argo CD in context "{one_line(context, 60)}"'
        listing = _Listing(
            what,
            access,
            namespace,
            names,
            self._monotonic() + self._patience,
            self._monotonic,
            self._sleep,
        )
        began = self._monotonic()
        found = within(self._patience, listing.read, what=what)
        spent = round((self._monotonic() - began) * 1000)
        _logger.debug("list context=%s applications=%d ms=%d", context, len(found), spent)
        return found

    def access(self, context: str) -> ClusterAccess:
        """How the API server of a context is reached, and as whom."""
        if self._kubeconfig:
            return read_access(self._kubeconfig, context)
        if not self._host:
            raise InvalidInputError(
                f'no way to the cluster of context "{one_line(context, 60)}"',
                hint="set KUBECONFIG to a kubeconfig with that context",
            )
        if self._own_context not in ("", context):
            raise InvalidInputError(
                f'the in-cluster account reaches one cluster: not both "{self._own_context}"'
                f' and "{one_line(context, 60)}"',
                hint="set KUBECONFIG to a kubeconfig with both contexts",
            )
        self._own_context = context
        return in_cluster_access(self._host, self._token_file)


def require_package() -> None:
    """InvalidInputError unless the official client is installed."""
    try:
        import kubernetes.client  # noqa: F401 - asks only whether it is there
    except ImportError:
        raise InvalidInputError(
            "reading a cluster needs the package kubernetes, which is not installed",
            hint='pip install "edp[kubernetes]"',
        ) from None


@dataclass(frozen=True, slots=True)
class _Listing:
    """One LIST with its pages, its retries and its end."""

    what: str
    access: ClusterAccess = field(repr=False)
    namespace: str
    names: Container[str] | None
    deadline: float
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]

    def read(self) -> Mapping[str, Application]:
        with connections(self.access, self.what) as pool:
            try:
                return self._pages(pool)
            except _ExpiredError:
                return self._pages(pool)

    def _pages(self, pool: Any) -> Mapping[str, Application]:
        page = self._page(pool, "")
        found = {one.name: one for one in page.applications}
        while page.following:
            page = self._page(pool, page.following)
            found.update((one.name, one) for one in page.applications)
        return found

    def _page(self, pool: Any, following: str) -> _Page:
        for pause in _PAUSES:
            try:
                return self._try(pool, following)
            except _PassingError:
                if self._left() <= pause:
                    raise
                self.sleep(pause)
        return self._try(pool, following)

    def _try(self, pool: Any, following: str) -> _Page:
        import urllib3

        try:
            response = self._send(pool, following)
            try:
                body = self._body(response)
            finally:
                response.close()
        except urllib3.exceptions.SSLError as exc:
            raise self._unavailable(f"no trusted connection: {exc}") from None
        except (urllib3.exceptions.HTTPError, OSError) as exc:
            raise _PassingError(self._text(f"no answer: {exc}")) from None
        if response.status != 200:
            raise self._refusal(response.status, body)
        return self._parse(body)

    def _send(self, pool: Any, following: str) -> Any:
        import urllib3

        query = {"limit": PAGE_SIZE} | ({"continue": following} if following else {})
        path = f"apis/argoproj.io/v1alpha1/namespaces/{self.namespace}/applications"
        return pool.request(
            "GET",
            f"{self.access.server}/{path}?{urlencode(query)}",
            headers=headers_for(self.access),
            timeout=urllib3.Timeout(
                connect=min(_CONNECT_SECONDS, self._left()), read=min(_READ_SECONDS, self._left())
            ),
            retries=False,
            redirect=False,
            preload_content=False,
        )

    def _body(self, response: Any) -> bytes:
        limit = LARGEST_PAGE if response.status == 200 else _LARGEST_ERROR
        content = bytearray()
        while chunk := response.read1(_CHUNK):
            content += chunk
            if len(content) > limit and response.status == 200:
                raise self._unavailable(f"a page of more than {limit} bytes")
            if len(content) > limit:
                break
            self._left()
        return bytes(content)

    def _left(self) -> float:
        left = self.deadline - self.monotonic()
        if left <= 0:
            raise self._unavailable("no whole answer in time")
        return left

    def _refusal(self, status: int, body: bytes) -> UnavailableError:
        if status == 410:
            return _ExpiredError(self._text("the list changes faster than it can be read (410)"))
        message = self._text(f"answer {status}: {message_of(body)}")
        if status == 429 or status >= 500:
            return _PassingError(message)
        return UnavailableError(message, hint=_HINTS.get(status, ""))

    def _parse(self, body: bytes) -> _Page:
        from pydantic_core import from_json  # three times as fast as the standard library's

        try:
            document: object = from_json(body, allow_inf_nan=False)
        except ValueError:
            raise self._unavailable("the answer is not JSON") from None
        page = _page_of(document, self.names)
        if page is None:
            raise self._unavailable("the answer is no list of Applications")
        return page

    def _unavailable(self, problem: str) -> UnavailableError:
        return UnavailableError(self._text(problem))

    def _text(self, problem: str) -> str:
        return one_line(redact(f"{self.what}: {problem}", [self.access.token]))


def headers_for(access: ClusterAccess) -> dict[str, str]:
    """What every request carries, the token among it."""
    headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "edp"}
    return headers | ({"Authorization": f"Bearer {access.token}"} if access.token else {})


def _page_of(document: object, names: Container[str] | None) -> _Page | None:
    """The page; None for anything that does not certainly tell whether it is the last one."""
    if not isinstance(document, dict) or document.get("kind") != "ApplicationList":
        return None
    items, metadata = document.get("items"), document.get("metadata")
    if not isinstance(items, list) or not isinstance(metadata, dict):
        return None
    following = metadata.get("continue", "")
    if not isinstance(following, str):
        return None
    found = (project_application(item) for item in items if _is_wanted(item, names))
    return _Page(tuple(one for one in found if one.name), following)


def _is_wanted(item: object, names: Container[str] | None) -> bool:
    if not isinstance(item, dict) or item.get("kind", "Application") != "Application":
        return False
    metadata = item.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return isinstance(name, str) and (names is None or name in names)


def message_of(body: bytes) -> str:
    """The message of a `Status`, or the answer's own text."""
    text = body.decode(errors="replace")
    try:
        document: object = json.loads(text)
    except (ValueError, RecursionError):
        return text
    message = document.get("message") if isinstance(document, dict) else None
    return message if isinstance(message, str) else text


@contextmanager
def connections(access: ClusterAccess, what: str) -> Iterator[Any]:
    """The official client's connection pool; key files exist only as long as it does."""
    from kubernetes.client import Configuration
    from kubernetes.client.rest import RESTClientObject

    with TemporaryDirectory(prefix="edp-") as folder:
        configuration = Configuration(host=access.server)
        configuration.proxy = None
        configuration.ssl_ca_cert = _written(folder, "ca.crt", access.authority)
        configuration.cert_file = _written(folder, "client.crt", access.certificate)
        configuration.key_file = _written(folder, "client.key", access.key)
        configuration.tls_server_name = access.tls_server_name or None
        _check_certificate(configuration.cert_file, configuration.key_file, what)
        pool = RESTClientObject(configuration).pool_manager
        try:
            yield pool
        finally:
            pool.clear()


def _written(folder: str, name: str, content: str) -> str | None:
    if not content:
        return None
    path = Path(folder, name)
    path.touch(mode=0o600)
    path.write_text(content)
    return str(path)


def _check_certificate(certificate: str | None, key: str | None, what: str) -> None:
    if certificate is None:
        return
    try:
        # An empty password instead of a question on the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, key, password="")
    except (ssl.SSLError, ValueError):
        raise InvalidInputError(
            f"{what}: the client certificate and its key cannot be used",
            hint="both must be PEM, belong together, and the key must not be encrypted",
        ) from None


def within(seconds: float, read: Callable[[], _Result], *, what: str) -> _Result:
    """The result, or UnavailableError: a name lookup or dripping headers have no end of their own.

    The thread is left behind then; it ends with the process at the latest.
    """
    outcome: Future[_Result] = Future()

    def run() -> None:
        try:
            outcome.set_result(read())
        except BaseException as exc:  # noqa: BLE001 - raised again by the caller
            outcome.set_exception(exc)

    threading.Thread(target=run, name="edp-kubernetes", daemon=True).start()
    try:
        return outcome.result(timeout=seconds)
    except TimeoutError:
        raise UnavailableError(f"{what}: no whole answer in time") from None
