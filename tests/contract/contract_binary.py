"""A throw-away Forgejo started from a binary, for the contract tests alone."""

import contextlib
import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

_SECONDS_TO_START = 60.0
_SECONDS_TO_STOP = 20.0

_SETTINGS = """\
APP_NAME = contract
RUN_MODE = prod
WORK_PATH = {folder}
[server]
PROTOCOL = http
HTTP_ADDR = 127.0.0.1
HTTP_PORT = {port}
ROOT_URL = {url}/
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
SECRET_KEY = {key}
INTERNAL_TOKEN = {internal}
[oauth2]
JWT_SECRET = {jwt}
[service]
DISABLE_REGISTRATION = true
[mailer]
ENABLED = false
[actions]
ENABLED = true
[session]
PROVIDER = memory
[cron.update_checker]
ENABLED = false
[log]
MODE = file
ROOT_PATH = {folder}/log
LEVEL = warn
"""


@contextlib.contextmanager
def throw_away_forgejo(binary: Path, folder: Path) -> Iterator[tuple[str, str]]:
    """Run a server in the folder; yields its URL and an administrator's token."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    settings = folder / "app.ini"
    settings.touch(mode=0o600)
    secret = {
        "key": secrets.token_hex(32),
        "internal": _run(binary, "generate", "secret", "INTERNAL_TOKEN"),
        "jwt": _run(binary, "generate", "secret", "JWT_SECRET"),
    }
    settings.write_text(_SETTINGS.format(folder=folder, port=port, url=url, **secret))
    with _running(binary, settings, folder):
        _wait_for(url)
        yield url, _administrator(binary, settings)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def _running(binary: Path, settings: Path, folder: Path) -> Iterator[None]:
    with (folder / "output").open("wb") as output:
        server = subprocess.Popen(
            [str(binary), "web", "--config", str(settings)],
            env=_environment(folder),
            stdout=output,
            stderr=output,
        )
        try:
            yield
        finally:
            _stop(server)


def _stop(server: "subprocess.Popen[bytes]") -> None:
    server.terminate()
    try:
        server.wait(_SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _wait_for(url: str) -> None:
    end = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < end:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/api/v1/version", trust_env=False).status_code == 200:
                return
        time.sleep(0.1)
    raise AssertionError(f"no Forgejo at {url}; its output stands beside its app.ini")


def _administrator(binary: Path, settings: Path) -> str:
    create = (
        "admin", "user", "create", "--admin", "--username", "root-admin",
        "--email", "root-admin@example.org", "--password", secrets.token_urlsafe(24),
        "--must-change-password=false",
    )  # fmt: skip
    token = (
        "admin", "user", "generate-access-token", "--username", "root-admin",
        "--token-name", "contract", "--scopes", "all", "--raw",
    )  # fmt: skip
    _run(binary, "--config", str(settings), *create)
    return _run(binary, "--config", str(settings), *token).splitlines()[-1]


def _run(binary: Path, *arguments: str) -> str:
    done = subprocess.run(
        [str(binary), *arguments],
        env=_environment(binary.parent),
        capture_output=True,
        text=True,
        timeout=_SECONDS_TO_START,
        check=True,
    )
    return done.stdout.strip()


def _environment(home: Path) -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(home)}
