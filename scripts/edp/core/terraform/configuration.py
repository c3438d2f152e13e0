"""What a folder of configuration says, as far as it can be told without running Terraform."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from edp.core.repository.problems import Problem, shown
from edp.core.terraform.hcl.body import Attribute, Block, Body, Tokens, read_body
from edp.core.terraform.hcl.json_body import read_json_body
from edp.core.terraform.hcl.tokens import SyntaxProblemError
from edp.core.terraform.hcl.values import items_of, members_of, scalar_of, text_of
from edp.core.terraform.paths import folder_of, is_configuration
from edp.core.terraform.references import Obscure, Reference, references_in

_LOCAL: Final = ("./", "../")
_USES_PROVIDER: Final = ("resource", "data", "ephemeral", "action")
_BUILT_IN: Final = "terraform"
_PLUGIN: Final = "a credential plugin (exec)"
_UNREADABLE: Final = "save it as Terraform would read it; `terraform validate` names the mistake"


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class ModuleCall:
    """`module "name" { … }`. None is a value that cannot be told, "" one that is missing."""

    name: str
    source: str | None
    version: str | None
    place: Place

    @property
    def is_local(self) -> bool:
        return self.source is not None and self.source.startswith(_LOCAL)


@dataclass(frozen=True, slots=True)
class RequiredProvider:
    """An entry of `required_providers`, or a provider that is used without one: `source` ""."""

    name: str
    source: str | None
    version: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Backend:
    """Where a state is. A value is None if it cannot be told."""

    kind: str | None
    values: Mapping[str, str | None]
    place: Place


@dataclass(frozen=True, slots=True)
class Execution:
    """Something that runs a program: a provisioner, `external` data, a credential plugin."""

    what: str
    place: Place
    is_external: bool = False


@dataclass(frozen=True, slots=True)
class Configuration:
    """A folder's files together; `unreadable` names those that are not in here."""

    folder: str
    module_calls: tuple[ModuleCall, ...] = ()
    references: tuple[tuple[Reference, Place], ...] = ()
    obscure: tuple[tuple[Obscure, Place], ...] = ()
    remote_states: tuple[Backend, ...] = ()
    providers: tuple[RequiredProvider, ...] = ()
    executions: tuple[Execution, ...] = ()
    backend: Backend | None = None
    unreadable: tuple[Problem, ...] = ()


def read_configuration(files: Mapping[str, bytes], folder: str) -> Configuration:
    """Read the files that stand in the folder itself; a broken one is named, never an error."""
    reader = _Reader()
    for path in sorted(files):
        if folder_of(path) == folder and is_configuration(path):
            reader.add(path, files[path])
    return reader.finish(folder)


@dataclass(slots=True)
class _Reader:
    """What has been read so far."""

    module_calls: list[ModuleCall] = field(default_factory=list)
    references: list[tuple[Reference, Place]] = field(default_factory=list)
    obscure: list[tuple[Obscure, Place]] = field(default_factory=list)
    remote_states: list[Backend] = field(default_factory=list)
    required: list[RequiredProvider] = field(default_factory=list)
    used: dict[str, Place] = field(default_factory=dict)
    executions: list[Execution] = field(default_factory=list)
    backends: list[Backend] = field(default_factory=list)
    unreadable: list[Problem] = field(default_factory=list)

    def add(self, path: str, content: bytes) -> None:
        try:
            body = read_json_body(content) if path.endswith(".json") else read_body(content)
        except SyntaxProblemError as exc:
            self.unreadable.append(Problem(path, exc.line, "", exc.message, _UNREADABLE))
            return
        self._add_references(path, body)
        for block in body.blocks:
            self._add_block(path, block)

    def finish(self, folder: str) -> Configuration:
        named = {one.name for one in self.required} | {_BUILT_IN}
        implied = (
            RequiredProvider(name, "", "", place)
            for name, place in self.used.items()
            if name not in named
        )
        return Configuration(
            folder=folder,
            module_calls=tuple(self.module_calls),
            references=tuple(self.references),
            obscure=tuple(self.obscure),
            remote_states=tuple(self.remote_states),
            providers=(*self.required, *implied),
            executions=tuple(self.executions),
            backend=_the_one(self.backends),
            unreadable=tuple(self.unreadable),
        )

    def _add_references(self, path: str, body: Body) -> None:
        for holder, attribute in _attributes(body):
            if (holder, attribute.name) == ("module", "source"):
                continue
            for found in references_in(attribute.value):
                place = Place(path, found.line)
                if isinstance(found, Obscure):
                    self.obscure.append((found, place))
                else:
                    self.references.append((found, place))

    def _add_block(self, path: str, block: Block) -> None:
        place = Place(path, block.line)
        inner = block.body.blocks if block.kind in ("terraform", "check") else ()
        for one in (block, *inner):
            add = _BY_KIND.get((block.kind, one.kind))
            if add is not None:
                add(self, one, Place(path, one.line))
        if block.kind in _USES_PROVIDER and len(block.labels) == 2:
            self._add_use(block, place)
        for one in block.body.walk():
            if one.kind == "provisioner" and len(one.labels) == 1:
                what = f"the provisioner {shown(one.labels[0])}"
                self.executions.append(Execution(what, Place(path, one.line)))

    def _add_use(self, block: Block, place: Place) -> None:
        chosen = block.body.attribute("provider")
        named = block.labels[0].partition("_")[0]
        first = chosen.value[0].text if chosen else named
        name = first if first != '"' or chosen is None else chosen.value[1].text.partition(".")[0]
        self.used.setdefault(name, place)

    def add_module(self, block: Block, place: Place) -> None:
        source, version = _literal(block.body, "source"), _literal(block.body, "version")
        self.module_calls.append(ModuleCall(_first_label(block), source, version, place))

    def add_provider(self, block: Block, place: Place) -> None:
        self.used.setdefault(_first_label(block), place)
        lines = [inner.line for inner in block.body.walk() if inner.kind == "exec"]
        lines += [
            attribute.line
            for attribute in block.body.attributes
            if any(token.text == "exec" for token in attribute.value)
        ]
        self.executions += [Execution(_PLUGIN, Place(place.path, line)) for line in lines]

    def add_required(self, block: Block, place: Place) -> None:
        for attribute in block.body.attributes:
            at = Place(place.path, attribute.line)
            self.required.append(_required(attribute.name, attribute.value, at))

    def add_backend(self, block: Block, place: Place) -> None:
        self.backends.append(Backend(_first_label(block), _settings(block.body), place))

    def add_cloud(self, block: Block, place: Place) -> None:
        self.backends.append(Backend("remote", _settings(block.body), place))

    def add_data(self, block: Block, place: Place) -> None:
        kind = _first_label(block)
        if kind == "external":
            self.executions.append(Execution('the data source "external"', place, is_external=True))
        elif kind == "terraform_remote_state":
            self.remote_states.append(_remote_state(block.body, place))


