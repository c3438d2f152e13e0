"""The environment becomes settings, or an error that names the variable."""

from pathlib import Path

import pytest

from edp.errors import InvalidInputError
from edp.settings import Settings, load_settings

WHOLE = {
    "EDP_FORGEJO_URL": "https://forgejo.example.org/git/",
    "EDP_REPOSITORY": "platform/edp",
    "EDP_TOKEN": " bot-token\n",
    "EDP_GATE_TOKEN": "gate-token",
    "EDP_LEDGER_REPOSITORY": "platform/ledger",
    "EDP_CA_BUNDLE": "/etc/ssl/ours.pem",
    "EDP_PAUSED": "  incident \n 42 ",
    "KUBECONFIG": "/a:/b",
    "KUBERNETES_SERVICE_HOST": "10.0.0.1",
    "KUBERNETES_SERVICE_PORT": "443",
    "FORGEJO_RUN_NUMBER": "7",
    "PATH": "/bin",
}


def test_everything_is_read_from_the_environment() -> None:
    found = load_settings(WHOLE)

    assert found.forgejo_url == "https://forgejo.example.org/git"
    assert found.clone_url == "https://forgejo.example.org/git/platform/edp.git"
    assert (found.token, found.gate_token) == ("bot-token", "gate-token")
    assert found.secrets == ("bot-token", "gate-token")
    assert found.ledger_repository == "platform/ledger"
    assert found.ca_bundle == Path("/etc/ssl/ours.pem")
    assert found.paused == "incident 42"
    assert found.kubeconfig == "/a:/b"
    assert found.kubernetes_host == "10.0.0.1:443"
    assert found.run_url == "https://forgejo.example.org/git/platform/edp/actions/runs/7"
    assert found.process_environment["PATH"] == "/bin"


def test_nothing_has_to_be_set_until_it_is_needed() -> None:
    assert load_settings({}) == Settings()


@pytest.mark.parametrize("prefix", ["FORGEJO", "GITHUB"])
def test_a_workflow_run_knows_its_server_and_repository(prefix: str) -> None:
    found = load_settings(
        {
            f"{prefix}_SERVER_URL": "https://forgejo.example.org",
            f"{prefix}_REPOSITORY": "platform/edp",
            f"{prefix}_RUN_NUMBER": "12",
        }
    )

    assert found.require_forgejo() == "https://forgejo.example.org"
    assert found.require_repository() == "platform/edp"
    assert found.run_url.endswith("/platform/edp/actions/runs/12")


def test_our_own_variable_comes_before_that_of_the_run() -> None:
    found = load_settings(WHOLE | {"GITHUB_SERVER_URL": "https://other.example.org"})

    assert found.forgejo_url.startswith("https://forgejo.example.org")


def test_secrets_never_show() -> None:
    shown = repr(load_settings(WHOLE))

    assert "bot-token" not in shown
    assert "gate-token" not in shown


@pytest.mark.parametrize("host", ["localhost:3000", "127.0.0.1:3000", "[::1]:3000"])
def test_http_is_allowed_on_this_machine(host: str) -> None:
    assert load_settings({"EDP_FORGEJO_URL": f"http://{host}"}).forgejo_url == f"http://{host}"


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("EDP_FORGEJO_URL", "http://forgejo.example.org", "only https is used"),
        ("EDP_FORGEJO_URL", "ssh://forgejo.example.org", "only https is used"),
        ("EDP_FORGEJO_URL", "forgejo.example.org", "not the address of a server"),
        ("EDP_FORGEJO_URL", "https://", "not the address of a server"),
        ("EDP_FORGEJO_URL", "https://bob:secret@forgejo.example.org", "not the address"),
        ("EDP_FORGEJO_URL", "https://forgejo.example.org?token=secret", "not the address"),
        ("EDP_FORGEJO_URL", "https://forgejo.example.org/#secret", "not the address"),
        ("EDP_FORGEJO_URL", "https://forgejo.example.org:0", "not the address of a server"),
        ("EDP_FORGEJO_URL", "https://forgejo.example.org:99999", "not the address of a server"),
        ("EDP_FORGEJO_URL", "https://[::1", "not the address of a server"),
        ("EDP_FORGEJO_URL", "https://forgej\u043e.example.org", "not the address of a server"),
        ("EDP_FORGEJO_URL", "https://forgejo.example.org/\x1b[31m", "not the address of a server"),
        ("EDP_REPOSITORY", "edp", "'edp' is not a repository"),
        ("EDP_REPOSITORY", "a/b/c", "'a/b/c' is not a repository"),
        ("EDP_REPOSITORY", "../edp", "'../edp' is not a repository"),
        ("EDP_REPOSITORY", "a/b?token=secret", "is not a repository"),
        ("EDP_LEDGER_REPOSITORY", "ledger", "'ledger' is not a repository"),
        ("EDP_TOKEN", "sec ret", "holds characters that no token has"),
        ("EDP_GATE_TOKEN", "secret\r\nX-Header: 1", "holds characters that no token has"),
        ("EDP_TOKEN", "s" * 5000, "holds characters that no token has"),
    ],
)
def test_a_wrong_value_is_an_error_that_names_its_variable(
    variable: str, value: str, message: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        load_settings({variable: value})

    assert caught.value.message.startswith(f"{variable}: ")
    assert message in caught.value.message
    assert caught.value.hint
    if "token" not in value:
        assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    ("ask", "variable"),
    [
        (Settings.require_forgejo, "EDP_FORGEJO_URL"),
        (Settings.require_repository, "EDP_REPOSITORY"),
        (Settings.require_token, "EDP_TOKEN"),
    ],
)
def test_what_is_needed_and_not_set_is_asked_for(ask, variable: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        ask(Settings())

    assert variable in caught.value.hint


def test_a_token_that_is_set_is_given() -> None:
    assert Settings(token="t").require_token() == "t"
    assert Settings(token="t").secrets == ("t",)
