"""What must be true of `terraform/`: each rule yields a sentence for each place that breaks it."""

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_network
from itertools import combinations, groupby
from typing import Any

from content_tree import Body, Folder, Tree

SECRET = re.compile(r"password|secret|token|kubeconfig|credential|private_key")
TELLS_WHERE = re.compile(r"_in$")
EXACT = re.compile(r"^\d+\.\d+\.\d+$")
CAUTIOUS = re.compile(r"^~> \d+\.\d+(\.\d+)?$")
REGISTRY = "registry.terraform.io/"
RUNS_PROGRAMS = {"null_resource", "external", "shell_script", "local_command"}
Rule = Callable[[Tree], Iterator[str]]


def variables_are_typed_and_described(tree: Tree) -> Iterator[str]:
    for folder in tree.folders:
        for name, body in folder.named("variable"):
            if body.get("type", "any") in {"any", "${any}"}:
                yield f"{folder.path}: variable {name} has no type"
            if not body.get("description", "").strip():
                yield f"{folder.path}: variable {name} has no description"


def variables_of_modules_are_checked(tree: Tree) -> Iterator[str]:
    for folder in tree.modules():
        above = tree.at(posixpath.dirname(folder.path)) if folder.is_variant else None
        checked_above = {name for name, _ in above.named("variable")} if above else set()
        for name, body in folder.named("variable"):
            if "validation" not in body and name not in checked_above:
                yield f"{folder.path}: variable {name} is not validated"


def outputs_are_described(tree: Tree) -> Iterator[str]:
    for folder in tree.folders:
        for name, body in folder.named("output"):
            if not body.get("description", "").strip():
                yield f"{folder.path}: output {name} has no description"


def secrets_are_sensitive(tree: Tree) -> Iterator[str]:
    for folder in tree.folders:
        for kind in ("variable", "output"):
            for name, body in folder.named(kind):
                is_secret = SECRET.search(name) and not TELLS_WHERE.search(name)
                if is_secret and body.get("sensitive") not in (True, "true"):
                    yield f"{folder.path}: {kind} {name} is not sensitive"


def secrets_have_no_value(tree: Tree) -> Iterator[str]:
    for folder in tree.folders:
        for name, body in folder.named("variable"):
            if body.get("sensitive") and body.get("default") is not None:
                yield f"{folder.path}: variable {name} is a secret with a default"


def terraform_is_pinned(tree: Tree) -> Iterator[str]:
    for folder in tree.folders:
        ranges = [settings.get("required_version", "") for settings in folder.settings()]
        if not any(">=" in one and "<" in one for one in ranges):
            yield f"{folder.path}: required_version has no lower and upper bound"


def providers_are_pinned(tree: Tree) -> Iterator[str]:
    for folder in tree.folders:
        wanted = EXACT if folder.is_root else CAUTIOUS
        for name, provider in folder.providers().items():
            version = provider.get("version", "")
            if "source" not in provider:
                yield f"{folder.path}: provider {name} has no source"
            if not wanted.match(version):
                kind = "an exact version" if folder.is_root else "a range like ~> 1.2"
                yield f"{folder.path}: provider {name} needs {kind}, not {version!r}"


def roots_agree_on_versions(tree: Tree) -> Iterator[str]:
    pins: dict[str, set[str]] = {}
    for folder in tree.roots():
        for provider in folder.providers().values():
            pins.setdefault(provider.get("source", ""), set()).add(provider.get("version", ""))
    for source, versions in sorted(pins.items()):
        if len(versions) > 1:
            yield f"live: {source} is pinned to {', '.join(sorted(versions))}"


def pins_fit_the_modules(tree: Tree) -> Iterator[str]:
    for folder in tree.roots():
        pins = {one["source"]: one["version"] for one in folder.providers().values()}
        for module in _called(tree, folder):
            for provider in module.providers().values():
                pin = pins.get(provider["source"])
                if pin is None:
                    yield f"{folder.path}: {provider['source']} is used and not pinned"
                elif not _is_in(pin, provider["version"]):
                    yield f"{folder.path}: {pin} is not in {provider['version']} of {module.path}"


