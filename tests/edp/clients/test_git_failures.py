"""What the client says when the server fails, and that it never says the token."""

import base64
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from git_http_server import TOKEN, Fault, GitServer
from git_repositories import ENVIRONMENT, Work, clone

from edp.clients.git import GitRepository, RefUpdate, Remote
from edp.clients.git_command import local_environment, network_environment, refspecs
from edp.errors import EdpError, InvalidInputError, UnavailableError

HTML = b"<!doctype html><html>Please wait</html>"
ADVERTISEMENT = "application/x-git-upload-pack-advertisement"
ECHO = f"token {TOKEN} is wrong\n".encode()


@pytest.mark.parametrize(
    ("fault", "kind", "message"),
    [
        (Fault(401, body=ECHO), InvalidInputError, "access denied"),
        (Fault(403, body=ECHO), InvalidInputError, "access denied"),
        (Fault(404, body=ECHO), InvalidInputError, "no such repository"),
        (Fault(500, body=ECHO), UnavailableError, "error: 500"),
        (Fault(502, skip=1), UnavailableError, "502"),
        (Fault(503, skip=2), UnavailableError, "503"),
        (Fault(302, headers=(("Location", "/login"),)), UnavailableError, "302"),
        (Fault(200, HTML, "text/html"), UnavailableError, "did not come from git"),
        (Fault(200, HTML, "text/html", skip=1), UnavailableError, "git fetch"),
        (Fault(200, HTML, "text/html", skip=2), UnavailableError, "git fetch"),
        (Fault(200, b"zzzz", ADVERTISEMENT), UnavailableError, "protocol error"),
        (Fault(200, b"", ADVERTISEMENT), UnavailableError, "git fetch"),
        (Fault(cuts=True), UnavailableError, "git fetch"),
        (Fault(cuts=True, skip=1), UnavailableError, "git fetch"),
        (Fault(cuts=True, skip=2), UnavailableError, "git fetch"),
    ],
    ids=lambda value: repr(value)[:40] if isinstance(value, Fault) else None,
)
def test_each_failure_of_a_read_has_its_class(
    server: GitServer, tmp_path: Path, fault: Fault, kind: type[EdpError], message: str
) -> None:
    server.fault = replace(fault)

    with pytest.raises(kind, match=message) as caught:
        clone(server, tmp_path / "clone")

    assert TOKEN not in caught.value.message + caught.value.hint


def test_a_wrong_token_is_an_input_error_that_does_not_show_it(
    server: GitServer, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInputError, match="access denied") as caught:
        clone(server, tmp_path / "clone", token="another-secret-token")

    assert "another-secret" not in str(caught.value)
    assert "token is current" in caught.value.hint


def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    remote = Remote("http://127.0.0.1:9/team/app.git", "main", token=TOKEN)

    with pytest.raises(UnavailableError, match="Failed to connect"):
        GitRepository.clone(remote, tmp_path / "clone", environment=ENVIRONMENT, deadline=20)


def test_a_server_that_hangs_ends_at_the_deadline(server: GitServer, tmp_path: Path) -> None:
    server.fault = Fault(hangs=True)

    with pytest.raises(UnavailableError, match="git fetch: did not end within 1 s"):
        clone(server, tmp_path / "clone", deadline=1)


def test_a_push_to_a_server_that_hangs_is_looked_at_after_the_deadline(
    server: GitServer, repository: GitRepository
) -> None:
    main = repository.refs()["refs/heads/main"]
    hurried = GitRepository(replace(repository.git, deadline=1.5), "main")
    server.fault = Fault(hangs=True, after_effect=True, skip=1, times=1)

    (result,) = hurried.push([RefUpdate("refs/heads/promote/web/test", main, "")])

    assert result.outcome == "ok"


def test_a_read_is_repeated_twice_with_pauses(server: GitServer, tmp_path: Path) -> None:
    pauses: list[float] = []
    server.fault = Fault(500, times=2)

    clone(server, tmp_path / "clone", sleep=pauses.append)

    assert pauses == [1.0, 3.0]
    assert len(server.counted()) == 5


def test_a_read_is_not_repeated_for_ever(server: GitServer, tmp_path: Path) -> None:
    pauses: list[float] = []
    server.fault = Fault(500)

    with pytest.raises(UnavailableError):
        clone(server, tmp_path / "clone", sleep=pauses.append)

    assert len(pauses) == 2


def test_a_refusal_is_not_repeated(server: GitServer, tmp_path: Path) -> None:
    pauses: list[float] = []
    server.fault = Fault(403)

    with pytest.raises(InvalidInputError):
        clone(server, tmp_path / "clone", sleep=pauses.append)

    assert pauses == []