# By the kind of the block in the file, and the kind of the block that is looked at.
_BY_KIND: Final[Mapping[tuple[str, str], Callable[[_Reader, Block, Place], None]]] = {
    ("module", "module"): _Reader.add_module,
    ("provider", "provider"): _Reader.add_provider,
    ("terraform", "required_providers"): _Reader.add_required,
    ("terraform", "backend"): _Reader.add_backend,
    ("terraform", "cloud"): _Reader.add_cloud,
    ("data", "data"): _Reader.add_data,
    ("check", "data"): _Reader.add_data,
}


def _attributes(body: Body) -> Iterator[tuple[str, Attribute]]:
    """All attributes, each with the kind of the block that it stands in."""
    for block in (Block("", (), body, 1), *body.walk()):
        for attribute in block.body.attributes:
            yield block.kind, attribute


def _the_one(backends: Sequence[Backend]) -> Backend | None:
    """Of several, an overriding file's among them, none can be told to be in force."""
    if len(backends) < 2:
        return backends[0] if backends else None
    return Backend(None, {}, backends[0].place)


def _first_label(block: Block) -> str:
    return block.labels[0] if block.labels else ""


def _literal(body: Body, name: str) -> str | None:
    attribute = body.attribute(name)
    return "" if attribute is None else text_of(attribute.value)


def _required(name: str, value: Tokens, place: Place) -> RequiredProvider:
    members = members_of(value)
    if members is None:
        # The old form `name = "~> 1.0"` is a version without a source.
        version = text_of(value)
        return RequiredProvider(name, None if version is None else "", version, place)
    source, version = (
        text_of(members[key]) if key in members else "" for key in ("source", "version")
    )
    return RequiredProvider(name, source, version, place)


def _remote_state(body: Body, place: Place) -> Backend:
    config = body.attribute("config")
    members = members_of(config.value) if config is not None else {}
    kind = _literal(body, "backend")
    if members is None:
        return Backend(None, {}, place)
    return Backend(kind or None, _flat(members.items()), place)


def _settings(body: Body) -> Mapping[str, str | None]:
    values = _flat((one.name, one.value) for one in body.attributes)
    for block in body.blocks:
        inner = _settings(block.body)
        values |= {f"{block.kind}.{name}": value for name, value in inner.items()}
    return values


def _flat(members: Iterable[tuple[str, Tokens]]) -> dict[str, str | None]:
    """Texts by name; those of an inner object behind its own name and a dot."""
    values: dict[str, str | None] = {}
    for name, value in members:
        inner = members_of(items_of(value)[0]) if items_of(value) else None
        if inner is None:
            values[name] = scalar_of(value)
        else:
            values |= {f"{name}.{key}": scalar_of(one) for key, one in inner.items()}
    return values