def nothing_runs_programs(tree: Tree) -> Iterator[str]:
    for folder in tree.folders:
        for kind in ("resource", "data", "ephemeral"):
            for type_, name, body in folder.typed(kind):
                if type_ in RUNS_PROGRAMS or "provisioner" in body:
                    yield f"{folder.path}: {type_}.{name} runs programs"


def modules_are_local_and_there(tree: Tree) -> Iterator[str]:
    for folder in tree.folders:
        for name, body in folder.named("module"):
            source = body.get("source", "")
            if not source.startswith("../"):
                yield f"{folder.path}: module {name} comes from elsewhere: {source}"
            elif tree.at(_join(folder, source)) is None:
                yield f"{folder.path}: module {name} is not there: {source}"


def variants_are_alike(tree: Tree) -> Iterator[str]:
    variants = [folder for folder in tree.modules() if folder.is_variant]
    for path, group in groupby(variants, key=lambda one: posixpath.dirname(one.path)):
        siblings = list(group)
        yield from _same_outputs(siblings)
        above = tree.at(path)
        for sibling in siblings if above else []:
            yield from _same_variables(above, sibling)


def _same_outputs(siblings: list[Folder]) -> Iterator[str]:
    wanted = _outputs(siblings[0])
    for sibling in siblings[1:]:
        if _outputs(sibling) != wanted:
            yield f"{sibling.path}: its outputs are not those of {siblings[0].path}"


def _outputs(folder: Folder) -> Mapping[str, Any]:
    """Their names, and which keys an object among them has."""
    return {
        name: sorted(body["value"]) if isinstance(body.get("value"), dict) else None
        for name, body in folder.named("output")
    }


def _same_variables(above: Folder | None, variant: Folder) -> Iterator[str]:
    here = dict(variant.named("variable"))
    for name, body in above.named("variable") if above else ():
        if name not in here or here[name].get("type") != body.get("type"):
            yield f"{variant.path}: variable {name} has not the type it has above"


def roots_belong_to_environments(tree: Tree) -> Iterator[str]:
    for folder in tree.roots():
        if len(folder.parts) != 3 or folder.parts[1] not in tree.environments:
            yield f"{folder.path}: no environment of promotion.yaml"


def roots_have_a_backend(tree: Tree) -> Iterator[str]:
    for folder in tree.folders:
        if folder.is_root and folder.backend() is None:
            yield f"{folder.path}: no backend"
        if not folder.is_root and folder.backend() is not None:
            yield f"{folder.path}: a module has no backend"


def states_are_apart(tree: Tree) -> Iterator[str]:
    places = Counter(_state_of(folder) for folder in tree.roots())
    for folder in tree.roots():
        if places[_state_of(folder)] > 1:
            yield f"{folder.path}: another Terraform root has the same state"


def shared_states_are_locked(tree: Tree) -> Iterator[str]:
    needs = {"s3": "use_lockfile", "http": "lock_address"}
    for folder in tree.roots():
        kind, body = folder.backend() or ("", {})
        if kind in needs and not body.get(needs[kind]):
            yield f"{folder.path}: backend {kind} without {needs[kind]}"


def what_is_read_is_declared(tree: Tree) -> Iterator[str]:
    states = {_state_of(folder): folder for folder in tree.roots()}
    for folder in tree.roots():
        for type_, name, body in folder.typed("data"):
            if type_ != "terraform_remote_state":
                continue
            read = states.get(_state(folder, body.get("backend", ""), _config(body)))
            if read is None:
                yield f"{folder.path}: {name} reads the state of no Terraform root here"
            elif not _names(folder, read) & set(folder.root_file.get("dependsOn", [])):
                yield f"{folder.path}: reads {read.path} and does not depend on it"


