"""What Terraform sees of the job's environment, and which of it no one else may see."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from edp.clients.process import curated_environment

_NAMES: Final = frozenset({
    "KUBECONFIG", "SSL_CERT_FILE", "SSL_CERT_DIR", "TF_PLUGIN_CACHE_DIR", "HTTP_PROXY",
    "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
})  # fmt: skip
_PREFIXES: Final = (
    "TF_VAR_", "TF_HTTP_", "TF_TOKEN_", "AWS_", "OS_", "OTC_", "ARM_", "AZURE_", "GOOGLE_",
    "CLOUDSDK_", "HCLOUD_", "DIGITALOCEAN_", "CLOUDFLARE_", "OVH_", "SCW_", "KUBE_", "VAULT_",
    "PG",
)  # fmt: skip
"""Backends and providers take their credentials from variables with these beginnings."""
_NEVER: Final = re.compile(r"EDP_|TF_CLI_ARGS|TF_LOG|TF_REATTACH|TF_DATA_DIR|TF_WORKSPACE")
_SECRET_NAME: Final = re.compile(r"PASS|SECRET|TOKEN|KEY|CREDENTIAL|AUTH", re.IGNORECASE)
_VARIABLE: Final = "TF_VAR_"
_SHORTEST_VALUE: Final = 6
_SHORTEST_SECRET: Final = 4
_DEPTH: Final = 20


def terraform_environment(
    base: Mapping[str, str],
    *,
    data: Path,
    workspace: str = "default",
    passed: Sequence[str] = (),
) -> dict[str, str]:
    """The curated environment with credentials; `passed` names more variables to take along.

    Nothing in it can add an argument to a command, log what is secret, or ask a question. What
    Terraform keeps for itself, the backend's configuration included, goes to the folder `data`.
    """
    given = {name: value for name, value in base.items() if _is_passed(name, passed)}
    ours = {
        "CHECKPOINT_DISABLE": "1",
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
        "TF_DATA_DIR": str(data),
    }
    if workspace != "default":
        ours["TF_WORKSPACE"] = workspace
    return curated_environment(base) | given | _cli_config(base) | ours


def secrets_in(base: Mapping[str, str], passed: Sequence[str] = ()) -> tuple[str, ...]:
    """The values that no message may show: credentials, and every variable of Terraform's.

    What is not secret belongs into a file of the repository, so nothing is lost by this.
    """
    found = {
        part
        for name, value in base.items()
        if _is_passed(name, passed)
        for part in _parts(name, value)
    }
    return tuple(sorted(found, key=lambda secret: (-len(secret), secret)))


def sensitive_values(document: bytes) -> tuple[str, ...]:
    """The texts that `show -json` gives of a plan or a state and says are sensitive."""
    try:
        content = json.loads(document)
    except ValueError:
        return ()
    found = {text for text in _masked(content, _DEPTH) if len(text) >= _SHORTEST_SECRET}
    return tuple(sorted(found, key=lambda secret: (-len(secret), secret)))


def _is_passed(name: str, passed: Sequence[str]) -> bool:
    if _NEVER.match(name):
        return False
    return name in _NAMES or name.startswith(_PREFIXES) or name in passed


def _cli_config(base: Mapping[str, str]) -> dict[str, str]:
    """Terraform warns each time of a file that is named and is not there."""
    name = base.get("TF_CLI_CONFIG_FILE", "")
    return {"TF_CLI_CONFIG_FILE": name} if name and Path(name).is_file() else {}


def _parts(name: str, value: str) -> Iterator[str]:
    if name.startswith(_VARIABLE):
        for text in (value, *_leaves(_loaded(value), _DEPTH)):
            yield from _lines(text, _SHORTEST_VALUE)
    elif _SECRET_NAME.search(name):
        yield from _lines(value, _SHORTEST_SECRET)


def _lines(text: str, shortest: int) -> Iterable[str]:
    """The whole, and each line of a key: a message may show one of them alone."""
    return (part for part in (text, *text.split("\n")) if len(part.strip()) >= shortest)


def _loaded(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _leaves(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list) and depth:
        for child in value.values() if isinstance(value, dict) else value:
            yield from _leaves(child, depth - 1)


_MASKS: Final = {
    "sensitive_values": "values",
    "before_sensitive": "before",
    "after_sensitive": "after",
}


def _masked(value: object, depth: int) -> Iterator[str]:
    """Wherever a mask stands beside values, what it covers; and what says so of itself."""
    if isinstance(value, dict):
        for mask, values in _MASKS.items():
            yield from _covered(value.get(values), value.get(mask))
        if value.get("sensitive") is True:
            yield from _leaves(value.get("value"), _DEPTH)
    if isinstance(value, dict | list) and depth:
        for child in value.values() if isinstance(value, dict) else value:
            yield from _masked(child, depth - 1)


def _covered(value: object, mask: object) -> Iterator[str]:
    if mask is True:
        yield from _leaves(value, _DEPTH)
    elif isinstance(value, dict) and isinstance(mask, dict):
        for key, inner in mask.items():
            yield from _covered(value.get(key), inner)
    elif isinstance(value, list) and isinstance(mask, list):
        for one, inner in zip(value, mask, strict=False):
            yield from _covered(one, inner)
