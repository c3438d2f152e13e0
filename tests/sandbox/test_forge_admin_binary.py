"""A throw-away server is started from a program: a small one here that takes Forgejo's arguments.

That it takes them as the real program does is not proven by this.
"""

import configparser
import json
import os
import stat
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from sandbox.forgejo_binary import ADMIN, DidNotStartError, start_forgejo

TOKEN = "6d0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b"
SERVE = """
    port = int(next(line for line in open(config) if line.startswith("HTTP_PORT")).split("=")[1])
    forge = Forge(here / "repositories", clock=lambda: datetime.now(timezone.utc))
    forge.create_user(ADMIN, is_admin=True)
    forge.tokens[TOKEN] = Token(TOKEN, forge.user(ADMIN), frozenset({"all"}))
    server = start_forge(forge)
    server._sockets.socket.close()
    server._sockets.socket = socket.create_server(("127.0.0.1", port))
    server.url = forge.root_url = f"http://127.0.0.1:{port}"
    server.start()
    signal.sigwait([signal.SIGTERM])
    server.stop()
"""
PROGRAM = """\
#!{python}
import json, os, signal, socket, sys
from datetime import datetime, timezone
from pathlib import Path
from sandbox.forge.records import Token
from sandbox.forge.server import start_forge
from sandbox.forge.state import Forge

ADMIN, TOKEN = "{admin}", "{token}"
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
here = Path(__file__).parent
with (here / "calls.jsonl").open("a") as calls:
    calls.write(json.dumps([sys.argv[1:], sorted(os.environ), os.environ["HOME"]]) + "\\n")
arguments = sys.argv[1:]
if arguments[:2] == ["generate", "secret"]:
    print("secret-of-" + arguments[2])
elif arguments[:2] == ["web", "--config"]:
    config = arguments[2]
{serve}
elif arguments[:3] == ["admin", "user", "create"]:
{create}
elif arguments[:3] == ["admin", "user", "generate-access-token"]:
    assert (here / "created").exists()
    print(TOKEN)
else:
    sys.exit("what?")
"""
CREATE = '(here / "created").touch(); print("New user has been created")'


@dataclass(frozen=True)
class Call:
    arguments: list[str]
    environment: list[str]
    home: str


@dataclass(frozen=True)
class Program:
    path: Path
    folder: Path
    """Where its server keeps everything."""

    @property
    def config(self) -> Path:
        return self.folder / "app.ini"

    @property
    def calls(self) -> list[Call]:
        lines = (self.path.parent / "calls.jsonl").read_text().splitlines()
        return [Call(*json.loads(line)) for line in lines]


def program(tmp_path: Path, *, serve: str = SERVE, create: str = CREATE) -> Program:
    """Writes the program and makes the folder of its server."""
    made = Program(tmp_path / "bin" / "forgejo", tmp_path / "data")
    for folder in (made.path.parent, made.folder):
        folder.mkdir()
    text = PROGRAM.format(
        python=sys.executable,
        admin=ADMIN,
        token=TOKEN,
        serve=textwrap.indent(textwrap.dedent(serve), "    "),
        create=textwrap.indent(create, "    "),
    )
    made.path.write_text(text)
    made.path.chmod(0o755)
    return made


def test_the_server_knows_the_administrators_token_and_ends_with_the_block(tmp_path: Path) -> None:
    fake = program(tmp_path)

    with start_forgejo(fake.path, fake.folder) as server:
        asked = Request(
            f"{server.url}/api/v1/user", headers={"Authorization": f"token {server.admin_token}"}
        )
        with urlopen(asked, timeout=10) as answer:
            user = json.load(answer)

    assert (user["login"], user["is_admin"]) == (ADMIN, True)
    assert server.admin_token not in repr(server)
    with pytest.raises(URLError):
        urlopen(f"{server.url}/api/v1/version", timeout=5)


def test_the_program_is_called_in_this_order(tmp_path: Path) -> None:
    fake = program(tmp_path)

    with start_forgejo(fake.path, fake.folder):
        pass

    config = str(fake.config)
    assert [call.arguments for call in fake.calls] == [
        ["generate", "secret", "INTERNAL_TOKEN"],
        ["generate", "secret", "JWT_SECRET"],
        ["web", "--config", config],
        ["admin", "user", "create", "--config", config, "--username", ADMIN, "--email",
         f"{ADMIN}@example.org", "--random-password", "--must-change-password=false", "--admin"],
        ["admin", "user", "generate-access-token", "--config", config, "--username", ADMIN,
         "--token-name", "demo", "--scopes", "all", "--raw"],
    ]  # fmt: skip


