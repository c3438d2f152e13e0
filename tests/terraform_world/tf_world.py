"""A world for the provider to change, and Terraform roots that describe it."""

import json
import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tf_backend import PASSWORD, USER, StateBackend

VERSION = "1.0.0"
TOKEN = "provider-t0ken-value"
_ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), "amd64")
_SCRIPT = """\
#!{python} -I
import sys
sys.path.insert(0, {here!r})
from tf_provider import main
main()
"""
_CLI_CONFIG = """\
provider_installation {{
  filesystem_mirror {{
    path    = "{mirror}"
    include = ["test/*"]
  }}
}}
"""
_PROVIDER = """\
terraform {{
  required_providers {{
    world = {{
      source  = "test/world"
      version = "{version}"
    }}
  }}
}}

variable "token" {{
  type      = string
  sensitive = true
  default   = "{token}"
}}

provider "world" {{
  folder = "{folder}"
  token  = var.token
}}
"""
_BACKEND = """\
terraform {{
  backend "http" {{
    address        = "{address}"
    lock_address   = "{address}"
    unlock_address = "{address}"
    username       = "{user}"
    retry_max      = 0
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class TestWorld:
    """Where the objects are, and what Terraform needs to find the provider."""

    __test__ = False

    folder: Path
    home: Path

    @property
    def cli_config(self) -> Path:
        return self.home / "terraform.rc"

    @property
    def environment(self) -> dict[str, str]:
        """What a job has."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "TF_CLI_CONFIG_FILE": str(self.cli_config),
        }

    def server(self, name: str) -> dict[str, Any]:
        """A server as it is now."""
        found: dict[str, Any] = json.loads(self._file(name).read_text(encoding="utf-8"))
        return found

    def edit(self, name: str, **changes: Any) -> None:
        """Change a server behind Terraform's back, or make one."""
        new = {"id": name, "name": name, "size": None, "labels": None, "password": None}
        new |= {"token": "t", "refusal": None, "disk": []}
        before = self.server(name) if self.has(name) else new
        self._file(name).parent.mkdir(parents=True, exist_ok=True)
        self._file(name).write_text(json.dumps(before | changes), encoding="utf-8")

    def remove(self, name: str) -> None:
        """Delete a server behind Terraform's back."""
        self._file(name).unlink()

    def has(self, name: str) -> bool:
        return self._file(name).exists()

    def breaks(self, text: str) -> None:
        """From now on every read fails with this text."""
        (self.folder / "broken").write_text(text, encoding="utf-8")

    def is_waiting(self) -> bool:
        """Whether a slow creation has begun."""
        return (self.folder / "waiting").exists()

    def go(self) -> None:
        """Let slow creations end."""
        (self.folder / "go").touch()

    def providers(self) -> list[int]:
        """The provider processes that were ever configured."""
        return [int(file.name) for file in (self.folder / "processes").glob("*")]

    def root(self, folder: Path, content: str = "", *, backend: str = "") -> Path:
        """Write a Terraform root that uses the provider; returns its folder."""
        folder.mkdir(parents=True, exist_ok=True)
        head = _PROVIDER.format(version=VERSION, token=TOKEN, folder=self.folder)
        (folder / "main.tf").write_text(f"{head}\n{backend}\n{content}", encoding="utf-8")
        (folder / ".terraform.lock.hcl").write_text(_lock_file(), encoding="utf-8")
        return folder

    def _file(self, name: str) -> Path:
        return self.folder / "server" / f"{name}.json"


def make_world(folder: Path, home: Path) -> TestWorld:
    """An empty world; `home` has the provider's mirror and may serve many worlds."""
    world = TestWorld(folder, home)
    folder.mkdir(parents=True, exist_ok=True)
    if not world.cli_config.exists():
        _write_mirror(home)
    return world


def http_backend(backend: StateBackend, name: str) -> str:
    """The `backend` block of a root whose state is behind HTTP, without its password."""
    return _BACKEND.format(address=backend.address(name), user=USER)


def backend_variables() -> dict[str, str]:
    """How a job gives the backend's password."""
    return {"TF_HTTP_PASSWORD": PASSWORD}


def _write_mirror(home: Path) -> None:
    mirror = home / "providers"
    for host in ("registry.terraform.io", "registry.opentofu.org"):
        place = mirror / host / "test" / "world" / VERSION / f"linux_{_ARCHITECTURE}"
        place.mkdir(parents=True, exist_ok=True)
        script = place / f"terraform-provider-world_v{VERSION}"
        here = str(Path(__file__).parent)
        script.write_text(_SCRIPT.format(python=sys.executable, here=here), encoding="utf-8")
        script.chmod(0o755)
    (home / "terraform.rc").write_text(_CLI_CONFIG.format(mirror=mirror), encoding="utf-8")


def _lock_file() -> str:
    return f'provider "registry.terraform.io/test/world" {{\n  version = "{VERSION}"\n}}\n'
