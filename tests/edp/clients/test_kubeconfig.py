"""Which kubeconfigs are used, and which are refused."""

import base64
import json
import os
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from kubernetes_api import DATA, TOKEN, ArgoCD, Clock, clusters, kubeconfig, page, serving

from edp.clients.kubeconfig import in_cluster_access, read_access
from edp.errors import InvalidInputError, UnavailableError

HTTPS = "https://hub.example.org:6443"
TLS = DATA / "tls"


def test_a_context_names_a_server_and_a_token(tmp_path: Path) -> None:
    access = read_access(str(kubeconfig(tmp_path, HTTPS + "/k8s/")), "dev")

    assert (access.server, access.token) == (f"{HTTPS}/k8s", TOKEN)
    assert TOKEN not in repr(access)


def test_an_unknown_context_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match='no context "tset", only: "dev", "test"') as caught:
        read_access(str(kubeconfig(tmp_path, HTTPS)), "tset")

    assert caught.value.hint == 'did you mean "test"?'


@pytest.mark.parametrize(
    "user",
    [
        {"exec": {"command": "aws"}},
        {"auth-provider": {"name": "gcp"}},
        {"token": TOKEN, "as": "admin"},
        {"username": "admin", "password": "secret-password"},
    ],
)
def test_a_user_that_is_no_plain_account_is_refused(
    tmp_path: Path, user: dict[str, object]
) -> None:
    with pytest.raises(InvalidInputError, match='config: user "gate": ') as caught:
        read_access(str(kubeconfig(tmp_path, HTTPS, user=user)), "dev")

    assert "secret-password" not in str(caught.value)


@pytest.mark.parametrize(
    "cluster", [{"insecure-skip-tls-verify": True}, {"proxy-url": "http://proxy:3128"}]
)
def test_a_cluster_that_is_not_proven_is_refused(
    tmp_path: Path, cluster: dict[str, object]
) -> None:
    with pytest.raises(InvalidInputError, match='config: cluster "hub": '):
        read_access(str(kubeconfig(tmp_path, HTTPS, cluster=cluster)), "dev")


@pytest.mark.parametrize(
    "server",
    [
        "",
        "hub",
        "http://hub.example.org",
        "http://127.0.0.1.example.org",
        "ftp://hub",
        "https://user:pass@hub",
        "https://hub?x=1",
        "https://hub#x",
        "https://hub:99999",
        "https://hub/\nx",
        "https://h\u00fcb",
        "https://[::1",
    ],
)
def test_a_server_that_is_no_https_address_is_refused(tmp_path: Path, server: str) -> None:
    with pytest.raises(InvalidInputError, match="server"):
        read_access(str(kubeconfig(tmp_path, server)), "dev")


@pytest.mark.parametrize("server", ["http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1"])
def test_this_machine_may_speak_plain_http(tmp_path: Path, server: str) -> None:
    assert read_access(str(kubeconfig(tmp_path, server)), "dev").server == server


@pytest.mark.parametrize(
    "user",
    [
        {"token": "two words"},
        {"token": "line\nX-Evil: 1"},
        {"token": "t\u00f6ken"},
        {"token": 7},
        {"tokenFile": "nowhere"},
        {"tokenFile": "."},
        {"tokenFile": "null\0byte"},
        {"client-certificate-data": "!!!", "client-key-data": "!!!"},
        {"client-certificate-data": base64.b64encode(b"\xff").decode()},
        {"client-certificate": "nowhere.crt", "client-key": "nowhere.key"},
        {"client-certificate-data": base64.b64encode(b"alone").decode()},
    ],
)
def test_credentials_that_cannot_be_are_refused(tmp_path: Path, user: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError, match='user "gate"'):
        read_access(str(kubeconfig(tmp_path, HTTPS, user=user)), "dev")


def test_an_authority_without_certificates_is_refused(tmp_path: Path) -> None:
    data = base64.b64encode(b"not PEM").decode()
    config = kubeconfig(tmp_path, HTTPS, cluster={"certificate-authority-data": data})

    with pytest.raises(InvalidInputError, match="holds no certificates"):
        read_access(str(config), "dev")


def test_an_authority_that_is_no_ascii_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text("-----BEGIN CERTIFICATE-----\ncaf\u00e9", encoding="utf-8")
    config = kubeconfig(tmp_path, HTTPS, cluster={"certificate-authority": "ca.crt"})

    with pytest.raises(InvalidInputError, match="holds no certificates"):
        read_access(str(config), "dev")


def test_relative_files_are_found_from_the_kubeconfig(tmp_path: Path) -> None:
    folder = tmp_path / "kube"
    folder.mkdir()
    (tmp_path / "ca.crt").write_text((TLS / "ca.crt").read_text())
    (folder / "token").write_text("from-a-file\n")
    config = kubeconfig(
        folder,
        HTTPS,
        cluster={"certificate-authority": "../ca.crt"},
        user={"tokenFile": "token", "token": "old"},
    )

    access = read_access(str(config), "dev")

    assert access.authority.startswith("-----BEGIN")
    assert access.token == "from-a-file"


def test_a_context_without_a_user_has_no_credentials(tmp_path: Path) -> None:
    config = kubeconfig(tmp_path, HTTPS)
    document = json.loads(config.read_text())
    del document["contexts"][0]["context"]["user"]
    config.write_text(json.dumps(document))

    assert read_access(str(config), "dev").token == ""


