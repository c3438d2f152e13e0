"""An environment's files: what an Application pins, and what a kustomization lists."""

from dataclasses import dataclass
from typing import Final

from edp.core.names import is_name, is_version, parse_pin, pin_text
from edp.core.repository.problems import FileProblemsError, Problem, dotted, shown
from edp.core.repository.reading import open_document
from edp.core.repository.simple_yaml import read_simple
from edp.core.yaml.reader import Document, KeyPath, YamlValue

API_VERSION: Final = "argoproj.io/v1alpha1"
_SOURCE: Final = ("spec", "source")
PIN_KEYS: Final = (*_SOURCE, "targetRevision")


@dataclass(frozen=True, slots=True)
class ApplicationPin:
    """The version of a stack that an Application asks for."""

    name: str
    stack: str
    version: str


@dataclass(frozen=True, slots=True)
class Kustomization:
    """The parts of an environment's `kustomization.yaml` that say what is in it."""

    name_prefix: str = ""
    resources: tuple[str, ...] = ()
    components: tuple[str, ...] = ()


def pin_of_application(content: bytes, path: str) -> ApplicationPin | None:
    """What an Application pins; None for one of a plain chart, which is never promoted.

    FileProblemsError for what can be no pin. The file's name, the Application's and the stack's
    must be the same.
    """
    pin = pin_of_value(read_simple(content), path)
    return pin if pin is not None else pin_of_document(open_document(content, path=path))


def pin_of_document(document: Document) -> ApplicationPin | None:
    """The same for a file that has been parsed."""
    if is_plain_chart(document.value):
        return None
    problems = pin_problems(document)
    pin = None if problems else pin_of_value(document.value, document.path)
    if pin is None:
        raise FileProblemsError(problems)
    return pin


def is_plain_chart(value: YamlValue) -> bool:
    """True for an Application whose only source is a chart of a Helm repository."""
    source = member(value, "spec", "source")
    return isinstance(source, dict) and "chart" in source and "path" not in source