def dependencies_are_there(tree: Tree) -> Iterator[str]:
    for folder in tree.roots():
        for name in folder.root_file.get("dependsOn", []):
            path = name if "/" in name else f"{folder.parts[1]}/{name}"
            if tree.at(f"live/{path}") is None:
                yield f"{folder.path}: depends on {name}, which is not there"


def address_ranges_are_apart(tree: Tree) -> Iterator[str]:
    ranges = [
        (folder, ip_network(body["network_cidr"]))
        for folder in tree.roots()
        for _, body in folder.named("module")
        if "network_cidr" in body
    ]
    for (one, first), (other, second) in combinations(ranges, 2):
        if first.overlaps(second):
            yield f"{one.path}: {first} overlaps {second} of {other.path}"


def policy_knows_what_is_used(tree: Tree) -> Iterator[str]:
    allowed = tree.policy.get("providers")
    for folder in tree.folders if allowed is not None else ():
        for provider in folder.providers().values():
            if REGISTRY + provider.get("source", "") not in allowed:
                yield f"{folder.path}: policy.yaml does not allow {provider.get('source')}"


def policy_forbids_what_there_is(tree: Tree) -> Iterator[str]:
    there = {type_ for folder in tree.modules() for type_, _, _ in folder.typed("resource")}
    for type_ in tree.policy.get("forbidDestroy", []):
        if "*" not in type_ and type_ not in there:
            yield f"policy.yaml: forbidDestroy names {type_}, which no module has"


RULES: tuple[Rule, ...] = (
    variables_are_typed_and_described,
    variables_of_modules_are_checked,
    outputs_are_described,
    secrets_are_sensitive,
    secrets_have_no_value,
    terraform_is_pinned,
    providers_are_pinned,
    roots_agree_on_versions,
    pins_fit_the_modules,
    nothing_runs_programs,
    modules_are_local_and_there,
    variants_are_alike,
    roots_belong_to_environments,
    roots_have_a_backend,
    states_are_apart,
    shared_states_are_locked,
    what_is_read_is_declared,
    dependencies_are_there,
    address_ranges_are_apart,
    policy_knows_what_is_used,
    policy_forbids_what_there_is,
)


def broken_rules(tree: Tree) -> tuple[str, ...]:
    return tuple(problem for rule in RULES for problem in rule(tree))


def _called(tree: Tree, folder: Folder) -> Iterator[Folder]:
    for _, body in folder.named("module"):
        if called := tree.at(_join(folder, body.get("source", ""))):
            yield called
            yield from _called(tree, called)


def _join(folder: Folder, source: str) -> str:
    return posixpath.normpath(posixpath.join(folder.path, source))


def _is_in(version: str, cautious: str) -> bool:
    """Whether an exact version is in a range like `~> 1.2`; others have their own rule."""
    if not (EXACT.match(version) and CAUTIOUS.match(cautious)):
        return True
    lower = [int(number) for number in cautious.removeprefix("~> ").split(".")]
    numbers = [int(number) for number in version.split(".")]
    return numbers >= lower and numbers[: len(lower) - 1] == lower[:-1]


def _state_of(folder: Folder) -> tuple[str, ...]:
    kind, body = folder.backend() or ("", {})
    return _state(folder, kind, body)


def _state(folder: Folder, kind: str, body: Body) -> tuple[str, ...]:
    """Where a state is kept, in a form that can be compared."""
    if kind == "local":
        return (kind, _join(folder, body.get("path", "terraform.tfstate")))
    endpoint = body.get("endpoints") or {}
    keys = ("bucket", "key", "region", "address")
    return (kind, str(endpoint.get("s3", "")), *(str(body.get(key, "")) for key in keys))


def _config(body: Body) -> Body:
    config = body.get("config", {})
    return config if isinstance(config, dict) else {}


def _names(reader: Folder, read: Folder) -> set[str]:
    environment, name = read.parts[1:]
    short = {name} if environment == reader.parts[1] else set()
    return short | {f"{environment}/{name}"}
