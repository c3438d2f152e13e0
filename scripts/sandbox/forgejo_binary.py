"""A throw-away real Forgejo from a program on this machine: loopback only, gone at the end."""

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
            internal_token=_ask(program, "generate", "secret", "INTERNAL_TOKEN"),
            jwt_secret=_ask(program, "generate", "secret", "JWT_SECRET"),
        )
    )
    with (folder / "output.log").open("wb") as log:
        server = subprocess.Popen(
            [str(program), "web", "--config", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait_until_it_answers(server, url, folder)
            yield RealForgejo(url, _administrator(program, config))
        finally:
            _stop(server)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _ask(program: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            [str(program), *arguments],
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
    return done.stdout.decode(errors="replace").strip()


def _administrator(program: Path, config: Path) -> str:
    user = ("admin", "user", "--config", str(config))
    _ask(
        program,
        *(*user[:2], "create", *user[2:]),
        *("--username", ADMIN, "--email", f"{ADMIN}@example.org", "--random-password"),
        *("--must-change-password=false", "--admin"),
    )
    return _ask(
        program,
        *(*user[:2], "generate-access-token", *user[2:]),
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
