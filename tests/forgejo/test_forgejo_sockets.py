"""Connections: which address is taken, and where a deadline can pass."""

import errno
import itertools
import socket
import struct
from typing import Any

import pytest
from forgejo_loopback import NAME, Visitor, misbehaving, small_forge
from forgejo_recordings import repository

import forgejo
from sandbox.web import Server

QUICK = {"retry_budget": 0.0}


def answering(*addresses: tuple[int, tuple[str, int]]) -> Any:
    """A resolver that knows one name with these addresses."""
    found = [(family, socket.SOCK_STREAM, 6, "", address) for family, address in addresses]
    return lambda *_, **__: found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def port_of(server: Server) -> int:
    return int(server.url.rpartition(":")[2])


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_APPLETALK])
def test_an_address_that_does_not_work_is_passed_over(
    visit: Visitor, monkeypatch: pytest.MonkeyPatch, family: int
) -> None:
    with Server(small_forge(), name="forgejo") as server:
        bad = (family, ("127.0.0.1", free_port()))
        good = (socket.AF_INET, ("127.0.0.1", port_of(server)))
        monkeypatch.setattr(socket, "getaddrinfo", answering(bad, good))

        assert visit("http://localhost:1", **QUICK).get_version().major == 17


def test_without_a_descriptor_nothing_was_sent(
    visit: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    api = visit("http://127.0.0.1:1", **QUICK)
    monkeypatch.setattr(socket, "socket", full)

    with pytest.raises(forgejo.UnavailableError, match="Too many open files") as caught:
        api.get_version()

    assert caught.value.never_sent


@pytest.mark.parametrize("host", ["a" * 64 + ".example", ".example", "a..example"])
def test_what_is_no_host_name_is_an_error_without_a_traceback(visit: Visitor, host: str) -> None:
    with pytest.raises(forgejo.ForgejoError):
        visit(f"https://{host}", **QUICK).get_version()


@pytest.mark.parametrize("url", ["https://\u2665.\ufffd", "https://xn--\ud800", "https://a_♥"])
def test_a_host_that_cannot_be_encoded_is_no_server(url: str) -> None:
    with pytest.raises(forgejo.ArgumentError):
        forgejo.Forgejo(url)


@pytest.mark.parametrize("looks", range(1, 14))
def test_wherever_the_deadline_passes_the_error_is_the_same(visit: Visitor, looks: int) -> None:
    moments = itertools.chain([0.0] * looks, itertools.repeat(100.0))
    with Server(small_forge(), name="forgejo") as server:
        api = visit(server.url, clock=lambda: next(moments), **QUICK)

        try:
            version = api.get_version()
        except forgejo.UnavailableError as error:
            assert "deadline" in error.message  # noqa: PT017 (it may also be in time)
        else:
            assert version.major == 17


def test_a_server_that_hangs_up_while_it_is_written_to_leaves_the_outcome_unknown(
    visit: Visitor,
) -> None:
    def hang_up(connection: socket.socket) -> None:
        connection.recv(100)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    with misbehaving(hang_up) as url:
        repo = repository(visit(url, **QUICK), NAME)

        with pytest.raises(forgejo.AmbiguousError, match="no complete answer"):
            repo.create_issue("t", body="x" * 15_000_000)
