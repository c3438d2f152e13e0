"""Certificates are always verified; http is for loopback; the environment changes nothing."""

from pathlib import Path

import pytest
from forgejo_loopback import TLS, Visitor, blurting, misbehaving, secured, small_forge
from forgejo_recordings import TOKEN, repository

import forgejo
from forgejo import Forgejo
from sandbox.web import Server

AUTHORITY = TLS / "ca.pem"


def test_a_server_of_an_unknown_authority_is_refused_at_once(visit: Visitor) -> None:
    with secured("loopback.pem") as server, pytest.raises(forgejo.UntrustedServerError) as caught:
        visit(server.url).get_version()

    assert "certificate is not trusted" in str(caught.value)
    assert server.log == []


def test_the_bundle_of_its_authority_makes_a_server_trusted(visit: Visitor) -> None:
    with secured("loopback.pem") as server:
        version = visit(server.url, ca_bundle=AUTHORITY).get_version()

    assert version.major == 17


@pytest.mark.parametrize("certificate", ["elsewhere.pem", "expired.pem"])
def test_a_certificate_for_another_host_or_time_is_refused(
    visit: Visitor, certificate: str
) -> None:
    with secured(certificate) as server, pytest.raises(forgejo.UntrustedServerError):
        visit(server.url, ca_bundle=AUTHORITY).get_version()

    assert server.log == []


def test_an_untrusted_certificate_never_turns_a_write_ambiguous(visit: Visitor) -> None:
    with secured("loopback.pem") as server:
        repo = repository(visit(server.url))

        with pytest.raises(forgejo.UntrustedServerError) as caught:
            repo.create_issue("t")

    assert caught.value.never_sent


def test_a_server_that_speaks_no_tls_is_unavailable(visit: Visitor) -> None:
    with misbehaving(blurting(b"HTTP/1.1 200 OK\r\n\r\n")) as url:
        api = visit(url.replace("http:", "https:"))

        with pytest.raises(forgejo.UnavailableError):
            api.get_version()


@pytest.mark.parametrize("bundle", ["missing.pem", "README.md"])
def test_a_bundle_that_is_missing_or_no_bundle_is_an_argument_error(bundle: str) -> None:
    with pytest.raises(forgejo.ArgumentError, match="cannot be read"):
        Forgejo("https://forgejo.example", ca_bundle=TLS / bundle)


@pytest.mark.parametrize(
    "url",
    [
        "http://forgejo.example",
        "http://10.0.0.1:3000",
        "http://127.0.0.1.example.org",
        "http://localhost.example.org",
        "ftp://127.0.0.1",
        "127.0.0.1:3000",
        "https://",
        "https://forgejo.example:0",
        "https://forgejo.example:99999",
        "https://[::1",
        "https://forgejo.example?a=b",
        "https://forgejo.example#a",
        "https://forgejo.example/\nX: y",
        "https://forgejo example",
        "",
    ],
)
def test_only_https_or_loopback_without_anything_else_is_a_server(url: str) -> None:
    with pytest.raises(forgejo.ArgumentError):
        Forgejo(url)


@pytest.mark.parametrize(
    "url", ["http://localhost:3000", "http://127.0.0.1", "http://[::1]:3000/", "https://a/b/"]
)
def test_loopback_may_be_http_and_a_path_prefix_is_kept(url: str) -> None:
    assert url.rstrip("/") in repr(Forgejo(url))


@pytest.mark.parametrize("url", [f"https://bot:{TOKEN}@forgejo.example", f"https://{TOKEN}@a"])
def test_credentials_in_the_url_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(forgejo.ArgumentError, match="credentials") as caught:
        Forgejo(url)

    assert TOKEN not in repr(caught.value)


def test_proxies_and_certificates_of_the_environment_are_not_used(
    visit: Visitor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login eve password wrong\n")
    with misbehaving(blurting(b"HTTP/1.1 200 OK\r\n\r\n")) as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy)
            monkeypatch.setenv(name.lower(), proxy)
        monkeypatch.setenv("NETRC", str(netrc))
        monkeypatch.setenv("SSL_CERT_FILE", str(AUTHORITY))

        with Server(small_forge(), name="forgejo") as server:
            version = visit(server.url).get_version()
        with secured("loopback.pem") as server, pytest.raises(forgejo.UntrustedServerError):
            visit(server.url).get_version()

    assert version.major == 17
