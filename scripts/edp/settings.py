"""The environment, read once into a frozen value; nothing else reads it."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, get_args
from urllib.parse import urlsplit

from edp.core import names
from edp.errors import InvalidInputError

_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,4096}")
_STATES: Final = Path(".local/state/edp")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,200}")
_SHORTEST_KEY: Final = 16
TerraformChoice = Literal["", "terraform", "tofu", "embedded"]
_SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run knows from outside. Secrets never show in `repr`."""

    forgejo_url: str = ""
    """Without a slash at its end; empty if it is not set."""
    repository: str = ""
    """`owner/name`; empty if it is not set."""
    token: str = field(default="", repr=False)
    gate_token: str = field(default="", repr=False)
    admin_token: str = field(default="", repr=False)
    """Of an administrator, for the demo on a server other than the sandbox."""
    forgejo_binary: Path | None = None
    """A server's program, for the demo on a throw-away Forgejo."""
    ledger_repository: str = ""
    ca_bundle: Path | None = None
    kubeconfig: str = ""
    """Paths as in KUBECONFIG."""
    kubernetes_host: str = ""
    """`host:port` of the API server of the cluster that the run itself is in."""
    service_account_token: Path = _SERVICE_ACCOUNT
    paused: str = ""
    """Why every writing command stops; empty if it does not."""
    run_url: str = ""
    """The page of the workflow run; empty on a laptop."""
    plan_key: str = field(default="", repr=False)
    """Of trusted jobs: signs what was reviewed of Terraform's plans."""
    terraform: TerraformChoice = ""
    """Which program plans; empty for the first one that is found."""
    step_outputs: Path | None = None
    """The file that the runner reads a step's outputs from."""
    state_folder: Path = _STATES
    """Where states are kept that could not be stored; outlives the run."""
    actor: str = ""
    """Who started the workflow run; empty on a laptop."""
    run_id: str = ""
    """The API's number of the workflow run."""
    process_environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What child processes may be started with, before it is curated."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        known = (self.token, self.gate_token, self.admin_token, self.plan_key)
        return tuple(secret for secret in known if secret)

    @property
    def clone_url(self) -> str:
        """The repository's address for git over HTTP."""
        return f"{self.require_forgejo()}/{self.require_repository()}.git"

    @property
    def has_own_ledger(self) -> bool:
        """Whether the ledger lives in another repository."""
        return self.ledger_repository.lower() not in ("", self.repository.lower())

    @property
    def ledger_url(self) -> str:
        """The ledger's repository for git over HTTP."""
        return f"{self.require_forgejo()}/{self.ledger_repository or self.repository}.git"

    def require_forgejo(self) -> str:
        """The server's URL, or an error that says how to give it."""
        if not self.forgejo_url:
            raise InvalidInputError(
                "which Forgejo? no server is set", hint="set EDP_FORGEJO_URL=https://…"
            )
        return self.forgejo_url

    def require_repository(self) -> str:
        """The repository, or an error that says how to give it."""
        if not self.repository:
            raise InvalidInputError(
                "which repository? none is set", hint="set EDP_REPOSITORY=owner/name"
            )
        return self.repository

    def require_token(self) -> str:
        """The bot's token, or an error that says how to give it."""
        if not self.token:
            raise InvalidInputError(
                "no token of the bot", hint="put the bot's access token into EDP_TOKEN"
            )
        return self.token


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read and check everything at once; InvalidInputError names the variable that is wrong."""
    found = os.environ if environment is None else environment
    url = _first(found, "EDP_FORGEJO_URL", "FORGEJO_SERVER_URL", "GITHUB_SERVER_URL")
    repository = _first(found, "EDP_REPOSITORY", "FORGEJO_REPOSITORY", "GITHUB_REPOSITORY")
    ledger = found.get("EDP_LEDGER_REPOSITORY", "")
    return Settings(
        forgejo_url=_checked_url(url),
        repository=_checked_repository(repository, "EDP_REPOSITORY"),
        token=_checked_token(found, "EDP_TOKEN"),
        gate_token=_checked_token(found, "EDP_GATE_TOKEN"),
        admin_token=_checked_token(found, "EDP_ADMIN_TOKEN"),
        forgejo_binary=_path(found, "EDP_FORGEJO_BIN"),
        ledger_repository=_checked_repository(ledger, "EDP_LEDGER_REPOSITORY"),
        ca_bundle=_path(found, "EDP_CA_BUNDLE"),
        kubeconfig=found.get("KUBECONFIG", ""),
        kubernetes_host=_kubernetes_host(found),
        paused=" ".join(found.get("EDP_PAUSED", "").split()),
        run_url=_run_url(found, url, repository),
        plan_key=_checked_key(found),
        terraform=_terraform(found),
        step_outputs=_step_outputs(found),
        state_folder=_state_folder(found),
        actor=_actor(found),
        run_id=_run_id(found),
        process_environment={**found, **_terraform_variables(found)},
    )


def _first(found: Mapping[str, str], *keys: str) -> str:
    return next((found[key] for key in keys if found.get(key)), "")


def _checked_url(text: str) -> str:
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        is_whole = parts.hostname is not None and (parts.port is None or parts.port > 0)
    except ValueError:
        is_whole, parts = False, urlsplit("")
    is_clean = not (parts.username or parts.password or parts.query or parts.fragment)
    if not is_whole or not is_clean or not text.isascii() or not text.isprintable():
        raise InvalidInputError(
            "EDP_FORGEJO_URL: not the address of a server",
            hint="write it like https://forgejo.example.org, without user and query",
        )
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise InvalidInputError(
            "EDP_FORGEJO_URL: only https is used, http for this machine alone",
            hint="write https://…",
        )
    return text.rstrip("/")


def _checked_repository(text: str, variable: str) -> str:
    if text and not names.is_repository(text):
        raise InvalidInputError(
            f"{variable}: {text[:60]!a} is not a repository", hint="write owner/name"
        )
    return text


def _checked_token(found: Mapping[str, str], variable: str) -> str:
    token = found.get(variable, "").strip()
    if token and not _TOKEN.fullmatch(token):
        raise InvalidInputError(
            f"{variable}: holds characters that no token has", hint="copy the token again"
        )
    return token


def _checked_key(found: Mapping[str, str]) -> str:
    key = _checked_token(found, "EDP_PLAN_KEY")
    if key and len(key) < _SHORTEST_KEY:
        raise InvalidInputError(
            f"EDP_PLAN_KEY: shorter than {_SHORTEST_KEY} characters, so it could be guessed",
            hint="make one: openssl rand -hex 32",
        )
    return key


def _terraform(found: Mapping[str, str]) -> TerraformChoice:
    text = found.get("EDP_TERRAFORM", "")
    for choice in get_args(TerraformChoice):
        if text == choice:
            return choice  # type: ignore[no-any-return] # mypy does not follow get_args
    raise InvalidInputError(
        f"EDP_TERRAFORM: {text[:30]!a} is not known", hint="write terraform, tofu or embedded"
    )


def _terraform_variables(found: Mapping[str, str]) -> dict[str, str]:
    """`NAME=value` lines: one secret of the forge for all credentials of a job."""
    variables = {}
    for line in found.get("EDP_TERRAFORM_ENV", "").splitlines():
        name, sign, value = line.strip().partition("=")
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not sign or not _VARIABLE.fullmatch(name) or name.startswith("EDP_"):
            raise InvalidInputError(
                "EDP_TERRAFORM_ENV: a line is not NAME=value", hint="one variable a line, unquoted"
            )
        variables[name] = value
    return variables


def _step_outputs(found: Mapping[str, str]) -> Path | None:
    name = _first(found, "FORGEJO_OUTPUT", "GITHUB_OUTPUT")
    return Path(name) if name else None


def _state_folder(found: Mapping[str, str]) -> Path:
    if found.get("EDP_STATE_DIR"):
        return Path(found["EDP_STATE_DIR"])
    home = found.get("XDG_STATE_HOME") or f"{found.get('HOME') or '.'}/.local/state"
    return Path(home) / "edp"


def _actor(found: Mapping[str, str]) -> str:
    actor = _first(found, "FORGEJO_ACTOR", "GITHUB_ACTOR")
    return actor if names.is_login(actor) else ""


def _run_id(found: Mapping[str, str]) -> str:
    number = _first(found, "FORGEJO_RUN_ID", "GITHUB_RUN_ID")
    return number if number.isascii() and number.isdigit() else ""


def _path(found: Mapping[str, str], variable: str) -> Path | None:
    return Path(found[variable]) if found.get(variable) else None


def _kubernetes_host(found: Mapping[str, str]) -> str:
    host, port = found.get("KUBERNETES_SERVICE_HOST"), found.get("KUBERNETES_SERVICE_PORT")
    return f"{host}:{port}" if host and port else ""


def _run_url(found: Mapping[str, str], url: str, repository: str) -> str:
    number = _first(found, "FORGEJO_RUN_NUMBER", "GITHUB_RUN_NUMBER")
    if not (url and repository and number.isascii() and number.isdigit()):
        return ""
    return f"{url.rstrip('/')}/{repository}/actions/runs/{number}"