def member(value: YamlValue, *keys: str) -> YamlValue:
    """The value below nested keys, None where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def pin_of_value(value: YamlValue, path: str) -> ApplicationPin | None:
    """The pin of an Application in which all that makes a pin is right, else None."""
    name = _stem(path)
    spec, revision = member(value, "spec"), member(value, *PIN_KEYS)
    pin = parse_pin(revision) if isinstance(revision, str) else None
    if not isinstance(value, dict) or not isinstance(spec, dict) or pin is None:
        return None
    is_right = (
        value.get("apiVersion") == API_VERSION
        and value.get("kind") == "Application"
        and member(value, "metadata", "name") == name == pin[0]
        and member(spec, "source", "path") == f"stacks/{name}"
        and member(spec, "source", "chart") is None
        and "sources" not in spec
    )
    return ApplicationPin(name, *pin) if is_right else None


def _stem(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".yaml")


def pin_problems(document: Document) -> list[Problem]:
    """All that keeps an Application from being a pin; empty if nothing does."""
    value, name = document.value, _stem(document.path)
    if not isinstance(value, dict):
        return [_problem(document, (), f"expected an Application, found {shown(value)}")]
    kind = [*_type_problems(document)]
    if kind:
        return kind
    return [*_name_problems(document, name), *_source_problems(document, name)]


def _type_problems(document: Document) -> list[Problem]:
    expected = {"apiVersion": API_VERSION, "kind": "Application"}
    return [
        _problem(
            document,
            (key,),
            f"expected {text}, found {shown(member(document.value, key))}",
            "an environment's folder holds Applications and its kustomization.yaml;"
            " other files go into a folder below it",
        )
        for key, text in expected.items()
        if member(document.value, key) != text
    ]


def _name_problems(document: Document, name: str) -> list[Problem]:
    found = member(document.value, "metadata", "name")
    if not is_name(name):
        return [
            _problem(
                document,
                (),
                f"the file's name {shown(name)} is not a name",
                "use 1 to 63 lower-case letters, digits and inner hyphens",
            )
        ]
    if found == name:
        return []
    return [
        _problem(
            document,
            ("metadata", "name"),
            f"expected {shown(name)} as in the file's name, found {shown(found)}",
            "file, Application and stack have the same name",
        )
    ]


def _source_problems(document: Document, name: str) -> list[Problem]:
    spec = member(document.value, "spec")
    if isinstance(spec, dict) and "sources" in spec:
        return [
            _problem(
                document,
                ("spec", "sources"),
                "several sources: a stack has one, with one pin",
                "write it as spec.source",
            )
        ]
    if not isinstance(member(spec, "source"), dict):
        return [_problem(document, _SOURCE, "the Application has no source", _example(name))]
    return [*_path_problems(document, name), *_revision_problems(document, name)]


def _example(name: str) -> str:
    return f"write  path: stacks/{name}  and  targetRevision: {pin_text(name, '1.0.0')}"


def _path_problems(document: Document, name: str) -> list[Problem]:
    source = member(document.value, *_SOURCE)
    if isinstance(source, dict) and "chart" in source:
        return [
            _problem(
                document,
                (*_SOURCE, "chart"),
                "a source has a path or a chart, not both",
                "remove one of the two",
            )
        ]
    found = member(source, "path")
    if found == f"stacks/{name}":
        return []
    return [
        _problem(
            document,
            (*_SOURCE, "path"),
            f"expected {shown(f'stacks/{name}')}, found {shown(found)}",
            "file, Application and stack have the same name",
        )
    ]


def _revision_problems(document: Document, name: str) -> list[Problem]:
    found = member(document.value, *PIN_KEYS)
    pin = parse_pin(found) if isinstance(found, str) else None
    if pin is not None and pin[0] == name:
        return []
    message, hint = _revision_mistake(document, found, name)
    line = document.line(PIN_KEYS)
    return [Problem(document.path, line, "targetRevision", message, hint)]


def _revision_mistake(document: Document, found: YamlValue, name: str) -> tuple[str, str]:
    expected = f"expected a release of {name} like {shown(pin_text(name, '1.4.0'))}"
    if not isinstance(found, str):
        text = document.scalar_text(PIN_KEYS)
        what = shown(found) if text is None or found is None else f"{text[:40]}, which is no text"
        return f"{expected}, found {what}", ""
    stack, _, version = found.removeprefix("refs/tags/").rpartition("/")
    version = version.removeprefix("v")
    if not is_version(version):
        return f"{expected}, found {shown(found)}", ""
    if stack == name and not found.startswith("refs/"):
        hint = f"write  {pin_text(name, version)}"
        return f"{shown(found)} could be shadowed by a branch of that name", hint
    if stack in ("", name):
        return f"{expected}, found {shown(found)}", f"write  {pin_text(name, version)}"
    return f"{shown(found)} is no release of {name}", ""


def _problem(document: Document, keys: KeyPath, message: str, hint: str = "") -> Problem:
    return Problem(document.path, document.line(keys), dotted(keys), message, hint)


def read_kustomization(content: bytes, path: str) -> Kustomization:
    """What an environment's `kustomization.yaml` lists; FileProblemsError if it is no such list."""
    value = read_simple(content)
    if value is not None and not _kustomization_mistakes(value):
        return _kustomization(value)
    return kustomization_of_document(open_document(content, path=path))


def kustomization_of_document(document: Document) -> Kustomization:
    """The same for a file that has been parsed."""
    mistakes = _kustomization_mistakes(document.value)
    problems = [_problem(document, keys, message) for keys, message in mistakes]
    if problems:
        raise FileProblemsError(problems)
    return _kustomization(document.value)


def _kustomization(value: YamlValue) -> Kustomization:
    prefix = member(value, "namePrefix")
    return Kustomization(
        name_prefix=prefix if isinstance(prefix, str) else "",
        resources=_texts(member(value, "resources")),
        components=_texts(member(value, "components")),
    )


def _texts(value: YamlValue) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _kustomization_mistakes(value: YamlValue) -> list[tuple[KeyPath, str]]:
    if not isinstance(value, dict):
        return [((), f"expected a Kustomization, found {shown(value)}")]
    mistakes: list[tuple[KeyPath, str]] = []
    prefix = value.get("namePrefix")
    if prefix is not None and not isinstance(prefix, str):
        mistakes.append((("namePrefix",), f"expected a text, found {shown(prefix)}"))
    for key in ("resources", "components"):
        items = value.get(key)
        if items is not None and not isinstance(items, list):
            mistakes.append(((key,), f"expected a list, found {shown(items)}"))
        mistakes += [
            ((key, number), f"expected a path, found {shown(item)}")
            for number, item in enumerate(items if isinstance(items, list) else [])
            if not isinstance(item, str)
        ]
    return mistakes
