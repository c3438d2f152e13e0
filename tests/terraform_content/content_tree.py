"""What stands below `terraform/`, read with python-hcl2: folders and their blocks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

import hcl2
import yaml
from hcl2 import SerializationOptions

PLAIN = SerializationOptions(strip_string_quotes=True, with_comments=False, explicit_blocks=False)
Body = Mapping[str, Any]


@dataclass(frozen=True)
class Folder:
    """One folder with `.tf` files; `path` is relative to `terraform/`."""

    path: str
    blocks: tuple[tuple[str, Body], ...]
    root_file: Body

    @property
    def parts(self) -> tuple[str, ...]:
        return PurePosixPath(self.path).parts

    @property
    def is_root(self) -> bool:
        return self.parts[0] == "live"

    @property
    def is_variant(self) -> bool:
        return self.parts[0] == "modules" and len(self.parts) == 3

    def named(self, kind: str) -> Iterator[tuple[str, Body]]:
        """The blocks with one label: variable, output, module, provider."""
        for kind_here, block in self.blocks:
            if kind_here == kind:
                yield from block.items()

    def typed(self, kind: str) -> Iterator[tuple[str, str, Body]]:
        """The blocks with two labels, resource and data: type, name, body."""
        for type_, named in self.named(kind):
            for name, body in named.items():
                yield type_, name, body

    def settings(self) -> Iterator[Body]:
        """The bodies of the `terraform` blocks."""
        return (block for kind, block in self.blocks if kind == "terraform")

    def providers(self) -> Mapping[str, Body]:
        """Local name → source and version."""
        found: dict[str, Body] = {}
        for settings in self.settings():
            for providers in settings.get("required_providers", []):
                found.update(providers)
        return found

    def backend(self) -> tuple[str, Body] | None:
        for settings in self.settings():
            for backend in settings.get("backend", []):
                return next(iter(backend.items()))
        return None


@dataclass(frozen=True)
class Tree:
    """`terraform/`, and the environments of `promotion.yaml`."""

    folders: tuple[Folder, ...]
    policy: Body
    environments: frozenset[str]

    def at(self, path: str) -> Folder | None:
        return next((folder for folder in self.folders if folder.path == path), None)

    def roots(self) -> Iterator[Folder]:
        return (folder for folder in self.folders if folder.is_root)

    def modules(self) -> Iterator[Folder]:
        return (folder for folder in self.folders if not folder.is_root)


def read_tree(repository: Path) -> Tree:
    terraform = repository / "terraform"
    paths = sorted({file.parent for file in terraform.rglob("*.tf") if _is_ours(file)})
    return Tree(
        folders=tuple(_read_folder(terraform, path) for path in paths),
        policy=_read_yaml(terraform / "policy.yaml"),
        environments=frozenset(
            _read_yaml(repository / "environments" / "promotion.yaml").get("environments", {})
        ),
    )


def _is_ours(file: Path) -> bool:
    return ".terraform" not in file.parts


def _read_folder(terraform: Path, path: Path) -> Folder:
    blocks = [
        (kind, block)
        for file in sorted(path.glob("*.tf"))
        for kind, found in _parse(file.read_text(encoding="utf-8")).items()
        for block in found
    ]
    return Folder(
        path=path.relative_to(terraform).as_posix(),
        blocks=tuple(blocks),
        root_file=_read_yaml(path / "root.yaml"),
    )


@lru_cache(maxsize=500)
def _parse(text: str) -> Body:
    return hcl2.loads(text, serialization_options=PLAIN)


def _read_yaml(path: Path) -> Body:
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {} if path.exists() else {}
