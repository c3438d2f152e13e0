"""The first promotion of a stack into an environment: its Application's file and its values."""

from typing import Final

import yaml

from edp.core.names import pin_text
from edp.core.promotion.pairs import Pair
from edp.core.promotion.proposals import PIN_KEYS
from edp.core.yaml.pin_edit import splice_scalar
from edp.core.yaml.reader import YamlError, read_document

_NOT_OWNED: Final = ("path", "targetRevision", "repoURL")


def copied_application(source: bytes, pair: Pair, version: str, *, path: str) -> bytes:
    """The file of the environment before it with the version that arrives; all else is kept."""
    return splice_scalar(source, PIN_KEYS, pin_text(pair.stack, version), path=path)


def new_application(pair: Pair, version: str, *, namespace: str) -> bytes:
    """The file of a stack that no environment has yet."""
    return (
        "apiVersion: argoproj.io/v1alpha1\n"
        "kind: Application\n"
        "metadata:\n"
        f"  name: {pair.stack}\n"
        "spec:\n"
        "  source:\n"
        f"    path: stacks/{pair.stack}\n"
        f"    targetRevision: {pin_text(pair.stack, version)}\n"
        "  destination:\n"
        f"    namespace: {namespace}\n"
    ).encode()


def owned_values(application: bytes) -> str:
    """What of an Application its environment owns, as YAML; "" if that is nothing."""
    try:
        value = read_document(application, path="application").value
    except YamlError:
        return ""
    spec = value.get("spec") if isinstance(value, dict) else None
    if not isinstance(spec, dict):
        return ""
    source = spec.get("source")
    owned = {key: part for key, part in spec.items() if key != "source"}
    if isinstance(source, dict):
        owned |= {key: part for key, part in source.items() if key not in _NOT_OWNED}
    return yaml.safe_dump(owned, sort_keys=False, allow_unicode=False) if owned else ""