def test_of_several_files_the_first_that_has_a_name_decides(tmp_path: Path) -> None:
    first = kubeconfig(tmp_path, HTTPS, name="first")
    second = kubeconfig(tmp_path, "https://other.example.org", name="second")
    paths = os.pathsep.join([str(tmp_path / "absent"), str(first), "", str(second)])

    assert read_access(paths, "dev").server == HTTPS


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"- a\n- b\n",
        b"{",
        b"\xff\xfe\x00",
        b"contexts: {}\n",
        b"contexts: [1, {name: 7}, {name: dev, context: text}]\n",
        b"contexts: [{name: dev, context: {cluster: absent}}]\n",
        b"contexts: [{name: dev, context: {cluster: 7}}]\n",
        b"contexts: &a [*a]\n",
        b"x: " + b"y" * 5 * 1024 * 1024,
    ],
)
def test_a_file_that_is_no_kubeconfig_is_refused(tmp_path: Path, content: bytes) -> None:
    config = tmp_path / "config"
    config.write_bytes(content)

    with pytest.raises(InvalidInputError):
        read_access(str(config), "dev")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"there is no file .*absent"):
        read_access(str(tmp_path / "absent"), "dev")


def test_neither_kubeconfig_nor_pod_is_a_wrong_set_up() -> None:
    with pytest.raises(InvalidInputError, match='cluster of context "dev"') as caught:
        clusters("").list_applications("dev", "argocd")

    assert "KUBECONFIG" in caught.value.hint


def service_account(folder: Path) -> Path:
    (folder / "ca.crt").write_text((TLS / "ca.crt").read_text())
    (folder / "token").write_text(TOKEN + "\n")
    return folder / "token"


@pytest.mark.parametrize(
    ("host", "server"),
    [
        ("10.0.0.1:443", "https://10.0.0.1:443"),
        ("fd00::1:443", "https://[fd00::1]:443"),
        ("[fd00::1]:443", "https://[fd00::1]:443"),
    ],
)
def test_a_pod_has_an_account_of_its_own(tmp_path: Path, host: str, server: str) -> None:
    access = in_cluster_access(host, service_account(tmp_path))

    assert (access.server, access.token) == (server, TOKEN)
    assert "BEGIN CERTIFICATE" in access.authority


def test_a_pod_without_its_files_is_told_which_one_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"tokenFile: .*there is no such file"):
        in_cluster_access("10.0.0.1:443", tmp_path / "token")


class _ListsNothing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = json.dumps(page([])).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Says nothing."""


class _QuietServer(HTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that does not trust us hangs up; that is what is tested."""


@pytest.fixture(scope="module")
def secure() -> Iterator[str]:
    """An API server that shows a certificate and asks for one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "server.crt", TLS / "server.key")
    context.load_verify_locations(TLS / "ca.crt")
    context.verify_mode = ssl.CERT_REQUIRED
    with _QuietServer(("127.0.0.1", 0), _ListsNothing) as server:
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def encoded(name: str) -> str:
    return base64.b64encode((TLS / name).read_bytes()).decode()


TRUST: dict[str, object] = {"certificate-authority-data": encoded("ca.crt")}
CLIENT: dict[str, object] = {
    "client-certificate-data": encoded("client.crt"),
    "client-key-data": encoded("client.key"),
}


def test_certificates_inside_the_kubeconfig_open_the_connection(
    tmp_path: Path, secure: str
) -> None:
    config = kubeconfig(tmp_path, f"https://{secure}", cluster=TRUST, user=CLIENT)

    assert clusters(config).list_applications("dev", "argocd") == {}


def test_key_files_do_not_outlive_the_list(
    tmp_path: Path, secure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = tmp_path / "room"
    room.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(room))
    config = kubeconfig(tmp_path, f"https://{secure}", cluster=TRUST, user=CLIENT)

    clusters(config).list_applications("dev", "argocd")

    assert list(room.iterdir()) == []


def test_an_unknown_authority_is_not_trusted(tmp_path: Path, secure: str) -> None:
    clock = Clock()
    config = kubeconfig(tmp_path, f"https://{secure}", user=CLIENT)

    with pytest.raises(UnavailableError, match="no trusted connection"):
        clusters(config, clock).list_applications("dev", "argocd")
    assert clock.slept == []


def test_a_certificate_for_another_name_is_not_trusted(tmp_path: Path, secure: str) -> None:
    names = TRUST | {"tls-server-name": "hub.example.org"}
    config = kubeconfig(tmp_path, f"https://{secure}", cluster=names, user=CLIENT)

    with pytest.raises(UnavailableError, match="no trusted connection"):
        clusters(config).list_applications("dev", "argocd")


def test_a_certificate_and_a_key_that_do_not_belong_together_are_refused(
    tmp_path: Path, secure: str
) -> None:
    mixed = CLIENT | {"client-key-data": encoded("server.key")}
    config = kubeconfig(tmp_path, f"https://{secure}", cluster=TRUST, user=mixed)

    with pytest.raises(InvalidInputError, match="client certificate and its key"):
        clusters(config).list_applications("dev", "argocd")


def test_the_account_of_a_pod_stands_for_one_context_only(tmp_path: Path) -> None:
    with serving(ArgoCD()) as server:
        # It speaks no TLS, so there is no answer; which context is asked for is checked before.
        host = server.url.removeprefix("http://")
        reader = clusters("", host=host, token_file=service_account(tmp_path))
        with pytest.raises(UnavailableError):
            reader.list_applications("dev", "argocd")

        with pytest.raises(InvalidInputError, match='not both "dev" and "prod"'):
            reader.list_applications("prod", "argocd")
