"""Where Terraform finds providers: the registry, a mirror, or one built here with Go."""

import platform
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from edp.clients.process import run

HOST = "registry.terraform.io"
BUILD_DEADLINE = 1500.0
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
MISSING = re.compile(r"available versions for provider (\S+?/[a-z0-9_-]+)")


class Buildable(NamedTuple):
    """A provider whose source is a Go module that the module proxy has."""

    source: str
    module: str
    version: str


BUILDABLE = (
    Buildable(
        source="terraform-provider-openstack/openstack",
        module="github.com/terraform-provider-openstack/terraform-provider-openstack/v3",
        version="3.4.0",
    ),
)


def missing_providers(said: str) -> frozenset[str]:
    """The providers that `init` could not find, by what it said."""
    text = re.sub(r"[\s│╷╵]+", " ", said)
    return frozenset(name.removeprefix(f"{HOST}/") for name in MISSING.findall(text))


def cli_configuration(mirror: Path | None, *, sources: Iterable[str], is_only: bool) -> str:
    """Terraform's CLI configuration: these sources from the mirror, others from their registry."""
    if mirror is None:
        return "provider_installation {\n  direct {}\n}\n"
    listed = ", ".join(f'"{HOST}/{source}"' for source in sorted(sources))
    chosen = "" if is_only else f"    include = [{listed}]\n"
    others = "" if is_only else f"  direct {{\n    exclude = [{listed}]\n  }}\n"
    return (
        "provider_installation {\n  filesystem_mirror {\n"
        f'    path = "{mirror}"\n{chosen}  }}\n{others}}}\n'
    )


def place_of(one: Buildable, mirror: Path) -> Path:
    """Where Terraform looks for the program in a mirror."""
    system = platform.system().lower()
    architecture = ARCHITECTURES.get(platform.machine(), platform.machine())
    folder = mirror / HOST / one.source / one.version / f"{system}_{architecture}"
    return folder / f"terraform-provider-{one.source.rpartition('/')[2]}_v{one.version}"


def build(one: Buildable, mirror: Path, environment: Mapping[str, str]) -> str:
    """Puts the provider into the mirror; why that did not work, or nothing."""
    program = place_of(one, mirror)
    if program.exists():
        return ""
    if shutil.which("go", path=environment.get("PATH")) is None:
        return "no Go to build it with"
    work = mirror / "build"
    work.mkdir(parents=True, exist_ok=True)
    required = f"module example.org/providers\n\nrequire {one.module} v{one.version}\n"
    (work / "go.mod").write_text(required)
    argv = ("go", "build", "-trimpath", "-o", "provider", one.module)
    done = run(argv, cwd=work, environment=_go(environment), deadline=BUILD_DEADLINE)
    if done.returncode != 0:
        return f"go build: {done.describe()}"
    program.parent.mkdir(parents=True, exist_ok=True)
    (work / "provider").rename(program)
    return ""


def _go(environment: Mapping[str, str]) -> Mapping[str, str]:
    fixed = {"GOFLAGS": "-mod=mod -buildvcs=false", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
    return {**environment, **fixed}