def test_a_failed_fetch_loses_no_ref(
    work: Work, server: GitServer, repository: GitRepository
) -> None:
    work.publish("HEAD:refs/heads/promote/web/test")
    repository.fetch()
    before = repository.refs()
    server.fault = Fault(200, HTML, "text/html")

    with pytest.raises(UnavailableError):
        repository.fetch()

    assert repository.refs() == before


def test_a_damaged_answer_is_not_taken_in(server: GitServer, repository: GitRepository) -> None:
    (entry, *_) = repository.list_tree("main")
    server.fault = Fault(
        200, b"000dpackfile\n0010\x01PACKjunk!0000", "application/x-git-upload-pack-result", skip=1
    )

    with pytest.raises(UnavailableError, match="git fetch"):
        repository.fetch_blobs([entry.sha])

    assert repository.missing_blobs([entry.sha]) == (entry.sha,)


def test_a_blob_that_the_server_does_not_have_is_unavailable(repository: GitRepository) -> None:
    with pytest.raises(UnavailableError):
        repository.fetch_blobs(["a" * 40])


def arguments_of_processes() -> list[bytes]:
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(file.read_bytes())
    return found


def test_the_token_is_in_no_argument_of_any_process(server: GitServer, tmp_path: Path) -> None:
    seen: list[bytes] = []
    server.fault = Fault(500, effect=lambda: seen.extend(arguments_of_processes()))

    with pytest.raises(UnavailableError):
        clone(server, tmp_path / "clone")

    basic = base64.b64encode(TOKEN.encode()).rstrip(b"=")
    assert any(server.repository().encode() in arguments for arguments in seen)
    assert not any(TOKEN.encode() in arguments or basic in arguments for arguments in seen)


def test_only_the_environment_of_network_commands_has_the_token(tmp_path: Path) -> None:
    remote = Remote("https://forge.example/team/app.git", "main", token=TOKEN)

    local = local_environment({"PATH": "/bin", "EDP_TOKEN": TOKEN}, tmp_path)
    network = network_environment({"PATH": "/bin", "EDP_TOKEN": TOKEN}, tmp_path, remote)

    assert TOKEN not in "".join(local.values())
    holders = [value for value in network.values() if TOKEN in value]
    assert holders == [f"Authorization: token {TOKEN}"]
    assert TOKEN not in repr(remote)


def test_the_configuration_is_strict(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    remote = Remote("https://forge.example/team/app.git", "main", ca_bundle=bundle)
    environment = network_environment({"PATH": "/bin"}, tmp_path, remote)
    count = int(environment["GIT_CONFIG_COUNT"])

    config = {
        environment[f"GIT_CONFIG_KEY_{index}"]: environment[f"GIT_CONFIG_VALUE_{index}"]
        for index in range(count)
    }

    assert config["http.followRedirects"] == "false"
    assert config["http.sslVerify"] == "true"
    assert config["http.sslCAInfo"] == str(bundle)
    assert config["core.hooksPath"] == "/dev/null"
    assert config["transfer.fsckObjects"] == "true"
    assert environment["GIT_ALLOW_PROTOCOL"] == "http:https"
    assert environment["GIT_TERMINAL_PROMPT"] == "0"
    assert environment["GIT_CONFIG_GLOBAL"] == "/dev/null"
    assert not [key for key in config if "extraHeader" in key or "promisor" in key]


def test_wanted_refs_are_fetched_under_their_own_names() -> None:
    remote = Remote("https://x/y", "main", refs=("refs/tags/*", "refs/heads/edp-ledger"))

    assert refspecs(remote) == (
        "+refs/heads/main:refs/heads/main",
        "+refs/tags/*:refs/tags/*",
        "+refs/heads/edp-ledger*:refs/heads/edp-ledger*",
    )


@pytest.mark.parametrize(
    "remote",
    [
        Remote("https://user:pw@host/x.git", "main"),
        Remote("file:///etc", "main"),
        Remote("ext::sh -c x", "main"),
        Remote("--upload-pack=x", "main"),
        Remote("https://host/x.git", "-b"),
        Remote("https://host/x.git", "a..b"),
        Remote("https://host/x.git", "main", refs=("--all",)),
        Remote("https://host/x.git", "main", refs=("*",)),
    ],
    ids=lambda remote: f"{remote.url} {remote.branch} {remote.refs}",
)
def test_a_remote_that_is_none_is_refused(tmp_path: Path, remote: Remote) -> None:
    with pytest.raises(InvalidInputError):
        GitRepository.clone(remote, tmp_path / "clone", environment=ENVIRONMENT)