def test_the_program_gets_nothing_of_the_callers_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = program(tmp_path)
    monkeypatch.setenv("EDP_ADMIN_TOKEN", "secret")
    monkeypatch.setenv("FORGEJO_WORK_DIR", "/elsewhere")

    with start_forgejo(fake.path, fake.folder):
        pass

    may_be_there = {"PATH", "USER", "LOGNAME", "LANG", "TMPDIR", "HOME", "LC_CTYPE"}
    for call in fake.calls:
        assert set(call.environment) <= may_be_there
        assert call.home == str(fake.folder)


def test_the_settings_are_private_and_keep_the_server_on_this_machine(tmp_path: Path) -> None:
    fake = program(tmp_path)

    with start_forgejo(fake.path, fake.folder) as server:
        settings = configparser.ConfigParser(interpolation=None)
        settings.read_string("[top]\n" + fake.config.read_text())
        mode = stat.S_IMODE(fake.config.stat().st_mode)

    assert mode == 0o600
    assert settings["top"]["run_mode"] == "prod"
    assert settings["top"]["work_path"] == str(fake.folder)
    assert settings["server"]["http_addr"] == "127.0.0.1"
    assert settings["server"]["root_url"] == f"{server.url}/"
    assert settings["server"].getboolean("disable_ssh")
    assert settings["server"].getboolean("offline_mode")
    assert settings["database"]["db_type"] == "sqlite3"
    assert Path(settings["database"]["path"]).parent == fake.folder
    assert Path(settings["repository"]["root"]).parent == fake.folder
    assert settings["repository"]["default_branch"] == "main"
    assert settings["security"].getboolean("install_lock")
    assert settings["security"]["internal_token"] == "secret-of-INTERNAL_TOKEN"
    assert settings["oauth2"]["jwt_secret"] == "secret-of-JWT_SECRET"
    assert settings["service"].getboolean("disable_registration")
    assert not settings["mailer"].getboolean("enabled")
    assert not settings["cron.update_checker"].getboolean("enabled")


def test_every_server_has_a_key_of_its_own(tmp_path: Path) -> None:
    keys = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        fake = program(tmp_path / name)
        with start_forgejo(fake.path, fake.folder):
            text = fake.config.read_text()
        keys.append(next(line for line in text.splitlines() if line.startswith("SECRET_KEY")))

    assert keys[0] != keys[1]


def test_a_program_that_ends_at_once_is_quoted(tmp_path: Path) -> None:
    fake = program(tmp_path, serve="sys.exit('Forgejo is not supposed to be run as root')")

    refused = pytest.raises(DidNotStartError, match="not supposed to be run as root")
    with refused, start_forgejo(fake.path, fake.folder):
        raise AssertionError("it does not serve")


@pytest.mark.parametrize(
    ("create", "said"),
    [("sys.exit('no such table: user')", "no such table: user"), ("pass", "AssertionError")],
)
def test_a_server_whose_administrator_cannot_be_made_is_stopped(
    tmp_path: Path, create: str, said: str
) -> None:
    fake = program(tmp_path, create=create)

    with pytest.raises(DidNotStartError, match=said), start_forgejo(fake.path, fake.folder):
        raise AssertionError("it has no administrator")

    port = next(
        line for line in fake.config.read_text().splitlines() if line.startswith("HTTP_PORT")
    )
    with pytest.raises(URLError):
        urlopen(f"http://127.0.0.1:{port.split()[-1]}/api/v1/version", timeout=5)


@pytest.mark.parametrize("kind", ["missing", "a folder", "not executable"])
def test_what_is_no_program_is_said(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "forgejo"
    if kind == "a folder":
        path.mkdir()
    if kind == "not executable":
        path.touch(mode=0o644)

    with pytest.raises(DidNotStartError, match=os.fspath(path)), start_forgejo(path, tmp_path):
        raise AssertionError("there is nothing to start")
