"""A throw-away real Forgejo from a program on this machine: loopback only, gone at the end."""

import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

ADMIN: Final = "demo-admin"
_STARTS_WITHIN: Final = 60.0
_STOPS_WITHIN: Final = 20.0
_COMMAND: Final = 60.0
_KEPT: Final = ("PATH", "USER", "LOGNAME", "LANG", "TMPDIR")
SETTINGS: Final = """\
RUN_MODE = prod
WORK_PATH = {folder}

[server]
PROTOCOL = http
HTTP_ADDR = 127.0.0.1
HTTP_PORT = {port}
ROOT_URL = http://127.0.0.1:{port}/
DISABLE_SSH = true
OFFLINE_MODE = true
LFS_START_SERVER = false

[database]
DB_TYPE = sqlite3
PATH = {folder}/forgejo.db
SQLITE_JOURNAL_MODE = WAL

[repository]
ROOT = {folder}/repositories
DEFAULT_BRANCH = main

[security]
INSTALL_LOCK = true
SECRET_KEY = {secret_key}
INTERNAL_TOKEN = {internal_token}

[oauth2]
JWT_SECRET = {jwt_secret}

[service]
DISABLE_REGISTRATION = true

[mailer]
ENABLED = false

[actions]
ENABLED = true

[webhook]
ALLOWED_HOST_LIST = loopback

[migrations]
ALLOW_LOCALNETWORKS = true

[session]
PROVIDER = memory

[log]
MODE = file
ROOT_PATH = {folder}/log

[cron.update_checker]
ENABLED = false
"""


class DidNotStartError(Exception):
    """The program could not be made to serve; the text says what it said."""


@dataclass(frozen=True)
class RealForgejo:
    """A running server and an administrator's token."""

    url: str
    admin_token: str = field(repr=False)


@contextmanager
def start_forgejo(program: Path, folder: Path) -> Iterator[RealForgejo]:
    """Serve from `folder` until the block ends. The program refuses to run as root."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    config = folder / "app.ini"
    config.touch(mode=0o600)
    config.write_text(
        SETTINGS.format(
            folder=folder,
            port=port,
            secret_key=secrets.token_hex(32),
            internal_token=_ask(program, folder, "generate", "secret", "INTERNAL_TOKEN"),
            jwt_secret=_ask(program, folder, "generate", "secret", "JWT_SECRET"),
        )
    )
    with _serving(program, config) as server:
        _wait_until_it_answers(server, url, folder)
        yield RealForgejo(url, _administrator(program, config))


@contextmanager
def _serving(program: Path, config: Path) -> "Iterator[subprocess.Popen[bytes]]":
    with (config.parent / "output.log").open("wb") as log:
        server = subprocess.Popen(
            [str(program), "web", "--config", str(config)],
            env=_environment(config.parent),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield server
        finally:
            _stop(server)


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of the caller's that could be a secret or a setting of another Forgejo."""
    return {key: os.environ[key] for key in _KEPT if key in os.environ} | {"HOME": str(folder)}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _ask(program: Path, folder: Path, *arguments: str) -> str:
    """The last word that a command of the program prints."""
    words = _run(program, folder, *arguments).split()
    if not words:
        raise DidNotStartError(f"{program} {arguments[0]}: it printed nothing")
    return words[-1]


def _run(program: Path, folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            [str(program), *arguments],
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_COMMAND,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise DidNotStartError(f"{program}: {exc}") from exc
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()[-500:]
        raise DidNotStartError(f"{program} {arguments[0]}: {said}")
    return done.stdout.decode(errors="replace")


def _administrator(program: Path, config: Path) -> str:
    _run(program, config.parent, *create_administrator(config))
    return _ask(program, config.parent, *create_token(config))


def create_administrator(config: Path) -> tuple[str, ...]:
    """Arguments that make the administrator; nobody learns the password."""
    return (
        *("admin", "user", "create", "--config", str(config)),
        *("--username", ADMIN, "--email", f"{ADMIN}@example.org", "--random-password"),
        *("--must-change-password=false", "--admin"),
    )


def create_token(config: Path) -> tuple[str, ...]:
    """Arguments that make the administrator's token and print it."""
    return (
        *("admin", "user", "generate-access-token", "--config", str(config)),
        *("--username", ADMIN, "--token-name", "demo", "--scopes", "all", "--raw"),
    )


def _wait_until_it_answers(server: "subprocess.Popen[bytes]", url: str, folder: Path) -> None:
    opener = build_opener(ProxyHandler({}))
    ends = time.monotonic() + _STARTS_WITHIN
    while time.monotonic() < ends and server.poll() is None:
        try:
            with opener.open(f"{url}/api/v1/version", timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.2)
    said = (folder / "output.log").read_text(errors="replace").strip()[-500:]
    raise DidNotStartError(f"it does not answer on {url}: {said}")


def _stop(server: "subprocess.Popen[bytes]") -> None:
    server.terminate()
    try:
        server.wait(_STOPS_WITHIN)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
